// Adds rows of `updates` [count, width] at `indices` to y [rows, width], in order of position, without atomics: the
// same result on every run. Indices out of range are skipped. No workgroup memory.
//
// scatter_buckets: thread (bucket, column) owns the rows that are `bucket` modulo `buckets`, in one column; it sets
// them to 0, then reads all indices. scatter_sorted: thread (row, column) finds its row by binary search among the
// positions `order`, sorted by index, equal ones ascending.
//
// needs: load_indices i32, load_order i32, load_updates T, load_y T, store_y T, alias T,
//   params { rows, width, count, buckets }

fn scatter_buckets_at(i: u32) {
  let bucket = i / params.width;
  let column = i % params.width;
  for (var row = bucket; row < params.rows; row += params.buckets) {
    store_y(row * params.width + column, T(0));
  }
  for (var position = 0u; position < params.count; position++) {
    let row = bitcast<u32>(load_indices(position));
    if (row < params.rows && row % params.buckets == bucket) {
      let at = row * params.width + column;
      store_y(at, load_y(at) + load_updates(position * params.width + column));
    }
  }
}

fn index_of_position(p: u32) -> i32 {
  return load_indices(u32(load_order(p)));
}

fn scatter_sorted_at(i: u32) {
  let row = i32(i / params.width);
  let column = i % params.width;
  var low = 0u;
  var high = params.count;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (index_of_position(middle) < row) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  var sum = T(0);
  for (; low < params.count && index_of_position(low) == row; low++) {
    sum += load_updates(u32(load_order(low)) * params.width + column);
  }
  store_y(i, sum);
}
