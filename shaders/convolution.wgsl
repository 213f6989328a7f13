// Convolutions and their gradients, one quad of adjacent channels per thread; no workgroup memory.
//
// x [batch, ...extents, inputs], kernel [...taps, inputs / groups, outputs], y [batch, ...positions, outputs]; windows
// are described in windows.wgsl. `a` and `b` are the two of these that a kernel reads, in this order. Quads of channels
// do not cross groups; `quads` is their number per group. Sums go through epilogue.wgsl.
//
// needs: load_a f32, load_b f32, load_b_quad vec4<f32>, params { inputs, outputs, groups, quads, split_rows, rows }

fn column_of_b(i: u32) -> vec4<f32> {
  let step = params.outputs;
  return vec4(load_b(i), load_b(i + step), load_b(i + 2u * step), load_b(i + 3u * step));
}

fn convolution_at(i: u32) {
  let across = params.groups * params.quads;
  let row = i / across;
  let group = i % across / params.quads;
  let width = params.inputs / params.groups;
  let columns = params.outputs / params.groups;
  let first = i % params.quads * 4u;
  let channel = group * columns + first;
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
      let x = index_of(place.n, at, size) * params.inputs + group * width;
      let k = tap * width * params.outputs + channel;
      for (var j = 0u; j < width; j++) {
        acc = fma(vec4(load_a(x + j)), load_b_quad(k + j * params.outputs), acc);
      }
    }
  }
  apply_epilogue4(channel, row * params.outputs + channel, min(4u, columns - first), acc);
}

fn transpose_at(i: u32) {
  let across = params.groups * params.quads;
  let row = i / across;
  let group = i % across / params.quads;
  let width = params.inputs / params.groups;
  let columns = params.outputs / params.groups;
  let first = i % params.quads * 4u;
  let channel = group * width + first;
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
      let y = index_of(place.n, at, size) * params.outputs + group * columns;
      let k = (tap * width + first) * params.outputs + group * columns;
      for (var j = 0u; j < columns; j++) {
        acc = fma(vec4(load_a(y + j)), column_of_b(k + j), acc);
      }
    }
  }
  apply_epilogue4(channel, row * params.inputs + channel, min(4u, width - first), acc);
}

// The rows (batch and positions) are split into partial sums of `split_rows` rows, stored one after another.
fn filter_sums_at(i: u32) {
  let across = params.groups * params.quads;
  let width = params.inputs / params.groups;
  let columns = params.outputs / params.groups;
  let taps = tap_counts();
  let lines = taps.x * taps.y * taps.z * width;
  let line = i / across % lines;
  let split = i / across / lines;
  let group = i % across / params.quads;
  let first = i % params.quads * 4u;
  let channel = group * columns + first;
  let input = group * width + line % width;
  let size = extents();
  let offset = vec3<i32>(place_of(line / width, taps).at * dilations()) - vec3<i32>(lows());
  let stride = strides();
  let windows = positions();
  let end = min(params.rows, (split + 1u) * params.split_rows);
  var acc = vec4<f32>();
  for (var row = split * params.split_rows; row < end; row++) {
    let place = place_of(row, windows);
    let at = vec3<u32>(vec3<i32>(place.at * stride) + offset);
    if (all(at < size)) {
      let y = row * params.outputs + channel;
      let value = load_a(index_of(place.n, at, size) * params.inputs + input);
      acc = fma(vec4(value), load_b_quad(y), acc);
    }
  }
  apply_epilogue4(channel, (split * lines + line) * params.outputs + channel, min(4u, columns - first), acc);
}
