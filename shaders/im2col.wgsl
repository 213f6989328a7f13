// The factors of convolutions computed as products, read in place instead of stored: the windows of x or y as a matrix
// (im2col), and the transposed kernel. Functions for generated headers; windows are described in windows.wgsl.
//
// x [batch, ...extents, inputs], kernel [...taps, inputs, outputs], y [batch, ...positions, outputs]; `source` is x or y.
// Quads are four adjacent channels, if the number of channels is a multiple of four.
//
// needs: load_source f32, load_source_quad vec4<f32>, load_kernel f32, load_kernel_quad vec4<f32>, params { inputs, outputs }

// The index of an element in the padding.
const PADDING = 0xffffffffu;

// The index in x of element (row, k) of the matrix [batch and positions, taps and inputs].
fn im2col_x_index(row: u32, k: u32) -> u32 {
  let window = place_of(row, positions());
  let tap = place_of(k / params.inputs, tap_counts());
  let size = extents();
  let at = vec3<u32>(vec3<i32>(window.at * strides() + tap.at * dilations()) - vec3<i32>(lows()));
  // Negative coordinates wrap to huge u32 values and fail this test.
  if (all(at < size)) {
    return index_of(window.n, at, size) * params.inputs + k % params.inputs;
  }
  return PADDING;
}

// The index in y of element (row, k) of the matrix [batch and extents, taps and outputs] of the windows that contain an
// element of x.
fn im2col_y_index(row: u32, k: u32) -> u32 {
  let element = place_of(row, extents());
  let reach = element.at + lows();
  let back = place_of(k / params.outputs, tap_counts()).at * dilations();
  let distance = reach - back;
  let at = distance / strides();
  let size = positions();
  if (all(back <= reach) && all(distance % strides() == vec3<u32>()) && all(at < size)) {
    return index_of(element.n, at, size) * params.outputs + k % params.outputs;
  }
  return PADDING;
}

fn source_at(index: u32) -> f32 {
  if (index == PADDING) {
    return 0.0;
  }
  return load_source(index);
}

fn source_quad_at(index: u32) -> vec4<f32> {
  if (index == PADDING) {
    return vec4<f32>();
  }
  return load_source_quad(index);
}

fn im2col_x(row: u32, k: u32) -> f32 {
  return source_at(im2col_x_index(row, k));
}

fn im2col_x_quad(row: u32, k: u32) -> vec4<f32> {
  return source_quad_at(im2col_x_index(row, k));
}

fn im2col_y(row: u32, k: u32) -> f32 {
  return source_at(im2col_y_index(row, k));
}

fn im2col_y_quad(row: u32, k: u32) -> vec4<f32> {
  return source_quad_at(im2col_y_index(row, k));
}

// The index of element (k, input) of the kernel as a matrix [taps and outputs, inputs].
fn transposed_kernel_index(k: u32, input: u32) -> u32 {
  return (k / params.outputs * params.inputs + input) * params.outputs + k % params.outputs;
}

fn transposed_kernel(k: u32, input: u32) -> f32 {
  return load_kernel(transposed_kernel_index(k, input));
}

fn transposed_kernel_quad(k: u32, input: u32) -> vec4<f32> {
  return load_kernel_quad(transposed_kernel_index(k, input));
}
