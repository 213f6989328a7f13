// The index along one axis of y [outer, extent, inner], one element a thread; alias T is its dtype's; no workgroup
// memory.

@compute @workgroup_size(64)
fn iota(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.size) {
    store_y(i, T(i / params.inner % params.extent));
  }
}
