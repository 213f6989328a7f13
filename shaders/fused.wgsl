// A fused elementwise program over `size` elements, one element a thread; no workgroup memory.
//
// The header gives apply_at(i): it loads element i of each operand as it broadcasts, calls functions of
// elementwise.wgsl, and stores element i of each output.

@compute @workgroup_size(64)
fn fused(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.size) {
    apply_at(i);
  }
}
