// A step of a recurrence, and of its gradient: each thread computes 4 samples x 4 features, the product of state and
// kernel in registers and then the gates. No workgroup memory.
//
// x, gates and of_x are [steps, batch, gates * units], states and inner [steps, batch, units]; `row` is the first sample of
// the step, `later` that of the next one. A cell has GATES: 1, 3 (GRU) or 4 (LSTM); step_of, gradient_of and sum_of are
// those of the cell.
//
// step: the state after a step, and what the gradient needs.
// step_gradient: the gradients by the gates' inputs. `slope` [batch, units] is then what of the gradient by the state
// before the step is no product, followed by the gradient by the carry; with IS_LAST no step follows.
// start_gradient: adds the product of the first step to `slope`.
// gru_sums: the gradients by the products of a GRU's states, one element per thread.
//
// needs: const GATES u32, const IS_LAST, fn in_mask(u32) -> bool, fn state_before(u32) -> f32,
//   fn carry_before(u32) -> f32, fn step_of(u32, u32, vec4<f32>), fn gradient_of(u32, u32, f32),
//   fn sum_of(u32, u32) -> f32, load_x f32, load_kernel f32, load_kernel_quad vec4<f32>, load_bias f32,
//   load_states f32, store_states f32, load_gates f32, store_gates f32, load_inner f32, store_inner f32,
//   load_gradient f32, load_slope f32, store_slope f32, load_of_x f32, store_of_x f32, store_of_sums f32,
//   params { batch, units, row, later }

fn step_at(i: u32) {
  let across = (params.units + 3u) / 4u;
  let unit = i % across * 4u;
  let first = i / across * 4u;
  let columns = GATES * params.units;
  let start = first * params.units;
  var a = mat4x4<f32>();
  var b = mat4x4<f32>();
  var c = mat4x4<f32>();
  var d = mat4x4<f32>();
  for (var k = 0u; k < params.units; k++) {
    let h = vec4(
      state_before(start + k),
      state_before(start + params.units + k),
      state_before(start + 2u * params.units + k),
      state_before(start + 3u * params.units + k),
    );
    let at = k * columns + unit;
    a = add_outer(a, h, load_kernel_quad(at));
    if (GATES > 1u) {
      b = add_outer(b, h, load_kernel_quad(at + params.units));
      c = add_outer(c, h, load_kernel_quad(at + 2u * params.units));
    }
    if (GATES > 3u) {
      d = add_outer(d, h, load_kernel_quad(at + 3u * params.units));
    }
  }
  step_row(first, unit, a[0], b[0], c[0], d[0]);
  step_row(first + 1u, unit, a[1], b[1], c[1], d[1]);
  step_row(first + 2u, unit, a[2], b[2], c[2], d[2]);
  step_row(first + 3u, unit, a[3], b[3], c[3], d[3]);
}

fn step_row(sample: u32, unit: u32, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) {
  if (sample >= params.batch) {
    return;
  }
  let units = count_inside(unit, 4u, params.units);
  step_of(sample, unit, vec4(a.x, b.x, c.x, d.x));
  if (units > 1u) {
    step_of(sample, unit + 1u, vec4(a.y, b.y, c.y, d.y));
  }
  if (units > 2u) {
    step_of(sample, unit + 2u, vec4(a.z, b.z, c.z, d.z));
  }
  if (units > 3u) {
    step_of(sample, unit + 3u, vec4(a.w, b.w, c.w, d.w));
  }
}

// Where a feature of a sample is: among states before or after one step, and in `states`, `gates` and what is like them.
struct Place {
  own: u32,
  at: u32,
  gate: u32,
  seen: bool,
}

fn place_of(sample: u32, unit: u32) -> Place {
  let row = params.row + sample;
  let own = sample * params.units + unit;
  return Place(own, row * params.units + unit, row * GATES * params.units + unit, in_mask(row));
}

// One feature of a sample, from the products of its gates.
fn simple_step(sample: u32, unit: u32, products: vec4<f32>) {
  let place = place_of(sample, unit);
  let next = tanh_f32(load_x(place.gate) + products.x);
  store_states(place.at, select(state_before(place.own), next, place.seen));
}

fn gru_step(sample: u32, unit: u32, products: vec4<f32>) {
  let units = params.units;
  let place = place_of(sample, unit);
  let gate = place.gate;
  let sum = products.z + load_bias(unit + 2u * units);
  let z = sigmoid_f32(load_x(gate) + (products.x + load_bias(unit)));
  let r = sigmoid_f32(load_x(gate + units) + (products.y + load_bias(unit + units)));
  let candidate = tanh_f32(load_x(gate + 2u * units) + r * sum);
  let state = state_before(place.own);
  store_gates(gate, z);
  store_gates(gate + units, r);
  store_gates(gate + 2u * units, candidate);
  store_inner(place.at, sum);
  store_states(place.at, select(state, z * state + (1.0 - z) * candidate, place.seen));
}

fn lstm_step(sample: u32, unit: u32, products: vec4<f32>) {
  let units = params.units;
  let place = place_of(sample, unit);
  let gate = place.gate;
  let input = sigmoid_f32(load_x(gate) + products.x);
  let forget = sigmoid_f32(load_x(gate + units) + products.y);
  let candidate = tanh_f32(load_x(gate + 2u * units) + products.z);
  let output = sigmoid_f32(load_x(gate + 3u * units) + products.w);
  let carry = carry_before(place.own);
  let next = forget * carry + input * candidate;
  store_gates(gate, input);
  store_gates(gate + units, forget);
  store_gates(gate + 2u * units, candidate);
  store_gates(gate + 3u * units, output);
  store_inner(place.at, select(carry, next, place.seen));
  store_states(place.at, select(state_before(place.own), output * tanh_f32(next), place.seen));
}

// The gradient by 4 features of 4 samples of the state, as far as it is a product of the step at `row`.
fn product_at(row: u32, first: u32, unit: u32) -> mat4x4<f32> {
  let columns = GATES * params.units;
  let start = (row + first) * columns;
  let to = unit * columns;
  var sums = mat4x4<f32>();
  for (var j = 0u; j < columns; j++) {
    let rows = vec4(
      sum_of(start + j, j),
      sum_of(start + columns + j, j),
      sum_of(start + 2u * columns + j, j),
      sum_of(start + 3u * columns + j, j),
    );
    let factors = vec4(
      load_kernel(to + j),
      load_kernel(to + columns + j),
      load_kernel(to + 2u * columns + j),
      load_kernel(to + 3u * columns + j),
    );
    sums = add_outer(sums, rows, factors);
  }
  return sums;
}

fn step_gradient_at(i: u32) {
  let across = (params.units + 3u) / 4u;
  let unit = i % across * 4u;
  let first = i / across * 4u;
  var sums = mat4x4<f32>();
  if (!IS_LAST) {
    sums = product_at(params.later, first, unit);
  }
  gradient_row(first, unit, sums[0]);
  gradient_row(first + 1u, unit, sums[1]);
  gradient_row(first + 2u, unit, sums[2]);
  gradient_row(first + 3u, unit, sums[3]);
}

fn gradient_row(sample: u32, unit: u32, sums: vec4<f32>) {
  if (sample >= params.batch) {
    return;
  }
  let units = count_inside(unit, 4u, params.units);
  gradient_of(sample, unit, sums.x);
  if (units > 1u) {
    gradient_of(sample, unit + 1u, sums.y);
  }
  if (units > 2u) {
    gradient_of(sample, unit + 2u, sums.z);
  }
  if (units > 3u) {
    gradient_of(sample, unit + 3u, sums.w);
  }
}

// The gradient by a feature of the state after the step, from the product of the next one.
fn slope_at(place: Place, product: f32) -> f32 {
  let slope = load_gradient(place.at) + product;
  if (IS_LAST) {
    return slope;
  }
  return slope + load_slope(place.own);
}

// One feature of a sample.
fn simple_gradient(sample: u32, unit: u32, product: f32) {
  let place = place_of(sample, unit);
  let slope = slope_at(place, product);
  let h = load_states(place.at);
  store_of_x(place.gate, select(0.0, slope * (1.0 - h * h), place.seen));
  store_slope(place.own, select(slope, 0.0, place.seen));
}

fn gru_gradient(sample: u32, unit: u32, product: f32) {
  let units = params.units;
  let place = place_of(sample, unit);
  let slope = slope_at(place, product);
  let z = load_gates(place.gate);
  let r = load_gates(place.gate + units);
  let candidate = load_gates(place.gate + 2u * units);
  let counted = select(0.0, slope, place.seen);
  let of_candidate = counted * (1.0 - z) * (1.0 - candidate * candidate);
  store_of_x(place.gate, counted * (state_before(place.own) - candidate) * z * (1.0 - z));
  store_of_x(place.gate + units, of_candidate * load_inner(place.at) * r * (1.0 - r));
  store_of_x(place.gate + 2u * units, of_candidate);
  store_slope(place.own, select(slope, slope * z, place.seen));
}

fn lstm_gradient(sample: u32, unit: u32, product: f32) {
  let units = params.units;
  let place = place_of(sample, unit);
  let slope = slope_at(place, product);
  let input = load_gates(place.gate);
  let forget = load_gates(place.gate + units);
  let candidate = load_gates(place.gate + 2u * units);
  let output = load_gates(place.gate + 3u * units);
  let squashed = tanh_f32(load_inner(place.at));
  let carry = params.batch * units + place.own;
  let later = load_slope(carry);
  let counted = select(0.0, slope, place.seen);
  let of_carry = select(0.0, later, place.seen) + counted * output * (1.0 - squashed * squashed);
  store_of_x(place.gate, of_carry * candidate * input * (1.0 - input));
  store_of_x(place.gate + units, of_carry * carry_before(place.own) * forget * (1.0 - forget));
  store_of_x(place.gate + 2u * units, of_carry * input * (1.0 - candidate * candidate));
  store_of_x(place.gate + 3u * units, counted * squashed * output * (1.0 - output));
  store_slope(carry, select(later, of_carry * forget, place.seen));
  store_slope(place.own, select(slope, 0.0, place.seen));
}

// Element i of the gradients by the products of a GRU's states, in column j: the reset gate multiplies the candidate's.
fn gru_sum(i: u32, j: u32) -> f32 {
  if (j < 2u * params.units) {
    return load_of_x(i);
  }
  return load_of_x(i) * load_gates(i - params.units);
}

fn gru_sums_at(i: u32) {
  store_of_sums(i, gru_sum(i, i % (3u * params.units)));
}

fn start_gradient_at(i: u32) {
  let across = (params.units + 3u) / 4u;
  let unit = i % across * 4u;
  let first = i / across * 4u;
  let sums = product_at(params.later, first, unit);
  start_row(first, unit, sums[0]);
  start_row(first + 1u, unit, sums[1]);
  start_row(first + 2u, unit, sums[2]);
  start_row(first + 3u, unit, sums[3]);
}

fn start_row(sample: u32, unit: u32, sums: vec4<f32>) {
  for (var j = 0u; j < 4u; j++) {
    if (sample < params.batch && unit + j < params.units) {
      let own = sample * params.units + unit + j;
      store_slope(own, load_slope(own) + sums[j]);
    }
  }
}
