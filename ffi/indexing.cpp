// Indexing of rows: gather, scatterAdd, dynamicSlice, dynamicUpdateSlice. Out-of-range indices never access memory
// outside the array.
#include "ops.h"
#include "scalar_math.h"
#include "threads.h"

namespace ceratops {

namespace {

constexpr index_t bytes_per_task = 65536;

// Number of elements in one row along the first axis.
index_t row_size(const Value& value) { return extent_of(value, 1, value.rank); }

void copy_bytes(char* to, const char* from, index_t bytes, Runtime& runtime) {
  if (to == from) return;
  runtime.pool->parallel(ceil_div(bytes, bytes_per_task), [&](index_t task, int) {
    const index_t at = task * bytes_per_task;
    std::memcpy(to + at, from + at, std::min(bytes_per_task, bytes - at));
  });
}

template <class T>
void add_rows(const Value& indices, const T* updates, T* out, index_t rows, index_t width, index_t first,
              index_t last) {
  for (index_t i = 0; i < indices.size; i++) {
    const index_t row = indices.as<int32_t>()[i];
    if (row < 0 || row >= rows) continue;
    T* to = out + row * width;
    const T* from = updates + i * width;
    for (index_t c = first; c < last; c++) to[c] = static_cast<T>(to[c] + from[c]);
  }
}

}  // namespace

bool prepare_gather(Node& node, const GatherAttrs&, Validator& validator) {
  if (!validator.require(node.in.size() == 2 && node.out.size() == 1, "gather takes a table and indices")) return false;
  const Value& table = *node.in[0];
  const Value& indices = *node.in[1];
  return validator.require(indices.dtype == DType::int32, "indices must be int32") &&
         validator.require(table.rank >= 1 && table.dtype == node.out[0]->dtype,
                           "gather keeps the dtype of its table") &&
         validator.require(product_is(node.out[0]->size, indices.size, row_size(table)),
                           "gather gives a row for each index");
}
void run_gather(Node& node, Runtime& runtime) {
  const Value& table = *node.in[0];
  const Value& out = *node.out[0];
  const int32_t* indices = node.in[1]->as<int32_t>();
  const index_t width = row_size(table), bytes = width * bytes_of(table.dtype), rows = table.dims[0],
                count = node.in[1]->size;
  if (bytes == 0) return;
  const index_t per_task = std::max<index_t>(1, bytes_per_task / bytes);
  runtime.pool->parallel(ceil_div(count, per_task), [&](index_t task, int) {
    for (index_t i = task * per_task; i < std::min(count, (task + 1) * per_task); i++) {
      const index_t row = indices[i];
      char* to = out.data + i * bytes;
      if (row >= 0 && row < rows) {
        std::memcpy(to, table.data + row * bytes, bytes);
      } else if (out.dtype == DType::float32) {
        for (index_t c = 0; c < width; c++) reinterpret_cast<float*>(to)[c] = not_a_number;
      } else {
        std::memset(to, 0, bytes);
      }
    }
  });
}

bool prepare_scatter_add(Node& node, const ScatterAddAttrs&, Validator& validator) {
  if (!validator.require(node.in.size() == 2 && node.out.size() == 1, "scatterAdd takes indices and updates")) {
    return false;
  }
  const Value& updates = *node.in[1];
  const Value& out = *node.out[0];
  return validator.require(node.in[0]->dtype == DType::int32, "indices must be int32") &&
         validator.require(out.rank >= 1 && updates.dtype == out.dtype, "scatterAdd keeps the dtype of its updates") &&
         validator.require(product_is(updates.size, node.in[0]->size, row_size(out)),
                           "scatterAdd takes a row for each index");
}
void run_scatter_add(Node& node, Runtime& runtime) {
  const Value& indices = *node.in[0];
  const Value& updates = *node.in[1];
  const Value& out = *node.out[0];
  const index_t rows = out.dims[0], width = row_size(out);
  // Each task owns a range of columns, so every element is summed in index order.
  const index_t pieces = updates.size < 65536 ? 1 : std::max<index_t>(1, std::min<index_t>(8, width / 16));
  const index_t columns = ceil_div(width, pieces);
  std::memset(out.data, 0, out.bytes());
  runtime.pool->parallel(pieces, [&](index_t task, int) {
    const index_t first = task * columns, last = std::min(width, first + columns);
    switch (out.dtype) {
      case DType::float32: add_rows(indices, updates.as<float>(), out.as<float>(), rows, width, first, last); break;
      case DType::int32: add_rows(indices, updates.as<uint32_t>(), out.as<uint32_t>(), rows, width, first, last); break;
      default: add_rows(indices, updates.as<uint8_t>(), out.as<uint8_t>(), rows, width, first, last); break;
    }
  });
}

namespace {

struct SliceState : State {
  index_t element, outer, rows, size;
  // Bytes of a row.
  index_t width;
};

// Keeps which counter holds the first row, and the extents of an array and a slice of its rows.
bool keep_slice(Node& node, const Value& x, const Value& slice, const Value& counters, int32_t element, int32_t axis,
                Validator& validator) {
  if (!validator.require(counters.dtype == DType::int32, "counters must be int32") ||
      !validator.require(element >= 0 && element < counters.size, "the counter must exist") ||
      !validator.require(axis >= 0 && axis < x.rank && slice.rank == x.rank && x.dtype == slice.dtype,
                         "a slice must be of its array's rank and dtype")) {
    return false;
  }
  bool fits = slice.dims[axis] <= x.dims[axis];
  for (int i = 0; i < x.rank; i++) fits = fits && (i == axis || slice.dims[i] == x.dims[i]);
  auto state = std::make_unique<SliceState>();
  state->element = element;
  state->outer = extent_of(x, 0, axis);
  state->rows = x.dims[axis];
  state->size = slice.dims[axis];
  state->width = extent_of(x, axis + 1, x.rank) * bytes_of(x.dtype);
  node.state = std::move(state);
  return validator.require(fits, "a slice must be rows of its array");
}

// Copies between a slice and its rows of an array: out of the array, or with `update` into it. A slice that would reach
// beyond the rows starts so that it fits.
void copy_slice(const SliceState& state, const Value& counters, char* array, char* slice, bool update,
                Runtime& runtime) {
  const index_t counter = counters.as<int32_t>()[state.element];
  const index_t start = std::max<index_t>(0, std::min(counter, state.rows - state.size));
  const index_t bytes = state.size * state.width;
  if (bytes == 0) return;
  const auto copy = [&](index_t i, auto&& copied) {
    char* in_array = array + (i * state.rows + start) * state.width;
    char* in_slice = slice + i * bytes;
    update ? copied(in_array, in_slice) : copied(in_slice, in_array);
  };
  if (state.outer == 1) {
    copy(0, [&](char* to, const char* from) { copy_bytes(to, from, bytes, runtime); });
    return;
  }
  const index_t each = std::max<index_t>(1, bytes_per_task / bytes);
  runtime.pool->parallel(ceil_div(state.outer, each), [&](index_t task, int) {
    const index_t last = std::min(state.outer, (task + 1) * each);
    for (index_t i = task * each; i < last; i++) {
      copy(i, [&](char* to, const char* from) { std::memcpy(to, from, bytes); });
    }
  });
}

}  // namespace

bool prepare_dynamic_slice(Node& node, const DynamicSliceAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() == 2 && node.out.size() == 1, "dynamicSlice takes an array and counters")) {
    return false;
  }
  return keep_slice(node, *node.in[0], *node.out[0], *node.in[1], attrs.element, attrs.axis, validator);
}
void run_dynamic_slice(Node& node, Runtime& runtime) {
  copy_slice(node.state_as<SliceState>(), *node.in[1], node.in[0]->data, node.out[0]->data, false, runtime);
}

bool prepare_dynamic_update_slice(Node& node, const DynamicUpdateSliceAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() == 3 && node.out.size() == 1,
                         "dynamicUpdateSlice takes an array, rows and counters")) {
    return false;
  }
  const Value& x = *node.in[0];
  return keep_slice(node, x, *node.in[1], *node.in[2], attrs.element, attrs.axis, validator) &&
         validator.require(same_shape(x, *node.out[0]) && x.dtype == node.out[0]->dtype,
                           "dynamicUpdateSlice replaces rows of its operand");
}
void run_dynamic_update_slice(Node& node, Runtime& runtime) {
  const Value& x = *node.in[0];
  const Value& out = *node.out[0];
  if (out.data != x.data && out.size > 0) copy_bytes(out.data, x.data, out.bytes(), runtime);
  copy_slice(node.state_as<SliceState>(), *node.in[2], out.data, node.in[1]->data, true, runtime);
}

}  // namespace ceratops
