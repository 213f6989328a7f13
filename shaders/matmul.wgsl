// Matrix products y = A B without barriers, A [batch, m, k], B [batch, k, n], a tile of y in the registers of a thread.
//
// Element (row, k) of A lies at row * a_row + k * a_k, element (k, col) of B at k * b_k + col * b_col: a transposed
// operand is one with swapped strides. A_CONTIGUOUS and B_CONTIGUOUS say that a_row or b_col is 1: then neighbours are
// loaded as quads. `slices` products are computed: batch * splits, where split s sums k from s * k_split on.
//
// Tiles may overhang: what is loaded there is any number (reads are bounded by the driver) and is not stored. Sums go to
// tile_sums.wgsl.
//
// tile_16x16, tile_8x8: eight threads side by side along the columns, so that a SIMD unit loads rows of A once.
// tile_4x4, tile_1x4: 64 threads over all tiles in row-major order.

fn load_a4(i: u32) -> vec4<f32> {
  if (A_CONTIGUOUS) {
    return load_a_quad(i);
  }
  let step = params.a_row;
  return vec4(load_a(i), load_a(i + step), load_a(i + 2u * step), load_a(i + 3u * step));
}

fn load_b4(i: u32) -> vec4<f32> {
  if (B_CONTIGUOUS) {
    return load_b_quad(i);
  }
  let step = params.b_col;
  return vec4(load_b(i), load_b(i + step), load_b(i + 2u * step), load_b(i + 3u * step));
}

// Column r of a block holds the four sums of row r.
fn accumulate(acc: mat4x4<f32>, a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    fma(b, vec4(a.x), acc[0]),
    fma(b, vec4(a.y), acc[1]),
    fma(b, vec4(a.z), acc[2]),
    fma(b, vec4(a.w), acc[3]),
  );
}

struct Slice {
  a: u32,
  b: u32,
  y: u32,
  k_from: u32,
  k_to: u32,
}

fn slice_at(index: u32) -> Slice {
  let batch = index / params.splits;
  let split = index % params.splits;
  let y = (split * params.batch + batch) * params.m * params.n;
  let k_from = split * params.k_split;
  return Slice(batch * params.a_batch, batch * params.b_batch, y, k_from, min(params.k, k_from + params.k_split));
}

@compute @workgroup_size(8, 1)
fn tile_16x16(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let row = id.y * 16u;
  let col = id.x * 16u;
  if (row >= params.m || col >= params.n) {
    return;
  }
  let rows = inside(row, 16u, params.m);
  let columns = inside(col, 16u, params.n);
  for (var index = id.z; index < params.slices; index += groups.z) {
    let slice = slice_at(index);
    let a_from = slice.a + row * params.a_row;
    let b_from = slice.b + col * params.b_col;
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
      acc_0_0 = accumulate(acc_0_0, a_0, b_0);
      acc_0_1 = accumulate(acc_0_1, a_0, b_1);
      acc_0_2 = accumulate(acc_0_2, a_0, b_2);
      acc_0_3 = accumulate(acc_0_3, a_0, b_3);
      acc_1_0 = accumulate(acc_1_0, a_1, b_0);
      acc_1_1 = accumulate(acc_1_1, a_1, b_1);
      acc_1_2 = accumulate(acc_1_2, a_1, b_2);
      acc_1_3 = accumulate(acc_1_3, a_1, b_3);
      acc_2_0 = accumulate(acc_2_0, a_2, b_0);
      acc_2_1 = accumulate(acc_2_1, a_2, b_1);
      acc_2_2 = accumulate(acc_2_2, a_2, b_2);
      acc_2_3 = accumulate(acc_2_3, a_2, b_3);
      acc_3_0 = accumulate(acc_3_0, a_3, b_0);
      acc_3_1 = accumulate(acc_3_1, a_3, b_1);
      acc_3_2 = accumulate(acc_3_2, a_3, b_2);
      acc_3_3 = accumulate(acc_3_3, a_3, b_3);
    }
    let columns_1 = columns - min(columns, 4u);
    let columns_2 = columns - min(columns, 8u);
    let columns_3 = columns - min(columns, 12u);
    park(slice.y, row, col, rows, columns, acc_0_0);
    park(slice.y, row, col + 4u, rows, columns_1, acc_0_1);
    park(slice.y, row, col + 8u, rows, columns_2, acc_0_2);
    park(slice.y, row, col + 12u, rows, columns_3, acc_0_3);
    let rows_1 = rows - min(rows, 4u);
    park(slice.y, row + 4u, col, rows_1, columns, acc_1_0);
    park(slice.y, row + 4u, col + 4u, rows_1, columns_1, acc_1_1);
    park(slice.y, row + 4u, col + 8u, rows_1, columns_2, acc_1_2);
    park(slice.y, row + 4u, col + 12u, rows_1, columns_3, acc_1_3);
    let rows_2 = rows - min(rows, 8u);
    park(slice.y, row + 8u, col, rows_2, columns, acc_2_0);
    park(slice.y, row + 8u, col + 4u, rows_2, columns_1, acc_2_1);
    park(slice.y, row + 8u, col + 8u, rows_2, columns_2, acc_2_2);
    park(slice.y, row + 8u, col + 12u, rows_2, columns_3, acc_2_3);
    let rows_3 = rows - min(rows, 12u);
    park(slice.y, row + 12u, col, rows_3, columns, acc_3_0);
    park(slice.y, row + 12u, col + 4u, rows_3, columns_1, acc_3_1);
    park(slice.y, row + 12u, col + 8u, rows_3, columns_2, acc_3_2);
    park(slice.y, row + 12u, col + 12u, rows_3, columns_3, acc_3_3);
    finish(slice.y, row, col, rows, columns);
  }
}

@compute @workgroup_size(8, 1)
fn tile_8x8(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let row = id.y * 8u;
  let col = id.x * 8u;
  if (row >= params.m || col >= params.n) {
    return;
  }
  let rows = inside(row, 8u, params.m);
  let columns = inside(col, 8u, params.n);
  for (var index = id.z; index < params.slices; index += groups.z) {
    let slice = slice_at(index);
    let a_from = slice.a + row * params.a_row;
    let b_from = slice.b + col * params.b_col;
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
      acc_0_0 = accumulate(acc_0_0, a_0, b_0);
      acc_0_1 = accumulate(acc_0_1, a_0, b_1);
      acc_1_0 = accumulate(acc_1_0, a_1, b_0);
      acc_1_1 = accumulate(acc_1_1, a_1, b_1);
    }
    let columns_1 = columns - min(columns, 4u);
    let rows_1 = rows - min(rows, 4u);
    park(slice.y, row, col, rows, columns, acc_0_0);
    park(slice.y, row, col + 4u, rows, columns_1, acc_0_1);
    park(slice.y, row + 4u, col, rows_1, columns, acc_1_0);
    park(slice.y, row + 4u, col + 4u, rows_1, columns_1, acc_1_1);
    finish(slice.y, row, col, rows, columns);
  }
}

@compute @workgroup_size(64)
fn tile_4x4(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let across = (params.n + 3u) / 4u;
  let tile = id.x + id.y * groups.x * 64u;
  let row = tile / across * 4u;
  let col = tile % across * 4u;
  if (row >= params.m) {
    return;
  }
  let rows = inside(row, 4u, params.m);
  let columns = inside(col, 4u, params.n);
  for (var index = id.z; index < params.slices; index += groups.z) {
    let slice = slice_at(index);
    var acc = mat4x4<f32>();
    for (var k = slice.k_from; k < slice.k_to; k++) {
      let a = load_a4(slice.a + row * params.a_row + k * params.a_k);
      let b = load_b4(slice.b + col * params.b_col + k * params.b_k);
      acc = accumulate(acc, a, b);
    }
    park(slice.y, row, col, rows, columns, acc);
    finish(slice.y, row, col, rows, columns);
  }
}

@compute @workgroup_size(64)
fn tile_1x4(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let across = (params.n + 3u) / 4u;
  let tile = id.x + id.y * groups.x * 64u;
  let row = tile / across;
  let col = tile % across * 4u;
  if (row >= params.m) {
    return;
  }
  let columns = inside(col, 4u, params.n);
  for (var index = id.z; index < params.slices; index += groups.z) {
    let slice = slice_at(index);
    let a_from = slice.a + row * params.a_row;
    let b_from = slice.b + col * params.b_col;
    // Two sums a column: neighbouring terms do not wait for each other.
    var even = vec4<f32>();
    var odd = vec4<f32>();
    var k = slice.k_from;
    for (; k + 1u < slice.k_to; k += 2u) {
      even = fma(load_b4(b_from + k * params.b_k), vec4(load_a(a_from + k * params.a_k)), even);
      odd = fma(load_b4(b_from + (k + 1u) * params.b_k), vec4(load_a(a_from + (k + 1u) * params.a_k)), odd);
    }
    if (k < slice.k_to) {
      even = fma(load_b4(b_from + k * params.b_k), vec4(load_a(a_from + k * params.a_k)), even);
    }
    park4(slice.y + row * params.n + col, columns, even + odd);
    finish(slice.y, row, col, 1u, columns);
  }
}
