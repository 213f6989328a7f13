// Matrix products y = A B with few rows or columns, or where workgroup memory does not pay, one tile of y per thread, in
// registers; no workgroup memory, no barriers. Factors and slices are described in products.wgsl.
//
// tile: TILE_ROWS x TILE_COLUMNS sums per thread (4 or 8 each). Threads cover all slices, the patches of PATCH_ROWS x
// PATCH_COLUMNS tiles of each in row-major order, and the tiles of each patch likewise: threads of a square patch load
// the same lines of both factors.
//
// tile_1x4: threads cover all slices, and the tiles of each in row-major order.
//
// Tiles may overhang: values loaded there are undefined and not stored. Sums go through epilogue.wgsl.
//
// needs: fn a_at(u32, u32, u32) -> f32, const TILE_ROWS u32, const TILE_COLUMNS u32, const PATCH_ROWS u32,
//   const PATCH_COLUMNS u32, params { m, n }

fn tile_at(i: u32) {
  let area = PATCH_ROWS * PATCH_COLUMNS;
  let across = (params.n + PATCH_COLUMNS * TILE_COLUMNS - 1u) / (PATCH_COLUMNS * TILE_COLUMNS);
  let down = (params.m + PATCH_ROWS * TILE_ROWS - 1u) / (PATCH_ROWS * TILE_ROWS);
  let tiles = across * down * area;
  let slice = slice_at(i / tiles);
  let patch_at = i % tiles / area;
  let row = (patch_at / across * PATCH_ROWS + i % area / PATCH_COLUMNS) * TILE_ROWS;
  let col = (patch_at % across * PATCH_COLUMNS + i % PATCH_COLUMNS) * TILE_COLUMNS;
  if (row >= params.m || col >= params.n) {
    return;
  }
  var sums_0_0 = mat4x4<f32>();
  var sums_0_1 = mat4x4<f32>();
  var sums_1_0 = mat4x4<f32>();
  var sums_1_1 = mat4x4<f32>();
  var k = slice.k_from;
  for (; k + 3u < slice.k_to; k += 4u) {
    let a_0 = a_block(slice.batch, row, k);
    let b_0 = b_block(slice.batch, k, col);
    sums_0_0 = add_outers(sums_0_0, a_0, b_0);
    var b_1: mat4x4<f32>;
    if (TILE_COLUMNS > 4u) {
      b_1 = b_block(slice.batch, k, col + 4u);
      sums_0_1 = add_outers(sums_0_1, a_0, b_1);
    }
    if (TILE_ROWS > 4u) {
      let a_1 = a_block(slice.batch, row + 4u, k);
      sums_1_0 = add_outers(sums_1_0, a_1, b_0);
      if (TILE_COLUMNS > 4u) {
        sums_1_1 = add_outers(sums_1_1, a_1, b_1);
      }
    }
  }
  for (; k < slice.k_to; k++) {
    let a_0 = a_rows(slice.batch, row, k);
    let b_0 = b_columns(slice.batch, k, col);
    sums_0_0 = add_outer(sums_0_0, a_0, b_0);
    var b_1: vec4<f32>;
    if (TILE_COLUMNS > 4u) {
      b_1 = b_columns(slice.batch, k, col + 4u);
      sums_0_1 = add_outer(sums_0_1, a_0, b_1);
    }
    if (TILE_ROWS > 4u) {
      let a_1 = a_rows(slice.batch, row + 4u, k);
      sums_1_0 = add_outer(sums_1_0, a_1, b_0);
      if (TILE_COLUMNS > 4u) {
        sums_1_1 = add_outer(sums_1_1, a_1, b_1);
      }
    }
  }
  let rows = count_inside(row, TILE_ROWS, params.m);
  let columns = count_inside(col, TILE_COLUMNS, params.n);
  store_partial(slice.y, row, col, rows, columns, sums_0_0);
  if (TILE_COLUMNS > 4u) {
    store_partial(slice.y, row, col + 4u, rows, columns - min(columns, 4u), sums_0_1);
  }
  if (TILE_ROWS > 4u) {
    store_partial(slice.y, row + 4u, col, rows - min(rows, 4u), columns, sums_1_0);
    if (TILE_COLUMNS > 4u) {
      store_partial(slice.y, row + 4u, col + 4u, rows - min(rows, 4u), columns - min(columns, 4u), sums_1_1);
    }
  }
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
