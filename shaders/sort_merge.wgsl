// Merges pairs of sorted runs of `width` indices along the middle axis of x [outer, length, inner], one element per
// thread: its rank is the number of elements before it in its own run, plus those of the other run that are smaller (in
// the second run: not larger), found by binary search. The generated key(i) is element i of x as an integer of the same
// order. No workgroup memory.
//
// needs: load_runs i32, store_y i32, fn key(u32) -> i32, params { length, inner, width }

fn merge_runs_at(i: u32) {
  let place = i / params.inner % params.length;
  let base = i - place * params.inner;
  let index = load_runs(i);
  let mine = key(base + u32(index) * params.inner);
  let own = place - place % params.width;
  let is_second = place / params.width % 2u == 1u;
  let start = select(own, own - params.width, is_second);
  // The other run is from `low` to `high`.
  var low = select(min(own + params.width, params.length), start, is_second);
  let first = low;
  var high = min(low + params.width, params.length);
  while (low < high) {
    let middle = (low + high) / 2u;
    let other = key(base + u32(load_runs(base + middle * params.inner)) * params.inner);
    if (other < mine || (is_second && other == mine)) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  store_y(base + (start + place - own + low - first) * params.inner, index);
}
