// The order of each block of `width` along the middle axis of x [outer, length, inner], one element a thread: an element
// is compared with all of its block. Equal ones stay as they were. `key(i)` of the header is element i of x as an integer
// of the same order. No workgroup memory.

@compute @workgroup_size(64)
fn rank_blocks(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) {
    return;
  }
  let place = i / params.inner % params.length;
  let base = i - place * params.inner;
  let mine = key(i);
  let start = place - place % params.width;
  let end = min(start + params.width, params.length);
  var rank = start;
  for (var j = start; j < end; j++) {
    let other = key(base + j * params.inner);
    if (other < mine || (other == mine && j < place)) {
      rank++;
    }
  }
  store_y(base + rank * params.inner, i32(place));
}
