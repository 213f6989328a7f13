// Rows of x [rows, width] starting at row counters[element], clamped so that they fit, one output element per thread,
// as bits of any dtype. `last` is the last row at which the slice may start. No workgroup memory.
//
// The binding holds `part_count` elements of x starting at element `part_from`: a variable too large for one binding
// gets one dispatch per part.
//
// needs: load_x u32, load_counters i32, store_y u32, params { width, element, last, part_from, part_count }

fn dynamic_slice_at(i: u32) {
  let row = u32(clamp(load_counters(params.element), 0, i32(params.last)));
  // Elements before the part wrap to huge u32 values and fail this test.
  let at = row * params.width + i - params.part_from;
  if (at < params.part_count) {
    store_y(i, load_x(at));
  }
}
