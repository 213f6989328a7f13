// Rows of x [rows, width] replaced by `update` from row counters[element] on, clamped so that they fit; as bits.
//
// y holds x already; each thread writes one element of the update. `last` is the last row that the update may begin at.
// No workgroup memory.

@compute @workgroup_size(64)
fn dynamic_update_slice(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.size) {
    let row = u32(clamp(load_counters(params.element), 0, i32(params.last)));
    store_y(row * params.width + i, load_update(i));
  }
}
