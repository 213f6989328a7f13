// Matrix products y = A B for real GPUs: a workgroup of 16 x 16 threads makes a 64 x 64 tile of y, a thread 4 x 4 of it.
//
// Shapes, strides, slices and splits are those of matmul.wgsl. Each round brings 64 x 16 of A and 16 x 64 of B into
// workgroup memory (8 KiB), as vec4 over rows of A and over columns of B. What lies outside is loaded as 0.
// A_CONTIGUOUS and B_CONTIGUOUS choose which neighbours neighbouring threads load, so that their loads merge.

var<workgroup> a_tile: array<vec4<f32>, 256>;
var<workgroup> b_tile: array<vec4<f32>, 256>;

fn a_at(base: u32, row: u32, k: u32, k_to: u32) -> f32 {
  if (row < params.m && k < k_to) {
    return load_a(base + row * params.a_row + k * params.a_k);
  }
  return 0.0;
}

fn b_at(base: u32, k: u32, col: u32, k_to: u32) -> f32 {
  if (col < params.n && k < k_to) {
    return load_b(base + k * params.b_k + col * params.b_col);
  }
  return 0.0;
}

fn finish4(y: u32, row: u32, col: u32, sums: vec4<f32>) {
  if (row >= params.m) {
    return;
  }
  let i = y + row * params.n + col;
  if (col < params.n) {
    finish(col, i, sums.x);
  }
  if (col + 1u < params.n) {
    finish(col + 1u, i + 1u, sums.y);
  }
  if (col + 2u < params.n) {
    finish(col + 2u, i + 2u, sums.z);
  }
  if (col + 3u < params.n) {
    finish(col + 3u, i + 3u, sums.w);
  }
}

fn finish(col: u32, i: u32, acc: f32) {
  if (HAS_EPILOGUE) {
    epilogue(col, i, acc);
  } else {
    store_sum(i, acc);
  }
}

@compute @workgroup_size(256)
fn tile_64x64(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let row_from = group.y * 64u;
  let col_from = group.x * 64u;
  let thread_row = thread / 16u;
  let thread_col = thread % 16u;
  // Which four of a tile a thread loads: line 0..15 along one axis, quad 0..15 along the other.
  let a_quad = select(thread / 16u, thread % 16u, A_CONTIGUOUS);
  let a_line = select(thread % 16u, thread / 16u, A_CONTIGUOUS);
  let b_quad = select(thread / 16u, thread % 16u, B_CONTIGUOUS);
  let b_line = select(thread % 16u, thread / 16u, B_CONTIGUOUS);
  for (var index = group.z; index < params.slices; index += groups.z) {
    let batch = index / params.splits;
    let split = index % params.splits;
    let a_base = batch * params.a_batch;
    let b_base = batch * params.b_batch;
    let y = (split * params.batch + batch) * params.m * params.n;
    let k_from = split * params.k_split;
    let k_to = min(params.k, k_from + params.k_split);
    var acc_0 = vec4<f32>();
    var acc_1 = vec4<f32>();
    var acc_2 = vec4<f32>();
    var acc_3 = vec4<f32>();
    for (var k_at = k_from; k_at < k_to; k_at += 16u) {
      let row = row_from + a_quad * 4u;
      let ak = k_at + a_line;
      a_tile[a_line * 16u + a_quad] = vec4(
        a_at(a_base, row, ak, k_to),
        a_at(a_base, row + 1u, ak, k_to),
        a_at(a_base, row + 2u, ak, k_to),
        a_at(a_base, row + 3u, ak, k_to),
      );
      let col = col_from + b_quad * 4u;
      let bk = k_at + b_line;
      b_tile[b_line * 16u + b_quad] = vec4(
        b_at(b_base, bk, col, k_to),
        b_at(b_base, bk, col + 1u, k_to),
        b_at(b_base, bk, col + 2u, k_to),
        b_at(b_base, bk, col + 3u, k_to),
      );
      workgroupBarrier();
      for (var k = 0u; k < 256u; k += 64u) {
        // Four steps by hand: loops come out of the translation with a guard that hinders unrolling.
        var a = a_tile[k + thread_row];
        var b = b_tile[k + thread_col];
        acc_0 = fma(b, vec4(a.x), acc_0);
        acc_1 = fma(b, vec4(a.y), acc_1);
        acc_2 = fma(b, vec4(a.z), acc_2);
        acc_3 = fma(b, vec4(a.w), acc_3);
        a = a_tile[k + 16u + thread_row];
        b = b_tile[k + 16u + thread_col];
        acc_0 = fma(b, vec4(a.x), acc_0);
        acc_1 = fma(b, vec4(a.y), acc_1);
        acc_2 = fma(b, vec4(a.z), acc_2);
        acc_3 = fma(b, vec4(a.w), acc_3);
        a = a_tile[k + 32u + thread_row];
        b = b_tile[k + 32u + thread_col];
        acc_0 = fma(b, vec4(a.x), acc_0);
        acc_1 = fma(b, vec4(a.y), acc_1);
        acc_2 = fma(b, vec4(a.z), acc_2);
        acc_3 = fma(b, vec4(a.w), acc_3);
        a = a_tile[k + 48u + thread_row];
        b = b_tile[k + 48u + thread_col];
        acc_0 = fma(b, vec4(a.x), acc_0);
        acc_1 = fma(b, vec4(a.y), acc_1);
        acc_2 = fma(b, vec4(a.z), acc_2);
        acc_3 = fma(b, vec4(a.w), acc_3);
      }
      workgroupBarrier();
    }
    let row = row_from + thread_row * 4u;
    let col = col_from + thread_col * 4u;
    finish4(y, row, col, acc_0);
    finish4(y, row + 1u, col, acc_1);
    finish4(y, row + 2u, col, acc_2);
    finish4(y, row + 3u, col, acc_3);
  }
}
