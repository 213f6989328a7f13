// Max pooling, one output element a thread; no workgroup memory. Windows are described in windows.wgsl.

@compute @workgroup_size(64)
fn max_pool(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) {
    return;
  }
  let channel = i % params.channels;
  let size = extents();
  let taps = tap_counts();
  let place = place_of(i / params.channels, positions());
  let start = vec3<i32>(place.at * strides()) - vec3<i32>(lows());
  let step = vec3<i32>(dilations());
  var best = 0.0;
  var best_tap = -1;
  for (var tap = 0u; tap < taps.x * taps.y * taps.z; tap++) {
    let at = vec3<u32>(start + vec3<i32>(place_of(tap, taps).at) * step);
    if (all(at < size)) {
      let value = load_x(index_of(place.n, at, size) * params.channels + channel);
      if (best_tap < 0 || value > best) {
        best = value;
        best_tap = i32(tap);
      }
    }
  }
  store_y(i, best);
  store_tap(i, best_tap);
}
