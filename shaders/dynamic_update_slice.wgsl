// Replaces rows of y [outer, rows, width] along the middle axis by `update` [outer, size, width], starting at row
// counters[element], clamped so that they fit, one element of the update per thread, as bits of any dtype. `block` is
// size * width, `last` the last row at which the update may start. No workgroup memory.
//
// The binding holds `part_count` elements of y starting at element `part_from`: a variable too large for one binding
// gets one dispatch per part.
//
// needs: load_update u32, load_counters i32, store_y u32, params { rows, width, block, element, last, part_from,
// part_count }

fn dynamic_update_slice_at(i: u32) {
  let row = u32(clamp(load_counters(params.element), 0, i32(params.last)));
  // Elements before the part wrap to huge u32 values and fail this test.
  let at = (i / params.block * params.rows + row) * params.width + i % params.block - params.part_from;
  if (at < params.part_count) {
    store_y(at, load_update(i));
  }
}
