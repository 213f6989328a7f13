// The gradient of a max pool, one element of the input a thread, which sums over the windows that chose it; no workgroup
// memory. Windows are described in windows.wgsl.

@compute @workgroup_size(64)
fn max_pool_gradient(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) {
    return;
  }
  let channel = i % params.channels;
  let windows = positions();
  let taps = tap_counts();
  let place = place_of(i / params.channels, extents());
  let reach = place.at + lows();
  let stride = strides();
  var acc = 0.0;
  for (var tap = 0u; tap < taps.x * taps.y * taps.z; tap++) {
    let back = place_of(tap, taps).at * dilations();
    let distance = reach - back;
    let at = distance / stride;
    if (all(back <= reach) && all(distance % stride == vec3<u32>()) && all(at < windows)) {
      let window = index_of(place.n, at, windows) * params.channels + channel;
      if (load_tap(window) == i32(tap)) {
        acc += load_g(window);
      }
    }
  }
  epilogue(channel, i, acc);
}
