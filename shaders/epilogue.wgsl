// The end of kernels: the generated epilogue(column, i, sum) stores element i of the outputs. Functions for
// convolutions, pools and products.
//
// Kernels with many sums per thread store them first, where load_sum reads them back, and then loop over them: the
// epilogue unrolled over a tile of 256 sums would take seconds to compile.
//
// needs: fn epilogue(u32, u32, f32), load_sum f32, store_sum f32, const HAS_EPILOGUE, params { n }

// Runs the epilogue on the first `count` of four adjacent sums, starting at output i.
fn apply_epilogue4(column: u32, i: u32, count: u32, sums: vec4<f32>) {
  epilogue(column, i, sums.x);
  if (count > 1u) {
    epilogue(column + 1u, i + 1u, sums.y);
  }
  if (count > 2u) {
    epilogue(column + 2u, i + 2u, sums.z);
  }
  if (count > 3u) {
    epilogue(column + 3u, i + 3u, sums.w);
  }
}

// Stores the first `count` of four adjacent sums.
fn store_partial4(i: u32, count: u32, sums: vec4<f32>) {
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

// Stores rows row .. row + 3 of a block of four columns, limited to the first `rows` and `columns` inside the matrix
// [m, n] that starts at element y.
fn store_partial(y: u32, row: u32, col: u32, rows: u32, columns: u32, block: mat4x4<f32>) {
  let i = y + row * params.n + col;
  if (rows > 0u) {
    store_partial4(i, columns, block[0]);
  }
  if (rows > 1u) {
    store_partial4(i + params.n, columns, block[1]);
  }
  if (rows > 2u) {
    store_partial4(i + 2u * params.n, columns, block[2]);
  }
  if (rows > 3u) {
    store_partial4(i + 3u * params.n, columns, block[3]);
  }
}

// Runs the epilogue, if there is one, over stored sums.
fn apply_epilogue(y: u32, row: u32, col: u32, rows: u32, columns: u32) {
  if (HAS_EPILOGUE) {
    for (var r = row; r < row + rows; r++) {
      for (var c = col; c < col + columns; c++) {
        let i = y + r * params.n + c;
        epilogue(c, i, load_sum(i));
      }
    }
  }
}

// How many of `size` rows or columns, starting at `at`, are before `end`.
fn count_inside(at: u32, size: u32, end: u32) -> u32 {
  return min(size, end - min(at, end));
}
