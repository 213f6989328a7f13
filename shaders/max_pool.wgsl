// Max pooling, four adjacent channels of an output per thread; no workgroup memory. Windows are described in
// windows.wgsl.
//
// needs: load_x_quad vec4<f32>, store_y f32, store_tap i32, params { channels }

fn max_pool_at(i: u32) {
  let quads = (params.channels + 3u) / 4u;
  let channel = i % quads * 4u;
  let size = extents();
  let taps = tap_counts();
  let place = place_of(i / quads, positions());
  let start = vec3<i32>(place.at * strides()) - vec3<i32>(lows());
  let step = vec3<i32>(dilations());
  var best = vec4<f32>();
  var best_tap = vec4(-1);
  var tap = 0;
  for (var x = 0; x < i32(taps.x); x++) {
    for (var y = 0; y < i32(taps.y); y++) {
      for (var z = 0; z < i32(taps.z); z++) {
        let at = vec3<u32>(start + vec3(x, y, z) * step);
        // Negative coordinates wrap to huge u32 values and fail this test.
        if (all(at < size)) {
          let values = load_x_quad(index_of(place.n, at, size) * params.channels + channel);
          let is_best = (best_tap < vec4(0)) | (values > best);
          best = select(best, values, is_best);
          best_tap = select(best_tap, vec4(tap), is_best);
        }
        tap += 1;
      }
    }
  }
  let y = i / quads * params.channels + channel;
  for (var c = 0u; c < min(4u, params.channels - channel); c++) {
    store_y(y + c, best[c]);
    store_tap(y + c, best_tap[c]);
  }
}
