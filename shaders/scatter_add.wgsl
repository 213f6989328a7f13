// Rows of `updates` [count, width] added at `indices` into y [rows, width], in ascending order of position, without
// atomics: equal on every run.
//
// Thread (bucket, column) owns the rows that are `bucket` modulo `buckets`, in one column; it sets them to 0, then walks
// through all indices. Indices outside of the table are left out. No workgroup memory.

@compute @workgroup_size(64)
fn scatter_add(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  let bucket = i / params.width;
  let column = i % params.width;
  if (bucket >= params.buckets) {
    return;
  }
  for (var row = bucket; row < params.rows; row += params.buckets) {
    store_y(row * params.width + column, T(0));
  }
  for (var position = 0u; position < params.count; position++) {
    let row = bitcast<u32>(load_indices(position));
    if (row < params.rows && row % params.buckets == bucket) {
      let at = row * params.width + column;
      store_y(at, load_y(at) + load_updates(position * params.width + column));
    }
  }
}
