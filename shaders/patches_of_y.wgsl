// The factors of a product that is a transposed convolution: patches of y, and the kernel [...taps, inputs, outputs], found
// where they lie; see windows.wgsl.

// Element i of the matrix [batch and extents, taps and outputs] of the windows of y that see an element of x.
fn patch_of_y(i: u32) -> f32 {
  let taps = tap_counts();
  let width = taps.x * taps.y * taps.z * params.outputs;
  let k = i % width;
  let place = place_of(i / width, extents());
  let reach = place.at + lows();
  let back = place_of(k / params.outputs, taps).at * dilations();
  let distance = reach - back;
  let at = distance / strides();
  let size = positions();
  if (all(back <= reach) && all(distance % strides() == vec3<u32>()) && all(at < size)) {
    return load_source(index_of(place.n, at, size) * params.outputs + k % params.outputs);
  }
  return 0.0;
}

// Element i of the kernel as a matrix [taps and outputs, inputs].
fn turned_kernel(i: u32) -> f32 {
  let input = i % params.inputs;
  let row = i / params.inputs;
  return load_kernel((row / params.outputs * params.inputs + input) * params.outputs + row % params.outputs);
}
