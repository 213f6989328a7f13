// Rows of y [rows, width] replaced by `update` from row counters[element] on, clamped so that they fit, one element of the
// update a thread, as bits whatever their dtype. `last` is the last row that the update may begin at. No workgroup memory.
//
// The binding holds the `part_count` elements of y from element `part_from` on: what no binding holds whole gets a dispatch
// for each of its parts.
//
// needs: load_update u32, load_counters i32, store_y u32, params { width, element, last, part_from, part_count }

fn dynamic_update_slice_at(i: u32) {
  let row = u32(clamp(load_counters(params.element), 0, i32(params.last)));
  // Elements before the part wrap to huge u32 values and fail this test.
  let at = row * params.width + i - params.part_from;
  if (at < params.part_count) {
    store_y(at, load_update(i));
  }
}
