// Depthwise convolutions and their gradients, one quad of adjacent channels per thread; no workgroup memory.
//
// x [batch, ...extents, outputs], kernel [...taps, 1, outputs], y [batch, ...positions, outputs]; windows are described in
// windows.wgsl. `a` and `b` are the two of these that a kernel reads, in this order. Sums go through epilogue.wgsl.
//
// needs: load_a_quad vec4<f32>, load_b_quad vec4<f32>, params { outputs, rows, split_rows }

// The number of quads of channels; the last one may overhang.
fn channel_quads() -> u32 {
  return (params.outputs + 3u) / 4u;
}

fn depthwise_at(i: u32) {
  let row = i / channel_quads();
  let channel = i % channel_quads() * 4u;
  let size = extents();
  let taps = tap_counts();
  let place = place_of(row, positions());
  let start = vec3<i32>(place.at * strides()) - vec3<i32>(lows());
  let step = vec3<i32>(dilations());
  var acc = vec4<f32>();
  for (var tap = 0u; tap < taps.x * taps.y * taps.z; tap++) {
    let at = vec3<u32>(start + vec3<i32>(place_of(tap, taps).at) * step);
    // Negative coordinates wrap to huge u32 values and fail this test.
    if (all(at < size)) {
      let x = load_a_quad(index_of(place.n, at, size) * params.outputs + channel);
      acc = fma(x, load_b_quad(tap * params.outputs + channel), acc);
    }
  }
  apply_epilogue4(channel, row * params.outputs + channel, min(4u, params.outputs - channel), acc);
}

fn depthwise_transpose_at(i: u32) {
  let row = i / channel_quads();
  let channel = i % channel_quads() * 4u;
  let size = positions();
  let taps = tap_counts();
  let place = place_of(row, extents());
  let reach = place.at + lows();
  let stride = strides();
  var acc = vec4<f32>();
  for (var tap = 0u; tap < taps.x * taps.y * taps.z; tap++) {
    let back = place_of(tap, taps).at * dilations();
    let distance = reach - back;
    let at = distance / stride;
    if (all(back <= reach) && all(distance % stride == vec3<u32>()) && all(at < size)) {
      let y = load_a_quad(index_of(place.n, at, size) * params.outputs + channel);
      acc = fma(y, load_b_quad(tap * params.outputs + channel), acc);
    }
  }
  apply_epilogue4(channel, row * params.outputs + channel, min(4u, params.outputs - channel), acc);
}

// The rows (batch and positions) are split into partial sums of `split_rows` rows, stored one after another.
fn depthwise_filter_at(i: u32) {
  let taps = tap_counts();
  let count = taps.x * taps.y * taps.z;
  let tap = i / channel_quads() % count;
  let split = i / channel_quads() / count;
  let channel = i % channel_quads() * 4u;
  let size = extents();
  let offset = vec3<i32>(place_of(tap, taps).at * dilations()) - vec3<i32>(lows());
  let stride = strides();
  let windows = positions();
  let end = min(params.rows, (split + 1u) * params.split_rows);
  var acc = vec4<f32>();
  for (var row = split * params.split_rows; row < end; row++) {
    let place = place_of(row, windows);
    let at = vec3<u32>(vec3<i32>(place.at * stride) + offset);
    if (all(at < size)) {
      let x = load_a_quad(index_of(place.n, at, size) * params.outputs + channel);
      acc = fma(x, load_b_quad(row * params.outputs + channel), acc);
    }
  }
  apply_epilogue4(channel, (split * count + tap) * params.outputs + channel, min(4u, params.outputs - channel), acc);
}
