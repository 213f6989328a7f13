// What becomes of the finished sums of a tile of y, whose rows have params.n columns: for matmul.wgsl and
// convolution_tiles.wgsl.
//
// Sums are parked in memory by store_sum, then each thread runs the epilogue over its own tile: unrolled into a tile of
// 256 sums an epilogue would take seconds to compile.

// The first `count` of four neighbouring sums.
fn park4(i: u32, count: u32, sums: vec4<f32>) {
  if (count > 0u) {
    store_sum(i, sums.x);
  }
  if (count > 1u) {
    store_sum(i + 1u, sums.y);
  }
  if (count > 2u) {
    store_sum(i + 2u, sums.z);
  }
  if (count > 3u) {
    store_sum(i + 3u, sums.w);
  }
}

// Rows row .. row + 3 of a block of four columns, of which `rows` and `columns` lie in y.
fn park(y: u32, row: u32, col: u32, rows: u32, columns: u32, block: mat4x4<f32>) {
  let i = y + row * params.n + col;
  if (rows > 0u) {
    park4(i, columns, block[0]);
  }
  if (rows > 1u) {
    park4(i + params.n, columns, block[1]);
  }
  if (rows > 2u) {
    park4(i + 2u * params.n, columns, block[2]);
  }
  if (rows > 3u) {
    park4(i + 3u * params.n, columns, block[3]);
  }
}

fn finish(y: u32, row: u32, col: u32, rows: u32, columns: u32) {
  if (HAS_EPILOGUE) {
    for (var r = row; r < row + rows; r++) {
      for (var c = col; c < col + columns; c++) {
        let i = y + r * params.n + c;
        epilogue(c, i, load_sum(i));
      }
    }
  }
}

// How many of the `size` rows or columns from `at` on lie before `end`.
fn inside(at: u32, size: u32, end: u32) -> u32 {
  return min(size, end - min(at, end));
}
