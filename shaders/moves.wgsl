// Moves of elements, one per thread, as bits of any dtype; no workgroup memory.
//
// take: y[i] = x[index_at(i)] (transpose, strided slice, reverse, broadcast, copy).
// put: y[index_at(i)] = x[i] (concat, one dispatch per input; a row of a stack). The generated index_at is a sum of ((i
// / inner) % extent) * stride.
//
// needs: load_x u32, store_y u32, fn index_at(u32) -> u32

fn take_at(i: u32) {
  store_y(i, load_x(index_at(i)));
}

fn put_at(i: u32) {
  store_y(index_at(i), load_x(i));
}
