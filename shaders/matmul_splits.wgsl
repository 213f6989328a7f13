// The end of a product cut along k: partial sums [splits, size] are added in their order, one output a thread, and go
// through the epilogue; no workgroup memory. Rows of the output have n columns.
//
// needs: load_partial f32, fn epilogue(u32, u32, f32), params { size, splits, n }

fn add_splits_at(i: u32) {
  var acc = 0.0;
  for (var split = 0u; split < params.splits; split++) {
    acc += load_partial(split * params.size + i);
  }
  epilogue(i % params.n, i, acc);
}
