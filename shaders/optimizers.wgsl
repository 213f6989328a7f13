// Optimizer updates over flat buffers, four elements a thread, in place: w is the variables, g their gradients, slot_0 to
// slot_2 what the optimizer remembers of each element, rate[0] the step's learning rate. No workgroup memory.
//
// Variables lie one after another, each padded to 256 bytes, and so do gradients and slots, so that one dispatch updates
// a whole model; the padding is updated like the rest and never read. The formulas are Keras's; `_rest` is 1 less the
// number before it, computed in float64. Slots that an optimizer does not have load as 0 and store nothing.
//
// needs: load_w vec4<f32>, store_w vec4<f32>, load_g vec4<f32>, load_rate f32, load_slot_0 vec4<f32>,
//   store_slot_0 vec4<f32>, load_slot_1 vec4<f32>, store_slot_1 vec4<f32>, load_slot_2 vec4<f32>, store_slot_2 vec4<f32>,
//   const HAS_MOMENTUM, const NESTEROV, const CENTERED, const AMSGRAD,
//   params { momentum: f32, rho: f32, rho_rest: f32, epsilon: f32, beta1_rest: f32, beta2_rest: f32 }

fn sgd_at(i: u32) {
  let increment = load_rate(0u) * load_g(i);
  if (!HAS_MOMENTUM) {
    store_w(i, load_w(i) - increment);
    return;
  }
  let velocity = params.momentum * load_slot_0(i) - increment;
  store_slot_0(i, velocity);
  if (NESTEROV) {
    store_w(i, load_w(i) + params.momentum * velocity - increment);
  } else {
    store_w(i, load_w(i) + velocity);
  }
}

// Slots: the mean square, then the momentum, then the mean if centered; without momentum the mean comes second.
fn rmsprop_at(i: u32) {
  let g = load_g(i);
  let mean_square = params.rho * load_slot_0(i) + params.rho_rest * g * g;
  store_slot_0(i, mean_square);
  var spread = mean_square + params.epsilon;
  if (CENTERED) {
    var mean = params.rho_rest * g;
    if (HAS_MOMENTUM) {
      mean += params.rho * load_slot_2(i);
      store_slot_2(i, mean);
    } else {
      mean += params.rho * load_slot_1(i);
      store_slot_1(i, mean);
    }
    spread -= mean * mean;
  }
  let increment = load_rate(0u) * g / sqrt(spread);
  if (HAS_MOMENTUM) {
    let velocity = params.momentum * load_slot_1(i) + increment;
    store_slot_1(i, velocity);
    store_w(i, load_w(i) - velocity);
  } else {
    store_w(i, load_w(i) - increment);
  }
}

// Slots: the mean, the mean square, and with amsgrad its largest so far.
fn adam_at(i: u32) {
  let g = load_g(i);
  var mean = load_slot_0(i);
  mean += (g - mean) * params.beta1_rest;
  store_slot_0(i, mean);
  var spread = load_slot_1(i);
  spread += (g * g - spread) * params.beta2_rest;
  store_slot_1(i, spread);
  if (AMSGRAD) {
    spread = max(spread, load_slot_2(i));
    store_slot_2(i, spread);
  }
  store_w(i, load_w(i) - load_rate(0u) * mean / (sqrt(spread) + params.epsilon));
}
