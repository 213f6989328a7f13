// Sorts each block of `width` along the middle axis of x [outer, length, inner], one element per thread, by comparing
// an element with all of its block; the result is indices. The sort is stable. The generated key(i) is element i of x
// as an integer of the same order. No workgroup memory.
//
// needs: store_y i32, fn key(u32) -> i32, params { length, inner, width }

fn rank_blocks_at(i: u32) {
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
