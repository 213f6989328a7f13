// recurrence: all steps of a recurrent layer, and its gradient. A task has a block of samples and runs all steps of
// them, so that threads never wait for each other; the kernel is packed once for all steps.
#include "ops.h"
#include "scalar_math.h"
#include "threads.h"
#include "tile.h"

namespace ceratops {

namespace {

// Samples of a task: few enough that the tasks of a batch of 64 or 128 come out even on two to eight threads.
constexpr index_t block_rows = 16;

// The cells by their number of gates.
constexpr index_t simple = 1, gru = 3, lstm = 4;

struct RecurrenceState : State {
  index_t steps, batch, units, gates, columns;
  bool reverse, masked;
  // The columns of the step's product, padded to whole panels, and its terms.
  index_t width, depth;

  // The row of a step, and that of the step before it.
  index_t row(index_t step) const { return reverse ? steps - 1 - step : step; }
  const uint8_t* mask(const Node& node, index_t at) const {
    return masked ? node.in.back()->as<uint8_t>() + at : nullptr;
  }
};

bool is_float(const Value& value, index_t a, index_t b, index_t c = 1) {
  return value.dtype == DType::float32 && product_is(value.size, a, b, c);
}

// Checks the kernel, and what has all steps; operands from `at_mask` on are the mask.
bool prepare_extents(Node& node, const Value& kernel, const Value& all, std::size_t at_mask, bool reverse,
                     Validator& validator) {
  auto state = std::make_unique<RecurrenceState>();
  if (!validator.require(kernel.rank == 2 && all.rank == 3 && kernel.dtype == DType::float32 && kernel.dims[0] > 0 &&
                             kernel.dims[1] % kernel.dims[0] == 0,
                         "a recurrence has a kernel and values of all steps")) {
    return false;
  }
  state->steps = all.dims[0];
  state->batch = all.dims[1];
  state->units = kernel.dims[0];
  state->columns = kernel.dims[1];
  state->gates = state->columns / state->units;
  state->reverse = reverse;
  const index_t gates = state->gates;
  state->masked = node.in.size() > at_mask;
  if (!validator.require(gates == simple || gates == gru || gates == lstm,
                         "a recurrent cell has one, three or four gates") ||
      !validator.require(node.in.size() <= at_mask + 1, "a recurrence has a mask at most")) {
    return false;
  }
  if (state->masked) {
    const Value& mask = *node.in.back();
    if (!validator.require(mask.dtype == DType::boolean && product_is(mask.size, state->steps, state->batch),
                           "a recurrence's mask must fit")) {
      return false;
    }
  }
  node.state = std::move(state);
  return true;
}

// Reserves memory for the packed factor of the steps' product, and for a block of its sums.
void reserve(RecurrenceState& state, index_t columns, index_t depth, Validator& validator) {
  state.width = round_up(columns, tile_columns);
  state.depth = depth;
  validator.need_shared(static_cast<std::size_t>(state.width * depth) * sizeof(float));
  validator.need_worker(static_cast<std::size_t>(block_rows * state.width) * sizeof(float));
}

// Packs the factor of the steps' product, whose strides are those of b.
void pack(const RecurrenceState& state, const float* b, index_t b_depth, index_t b_column, index_t columns,
          float* panels, Runtime& runtime) {
  Product product = {};
  product.n = columns;
  product.k = state.depth;
  product.b = b;
  product.b_depth = b_depth;
  product.b_column = b_column;
  runtime.pool->parallel(panels_of(columns), [&](index_t panel, int) { pack_shared_panel(product, panel, panels); });
}

// sums [rows, width] (+)= a [rows, depth] . the packed factor.
void multiply(const RecurrenceState& state, index_t rows, const float* a, const float* panels, float* sums, bool add) {
  Product product = {};
  product.m = rows;
  product.n = state.width;
  product.k = state.depth;
  product.a = a;
  product.a_row = state.depth;
  product.a_depth = 1;
  product.c = sums;
  product.c_row = state.width;
  product.add = add;
  packed_product(product, panels, nullptr);
}

void sigmoids(const float* x, const float* sums, index_t n, float* y) {
  CERATOPS_INDEPENDENT
  for (index_t j = 0; j < n; j++) y[j] = sigmoid_of(x[j] + sums[j]);
}

void tanhs(const float* x, const float* sums, index_t n, float* y) {
  CERATOPS_INDEPENDENT
  for (index_t j = 0; j < n; j++) y[j] = tanh_of(x[j] + sums[j]);
}

void gru_step(index_t units, const float* x, const float* bias, float* sums, const float* before, float* gates,
              float* inner, float* h) {
  CERATOPS_INDEPENDENT
  for (index_t j = 0; j < 3 * units; j++) sums[j] += bias[j];
  sigmoids(x, sums, 2 * units, gates);
  const float* r = gates + units;
  float* candidate = gates + 2 * units;
  CERATOPS_INDEPENDENT
  for (index_t u = 0; u < units; u++) {
    inner[u] = sums[2 * units + u];
    candidate[u] = tanh_of(x[2 * units + u] + r[u] * inner[u]);
  }
  CERATOPS_INDEPENDENT
  for (index_t u = 0; u < units; u++) h[u] = gates[u] * before[u] + (1.0f - gates[u]) * candidate[u];
}

void lstm_step(index_t units, const float* x, const float* sums, const float* carry, float* gates, float* next_carry,
               float* h) {
  sigmoids(x, sums, 2 * units, gates);
  tanhs(x + 2 * units, sums + 2 * units, units, gates + 2 * units);
  sigmoids(x + 3 * units, sums + 3 * units, units, gates + 3 * units);
  CERATOPS_INDEPENDENT
  for (index_t u = 0; u < units; u++) {
    next_carry[u] = gates[units + u] * carry[u] + gates[u] * gates[2 * units + u];
    h[u] = gates[3 * units + u] * tanh_of(next_carry[u]);
  }
}

// In each of these, `state` has the gradient by the state after a step that comes from later steps, and then what comes
// from this one besides the product.
void simple_gradient(index_t units, const float* h, const float* gradient, float* state, float* of_x) {
  CERATOPS_INDEPENDENT
  for (index_t u = 0; u < units; u++) {
    of_x[u] = (state[u] + gradient[u]) * (1.0f - h[u] * h[u]);
    state[u] = 0.0f;
  }
}

void gru_gradient(index_t units, const float* gates, const float* inner, const float* before, const float* gradient,
                  float* state, float* of_x, float* of_sums) {
  CERATOPS_INDEPENDENT
  for (index_t u = 0; u < units; u++) {
    const float z = gates[u], r = gates[units + u], candidate = gates[2 * units + u];
    const float slope = state[u] + gradient[u];
    const float of_candidate = slope * (1.0f - z) * (1.0f - candidate * candidate);
    const float of_z = slope * (before[u] - candidate) * z * (1.0f - z);
    const float of_r = of_candidate * inner[u] * r * (1.0f - r);
    of_x[u] = of_sums[u] = of_z;
    of_x[units + u] = of_sums[units + u] = of_r;
    of_x[2 * units + u] = of_candidate;
    of_sums[2 * units + u] = of_candidate * r;
    state[u] = slope * z;
  }
}

void lstm_gradient(index_t units, const float* gates, const float* carry, const float* before, const float* gradient,
                   float* state, float* of_carry, float* of_x) {
  CERATOPS_INDEPENDENT
  for (index_t u = 0; u < units; u++) {
    const float i = gates[u], f = gates[units + u], candidate = gates[2 * units + u], o = gates[3 * units + u];
    const float slope = state[u] + gradient[u];
    const float squashed = tanh_of(carry[u]);
    const float of_c = of_carry[u] + slope * o * (1.0f - squashed * squashed);
    of_x[u] = of_c * candidate * i * (1.0f - i);
    of_x[units + u] = of_c * before[u] * f * (1.0f - f);
    of_x[2 * units + u] = of_c * i * (1.0f - candidate * candidate);
    of_x[3 * units + u] = slope * squashed * o * (1.0f - o);
    of_carry[u] = of_c * f;
    state[u] = 0.0f;
  }
}

}  // namespace

bool prepare_recurrence(Node& node, const RecurrenceAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() >= 3 && !node.out.empty(), "a recurrence takes inputs, kernel and state")) {
    return false;
  }
  const Value& kernel = *node.in[1];
  const bool gated = kernel.rank == 2 && kernel.dims[1] > kernel.dims[0];
  if (!prepare_extents(node, kernel, *node.in[0], gated ? 4 : 3, attrs.reverse, validator)) return false;
  RecurrenceState& state = node.state_as<RecurrenceState>();
  const index_t steps = state.steps, batch = state.batch, units = state.units;
  const std::size_t outputs = state.gates == simple ? 1 : state.gates == gru ? 3 : 4;
  bool fits = node.out.size() == outputs && node.in.size() >= (gated ? 4u : 3u) &&
              is_float(*node.in[0], steps, batch, state.columns) && is_float(*node.in[2], batch, units) &&
              is_float(*node.out[0], steps, batch, units);
  if (fits && gated) {
    const Value& extra = *node.in[3];
    fits = (state.gates == gru ? is_float(extra, state.columns, 1) : is_float(extra, batch, units)) &&
           (state.gates == gru || is_float(*node.out[1], batch, units)) &&
           is_float(*node.out[outputs - 2], steps, batch, state.columns) &&
           is_float(*node.out[outputs - 1], steps, batch, units);
  }
  reserve(state, state.columns, units, validator);
  return validator.require(fits, "a recurrence's operands must fit");
}

void run_recurrence(Node& node, Runtime& runtime) {
  const RecurrenceState& state = node.state_as<RecurrenceState>();
  const index_t units = state.units, columns = state.columns, batch = state.batch;
  const std::size_t outputs = node.out.size();
  const float* x = node.in[0]->as<float>();
  const float* extra = state.gates == simple ? nullptr : node.in[3]->as<float>();
  float* states = node.out[0]->as<float>();
  float* gates = state.gates == simple ? nullptr : node.out[outputs - 2]->as<float>();
  float* inner = state.gates == simple ? nullptr : node.out[outputs - 1]->as<float>();
  float* panels = reinterpret_cast<float*>(runtime.shared);
  pack(state, node.in[1]->as<float>(), columns, 1, columns, panels, runtime);
  runtime.pool->parallel(ceil_div(batch, block_rows), [&](index_t task, int thread) {
    float* sums = reinterpret_cast<float*>(runtime.worker(thread));
    const index_t first = task * block_rows, rows = std::min(block_rows, batch - first);
    const float* before = node.in[2]->as<float>() + first * units;
    const float* carry = state.gates == lstm ? extra + first * units : nullptr;
    for (index_t step = 0; step < state.steps; step++) {
      const index_t at = state.row(step) * batch + first;
      multiply(state, rows, before, panels, sums, false);
      const uint8_t* mask = state.mask(node, at);
      for (index_t r = 0; r < rows; r++) {
        const float* given = x + (at + r) * columns;
        float* sum = sums + r * state.width;
        float* h = states + (at + r) * units;
        const bool seen = !mask || mask[r];
        if (state.gates == simple) {
          tanhs(given, sum, units, h);
        } else if (state.gates == gru) {
          gru_step(units, given, extra, sum, before + r * units, gates + (at + r) * columns, inner + (at + r) * units,
                   h);
        } else {
          float* next = inner + (at + r) * units;
          lstm_step(units, given, sum, carry + r * units, gates + (at + r) * columns, next, h);
          if (!seen) std::memcpy(next, carry + r * units, units * sizeof(float));
        }
        if (!seen) std::memcpy(h, before + r * units, units * sizeof(float));
      }
      before = states + at * units;
      if (state.gates == lstm) carry = inner + at * units;
    }
    if (state.gates == lstm) {
      std::memcpy(node.out[1]->as<float>() + first * units, carry, rows * units * sizeof(float));
    }
  });
}

bool prepare_recurrence_gradient(Node& node, const RecurrenceGradientAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() >= 4 && node.out.size() >= 2, "a recurrence's gradient takes four operands")) {
    return false;
  }
  const Value& kernel = *node.in[0];
  const index_t gates = kernel.rank == 2 && kernel.dims[0] > 0 ? kernel.dims[1] / kernel.dims[0] : 0;
  const std::size_t operands = gates == simple ? 4 : gates == gru ? 6 : 8;
  if (!prepare_extents(node, kernel, *node.in[2], operands, attrs.reverse, validator)) return false;
  RecurrenceState& state = node.state_as<RecurrenceState>();
  const index_t steps = state.steps, batch = state.batch, units = state.units, columns = state.columns;
  bool fits = node.in.size() >= operands && node.out.size() == (gates == simple ? 2 : 3) &&
              is_float(*node.in[1], batch, units) && is_float(*node.in[2], steps, batch, units) &&
              is_float(*node.in[3], steps, batch, units) && is_float(*node.out[0], steps, batch, columns) &&
              is_float(*node.out[1], batch, units);
  if (fits && gates != simple) {
    fits = is_float(*node.in[4], steps, batch, columns) && is_float(*node.in[5], steps, batch, units);
  }
  if (fits && gates == gru) fits = is_float(*node.out[2], steps, batch, columns);
  if (fits && gates == lstm) {
    fits = is_float(*node.in[6], batch, units) && is_float(*node.in[7], batch, units) &&
           is_float(*node.out[2], batch, units);
  }
  reserve(state, units, columns, validator);
  return validator.require(fits, "the operands of a recurrence's gradient must fit");
}

void run_recurrence_gradient(Node& node, Runtime& runtime) {
  const RecurrenceState& state = node.state_as<RecurrenceState>();
  const index_t units = state.units, columns = state.columns, batch = state.batch;
  const auto operand = [&](std::size_t i) { return i < node.in.size() ? node.in[i]->as<float>() : nullptr; };
  const float* states = operand(2);
  const float* gates = operand(4);
  const float* inner = operand(5);
  float* of_x = node.out[0]->as<float>();
  float* of_sums = state.gates == gru ? node.out[2]->as<float>() : of_x;
  float* panels = reinterpret_cast<float*>(runtime.shared);
  pack(state, node.in[0]->as<float>(), 1, columns, units, panels, runtime);
  runtime.pool->parallel(ceil_div(batch, block_rows), [&](index_t task, int thread) {
    // The gradient by the states after a step, from later steps.
    float* of_states = reinterpret_cast<float*>(runtime.worker(thread));
    const index_t first = task * block_rows, rows = std::min(block_rows, batch - first);
    std::memset(of_states, 0, rows * state.width * sizeof(float));
    float* of_carry = state.gates == lstm ? node.out[2]->as<float>() + first * units : nullptr;
    if (of_carry) std::memcpy(of_carry, operand(7) + first * units, rows * units * sizeof(float));
    for (index_t step = state.steps - 1; step >= 0; step--) {
      const index_t at = state.row(step) * batch + first;
      const index_t at_before = step > 0 ? state.row(step - 1) * batch + first : 0;
      const float* before = step > 0 ? states + at_before * units : operand(1) + first * units;
      const float* old_carry = state.gates != lstm ? nullptr
                               : step > 0          ? inner + at_before * units
                                                   : operand(6) + first * units;
      const uint8_t* mask = state.mask(node, at);
      for (index_t r = 0; r < rows; r++) {
        const float* gradient = operand(3) + (at + r) * units;
        float* own = of_states + r * state.width;
        float* to = of_x + (at + r) * columns;
        if (mask && !mask[r]) {
          for (index_t u = 0; u < units; u++) own[u] += gradient[u];
          std::memset(to, 0, columns * sizeof(float));
          if (state.gates == gru) std::memset(of_sums + (at + r) * columns, 0, columns * sizeof(float));
        } else if (state.gates == simple) {
          simple_gradient(units, states + (at + r) * units, gradient, own, to);
        } else if (state.gates == gru) {
          gru_gradient(units, gates + (at + r) * columns, inner + (at + r) * units, before + r * units, gradient, own,
                       to, of_sums + (at + r) * columns);
        } else {
          lstm_gradient(units, gates + (at + r) * columns, inner + (at + r) * units, old_carry + r * units, gradient,
                        own, of_carry + r * units, to);
        }
      }
      multiply(state, rows, of_sums + at * columns, panels, of_states, true);
    }
    for (index_t r = 0; r < rows; r++) {
      std::memcpy(node.out[1]->as<float>() + (first + r) * units, of_states + r * state.width, units * sizeof(float));
    }
  });
}

}  // namespace ceratops
