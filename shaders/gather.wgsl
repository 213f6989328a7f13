// Rows of a table [rows, width] by index, as bits whatever their dtype, one output element a thread; a table of uint8
// may lie packed, four elements to a word. An index outside of the table gives `missing`. No workgroup memory.

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) {
    return;
  }
  // A negative index is a large one.
  let row = bitcast<u32>(load_indices(i / params.width));
  if (row < params.rows) {
    store_y(i, load_x(row * params.width + i % params.width));
  } else {
    store_y(i, params.missing);
  }
}
