// A factor of a product that is a convolution: patches of x, found where they lie; see windows.wgsl.

// Element i of the matrix [batch and positions, taps and inputs] of what the window sees of x.
fn patch_of_x(i: u32) -> f32 {
  let taps = tap_counts();
  let width = taps.x * taps.y * taps.z * params.inputs;
  let k = i % width;
  let place = place_of(i / width, positions());
  let start = vec3<i32>(place.at * strides() + place_of(k / params.inputs, taps).at * dilations());
  let at = vec3<u32>(start - vec3<i32>(lows()));
  let size = extents();
  // A place before the first is a large one.
  if (all(at < size)) {
    return load_source(index_of(place.n, at, size) * params.inputs + k % params.inputs);
  }
  return 0.0;
}
