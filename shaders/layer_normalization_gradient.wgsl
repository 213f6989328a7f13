// The gradient by x [rows, size] of rows scaled to mean 0 and variance 1; stats has mean and scale of each row.
//
// With n = (x - mean) * scale and s = gradient * gamma: scale * (s - mean of s - n * mean of s * n). row_threads: one
// thread per row, no workgroup memory, for short rows. row_workgroup: 64 threads per row, which share their sums in
// workgroup memory (512 B).
//
// needs: load_x f32, load_stats f32, load_gradient f32, load_gamma f32, store_y f32, params { size }

fn normalized_at(row: u32, at: u32) -> f32 {
  return (load_x(at) - load_stats(2u * row)) * load_stats(2u * row + 1u);
}

fn sums_of(row: u32, from_index: u32, step: u32) -> vec2<f32> {
  let base = row * params.size;
  var sums = vec2(0.0);
  for (var i = from_index; i < params.size; i += step) {
    let slope = load_gradient(base + i) * load_gamma(i);
    sums += vec2(slope, slope * normalized_at(row, base + i));
  }
  return sums;
}

fn write_row(row: u32, from_index: u32, step: u32, sums: vec2<f32>) {
  let base = row * params.size;
  let means = sums / f32(params.size);
  let scale = load_stats(2u * row + 1u);
  for (var i = from_index; i < params.size; i += step) {
    let slope = load_gradient(base + i) * load_gamma(i);
    store_y(base + i, scale * (slope - means.x - normalized_at(row, base + i) * means.y));
  }
}

fn row_threads_at(row: u32) {
  write_row(row, 0u, 1u, sums_of(row, 0u, 1u));
}

var<workgroup> shared_sums: array<vec2<f32>, 64>;

fn row_workgroup_at(row: u32, thread: u32) {
  shared_sums[thread] = sums_of(row, thread, 64u);
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (thread < half) {
      shared_sums[thread] += shared_sums[thread + half];
    }
    workgroupBarrier();
  }
  write_row(row, thread, 64u, shared_sums[0]);
}
