// Optimizer updates, four elements per thread: w is a variable, g its gradient, slot_0 to slot_2 the optimizer's state
// per element, rate[0] the learning rate of the step; next_w and next_slot_0 to next_slot_2 may share the memory of the
// old values. No workgroup memory.
//
// Contiguous variables, each padded to 256 bytes, are updated as if they were one; the padding is updated too and never
// read. The formulas are Keras's; `one_minus_` numbers are computed in float64. Slots that an optimizer does not have
// load as 0 and store nothing.
//
// needs: load_w vec4<f32>, store_next_w vec4<f32>, load_g vec4<f32>, load_rate f32, load_slot_0 vec4<f32>,
//   store_next_slot_0 vec4<f32>, load_slot_1 vec4<f32>, store_next_slot_1 vec4<f32>, load_slot_2 vec4<f32>,
//   store_next_slot_2 vec4<f32>, const HAS_MOMENTUM, const NESTEROV, const CENTERED, const AMSGRAD,
//   params { momentum: f32, rho: f32, one_minus_rho: f32, epsilon: f32, one_minus_beta1: f32, one_minus_beta2: f32 }

fn sgd_at(i: u32) {
  let increment = load_rate(0u) * load_g(i);
  if (!HAS_MOMENTUM) {
    store_next_w(i, load_w(i) - increment);
    return;
  }
  let velocity = params.momentum * load_slot_0(i) - increment;
  store_next_slot_0(i, velocity);
  if (NESTEROV) {
    store_next_w(i, load_w(i) + params.momentum * velocity - increment);
  } else {
    store_next_w(i, load_w(i) + velocity);
  }
}

// Slots: the mean square, then the momentum, then the mean if centered; without momentum the mean comes second.
fn rmsprop_at(i: u32) {
  let g = load_g(i);
  let mean_square = params.rho * load_slot_0(i) + params.one_minus_rho * g * g;
  store_next_slot_0(i, mean_square);
  var variance = mean_square + params.epsilon;
  if (CENTERED) {
    var mean = params.one_minus_rho * g;
    if (HAS_MOMENTUM) {
      mean += params.rho * load_slot_2(i);
      store_next_slot_2(i, mean);
    } else {
      mean += params.rho * load_slot_1(i);
      store_next_slot_1(i, mean);
    }
    variance -= mean * mean;
  }
  let increment = load_rate(0u) * g / sqrt(variance);
  if (HAS_MOMENTUM) {
    let velocity = params.momentum * load_slot_1(i) + increment;
    store_next_slot_1(i, velocity);
    store_next_w(i, load_w(i) - velocity);
  } else {
    store_next_w(i, load_w(i) - increment);
  }
}

// Slots: the mean, the mean square, and with amsgrad its largest so far.
fn adam_at(i: u32) {
  let g = load_g(i);
  var mean = load_slot_0(i);
  mean += (g - mean) * params.one_minus_beta1;
  store_next_slot_0(i, mean);
  var mean_square = load_slot_1(i);
  mean_square += (g * g - mean_square) * params.one_minus_beta2;
  store_next_slot_1(i, mean_square);
  if (AMSGRAD) {
    mean_square = max(mean_square, load_slot_2(i));
    store_next_slot_2(i, mean_square);
  }
  store_next_w(i, load_w(i) - load_rate(0u) * mean / (sqrt(mean_square) + params.epsilon));
}
