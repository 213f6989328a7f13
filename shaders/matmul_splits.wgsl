// The end of a product cut along k: partial sums [splits, size] are added in their order, one output a thread, and go
// through the epilogue; no workgroup memory.

@compute @workgroup_size(64)
fn add_splits(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) {
    return;
  }
  var acc = 0.0;
  for (var split = 0u; split < params.splits; split++) {
    acc += load_partial(split * params.size + i);
  }
  epilogue(i % params.n, i, acc);
}
