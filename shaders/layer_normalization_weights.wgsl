// The gradients by gamma and beta of x [rows, size]: sums over the rows. A workgroup has 16 columns, and 16 threads for
// each, which share their sums in workgroup memory (2 KiB).
//
// needs: load_x f32, load_stats f32, load_gradient f32, store_of_gamma f32, store_of_beta f32, params { size, rows }

var<workgroup> shared_sums: array<vec2<f32>, 256>;

fn columns_at(group: u32, thread: u32) {
  let column = group * 16u + thread % 16u;
  var sums = vec2(0.0);
  if (column < params.size) {
    for (var row = thread / 16u; row < params.rows; row += 16u) {
      let gradient = load_gradient(row * params.size + column);
      let normalized = (load_x(row * params.size + column) - load_stats(2u * row)) * load_stats(2u * row + 1u);
      sums += vec2(gradient * normalized, gradient);
    }
  }
  shared_sums[thread] = sums;
  workgroupBarrier();
  for (var half = 128u; half >= 16u; half /= 2u) {
    if (thread < half) {
      shared_sums[thread] += shared_sums[thread + half];
    }
    workgroupBarrier();
  }
  if (thread < 16u && column < params.size) {
    store_of_gamma(column, shared_sums[thread].x);
    store_of_beta(column, shared_sums[thread].y);
  }
}
