// Data movement: reshape, broadcastTo, transpose, slice, pad, concat, reverse, iota. All but iota are strided copies.
#include "ops.h"
#include "threads.h"

namespace ceratops {

namespace {

constexpr index_t elements_per_task = 32768;

// A strided copy of an n-d box. Strides may be zero or negative.
struct Copy {
  int rank = 0;
  index_t dims[max_rank], from[max_rank], to[max_rank];
  index_t from_offset = 0, to_offset = 0;

  void add(index_t extent, index_t from_stride, index_t to_stride) {
    if (extent == 1) return;
    if (rank > 0 && from[rank - 1] == from_stride * extent && to[rank - 1] == to_stride * extent) {
      dims[rank - 1] *= extent;
      from[rank - 1] = from_stride;
      to[rank - 1] = to_stride;
      return;
    }
    dims[rank] = extent;
    from[rank] = from_stride;
    to[rank] = to_stride;
    rank++;
  }
};

struct CopyState : State {
  std::vector<Copy> copies;
  int32_t fill_bits = 0;
  bool fills = false;
};

struct IotaState : State {
  index_t extent = 1, inner = 1;
};

template <class T>
void copy_line(const T* from, index_t from_stride, T* to, index_t to_stride, index_t n) {
  if (from_stride == 1 && to_stride == 1) {
    std::memcpy(to, from, n * sizeof(T));
  } else if (from_stride == 0 && to_stride == 1) {
    const T value = *from;
    for (index_t i = 0; i < n; i++) to[i] = value;
  } else if (to_stride == 1) {
    for (index_t i = 0; i < n; i++) to[i] = from[i * from_stride];
  } else {
    for (index_t i = 0; i < n; i++) to[i * to_stride] = from[i * from_stride];
  }
}

// Transposes the last two axes in tiles, so that both sides use whole cache lines.
template <class T>
void copy_transposed(const T* from, index_t from_row, index_t from_column, T* to, index_t to_row, index_t rows,
                     index_t columns) {
  constexpr index_t tile = 16;
  for (index_t i = 0; i < rows; i += tile) {
    for (index_t j = 0; j < columns; j += tile) {
      const index_t last_i = std::min(rows, i + tile), last_j = std::min(columns, j + tile);
      for (index_t r = i; r < last_i; r++) {
        for (index_t c = j; c < last_j; c++) to[r * to_row + c] = from[r * from_row + c * from_column];
      }
    }
  }
}

template <class T>
void copy_outer(const Copy& copy, const char* source, char* target, index_t first, index_t last, int inner) {
  for (index_t at = first; at < last; at++) {
    index_t rest = at, from = copy.from_offset, to = copy.to_offset;
    for (int axis = copy.rank - inner - 1; axis >= 0; axis--) {
      const index_t next = rest / copy.dims[axis];
      const index_t index = rest - next * copy.dims[axis];
      from += index * copy.from[axis];
      to += index * copy.to[axis];
      rest = next;
    }
    const T* in = reinterpret_cast<const T*>(source) + from;
    T* out = reinterpret_cast<T*>(target) + to;
    const int r = copy.rank;
    if (inner == 2) {
      copy_transposed(in, copy.from[r - 2], copy.from[r - 1], out, copy.to[r - 2], copy.dims[r - 2], copy.dims[r - 1]);
    } else if (inner == 1) {
      copy_line(in, copy.from[r - 1], out, copy.to[r - 1], copy.dims[r - 1]);
    } else {
      *out = *in;
    }
  }
}

void run_copy(const Copy& copy, const Value& source, const Value& target, Runtime& runtime) {
  const int r = copy.rank;
  int inner = std::min(r, 1);
  // A transposed plane is one task, so a single large plane is split by rows below.
  if (r >= 2 && copy.to[r - 1] == 1 && copy.from[r - 1] > 1 && copy.from[r - 2] == 1 && copy.dims[r - 2] >= 4) {
    inner = 2;
  }
  index_t outer = 1, length = 1;
  for (int axis = 0; axis < r; axis++) (axis < r - inner ? outer : length) *= copy.dims[axis];
  if (outer == 0 || length == 0) return;
  const bool wide = bytes_of(target.dtype) == 4;
  if (inner == 2 && outer == 1 && length > 2 * elements_per_task) {
    const index_t rows = std::max<index_t>(16, round_up(elements_per_task / copy.dims[r - 1], 16));
    runtime.pool->parallel(ceil_div(copy.dims[r - 2], rows), [&](index_t task, int) {
      Copy part = copy;
      part.dims[r - 2] = std::min(rows, copy.dims[r - 2] - task * rows);
      part.from_offset += task * rows * copy.from[r - 2];
      part.to_offset += task * rows * copy.to[r - 2];
      (wide ? copy_outer<uint32_t> : copy_outer<uint8_t>)(part, source.data, target.data, 0, 1, 2);
    });
    return;
  }
  if (inner == 1 && outer == 1 && length > 2 * elements_per_task) {
    runtime.pool->parallel(ceil_div(length, elements_per_task), [&](index_t task, int) {
      Copy part = copy;
      const index_t at = task * elements_per_task;
      part.dims[r - 1] = std::min(elements_per_task, length - at);
      part.from_offset += at * copy.from[r - 1];
      part.to_offset += at * copy.to[r - 1];
      (wide ? copy_outer<uint32_t> : copy_outer<uint8_t>)(part, source.data, target.data, 0, 1, 1);
    });
    return;
  }
  const index_t per_task = std::max<index_t>(1, elements_per_task / length);
  runtime.pool->parallel(ceil_div(outer, per_task), [&](index_t task, int) {
    const index_t last = std::min(outer, (task + 1) * per_task);
    (wide ? copy_outer<uint32_t> : copy_outer<uint8_t>)(copy, source.data, target.data, task * per_task, last, inner);
  });
}

void strides_of(const Value& value, index_t* strides) {
  index_t stride = 1;
  for (int axis = value.rank - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= value.dims[axis];
  }
}

// Checks for one operand and an unchanged dtype.
bool moves(Node& node, Validator& validator) {
  return validator.require(node.in.size() == 1 && node.out.size() == 1, "a move has one operand") &&
         validator.require(node.in[0]->dtype == node.out[0]->dtype, "a move keeps the dtype");
}

// Checks a list of attributes for one of each axis.
bool one_per_axis(const Node& node, Words attrs, Validator& validator) {
  return validator.require(attrs.has(node.in[0]->rank), "a move has an attribute for each axis");
}

bool keeps_rank(Node& node, Validator& validator) {
  return validator.require(node.in[0]->rank == node.out[0]->rank, "the rank must stay");
}

bool keep(Node& node, std::unique_ptr<CopyState> state) {
  node.state = std::move(state);
  return true;
}

// A copy that fills the whole output.
template <class FromStride>
bool keep_gather(Node& node, index_t offset, FromStride from_stride) {
  auto state = std::make_unique<CopyState>();
  // If the output is empty, starts and strides may be arbitrary.
  if (node.out[0]->size == 0) return keep(node, std::move(state));
  Copy copy;
  index_t to[max_rank];
  strides_of(*node.out[0], to);
  copy.from_offset = offset;
  for (int axis = 0; axis < node.out[0]->rank; axis++) copy.add(node.out[0]->dims[axis], from_stride(axis), to[axis]);
  state->copies.push_back(copy);
  return keep(node, std::move(state));
}

void run_copies(Node& node, Runtime& runtime) {
  const CopyState& state = node.state_as<CopyState>();
  const Value& out = *node.out[0];
  if (out.size == 0) return;
  if (state.fills) {
    if (bytes_of(out.dtype) == 1) {
      std::memset(out.data, state.fill_bits & 255, out.size);
    } else {
      for (index_t i = 0; i < out.size; i++) out.as<int32_t>()[i] = state.fill_bits;
    }
  }
  for (std::size_t i = 0; i < state.copies.size(); i++) run_copy(state.copies[i], *node.in[i], out, runtime);
}

}  // namespace

bool prepare_reshape(Node& node, const ReshapeAttrs&, Validator& validator) {
  return moves(node, validator) &&
         validator.require(node.in[0]->size == node.out[0]->size, "reshape keeps the number of elements");
}
void run_reshape(Node& node, Runtime& runtime) {
  if (node.in[0]->data == node.out[0]->data) return;
  Copy copy;
  copy.add(node.out[0]->size, 1, 1);
  if (node.out[0]->size > 0) run_copy(copy, *node.in[0], *node.out[0], runtime);
}

bool prepare_broadcast_to(Node& node, const BroadcastToAttrs&, Validator& validator) {
  if (!moves(node, validator)) return false;
  const Value& in = *node.in[0];
  const Value& out = *node.out[0];
  const int lead = out.rank - in.rank;
  bool fits = lead >= 0;
  for (int axis = 0; fits && axis < in.rank; axis++) {
    fits = in.dims[axis] == 1 || in.dims[axis] == out.dims[axis + lead];
  }
  if (!validator.require(fits, "the operand must broadcast to the output")) return false;
  index_t strides[max_rank];
  strides_of(in, strides);
  return keep_gather(node, 0,
                     [&](int axis) { return axis < lead || in.dims[axis - lead] == 1 ? 0 : strides[axis - lead]; });
}
void run_broadcast_to(Node& node, Runtime& runtime) { run_copies(node, runtime); }

bool prepare_transpose(Node& node, const TransposeAttrs& attrs, Validator& validator) {
  if (!moves(node, validator) || !keeps_rank(node, validator) || !one_per_axis(node, attrs.permutation, validator)) {
    return false;
  }
  const Value& in = *node.in[0];
  bool seen[max_rank] = {};
  for (int axis = 0; axis < in.rank; axis++) {
    const int32_t source = attrs.permutation[axis];
    if (!validator.require(
            source >= 0 && source < in.rank && !seen[source] && node.out[0]->dims[axis] == in.dims[source],
            "transpose takes a permutation")) {
      return false;
    }
    seen[source] = true;
  }
  index_t strides[max_rank];
  strides_of(in, strides);
  return keep_gather(node, 0, [&](int axis) { return strides[attrs.permutation[axis]]; });
}
void run_transpose(Node& node, Runtime& runtime) { run_copies(node, runtime); }

bool prepare_slice(Node& node, const SliceAttrs& attrs, Validator& validator) {
  if (!moves(node, validator) || !keeps_rank(node, validator) || !one_per_axis(node, attrs.starts, validator) ||
      !one_per_axis(node, attrs.strides, validator)) {
    return false;
  }
  const Value& in = *node.in[0];
  const Value& out = *node.out[0];
  index_t strides[max_rank], offset = 0;
  strides_of(in, strides);
  for (int axis = 0; axis < in.rank; axis++) {
    const int64_t start = attrs.starts[axis], last = start + int64_t{out.dims[axis] - 1} * attrs.strides[axis];
    if (!validator.require(
            out.dims[axis] == 0 || (start >= 0 && start < in.dims[axis] && last >= 0 && last < in.dims[axis]),
            "slice must stay inside of its operand")) {
      return false;
    }
    if (out.size > 0) offset += attrs.starts[axis] * strides[axis];
  }
  return keep_gather(node, offset, [&](int axis) { return strides[axis] * attrs.strides[axis]; });
}
void run_slice(Node& node, Runtime& runtime) { run_copies(node, runtime); }

bool prepare_reverse(Node& node, const ReverseAttrs& attrs, Validator& validator) {
  if (!moves(node, validator)) return false;
  const Value& in = *node.in[0];
  if (!validator.require(same_shape(in, *node.out[0]), "reverse keeps the shape")) return false;
  index_t strides[max_rank], offset = 0;
  strides_of(in, strides);
  bool reversed[max_rank] = {};
  for (const int32_t axis : attrs.axes) {
    if (!validator.require(axis >= 0 && axis < in.rank && !reversed[axis], "reverse takes axes of its operand")) {
      return false;
    }
    reversed[axis] = true;
    offset += (in.dims[axis] - 1) * strides[axis];
  }
  return keep_gather(node, offset, [&](int axis) { return reversed[axis] ? -strides[axis] : strides[axis]; });
}
void run_reverse(Node& node, Runtime& runtime) { run_copies(node, runtime); }

bool prepare_pad(Node& node, const PadAttrs& attrs, Validator& validator) {
  if (!moves(node, validator) || !keeps_rank(node, validator) || !one_per_axis(node, attrs.low, validator) ||
      !one_per_axis(node, attrs.interior, validator)) {
    return false;
  }
  const Value& in = *node.in[0];
  const Value& out = *node.out[0];
  auto state = std::make_unique<CopyState>();
  Copy copy;
  index_t from[max_rank], to[max_rank];
  strides_of(in, from);
  strides_of(out, to);
  bool nothing = false;
  // A negative pad crops, so only what falls inside the output is copied.
  for (int axis = 0; axis < in.rank; axis++) {
    const index_t low = attrs.low[axis], step = index_t{1} + attrs.interior[axis];
    if (!validator.require(step >= 1, "pad takes an interior of 0 or more")) return false;
    const index_t first = low >= 0 ? 0 : ceil_div(-low, step);
    const index_t last = low < out.dims[axis] ? std::min(in.dims[axis], (out.dims[axis] - 1 - low) / step + 1) : 0;
    const index_t count = std::max<index_t>(0, last - first);
    if (count == 0) {
      nothing = true;
      continue;
    }
    copy.from_offset += first * from[axis];
    copy.to_offset += (low + first * step) * to[axis];
    copy.add(count, from[axis], count == 1 ? 0 : step * to[axis]);
  }
  if (!nothing) state->copies.push_back(copy);
  state->fills = true;
  const double value = attrs.value;
  const int32_t whole = value >= -2147483648.0 && value < 2147483648.0 ? static_cast<int32_t>(value) : 0;
  state->fill_bits = out.dtype == DType::float32   ? __builtin_bit_cast(int32_t, static_cast<float>(value))
                     : out.dtype == DType::boolean ? value != 0
                                                   : whole;
  return keep(node, std::move(state));
}
void run_pad(Node& node, Runtime& runtime) { run_copies(node, runtime); }

bool prepare_concat(Node& node, const ConcatAttrs& attrs, Validator& validator) {
  if (!validator.require(!node.in.empty() && node.out.size() == 1, "concat takes operands")) return false;
  const Value& out = *node.out[0];
  const int axis = attrs.axis;
  if (!validator.require(axis >= 0 && axis < out.rank, "concat's axis must exist")) return false;
  const index_t outer = extent_of(out, 0, axis), total = extent_of(out, axis, out.rank);
  auto state = std::make_unique<CopyState>();
  index_t at = 0;
  for (const Value* in : node.in) {
    bool fits = in->rank == out.rank && in->dtype == out.dtype;
    for (int i = 0; fits && i < out.rank; i++) fits = i == axis || in->dims[i] == out.dims[i];
    if (!validator.require(fits, "concat's operands must fit its output")) return false;
    const index_t run = extent_of(*in, axis, in->rank);
    Copy copy;
    copy.to_offset = at;
    copy.add(outer, run, total);
    copy.add(run, 1, 1);
    state->copies.push_back(copy);
    at += run;
    if (!validator.require(at <= total, "concat's operands must fit its output")) return false;
  }
  return validator.require(at == total, "concat's operands must fill its output") && keep(node, std::move(state));
}
void run_concat(Node& node, Runtime& runtime) { run_copies(node, runtime); }

bool prepare_iota(Node& node, const IotaAttrs& attrs, Validator& validator) {
  if (!validator.require(
          node.in.empty() && node.out.size() == 1 && attrs.axis >= 0 && attrs.axis < std::max(1, node.out[0]->rank),
          "iota counts along an axis")) {
    return false;
  }
  const Value& out = *node.out[0];
  auto state = std::make_unique<IotaState>();
  if (out.rank > 0) {
    state->extent = out.dims[attrs.axis];
    state->inner = extent_of(out, attrs.axis + 1, out.rank);
  }
  node.state = std::move(state);
  return true;
}
void run_iota(Node& node, Runtime&) {
  const Value& out = *node.out[0];
  const IotaState& state = node.state_as<IotaState>();
  for (index_t i = 0; i < out.size; i++) {
    const index_t value = i / state.inner % state.extent;
    switch (out.dtype) {
      case DType::float32: out.as<float>()[i] = static_cast<float>(value); break;
      case DType::int32: out.as<int32_t>()[i] = static_cast<int32_t>(value); break;
      case DType::uint8: out.as<uint8_t>()[i] = static_cast<uint8_t>(value); break;
      case DType::boolean: out.as<uint8_t>()[i] = value != 0; break;
    }
  }
}

}  // namespace ceratops
