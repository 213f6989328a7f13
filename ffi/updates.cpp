// Optimizer updates, of several variables at once, each in one pass over memory. The formulas are those of Keras 3.
#include "ops.h"
#include "threads.h"

namespace ceratops {

namespace {

constexpr index_t elements_per_task = 16384;

struct Piece {
  int variable;
  index_t from, size;
};

struct UpdateState : State {
  int count, kinds;
  std::vector<Piece> pieces;
};

template <class Attrs>
struct UpdateStateOf : UpdateState {
  Attrs attrs;
};

// Inputs: `count` variables, their gradients, their slots by kind, then the rate of each. Outputs: the variables and
// the slots.
template <class Attrs>
bool prepare_update(Node& node, const Attrs& attrs, Validator& validator, int kinds) {
  const std::size_t count = node.out.size() / (1 + kinds);
  if (!validator.require(count > 0 && node.in.size() == count * (3 + kinds) && node.out.size() == count * (1 + kinds),
                         "an update takes each variable with its gradient, slots and rate")) {
    return false;
  }
  const std::size_t rates = node.in.size() - count;
  for (std::size_t i = 0; i < node.in.size(); i++) {
    const Value& value = *node.in[i];
    if (!validator.require(value.dtype == DType::float32, "an update takes float32") ||
        !validator.require(value.size == (i < rates ? node.in[i % count]->size : 1),
                           "a variable, its gradient and slots have one size, and a rate is one number")) {
      return false;
    }
  }
  for (std::size_t i = 0; i < node.out.size(); i++) {
    if (!validator.require(node.out[i]->dtype == DType::float32 && node.out[i]->size == node.in[i % count]->size,
                           "an update keeps the sizes")) {
      return false;
    }
  }
  auto state = std::make_unique<UpdateStateOf<Attrs>>();
  state->attrs = attrs;
  state->count = static_cast<int>(count);
  state->kinds = kinds;
  for (int v = 0; v < state->count; v++) {
    for (index_t from = 0; from < node.in[v]->size; from += elements_per_task) {
      state->pieces.push_back({v, from, std::min(elements_per_task, node.in[v]->size - from)});
    }
  }
  node.state = std::move(state);
  return true;
}

// Where each array of a piece begins.
struct Arrays {
  const float* w;
  const float* g;
  const float* slot[3];
  float* w_out;
  float* slot_out[3];
  float rate;
};

template <class Rule>
void run_update(Node& node, Runtime& runtime, const Rule& rule) {
  const UpdateState& state = node.state_as<UpdateState>();
  // Pieces of small variables are grouped so that a task is worth scheduling.
  const index_t total = static_cast<index_t>(state.pieces.size());
  const index_t per_task = total > 64 ? 4 : 1;
  const auto run_pieces = [&](index_t first, index_t last) {
    for (index_t i = first; i < last; i++) {
      const Piece& piece = state.pieces[i];
      Arrays at = {};
      at.w = node.in[piece.variable]->as<float>() + piece.from;
      at.g = node.in[state.count + piece.variable]->as<float>() + piece.from;
      at.w_out = node.out[piece.variable]->as<float>() + piece.from;
      at.rate = *node.in[(2 + state.kinds) * state.count + piece.variable]->as<float>();
      for (int kind = 0; kind < state.kinds; kind++) {
        at.slot[kind] = node.in[(2 + kind) * state.count + piece.variable]->as<float>() + piece.from;
        at.slot_out[kind] = node.out[(1 + kind) * state.count + piece.variable]->as<float>() + piece.from;
      }
      rule(at, piece.size);
    }
  };
  runtime.pool->parallel(ceil_div(total, per_task), [&](index_t task, int) {
    run_pieces(task * per_task, std::min(total, (task + 1) * per_task));
  });
}

template <class Attrs>
const Attrs& attrs_of(const Node& node) {
  return node.state_as<UpdateStateOf<Attrs>>().attrs;
}

}  // namespace

// Slot: velocity, if momentum > 0.
bool prepare_sgd_update(Node& node, const SgdUpdateAttrs& attrs, Validator& validator) {
  return prepare_update(node, attrs, validator, attrs.momentum > 0 ? 1 : 0);
}
void run_sgd_update(Node& node, Runtime& runtime) {
  const SgdUpdateAttrs& attrs = attrs_of<SgdUpdateAttrs>(node);
  const float momentum = static_cast<float>(attrs.momentum);
  const bool nesterov = attrs.nesterov;
  run_update(node, runtime, [=](const Arrays& at, index_t n) {
    const float rate = at.rate;
    if (!at.slot_out[0]) {
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < n; i++) at.w_out[i] = at.w[i] - rate * at.g[i];
    } else if (nesterov) {
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < n; i++) {
        const float step = rate * at.g[i];
        const float velocity = momentum * at.slot[0][i] - step;
        at.slot_out[0][i] = velocity;
        at.w_out[i] = at.w[i] + (momentum * velocity - step);
      }
    } else {
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < n; i++) {
        const float velocity = momentum * at.slot[0][i] - rate * at.g[i];
        at.slot_out[0][i] = velocity;
        at.w_out[i] = at.w[i] + velocity;
      }
    }
  });
}

namespace {

template <bool with_momentum, bool centered>
void rmsprop(const Arrays& at, index_t n, float rho, float one_minus_rho, float momentum, float epsilon) {
  constexpr int gradient_slot = with_momentum ? 2 : 1;
  const float rate = at.rate;
  CERATOPS_INDEPENDENT
  for (index_t i = 0; i < n; i++) {
    const float g = at.g[i];
    const float mean_square = rho * at.slot[0][i] + one_minus_rho * (g * g);
    at.slot_out[0][i] = mean_square;
    float variance = mean_square + epsilon;
    if constexpr (centered) {
      const float mean_gradient = rho * at.slot[gradient_slot][i] + one_minus_rho * g;
      at.slot_out[gradient_slot][i] = mean_gradient;
      variance -= mean_gradient * mean_gradient;
    }
    float step = rate * g / __builtin_sqrtf(variance);
    if constexpr (with_momentum) {
      step = momentum * at.slot[1][i] + step;
      at.slot_out[1][i] = step;
    }
    at.w_out[i] = at.w[i] - step;
  }
}

}  // namespace

// Slots: mean square, momentum, mean gradient.
bool prepare_rmsprop_update(Node& node, const RmspropUpdateAttrs& attrs, Validator& validator) {
  return prepare_update(node, attrs, validator, 1 + (attrs.momentum > 0 ? 1 : 0) + (attrs.centered ? 1 : 0));
}
void run_rmsprop_update(Node& node, Runtime& runtime) {
  const RmspropUpdateAttrs& attrs = attrs_of<RmspropUpdateAttrs>(node);
  const float rho = static_cast<float>(attrs.rho), momentum = static_cast<float>(attrs.momentum),
              epsilon = static_cast<float>(attrs.epsilon);
  const float one_minus_rho = static_cast<float>(1.0 - attrs.rho);
  const auto rule = attrs.momentum > 0 ? (attrs.centered ? rmsprop<true, true> : rmsprop<true, false>)
                                       : (attrs.centered ? rmsprop<false, true> : rmsprop<false, false>);
  run_update(node, runtime, [=](const Arrays& at, index_t n) { rule(at, n, rho, one_minus_rho, momentum, epsilon); });
}

// Slots: momentum, mean square, its maximum so far.
bool prepare_adam_update(Node& node, const AdamUpdateAttrs& attrs, Validator& validator) {
  return prepare_update(node, attrs, validator, attrs.amsgrad ? 3 : 2);
}
void run_adam_update(Node& node, Runtime& runtime) {
  const AdamUpdateAttrs& attrs = attrs_of<AdamUpdateAttrs>(node);
  const float epsilon = static_cast<float>(attrs.epsilon);
  // Rounded from float64: in float32, 1 - 0.999 would be off by 5e-5.
  const float one_minus_beta1 = static_cast<float>(1.0 - attrs.beta1);
  const float one_minus_beta2 = static_cast<float>(1.0 - attrs.beta2);
  run_update(node, runtime, [=](const Arrays& at, index_t n) {
    const float rate = at.rate;
    if (at.slot_out[2]) {
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < n; i++) {
        const float g = at.g[i];
        const float m = at.slot[0][i] + (g - at.slot[0][i]) * one_minus_beta1;
        const float v = at.slot[1][i] + (g * g - at.slot[1][i]) * one_minus_beta2;
        const float top = at.slot[2][i] > v ? at.slot[2][i] : v;
        at.slot_out[0][i] = m;
        at.slot_out[1][i] = v;
        at.slot_out[2][i] = top;
        at.w_out[i] = at.w[i] - rate * m / (__builtin_sqrtf(top) + epsilon);
      }
    } else {
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < n; i++) {
        const float g = at.g[i];
        const float m = at.slot[0][i] + (g - at.slot[0][i]) * one_minus_beta1;
        const float v = at.slot[1][i] + (g * g - at.slot[1][i]) * one_minus_beta2;
        at.slot_out[0][i] = m;
        at.slot_out[1][i] = v;
        at.w_out[i] = at.w[i] - rate * m / (__builtin_sqrtf(v) + epsilon);
      }
    }
  });
}

}  // namespace ceratops
