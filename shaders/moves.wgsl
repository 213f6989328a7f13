// Moves of elements, one a thread, as bits whatever their dtype; no workgroup memory.
//
// take: y[i] = x[index_at(i)] (transpose, strided slice, reverse, broadcast, copy).
// put: y[index_at(i)] = x[i] (concat, one dispatch an input; a row of a stack). The header gives index_at as a sum of
// ((i / inner) % extent) * stride.

@compute @workgroup_size(64)
fn take(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.size) {
    store_y(i, load_x(index_at(i)));
  }
}

@compute @workgroup_size(64)
fn put(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.size) {
    store_y(index_at(i), load_x(i));
  }
}
