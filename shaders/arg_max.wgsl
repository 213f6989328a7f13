// The first index of the largest element along the middle axis of x [outer, reduced, inner], one output a thread; no
// workgroup memory. NaN is passed over: it is larger than nothing, not even than where the search starts.

@compute @workgroup_size(64)
fn arg_max(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) {
    return;
  }
  let base = i / params.inner * params.reduced * params.inner + i % params.inner;
  var best = 0u;
  var top = lowest();
  for (var j = 0u; j < params.reduced; j++) {
    let x = load_x(base + j * params.inner);
    if (x > top) {
      top = x;
      best = j;
    }
  }
  store_y(i, i32(best));
}
