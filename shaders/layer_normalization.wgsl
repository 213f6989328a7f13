// Rows of x [rows, size] scaled to mean 0 and variance 1, then times gamma plus beta; stats has mean and scale of each.
//
// row_threads: one thread per row, no workgroup memory, for short rows. row_workgroup: 64 threads per row, which share
// their sums in workgroup memory (256 B).
//
// needs: load_x f32, load_gamma f32, load_beta f32, store_y f32, store_stats f32, params { size, epsilon: f32 }

fn sum_of(base: u32, from_index: u32, step: u32) -> f32 {
  var sum = 0.0;
  for (var i = from_index; i < params.size; i += step) {
    sum += load_x(base + i);
  }
  return sum;
}

fn squares_of(base: u32, from_index: u32, step: u32, mean: f32) -> f32 {
  var sum = 0.0;
  for (var i = from_index; i < params.size; i += step) {
    let distance = load_x(base + i) - mean;
    sum += distance * distance;
  }
  return sum;
}

fn scale_of(squares: f32) -> f32 {
  return 1.0 / sqrt(squares / f32(params.size) + params.epsilon);
}

fn write_row(base: u32, from_index: u32, step: u32, mean: f32, scale: f32) {
  for (var i = from_index; i < params.size; i += step) {
    store_y(base + i, (load_x(base + i) - mean) * scale * load_gamma(i) + load_beta(i));
  }
}

fn row_threads_at(row: u32) {
  let base = row * params.size;
  let mean = sum_of(base, 0u, 1u) / f32(params.size);
  let scale = scale_of(squares_of(base, 0u, 1u, mean));
  write_row(base, 0u, 1u, mean, scale);
  store_stats(2u * row, mean);
  store_stats(2u * row + 1u, scale);
}

var<workgroup> shared_sums: array<f32, 64>;

fn total_of(sum: f32, thread: u32) -> f32 {
  shared_sums[thread] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (thread < half) {
      shared_sums[thread] += shared_sums[thread + half];
    }
    workgroupBarrier();
  }
  let total = shared_sums[0];
  workgroupBarrier();
  return total;
}

fn row_workgroup_at(row: u32, thread: u32) {
  let base = row * params.size;
  let mean = total_of(sum_of(base, thread, 64u), thread) / f32(params.size);
  let scale = scale_of(total_of(squares_of(base, thread, 64u, mean), thread));
  write_row(base, thread, 64u, mean, scale);
  if (thread == 0u) {
    store_stats(2u * row, mean);
    store_stats(2u * row + 1u, scale);
  }
}
