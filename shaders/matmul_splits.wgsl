// The end of a product split along k: adds the partial sums [splits, size] in order, one output per thread, and runs
// the epilogue; no workgroup memory. Rows of the output have n columns.
//
// needs: load_partial f32, fn epilogue(u32, u32, f32), params { size, splits, n }

fn add_splits_at(i: u32) {
  var acc = 0.0;
  for (var split = 0u; split < params.splits; split++) {
    acc += load_partial(split * params.size + i);
  }
  epilogue(i % params.n, i, acc);
}
