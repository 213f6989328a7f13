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

index_t clamped(index_t start, index_t rows, index_t size) {
  return std::max<index_t>(0, std::min(start, rows - size));
}

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

struct CounterState : State {
  index_t element;
};

// Keeps which counter holds the first row.
bool keep_counter(Node& node, const Value& counters, int32_t element, Validator& validator) {
  if (!validator.require(counters.dtype == DType::int32, "counters must be int32") ||
      !validator.require(element >= 0 && element < counters.size, "the counter must exist")) {
    return false;
  }
  auto state = std::make_unique<CounterState>();
  state->element = element;
  node.state = std::move(state);
  return true;
}

index_t counter_of(const Node& node, const Value& counters) {
  return counters.as<int32_t>()[node.state_as<CounterState>().element];
}

}  // namespace

bool prepare_dynamic_slice(Node& node, const DynamicSliceAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() == 2 && node.out.size() == 1, "dynamicSlice takes an array and counters")) {
    return false;
  }
  const Value& x = *node.in[0];
  const Value& out = *node.out[0];
  return keep_counter(node, *node.in[1], attrs.element, validator) &&
         validator.require(x.rank >= 1 && out.rank == x.rank && x.dtype == out.dtype && out.dims[0] <= x.dims[0] &&
                               row_size(x) == row_size(out),
                           "dynamicSlice gives rows of its operand");
}
void run_dynamic_slice(Node& node, Runtime& runtime) {
  const Value& x = *node.in[0];
  const Value& out = *node.out[0];
  const index_t start = clamped(counter_of(node, *node.in[1]), x.dims[0], out.dims[0]);
  if (out.size > 0) copy_bytes(out.data, x.data + start * row_size(x) * bytes_of(x.dtype), out.bytes(), runtime);
}

bool prepare_dynamic_update_slice(Node& node, const DynamicUpdateSliceAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() == 3 && node.out.size() == 1,
                         "dynamicUpdateSlice takes an array, rows and counters")) {
    return false;
  }
  const Value& x = *node.in[0];
  const Value& update = *node.in[1];
  return keep_counter(node, *node.in[2], attrs.element, validator) &&
         validator.require(x.rank >= 1 && update.rank == x.rank && same_shape(x, *node.out[0]) &&
                               update.dims[0] <= x.dims[0] && row_size(x) == row_size(update) &&
                               x.dtype == update.dtype && x.dtype == node.out[0]->dtype,
                           "dynamicUpdateSlice replaces rows of its operand");
}
void run_dynamic_update_slice(Node& node, Runtime& runtime) {
  const Value& x = *node.in[0];
  const Value& update = *node.in[1];
  const Value& out = *node.out[0];
  const index_t start = clamped(counter_of(node, *node.in[2]), x.dims[0], update.dims[0]);
  if (out.data != x.data && out.size > 0) copy_bytes(out.data, x.data, out.bytes(), runtime);
  if (update.size > 0) {
    copy_bytes(out.data + start * row_size(x) * bytes_of(x.dtype), update.data, update.bytes(), runtime);
  }
}

}  // namespace ceratops
