// Rows of x [outer, rows, width] along the middle axis, starting at row counters[element], clamped so that they fit: y
// [outer, size, width], one element per thread, as bits of any dtype. `block` is size * width, `last` the last row at
// which the slice may start. No workgroup memory.
//
// The binding holds `part_count` elements of x starting at element `part_from`: a variable too large for one binding
// gets one dispatch per part.
//
// needs: load_x u32, load_counters i32, store_y u32, params { rows, width, block, element, last, part_from, part_count }

fn dynamic_slice_at(i: u32) {
  let row = u32(clamp(load_counters(params.element), 0, i32(params.last)));
  // Elements before the part wrap to huge u32 values and fail this test.
  let at = (i / params.block * params.rows + row) * params.width + i % params.block - params.part_from;
  if (at < params.part_count) {
    store_y(i, load_x(at));
  }
}
