// Softmax with cross-entropy: logits [rows, classes] and labels [rows] to loss [rows] and gradient [rows, classes].
//
// loss = log(sum(exp(x - top))) + top - x[label]; gradient = softmax(x) - 1 at the label. A label out of range gives 0
// for both. row_threads: one thread per row, no workgroup memory, for few classes. row_workgroup: 64 threads per row,
// which share their maxima and sums in workgroup memory (256 B).
//
// needs: load_logits f32, load_labels i32, store_loss f32, store_gradient f32, params { classes }

fn write_gradient(base: u32, from_index: u32, step: u32, label: u32, top: f32, total: f32) {
  for (var j = from_index; j < params.classes; j += step) {
    let share = exp_f32(load_logits(base + j) - top) / total;
    store_gradient(base + j, select(0.0, share - select(0.0, 1.0, j == label), label < params.classes));
  }
}

fn write_loss(row: u32, base: u32, label: u32, top: f32, total: f32) {
  if (label < params.classes) {
    store_loss(row, log_f32(total) + (top - load_logits(base + label)));
  } else {
    store_loss(row, 0.0);
  }
}

fn row_threads_at(row: u32) {
  let base = row * params.classes;
  let label = bitcast<u32>(load_labels(row));
  var top = load_logits(base);
  for (var j = 1u; j < params.classes; j++) {
    top = maximum_f32(top, load_logits(base + j));
  }
  var total = 0.0;
  for (var j = 0u; j < params.classes; j++) {
    total += exp_f32(load_logits(base + j) - top);
  }
  write_loss(row, base, label, top, total);
  write_gradient(base, 0u, 1u, label, top, total);
}

var<workgroup> shared_values: array<f32, 64>;

fn row_workgroup_at(row: u32, thread: u32) {
  let base = row * params.classes;
  let label = bitcast<u32>(load_labels(row));
  var top = load_logits(base);
  for (var j = thread; j < params.classes; j += 64u) {
    top = maximum_f32(top, load_logits(base + j));
  }
  shared_values[thread] = top;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (thread < half) {
      shared_values[thread] = maximum_f32(shared_values[thread], shared_values[thread + half]);
    }
    workgroupBarrier();
  }
  top = shared_values[0];
  workgroupBarrier();
  var total = 0.0;
  for (var j = thread; j < params.classes; j += 64u) {
    total += exp_f32(load_logits(base + j) - top);
  }
  shared_values[thread] = total;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (thread < half) {
      shared_values[thread] += shared_values[thread + half];
    }
    workgroupBarrier();
  }
  total = shared_values[0];
  if (thread == 0u) {
    write_loss(row, base, label, top, total);
  }
  write_gradient(base, thread, 64u, label, top, total);
}
