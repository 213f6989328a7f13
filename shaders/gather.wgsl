// Rows of a table [rows, width] by index, as bits whatever their dtype, one output element a thread; a table of uint8
// may lie packed, four elements to a word. An index outside of the table gives `missing`. No workgroup memory.
//
// x holds the `part_count` elements of the table from element `part_from` on: a table that no binding holds is gathered
// from by one dispatch for each of its parts.

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) {
    return;
  }
  // A negative index is a large one.
  let row = bitcast<u32>(load_indices(i / params.width));
  if (row < params.rows) {
    // An element before the part is a large one.
    let at = row * params.width + i % params.width - params.part_from;
    if (at < params.part_count) {
      store_y(i, load_x(at));
    }
  } else {
    store_y(i, params.missing);
  }
}
