// resample: along one axis, each output element is a weighted sum of a few input elements.
#include "ops.h"
#include "threads.h"

namespace ceratops {

namespace {

struct ResampleState : State {
  index_t outer = 1, from = 1, to = 1, inner = 1, taps = 1;
};

}  // namespace

bool prepare_resample(Node& node, const ResampleAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() >= 3 && node.out.size() == 1, "resample takes a value and its tables")) {
    return false;
  }
  const Value& x = *node.in[0];
  const Value& indices = *node.in[1];
  const Value& weights = *node.in[2];
  const Value& y = *node.out[0];
  const int axis = attrs.axis;
  if (!validator.require(axis >= 0 && axis < x.rank && x.rank == y.rank, "resample's axis must be there") ||
      !validator.require(x.dtype == DType::float32 && y.dtype == DType::float32 && weights.dtype == DType::float32 &&
                             indices.dtype == DType::int32,
                         "resample takes float32, and indices of int32") ||
      !validator.require(indices.rank == 2 && same_shape(indices, weights) && indices.dims[0] == y.dims[axis],
                         "resample's tables must fit")) {
    return false;
  }
  auto state = std::make_unique<ResampleState>();
  for (int i = 0; i < x.rank; i++) {
    if (i == axis) continue;
    if (!validator.require(x.dims[i] == y.dims[i], "resample keeps the other axes")) return false;
    (i < axis ? state->outer : state->inner) *= x.dims[i];
  }
  state->from = x.dims[axis];
  state->to = y.dims[axis];
  state->taps = indices.dims[1];
  node.state = std::move(state);
  return true;
}

void run_resample(Node& node, Runtime& runtime) {
  const ResampleState& state = node.state_as<ResampleState>();
  if (node.out[0]->size == 0) return;
  constexpr index_t work_per_task = 65536;
  const index_t rows = state.outer * state.to;
  const index_t each = std::max<index_t>(1, work_per_task / (state.inner * (1 + state.taps)));
  runtime.pool->parallel(ceil_div(rows, each), [&](index_t task, int) {
    const int32_t* indices = node.in[1]->as<int32_t>();
    const float* weights = node.in[2]->as<float>();
    for (index_t row = task * each; row < std::min(rows, (task + 1) * each); row++) {
      const index_t outer = row / state.to, at = row - outer * state.to;
      float* to = node.out[0]->as<float>() + row * state.inner;
      for (index_t i = 0; i < state.inner; i++) to[i] = 0.0f;
      for (index_t t = 0; t < state.taps; t++) {
        const index_t index = indices[at * state.taps + t];
        const float weight = weights[at * state.taps + t];
        if (weight == 0 || index < 0 || index >= state.from) continue;
        const float* from = node.in[0]->as<float>() + (outer * state.from + index) * state.inner;
        CERATOPS_INDEPENDENT
        for (index_t i = 0; i < state.inner; i++) to[i] += weight * from[i];
      }
    }
  });
}

}  // namespace ceratops
