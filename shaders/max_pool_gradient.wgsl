// The gradient of a max pool, four adjacent channels of an input element per thread, which sums over the windows that
// chose it; no workgroup memory. Windows are described in windows.wgsl.
//
// needs: load_g_quad vec4<f32>, load_tap i32, params { channels }

// The tap at `distance` from the start of a window; -1 if there is none.
fn tap_at(distance: vec3<i32>) -> i32 {
  let step = vec3<i32>(dilations());
  let taps = vec3<i32>(tap_counts());
  var tap = distance;
  if (any(step != vec3(1))) {
    tap = distance / step;
    if (any(tap * step != distance)) {
      return -1;
    }
  }
  return (tap.x * taps.y + tap.y) * taps.z + tap.z;
}

fn max_pool_gradient_at(i: u32) {
  let quads = (params.channels + 3u) / 4u;
  let channel = i % quads * 4u;
  let windows = positions();
  let place = place_of(i / quads, extents());
  let reach = vec3<i32>(place.at + lows());
  let stride = vec3<i32>(strides());
  let span = vec3<i32>((tap_counts() - vec3(1u)) * dilations());
  // From the last window that starts at or before the element back to the first that still reaches it.
  let last = min(reach / stride, vec3<i32>(windows) - vec3(1));
  var acc = vec4<f32>();
  for (var x = last.x; x >= 0 && reach.x - x * stride.x <= span.x; x--) {
    for (var y = last.y; y >= 0 && reach.y - y * stride.y <= span.y; y--) {
      for (var z = last.z; z >= 0 && reach.z - z * stride.z <= span.z; z--) {
        let window = vec3(x, y, z);
        let at = index_of(place.n, vec3<u32>(window), windows) * params.channels + channel;
        let chosen = vec4(load_tap(at), load_tap(at + 1u), load_tap(at + 2u), load_tap(at + 3u));
        let tap = tap_at(reach - window * stride);
        acc += select(vec4<f32>(), load_g_quad(at), (chosen == vec4(tap)) & vec4(tap >= 0));
      }
    }
  }
  apply_epilogue4(channel, i / quads * params.channels + channel, min(4u, params.channels - channel), acc);
}
