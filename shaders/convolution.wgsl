// Convolutions and their adjoints, each thread a sum of four neighbouring channels; no workgroup memory.
//
// x [batch, ...extents, inputs], kernel [...taps, inputs / groups, outputs], y [batch, ...positions, outputs]; windows
// are described in windows.wgsl. `a` and `b` are the two of these that an entry reads, in this order. Quads of channels
// do not cross groups: `quads` is how many a group has. Finished sums go to finish.wgsl.

fn row_of_b(i: u32) -> vec4<f32> {
  return vec4(load_b(i), load_b(i + 1u), load_b(i + 2u), load_b(i + 3u));
}

fn column_of_b(i: u32) -> vec4<f32> {
  let step = params.outputs;
  return vec4(load_b(i), load_b(i + step), load_b(i + 2u * step), load_b(i + 3u * step));
}

@compute @workgroup_size(64)
fn convolution(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  let across = params.groups * params.quads;
  let row = i / across;
  if (row >= params.rows) {
    return;
  }
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
    // A place before the first is a large one.
    if (all(at < size)) {
      let x = index_of(place.n, at, size) * params.inputs + group * width;
      let k = tap * width * params.outputs + channel;
      for (var j = 0u; j < width; j++) {
        acc = fma(vec4(load_a(x + j)), row_of_b(k + j * params.outputs), acc);
      }
    }
  }
  finish4(channel, row * params.outputs + channel, min(4u, columns - first), acc);
}

@compute @workgroup_size(64)
fn transpose(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  let across = params.groups * params.quads;
  let row = i / across;
  if (row >= params.rows) {
    return;
  }
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
  finish4(channel, row * params.inputs + channel, min(4u, width - first), acc);
}

// The rows (batch and positions) are cut into `splits` sums of `split_rows`, which lie one after another.
@compute @workgroup_size(64)
fn filter_sums(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  let across = params.groups * params.quads;
  let line = i / across;
  let width = params.inputs / params.groups;
  let columns = params.outputs / params.groups;
  let taps = tap_counts();
  let lines = taps.x * taps.y * taps.z * width;
  if (line >= lines) {
    return;
  }
  let group = i % across / params.quads;
  let first = i % params.quads * 4u;
  let channel = group * columns + first;
  let input = group * width + line % width;
  let size = extents();
  let offset = vec3<i32>(place_of(line / width, taps).at * dilations()) - vec3<i32>(lows());
  let stride = strides();
  let windows = positions();
  for (var split = id.z; split < params.splits; split += groups.z) {
    let end = min(params.rows, (split + 1u) * params.split_rows);
    var acc = vec4<f32>();
    for (var row = split * params.split_rows; row < end; row++) {
      let place = place_of(row, windows);
      let at = vec3<u32>(vec3<i32>(place.at * stride) + offset);
      if (all(at < size)) {
        let y = row * params.outputs + channel;
        let value = load_a(index_of(place.n, at, size) * params.inputs + input);
        acc = fma(vec4(value), row_of_b(y), acc);
      }
    }
    finish4(channel, (split * lines + line) * params.outputs + channel, min(4u, columns - first), acc);
  }
}
