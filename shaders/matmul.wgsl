// Matrix products y = A B with few rows or columns, one tile of y per thread, in registers; no workgroup memory, no
// barriers. Factors and slices are described in products.wgsl.
//
// tile_4x4, tile_1x4: threads cover all slices, and the tiles of each in row-major order. Tiles may overhang: values
// loaded there are undefined and not stored. Sums go through epilogue.wgsl.
//
// needs: fn a_at(u32, u32, u32) -> f32, params { m, n }

fn tile_4x4_at(i: u32) {
  let across = (params.n + 3u) / 4u;
  let tiles = across * ((params.m + 3u) / 4u);
  let slice = slice_at(i / tiles);
  let row = i % tiles / across * 4u;
  let col = i % across * 4u;
  var acc = mat4x4<f32>();
  var k = slice.k_from;
  for (; k + 3u < slice.k_to; k += 4u) {
    let a = a_block(slice.batch, row, k);
    let b = b_block(slice.batch, k, col);
    acc = add_outer(acc, a[0], b[0]);
    acc = add_outer(acc, a[1], b[1]);
    acc = add_outer(acc, a[2], b[2]);
    acc = add_outer(acc, a[3], b[3]);
  }
  for (; k < slice.k_to; k++) {
    acc = add_outer(acc, a_rows(slice.batch, row, k), b_columns(slice.batch, k, col));
  }
  let rows = count_inside(row, 4u, params.m);
  let columns = count_inside(col, 4u, params.n);
  store_partial(slice.y, row, col, rows, columns, acc);
  apply_epilogue(slice.y, row, col, rows, columns);
}

fn tile_1x4_at(i: u32) {
  let across = (params.n + 3u) / 4u;
  let slice = slice_at(i / (across * params.m));
  let row = i / across % params.m;
  let col = i % across * 4u;
  // Two sums per column, so that adjacent terms do not wait for each other.
  var even = vec4<f32>();
  var odd = vec4<f32>();
  var k = slice.k_from;
  for (; k + 3u < slice.k_to; k += 4u) {
    let a = a_terms(slice.batch, row, k);
    let b = b_block(slice.batch, k, col);
    even = fma(b[0], vec4(a.x), even);
    odd = fma(b[1], vec4(a.y), odd);
    even = fma(b[2], vec4(a.z), even);
    odd = fma(b[3], vec4(a.w), odd);
  }
  for (; k < slice.k_to; k++) {
    even = fma(b_columns(slice.batch, k, col), vec4(a_at(slice.batch, row, k)), even);
  }
  let columns = count_inside(col, 4u, params.n);
  store_partial4(slice.y + row * params.n + col, columns, even + odd);
  apply_epilogue(slice.y, row, col, 1u, columns);
}
