// Rows of x [rows, width] replaced by `update` from row counters[element] on, clamped so that they fit; as bits.
//
// y holds x already; each thread writes one element of the update. `last` is the last row that the update may begin at.
// No workgroup memory.
//
// The binding holds the `part_count` elements of y from element `part_from` on: of what no binding holds whole, each
// part has a dispatch.

@compute @workgroup_size(64)
fn dynamic_update_slice(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.size) {
    let row = u32(clamp(load_counters(params.element), 0, i32(params.last)));
    // An element before the part is a large one.
    let at = row * params.width + i - params.part_from;
    if (at < params.part_count) {
      store_y(at, load_update(i));
    }
  }
}
