// Rows of x [rows, width] from row counters[element] on, clamped so that they fit, one output element a thread, as bits
// whatever their dtype. `last` is the last row that the slice may begin at. No workgroup memory.
//
// The binding holds the `part_count` elements of x from element `part_from` on: of what no binding holds whole, each
// part has a dispatch.

@compute @workgroup_size(64)
fn dynamic_slice(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.size) {
    let row = u32(clamp(load_counters(params.element), 0, i32(params.last)));
    // An element before the part is a large one.
    let at = row * params.width + i - params.part_from;
    if (at < params.part_count) {
      store_y(i, load_x(at));
    }
  }
}
