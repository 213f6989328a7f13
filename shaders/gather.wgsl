// Rows of a table x [rows, width] by index, as bits of any dtype, one output element per thread; a table of uint8 may
// be packed, four elements per word. An index out of range gives `missing`. No workgroup memory.
//
// The binding holds `part_count` elements of the table starting at element `part_from`: a table too large for one
// binding gets one dispatch per part.
//
// needs: load_x u32, load_indices i32, store_y u32, params { rows, width, missing, part_from, part_count }

fn gather_at(i: u32) {
  // Negative indices, and elements before the part, wrap to huge u32 values and fail these tests.
  let row = bitcast<u32>(load_indices(i / params.width));
  if (row < params.rows) {
    let at = row * params.width + i % params.width - params.part_from;
    if (at < params.part_count) {
      store_y(i, load_x(at));
    }
  } else {
    store_y(i, params.missing);
  }
}
