// Matrix products y = A B for software adapters, one tile of y per thread, in registers; no workgroup memory, no
// barriers. Slices are described in products.wgsl.
//
// Element (row, k) of A is at row * a_row + k * a_k, element (k, col) of B at k * b_k + col * b_col: a transposed
// operand has swapped strides. A_ALONG_K and B_ALONG_K say that a_k or b_k is 1; else neighbours are loaded as quads.
//
// Threads cover all slices, and the tiles of each in row-major order, with rows padded to a multiple of eight tiles:
// the eight threads of a SIMD unit are then side by side along the columns and load rows of A once. Tiles may overhang:
// values loaded there are undefined (WebGPU bounds the reads) and not stored. Sums go through epilogue.wgsl.
//
// needs: load_a f32, load_a_quad vec4<f32>, const A_ALONG_K, load_b f32, load_b_quad vec4<f32>, const B_ALONG_K,
//   params { m, n, a_batch, b_batch, a_row, a_k, b_k, b_col }

fn load_a4(i: u32) -> vec4<f32> {
  if (A_ALONG_K) {
    let step = params.a_row;
    return vec4(load_a(i), load_a(i + step), load_a(i + 2u * step), load_a(i + 3u * step));
  }
  return load_a_quad(i);
}

fn load_b4(i: u32) -> vec4<f32> {
  if (B_ALONG_K) {
    let step = params.b_col;
    return vec4(load_b(i), load_b(i + step), load_b(i + 2u * step), load_b(i + 3u * step));
  }
  return load_b_quad(i);
}

fn eights(count: u32) -> u32 {
  return (count + 7u) / 8u * 8u;
}

fn tile_16x16_at(i: u32) {
  let across = eights((params.n + 15u) / 16u);
  let tiles = across * ((params.m + 15u) / 16u);
  let slice = slice_at(i / tiles);
  let row = i % tiles / across * 16u;
  let col = i % across * 16u;
  if (col >= params.n) {
    return;
  }
  let rows = count_inside(row, 16u, params.m);
  let columns = count_inside(col, 16u, params.n);
  let a_from = slice.batch * params.a_batch + row * params.a_row;
  let b_from = slice.batch * params.b_batch + col * params.b_col;
  let a_step = 4u * params.a_row;
  let b_step = 4u * params.b_col;
  var acc_0_0 = mat4x4<f32>();
  var acc_0_1 = mat4x4<f32>();
  var acc_0_2 = mat4x4<f32>();
  var acc_0_3 = mat4x4<f32>();
  var acc_1_0 = mat4x4<f32>();
  var acc_1_1 = mat4x4<f32>();
  var acc_1_2 = mat4x4<f32>();
  var acc_1_3 = mat4x4<f32>();
  var acc_2_0 = mat4x4<f32>();
  var acc_2_1 = mat4x4<f32>();
  var acc_2_2 = mat4x4<f32>();
  var acc_2_3 = mat4x4<f32>();
  var acc_3_0 = mat4x4<f32>();
  var acc_3_1 = mat4x4<f32>();
  var acc_3_2 = mat4x4<f32>();
  var acc_3_3 = mat4x4<f32>();
  for (var k = slice.k_from; k < slice.k_to; k++) {
    let a = a_from + k * params.a_k;
    let b = b_from + k * params.b_k;
    let a_0 = load_a4(a);
    let a_1 = load_a4(a + a_step);
    let a_2 = load_a4(a + 2u * a_step);
    let a_3 = load_a4(a + 3u * a_step);
    let b_0 = load_b4(b);
    let b_1 = load_b4(b + b_step);
    let b_2 = load_b4(b + 2u * b_step);
    let b_3 = load_b4(b + 3u * b_step);
    acc_0_0 = add_outer(acc_0_0, a_0, b_0);
    acc_0_1 = add_outer(acc_0_1, a_0, b_1);
    acc_0_2 = add_outer(acc_0_2, a_0, b_2);
    acc_0_3 = add_outer(acc_0_3, a_0, b_3);
    acc_1_0 = add_outer(acc_1_0, a_1, b_0);
    acc_1_1 = add_outer(acc_1_1, a_1, b_1);
    acc_1_2 = add_outer(acc_1_2, a_1, b_2);
    acc_1_3 = add_outer(acc_1_3, a_1, b_3);
    acc_2_0 = add_outer(acc_2_0, a_2, b_0);
    acc_2_1 = add_outer(acc_2_1, a_2, b_1);
    acc_2_2 = add_outer(acc_2_2, a_2, b_2);
    acc_2_3 = add_outer(acc_2_3, a_2, b_3);
    acc_3_0 = add_outer(acc_3_0, a_3, b_0);
    acc_3_1 = add_outer(acc_3_1, a_3, b_1);
    acc_3_2 = add_outer(acc_3_2, a_3, b_2);
    acc_3_3 = add_outer(acc_3_3, a_3, b_3);
  }
  let columns_1 = columns - min(columns, 4u);
  let columns_2 = columns - min(columns, 8u);
  let columns_3 = columns - min(columns, 12u);
  store_partial(slice.y, row, col, rows, columns, acc_0_0);
  store_partial(slice.y, row, col + 4u, rows, columns_1, acc_0_1);
  store_partial(slice.y, row, col + 8u, rows, columns_2, acc_0_2);
  store_partial(slice.y, row, col + 12u, rows, columns_3, acc_0_3);
  let rows_1 = rows - min(rows, 4u);
  store_partial(slice.y, row + 4u, col, rows_1, columns, acc_1_0);
  store_partial(slice.y, row + 4u, col + 4u, rows_1, columns_1, acc_1_1);
  store_partial(slice.y, row + 4u, col + 8u, rows_1, columns_2, acc_1_2);
  store_partial(slice.y, row + 4u, col + 12u, rows_1, columns_3, acc_1_3);
  let rows_2 = rows - min(rows, 8u);
  store_partial(slice.y, row + 8u, col, rows_2, columns, acc_2_0);
  store_partial(slice.y, row + 8u, col + 4u, rows_2, columns_1, acc_2_1);
  store_partial(slice.y, row + 8u, col + 8u, rows_2, columns_2, acc_2_2);
  store_partial(slice.y, row + 8u, col + 12u, rows_2, columns_3, acc_2_3);
  let rows_3 = rows - min(rows, 12u);
  store_partial(slice.y, row + 12u, col, rows_3, columns, acc_3_0);
  store_partial(slice.y, row + 12u, col + 4u, rows_3, columns_1, acc_3_1);
  store_partial(slice.y, row + 12u, col + 8u, rows_3, columns_2, acc_3_2);
  store_partial(slice.y, row + 12u, col + 12u, rows_3, columns_3, acc_3_3);
  apply_epilogue(slice.y, row, col, rows, columns);
}

fn tile_8x8_at(i: u32) {
  let across = eights((params.n + 7u) / 8u);
  let tiles = across * ((params.m + 7u) / 8u);
  let slice = slice_at(i / tiles);
  let row = i % tiles / across * 8u;
  let col = i % across * 8u;
  if (col >= params.n) {
    return;
  }
  let rows = count_inside(row, 8u, params.m);
  let columns = count_inside(col, 8u, params.n);
  let a_from = slice.batch * params.a_batch + row * params.a_row;
  let b_from = slice.batch * params.b_batch + col * params.b_col;
  var acc_0_0 = mat4x4<f32>();
  var acc_0_1 = mat4x4<f32>();
  var acc_1_0 = mat4x4<f32>();
  var acc_1_1 = mat4x4<f32>();
  for (var k = slice.k_from; k < slice.k_to; k++) {
    let a = a_from + k * params.a_k;
    let b = b_from + k * params.b_k;
    let a_0 = load_a4(a);
    let a_1 = load_a4(a + 4u * params.a_row);
    let b_0 = load_b4(b);
    let b_1 = load_b4(b + 4u * params.b_col);
    acc_0_0 = add_outer(acc_0_0, a_0, b_0);
    acc_0_1 = add_outer(acc_0_1, a_0, b_1);
    acc_1_0 = add_outer(acc_1_0, a_1, b_0);
    acc_1_1 = add_outer(acc_1_1, a_1, b_1);
  }
  let columns_1 = columns - min(columns, 4u);
  let rows_1 = rows - min(rows, 4u);
  store_partial(slice.y, row, col, rows, columns, acc_0_0);
  store_partial(slice.y, row, col + 4u, rows, columns_1, acc_0_1);
  store_partial(slice.y, row + 4u, col, rows_1, columns, acc_1_0);
  store_partial(slice.y, row + 4u, col + 4u, rows_1, columns_1, acc_1_1);
  apply_epilogue(slice.y, row, col, rows, columns);
}
