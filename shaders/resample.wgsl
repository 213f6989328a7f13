// Resampling of x [outer, from, inner] along its middle axis: each output element is a weighted sum of `taps` elements,
// by tables of indices and weights; one output element per thread, no workgroup memory.
//
// needs: load_x f32, load_indices i32, load_weights f32, store_y f32, params { inner, extent, taps, source }

fn resample_at(i: u32) {
  let column = i % params.inner;
  let row = i / params.inner;
  let outer = row / params.extent;
  let cell = row % params.extent * params.taps;
  var acc = 0.0;
  for (var t = 0u; t < params.taps; t++) {
    let weight = load_weights(cell + t);
    if (weight != 0.0) {
      let source = outer * params.source + bitcast<u32>(load_indices(cell + t));
      acc = fma(weight, load_x(source * params.inner + column), acc);
    }
  }
  store_y(i, acc);
}
