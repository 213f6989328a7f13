// The gates of a step of a recurrence, and of its gradient: a thread has a feature of a sample. The products of state and
// kernel are computed before. No workgroup memory.
//
// x, gates and of_x are [steps, batch, gates * units], states and inner [steps, batch, units], sums are [batch, gates *
// units], and slope and carry_slope [batch, units]; `row` is the first sample of the step. A cell has GATES: 1, 3 (GRU) or
// 4 (LSTM).
//
// simple_step, gru_step, lstm_step: the state after a step, and what the gradient needs, from the products `sums`.
// simple_gradient, gru_gradient, lstm_gradient: the gradients by the gates' inputs, from that by the state after the step,
// `slope`, but for what the output of the step adds. `slope` is then what of the gradient by the state before is no
// product; with IS_LAST no step follows.
//
// needs: const GATES u32, const IS_LAST, fn in_mask(u32) -> bool, fn state_before(u32) -> f32,
//   fn carry_before(u32) -> f32, load_x f32, load_sums f32, load_bias f32, load_states f32, store_states f32, load_gates f32, store_gates f32, load_inner f32,
//   store_inner f32, load_gradient f32, load_slope f32, store_slope f32, load_carry_slope f32, store_carry_slope f32,
//   store_of_x f32, store_of_sums f32, params { units, row }

// Where a feature of a sample is: among states before or after one step, in `states`, `gates` and what is like them, and
// in `sums`.
struct Place {
  own: u32,
  at: u32,
  gate: u32,
  sum: u32,
  seen: bool,
}

fn place_of(i: u32) -> Place {
  let sample = i / params.units;
  let unit = i % params.units;
  let row = params.row + sample;
  let first = sample * GATES * params.units + unit;
  return Place(i, row * params.units + unit, row * GATES * params.units + unit, first, in_mask(row));
}

fn simple_step_at(i: u32) {
  let place = place_of(i);
  let next = tanh_f32(load_x(place.gate) + load_sums(place.sum));
  store_states(place.at, select(state_before(place.own), next, place.seen));
}

fn gru_step_at(i: u32) {
  let units = params.units;
  let place = place_of(i);
  let gate = place.gate;
  let sum = load_sums(place.sum + 2u * units) + load_bias(i % units + 2u * units);
  let z = sigmoid_f32(load_x(gate) + (load_sums(place.sum) + load_bias(i % units)));
  let r = sigmoid_f32(load_x(gate + units) + (load_sums(place.sum + units) + load_bias(i % units + units)));
  let candidate = tanh_f32(load_x(gate + 2u * units) + r * sum);
  let state = state_before(place.own);
  store_gates(gate, z);
  store_gates(gate + units, r);
  store_gates(gate + 2u * units, candidate);
  store_inner(place.at, sum);
  store_states(place.at, select(state, z * state + (1.0 - z) * candidate, place.seen));
}

fn lstm_step_at(i: u32) {
  let units = params.units;
  let place = place_of(i);
  let gate = place.gate;
  let input = sigmoid_f32(load_x(gate) + load_sums(place.sum));
  let forget = sigmoid_f32(load_x(gate + units) + load_sums(place.sum + units));
  let candidate = tanh_f32(load_x(gate + 2u * units) + load_sums(place.sum + 2u * units));
  let output = sigmoid_f32(load_x(gate + 3u * units) + load_sums(place.sum + 3u * units));
  let carry = carry_before(place.own);
  let next = forget * carry + input * candidate;
  store_gates(gate, input);
  store_gates(gate + units, forget);
  store_gates(gate + 2u * units, candidate);
  store_gates(gate + 3u * units, output);
  store_inner(place.at, select(carry, next, place.seen));
  store_states(place.at, select(state_before(place.own), output * tanh_f32(next), place.seen));
}

// What comes from the steps after this one.
fn slope_after(i: u32) -> f32 {
  if (IS_LAST) {
    return 0.0;
  }
  return load_slope(i);
}

fn simple_gradient_at(i: u32) {
  let place = place_of(i);
  let slope = slope_after(i) + load_gradient(place.at);
  let h = load_states(place.at);
  store_of_x(place.gate, select(0.0, slope * (1.0 - h * h), place.seen));
  store_slope(place.own, select(slope, 0.0, place.seen));
}

fn gru_gradient_at(i: u32) {
  let units = params.units;
  let place = place_of(i);
  let slope = slope_after(i) + load_gradient(place.at);
  let z = load_gates(place.gate);
  let r = load_gates(place.gate + units);
  let candidate = load_gates(place.gate + 2u * units);
  let counted = select(0.0, slope, place.seen);
  let of_candidate = counted * (1.0 - z) * (1.0 - candidate * candidate);
  let of_z = counted * (state_before(place.own) - candidate) * z * (1.0 - z);
  let of_r = of_candidate * load_inner(place.at) * r * (1.0 - r);
  store_of_x(place.gate, of_z);
  store_of_x(place.gate + units, of_r);
  store_of_x(place.gate + 2u * units, of_candidate);
  store_of_sums(place.gate, of_z);
  store_of_sums(place.gate + units, of_r);
  store_of_sums(place.gate + 2u * units, of_candidate * r);
  store_slope(place.own, select(slope, slope * z, place.seen));
}

fn lstm_gradient_at(i: u32) {
  let units = params.units;
  let place = place_of(i);
  let slope = slope_after(i) + load_gradient(place.at);
  let input = load_gates(place.gate);
  let forget = load_gates(place.gate + units);
  let candidate = load_gates(place.gate + 2u * units);
  let output = load_gates(place.gate + 3u * units);
  let squashed = tanh_f32(load_inner(place.at));
  let later = load_carry_slope(i);
  let counted = select(0.0, slope, place.seen);
  let of_carry = select(0.0, later, place.seen) + counted * output * (1.0 - squashed * squashed);
  store_of_x(place.gate, of_carry * candidate * input * (1.0 - input));
  store_of_x(place.gate + units, of_carry * carry_before(place.own) * forget * (1.0 - forget));
  store_of_x(place.gate + 2u * units, of_carry * input * (1.0 - candidate * candidate));
  store_of_x(place.gate + 3u * units, counted * squashed * output * (1.0 - output));
  store_carry_slope(i, select(later, of_carry * forget, place.seen));
  store_slope(place.own, select(slope, 0.0, place.seen));
}
