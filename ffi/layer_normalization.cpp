// layerNormalization: rows scaled to mean 0 and variance 1, then times gamma plus beta; and its gradient.
#include <cmath>

#include "ops.h"
#include "threads.h"
#include "tile.h"

namespace ceratops {

namespace {

constexpr index_t elements_per_task = 8192, most_parts = 32;

struct LayerNormalizationState : State {
  index_t rows, size;
  float epsilon = 0;
  // The rows of a task, and the sums by gamma and beta of each task, one after the other.
  index_t part, parts;
  std::vector<float> partial;
};

bool is_float(const Value& value, index_t a, index_t b) {
  return value.dtype == DType::float32 && product_is(value.size, a, b);
}

bool prepare_rows(Node& node, const Value& stats, Validator& validator) {
  const Value& x = *node.in[0];
  if (!validator.require(x.rank >= 1, "layerNormalization takes rows")) return false;
  auto state = std::make_unique<LayerNormalizationState>();
  state->size = x.dims[x.rank - 1];
  state->rows = 1;
  for (int axis = 0; axis < x.rank - 1; axis++) state->rows *= x.dims[axis];
  // The parts depend only on the shape, and so do the sums of the gradient.
  const index_t fewest = ceil_div(elements_per_task, std::max<index_t>(1, state->size));
  state->part = std::max(fewest, ceil_div(state->rows, most_parts));
  state->parts = ceil_div(state->rows, state->part);
  const bool fits = is_float(x, state->rows, state->size) && is_float(*node.in[1], state->size, 1) &&
                    is_float(stats, state->rows, 2) && is_float(*node.out[0], state->rows, state->size);
  node.state = std::move(state);
  return validator.require(fits, "layerNormalization's operands must fit");
}

template <class F>
void each_part(const LayerNormalizationState& state, Runtime& runtime, const F& body) {
  runtime.pool->parallel(state.parts, [&](index_t part, int thread) {
    const index_t from = part * state.part;
    body(part, from, std::min(state.rows, from + state.part), reinterpret_cast<float*>(runtime.worker(thread)));
  });
}

}  // namespace

bool prepare_layer_normalization(Node& node, const LayerNormalizationAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() == 3 && node.out.size() == 2, "layerNormalization takes x and two weights") ||
      !prepare_rows(node, *node.out[1], validator)) {
    return false;
  }
  LayerNormalizationState& state = node.state_as<LayerNormalizationState>();
  state.epsilon = static_cast<float>(attrs.epsilon);
  return validator.require(is_float(*node.in[2], state.size, 1), "layerNormalization's beta must fit");
}

void run_layer_normalization(Node& node, Runtime& runtime) {
  const LayerNormalizationState& state = node.state_as<LayerNormalizationState>();
  const index_t size = state.size;
  const float* gamma = node.in[1]->as<float>();
  const float* beta = node.in[2]->as<float>();
  each_part(state, runtime, [&](index_t, index_t from, index_t to, float*) {
    for (index_t row = from; row < to; row++) {
      const float* x = node.in[0]->as<float>() + row * size;
      float* y = node.out[0]->as<float>() + row * size;
      float* stats = node.out[1]->as<float>() + 2 * row;
      const float mean = sum_of(x, size) / static_cast<float>(size);
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < size; i++) y[i] = x[i] - mean;
      const float scale = 1.0f / std::sqrt(sum_of_products(y, y, size) / static_cast<float>(size) + state.epsilon);
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < size; i++) y[i] = y[i] * scale * gamma[i] + beta[i];
      stats[0] = mean;
      stats[1] = scale;
    }
  });
}

bool prepare_layer_normalization_gradient(Node& node, const LayerNormalizationGradientAttrs&, Validator& validator) {
  if (!validator.require(node.in.size() == 4 && node.out.size() == 3,
                         "layerNormalizationGradient takes four operands") ||
      !prepare_rows(node, *node.in[2], validator)) {
    return false;
  }
  LayerNormalizationState& state = node.state_as<LayerNormalizationState>();
  state.partial.resize(2 * state.parts * state.size);
  validator.need_worker(state.size * sizeof(float));
  return validator.require(is_float(*node.in[3], state.rows, state.size) && is_float(*node.out[1], state.size, 1) &&
                               is_float(*node.out[2], state.size, 1),
                           "layerNormalizationGradient's operands must fit");
}

void run_layer_normalization_gradient(Node& node, Runtime& runtime) {
  LayerNormalizationState& state = node.state_as<LayerNormalizationState>();
  const index_t size = state.size;
  const float* gamma = node.in[1]->as<float>();
  std::fill(state.partial.begin(), state.partial.end(), 0.0f);
  each_part(state, runtime, [&](index_t part, index_t from, index_t to, float* normalized) {
    float* of_gamma = state.partial.data() + 2 * part * size;
    float* of_beta = of_gamma + size;
    for (index_t row = from; row < to; row++) {
      const float* x = node.in[0]->as<float>() + row * size;
      const float* gradient = node.in[3]->as<float>() + row * size;
      const float* stats = node.in[2]->as<float>() + 2 * row;
      float* of_x = node.out[0]->as<float>() + row * size;
      const float mean = stats[0], scale = stats[1];
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < size; i++) {
        normalized[i] = (x[i] - mean) * scale;
        of_gamma[i] += gradient[i] * normalized[i];
        of_beta[i] += gradient[i];
        of_x[i] = gradient[i] * gamma[i];
      }
      const float slope = sum_of(of_x, size) / static_cast<float>(size);
      const float along = sum_of_products(of_x, normalized, size) / static_cast<float>(size);
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < size; i++) of_x[i] = scale * (of_x[i] - slope - normalized[i] * along);
    }
  });
  for (int k = 0; k < 2; k++) {
    float* total = node.out[1 + k]->as<float>();
    std::memset(total, 0, size * sizeof(float));
    for (index_t part = 0; part < state.parts; part++) {
      const float* from = state.partial.data() + (2 * part + k) * size;
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < size; i++) total[i] += from[i];
    }
  }
}

}  // namespace ceratops
