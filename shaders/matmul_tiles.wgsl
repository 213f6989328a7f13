// Matrix products y = A B for real GPUs: a workgroup computes a tile of TILE_ROWS x TILE_COLUMNS sums, each thread a
// block of BLOCK_ROWS x BLOCK_COLUMNS of them (4 or 8 each) in registers. Factors and slices are described in
// products.wgsl.
//
// Workgroups cover all slices, and the tiles of each in row-major order. Each round copies TILE_DEPTH terms of the
// tile's rows of A and columns of B to workgroup memory: line k of a buffer has the rows of A at k as quads, then the
// columns of B at k, then PADDING_QUADS unused ones, which spread the lines over memory banks. With two BUFFERS a round
// loads while the previous one is multiplied. Workgroup memory: BUFFERS * TILE_DEPTH * LINE * 16 bytes, at most 16 KiB.
//
// A thread loads up to four quads of each factor per round, or if the factor is contiguous along k, a block of four by
// four that it transposes. Loads have no branches: at the edges coordinates are clamped to the factor, and terms past
// the last are replaced by 0; sums past the last row or column are not stored. A_ALIGNED and B_ALIGNED say that the
// contiguous axis is a whole number of quads, so that each is one load.
//
// Sums go back through workgroup memory, PASS_ROWS rows at a time, so that adjacent threads store adjacent elements and
// the epilogue is compiled only once.
//
// needs: fn a_at(u32, u32, u32) -> f32, fn a_quad(u32, u32, u32) -> vec4<f32>, const A_ALONG_K, const A_ALIGNED,
//   fn b_at(u32, u32, u32) -> f32, fn b_quad(u32, u32, u32) -> vec4<f32>, const B_ALONG_K, const B_ALIGNED,
//   const TILE_ROWS u32, const TILE_COLUMNS u32, const TILE_DEPTH u32, const BLOCK_ROWS u32, const BLOCK_COLUMNS u32,
//   const BUFFERS u32, const PADDING_QUADS u32, const PASS_ROWS u32, const HAS_EPILOGUE, fn epilogue(u32, u32, f32),
//   store_sum f32, params { m, n, k }

const ROW_QUADS = TILE_ROWS / 4u;
const COLUMN_QUADS = TILE_COLUMNS / 4u;
const DEPTH_QUADS = TILE_DEPTH / 4u;
const LINE = ROW_QUADS + COLUMN_QUADS + PADDING_QUADS;
const BLOCKS_ACROSS = TILE_COLUMNS / BLOCK_COLUMNS;
const THREADS = TILE_ROWS / BLOCK_ROWS * BLOCKS_ACROSS;
// The number of quads of each factor that a thread loads per round.
const A_QUADS = TILE_DEPTH * ROW_QUADS / THREADS;
const B_QUADS = TILE_DEPTH * COLUMN_QUADS / THREADS;

var<workgroup> tiles: array<vec4<f32>, BUFFERS * TILE_DEPTH * LINE>;

// The offsets of a quad's elements from its first, for loading them one by one.
const QUAD = vec4(0u, 1u, 2u, 3u);
const NONE = vec4<u32>();

// Four adjacent elements of A, starting at (row, k), along its contiguous axis; 0 from k_to on.
fn load_a4(batch: u32, row: u32, k: u32, k_to: u32) -> vec4<f32> {
  if (A_ALIGNED) {
    let last = vec2(params.m, params.k) - select(vec2(4u, 1u), vec2(1u, 4u), A_ALONG_K);
    let quad = a_quad(batch, min(row, last.x), min(k, last.y));
    return select(vec4<f32>(), quad, k < k_to);
  }
  let rows = min(row + select(QUAD, NONE, A_ALONG_K), vec4(params.m - 1u));
  let terms = k + select(NONE, QUAD, A_ALONG_K);
  let at = min(terms, vec4(params.k - 1u));
  let four = vec4(
    a_at(batch, rows.x, at.x),
    a_at(batch, rows.y, at.y),
    a_at(batch, rows.z, at.z),
    a_at(batch, rows.w, at.w),
  );
  return select(vec4<f32>(), four, terms < vec4(k_to));
}

// Four adjacent elements of B, starting at (k, col).
fn load_b4(batch: u32, k: u32, col: u32, k_to: u32) -> vec4<f32> {
  if (B_ALIGNED) {
    let last = vec2(params.k, params.n) - select(vec2(1u, 4u), vec2(4u, 1u), B_ALONG_K);
    let quad = b_quad(batch, min(k, last.x), min(col, last.y));
    return select(vec4<f32>(), quad, k < k_to);
  }
  let columns = min(col + select(QUAD, NONE, B_ALONG_K), vec4(params.n - 1u));
  let terms = k + select(NONE, QUAD, B_ALONG_K);
  let at = min(terms, vec4(params.k - 1u));
  let four = vec4(
    b_at(batch, at.x, columns.x),
    b_at(batch, at.y, columns.y),
    b_at(batch, at.z, columns.z),
    b_at(batch, at.w, columns.w),
  );
  return select(vec4<f32>(), four, terms < vec4(k_to));
}

// Quad `unit` of a round's part of A, in the order of lines.
fn load_a_unit(batch: u32, row: u32, k: u32, k_to: u32, unit: u32) -> vec4<f32> {
  return load_a4(batch, row + unit % ROW_QUADS * 4u, k + unit / ROW_QUADS, k_to);
}

fn load_b_unit(batch: u32, k: u32, col: u32, k_to: u32, unit: u32) -> vec4<f32> {
  return load_b4(batch, k + unit / COLUMN_QUADS, col + unit % COLUMN_QUADS * 4u, k_to);
}

// The part with column `at` replaced: a matrix indexed at run time would not stay in registers.
fn with_quad(part: mat4x4<f32>, at: u32, quad: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    select(part[0], quad, at == 0u),
    select(part[1], quad, at == 1u),
    select(part[2], quad, at == 2u),
    select(part[3], quad, at == 3u),
  );
}

// A thread's share of the part of A that starts at (row, k): its quads, or its block. Quads loaded one element at a
// time use a loop, since the code that finds an element (a convolution's window) is long.
fn load_a_part(batch: u32, row: u32, k: u32, k_to: u32, thread: u32) -> mat4x4<f32> {
  var part = mat4x4<f32>();
  if (A_ALONG_K) {
    if (thread < DEPTH_QUADS * ROW_QUADS) {
      let first = row + thread / DEPTH_QUADS * 4u;
      let line = k + thread % DEPTH_QUADS * 4u;
      if (A_ALIGNED) {
        part = mat4x4<f32>(
          load_a4(batch, first, line, k_to),
          load_a4(batch, first + 1u, line, k_to),
          load_a4(batch, first + 2u, line, k_to),
          load_a4(batch, first + 3u, line, k_to),
        );
      } else {
        for (var i = 0u; i < 4u; i++) {
          part = with_quad(part, i, load_a4(batch, first + i, line, k_to));
        }
      }
    }
    return transpose(part);
  }
  if (!A_ALIGNED) {
    for (var i = 0u; i < min(A_QUADS, 4u); i++) {
      part = with_quad(part, i, load_a_unit(batch, row, k, k_to, thread + i * THREADS));
    }
    return part;
  }
  part[0] = load_a_unit(batch, row, k, k_to, thread);
  if (A_QUADS > 1u) {
    part[1] = load_a_unit(batch, row, k, k_to, thread + THREADS);
  }
  if (A_QUADS > 2u) {
    part[2] = load_a_unit(batch, row, k, k_to, thread + 2u * THREADS);
    part[3] = load_a_unit(batch, row, k, k_to, thread + 3u * THREADS);
  }
  return part;
}

// The same for B. Its blocks go to the last threads: if there are few, the first threads have those of A.
fn load_b_part(batch: u32, k: u32, col: u32, k_to: u32, thread: u32) -> mat4x4<f32> {
  var part = mat4x4<f32>();
  if (B_ALONG_K) {
    let block = THREADS - 1u - thread;
    if (block < DEPTH_QUADS * COLUMN_QUADS) {
      let first = col + block / DEPTH_QUADS * 4u;
      let line = k + block % DEPTH_QUADS * 4u;
      if (B_ALIGNED) {
        part = mat4x4<f32>(
          load_b4(batch, line, first, k_to),
          load_b4(batch, line, first + 1u, k_to),
          load_b4(batch, line, first + 2u, k_to),
          load_b4(batch, line, first + 3u, k_to),
        );
      } else {
        for (var i = 0u; i < 4u; i++) {
          part = with_quad(part, i, load_b4(batch, line, first + i, k_to));
        }
      }
    }
    return transpose(part);
  }
  if (!B_ALIGNED) {
    for (var i = 0u; i < min(B_QUADS, 4u); i++) {
      part = with_quad(part, i, load_b_unit(batch, k, col, k_to, thread + i * THREADS));
    }
    return part;
  }
  part[0] = load_b_unit(batch, k, col, k_to, thread);
  if (B_QUADS > 1u) {
    part[1] = load_b_unit(batch, k, col, k_to, thread + THREADS);
  }
  if (B_QUADS > 2u) {
    part[2] = load_b_unit(batch, k, col, k_to, thread + 2u * THREADS);
    part[3] = load_b_unit(batch, k, col, k_to, thread + 3u * THREADS);
  }
  return part;
}

fn share_a_unit(buffer: u32, unit: u32, quad: vec4<f32>) {
  tiles[buffer + unit / ROW_QUADS * LINE + unit % ROW_QUADS] = quad;
}

fn share_b_unit(buffer: u32, unit: u32, quad: vec4<f32>) {
  tiles[buffer + unit / COLUMN_QUADS * LINE + ROW_QUADS + unit % COLUMN_QUADS] = quad;
}

// Stores a thread's share in the buffer that starts at quad `buffer`.
fn share_a_part(buffer: u32, thread: u32, part: mat4x4<f32>) {
  if (A_ALONG_K) {
    if (thread < DEPTH_QUADS * ROW_QUADS) {
      let at = buffer + thread % DEPTH_QUADS * 4u * LINE + thread / DEPTH_QUADS;
      tiles[at] = part[0];
      tiles[at + LINE] = part[1];
      tiles[at + 2u * LINE] = part[2];
      tiles[at + 3u * LINE] = part[3];
    }
    return;
  }
  share_a_unit(buffer, thread, part[0]);
  if (A_QUADS > 1u) {
    share_a_unit(buffer, thread + THREADS, part[1]);
  }
  if (A_QUADS > 2u) {
    share_a_unit(buffer, thread + 2u * THREADS, part[2]);
    share_a_unit(buffer, thread + 3u * THREADS, part[3]);
  }
}

fn share_b_part(buffer: u32, thread: u32, part: mat4x4<f32>) {
  if (B_ALONG_K) {
    let block = THREADS - 1u - thread;
    if (block < DEPTH_QUADS * COLUMN_QUADS) {
      let at = buffer + block % DEPTH_QUADS * 4u * LINE + ROW_QUADS + block / DEPTH_QUADS;
      tiles[at] = part[0];
      tiles[at + LINE] = part[1];
      tiles[at + 2u * LINE] = part[2];
      tiles[at + 3u * LINE] = part[3];
    }
    return;
  }
  share_b_unit(buffer, thread, part[0]);
  if (B_QUADS > 1u) {
    share_b_unit(buffer, thread + THREADS, part[1]);
  }
  if (B_QUADS > 2u) {
    share_b_unit(buffer, thread + 2u * THREADS, part[2]);
    share_b_unit(buffer, thread + 3u * THREADS, part[3]);
  }
}

// Stores rows row .. row + 3 of four columns among the rows of a pass, if they belong to it.
fn share_sums(row: u32, quad: u32, block: mat4x4<f32>) {
  if (row < PASS_ROWS) {
    let at = row * COLUMN_QUADS + quad;
    tiles[at] = block[0];
    tiles[at + COLUMN_QUADS] = block[1];
    tiles[at + 2u * COLUMN_QUADS] = block[2];
    tiles[at + 3u * COLUMN_QUADS] = block[3];
  }
}

fn matmul_tile_at(i: u32, thread: u32) {
  let across = (params.n + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let count = across * ((params.m + TILE_ROWS - 1u) / TILE_ROWS);
  let slice = slice_at(i / count);
  let row = i % count / across * TILE_ROWS;
  let col = i % across * TILE_COLUMNS;
  // The second half of a block of eight is half a tile away, so that adjacent threads read adjacent quads.
  let block_row = thread / BLOCKS_ACROSS;
  let block_col = thread % BLOCKS_ACROSS;
  var sums_0_0 = mat4x4<f32>();
  var sums_0_1 = mat4x4<f32>();
  var sums_1_0 = mat4x4<f32>();
  var sums_1_1 = mat4x4<f32>();

  // Each iteration loads a round and multiplies the previous one; the first multiplies none, the last loads none.
  var buffer = 0u;
  for (var k = slice.k_from; k < slice.k_to + TILE_DEPTH; k += TILE_DEPTH) {
    var a_part = mat4x4<f32>();
    var b_part = mat4x4<f32>();
    if (k < slice.k_to) {
      a_part = load_a_part(slice.batch, row, k, slice.k_to, thread);
      b_part = load_b_part(slice.batch, k, col, slice.k_to, thread);
    }
    if (k > slice.k_from) {
      // Four lines by hand: translated loops get a guard that prevents unrolling.
      for (var line = buffer; line < buffer + TILE_DEPTH * LINE; line += 4u * LINE) {
        var a_0: vec4<f32>;
        var a_1: vec4<f32>;
        var b_0: vec4<f32>;
        var b_1: vec4<f32>;
        var at = line;
        a_0 = tiles[at + block_row];
        b_0 = tiles[at + ROW_QUADS + block_col];
        sums_0_0 = add_outer(sums_0_0, a_0, b_0);
        if (BLOCK_COLUMNS > 4u) {
          b_1 = tiles[at + ROW_QUADS + COLUMN_QUADS / 2u + block_col];
          sums_0_1 = add_outer(sums_0_1, a_0, b_1);
        }
        if (BLOCK_ROWS > 4u) {
          a_1 = tiles[at + ROW_QUADS / 2u + block_row];
          sums_1_0 = add_outer(sums_1_0, a_1, b_0);
          if (BLOCK_COLUMNS > 4u) {
            sums_1_1 = add_outer(sums_1_1, a_1, b_1);
          }
        }
        at = line + LINE;
        a_0 = tiles[at + block_row];
        b_0 = tiles[at + ROW_QUADS + block_col];
        sums_0_0 = add_outer(sums_0_0, a_0, b_0);
        if (BLOCK_COLUMNS > 4u) {
          b_1 = tiles[at + ROW_QUADS + COLUMN_QUADS / 2u + block_col];
          sums_0_1 = add_outer(sums_0_1, a_0, b_1);
        }
        if (BLOCK_ROWS > 4u) {
          a_1 = tiles[at + ROW_QUADS / 2u + block_row];
          sums_1_0 = add_outer(sums_1_0, a_1, b_0);
          if (BLOCK_COLUMNS > 4u) {
            sums_1_1 = add_outer(sums_1_1, a_1, b_1);
          }
        }
        at = line + 2u * LINE;
        a_0 = tiles[at + block_row];
        b_0 = tiles[at + ROW_QUADS + block_col];
        sums_0_0 = add_outer(sums_0_0, a_0, b_0);
        if (BLOCK_COLUMNS > 4u) {
          b_1 = tiles[at + ROW_QUADS + COLUMN_QUADS / 2u + block_col];
          sums_0_1 = add_outer(sums_0_1, a_0, b_1);
        }
        if (BLOCK_ROWS > 4u) {
          a_1 = tiles[at + ROW_QUADS / 2u + block_row];
          sums_1_0 = add_outer(sums_1_0, a_1, b_0);
          if (BLOCK_COLUMNS > 4u) {
            sums_1_1 = add_outer(sums_1_1, a_1, b_1);
          }
        }
        at = line + 3u * LINE;
        a_0 = tiles[at + block_row];
        b_0 = tiles[at + ROW_QUADS + block_col];
        sums_0_0 = add_outer(sums_0_0, a_0, b_0);
        if (BLOCK_COLUMNS > 4u) {
          b_1 = tiles[at + ROW_QUADS + COLUMN_QUADS / 2u + block_col];
          sums_0_1 = add_outer(sums_0_1, a_0, b_1);
        }
        if (BLOCK_ROWS > 4u) {
          a_1 = tiles[at + ROW_QUADS / 2u + block_row];
          sums_1_0 = add_outer(sums_1_0, a_1, b_0);
          if (BLOCK_COLUMNS > 4u) {
            sums_1_1 = add_outer(sums_1_1, a_1, b_1);
          }
        }
      }
    }
    if (BUFFERS > 1u) {
      buffer = TILE_DEPTH * LINE - buffer;
    } else {
      workgroupBarrier();
    }
    if (k < slice.k_to) {
      share_a_part(buffer, thread, a_part);
      share_b_part(buffer, thread, b_part);
    }
    workgroupBarrier();
  }

  for (var pass_row = 0u; pass_row < TILE_ROWS; pass_row += PASS_ROWS) {
    // Rows before those of the pass wrap to huge u32 values.
    let upper = block_row * 4u - pass_row;
    let lower = upper + TILE_ROWS / 2u;
    share_sums(upper, block_col, sums_0_0);
    if (BLOCK_COLUMNS > 4u) {
      share_sums(upper, COLUMN_QUADS / 2u + block_col, sums_0_1);
    }
    if (BLOCK_ROWS > 4u) {
      share_sums(lower, block_col, sums_1_0);
      if (BLOCK_COLUMNS > 4u) {
        share_sums(lower, COLUMN_QUADS / 2u + block_col, sums_1_1);
      }
    }
    workgroupBarrier();
    for (var at = thread; at < PASS_ROWS * TILE_COLUMNS; at += THREADS) {
      let y_row = row + pass_row + at / TILE_COLUMNS;
      let y_col = col + at % TILE_COLUMNS;
      if (y_row < params.m && y_col < params.n) {
        let sum = tiles[at / 4u][at % 4u];
        let y = slice.y + y_row * params.n + y_col;
        if (HAS_EPILOGUE) {
          epilogue(y_col, y, sum);
        } else {
          store_sum(y, sum);
        }
      }
    }
    workgroupBarrier();
  }
}
