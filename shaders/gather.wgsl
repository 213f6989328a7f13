// Rows of a table x [rows, width] by index, as bits whatever their dtype, one output element a thread; a table of uint8
// may lie packed, four elements to a word. An index outside of the table gives `missing`. No workgroup memory.
//
// The binding holds the `part_count` elements of the table from element `part_from` on: a table that no binding holds whole
// gets a dispatch for each of its parts.
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
