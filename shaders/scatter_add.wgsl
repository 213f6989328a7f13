// Adds rows of `updates` [count, width] at `indices` to y [rows, width], in an order that depends only on the indices
// and without atomics: the same result on every run. Indices out of range are skipped. No workgroup memory.
//
// scatter_buckets: thread (bucket, column) owns the rows that are `bucket` modulo `buckets`, in one column; it sets
// them to 0, then reads all indices.
//
// The others use the positions in `order`, sorted by index, equal ones ascending. scatter_starts: thread `row`, from 0
// to `rows` inclusive, finds the start of the row's positions by binary search. scatter_chunks: thread (chunk, column)
// adds up the updates of `chunk` consecutive positions, if one row owns them all. scatter_sorted: thread (row, column)
// adds up the row's updates, using the sums of the chunks it owns: so no thread loops over all positions of a row that
// most indices name, such as the padding of sequences.
//
// needs: load_indices i32, load_order i32, load_updates T, load_y T, store_y T, load_starts u32, store_starts u32,
//   load_sums T, store_sums T, alias T, params { rows, width, count, buckets, chunk }

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

fn sorted_index(place: u32) -> i32 {
  return load_indices(u32(load_order(place)));
}

fn scatter_starts_at(row: u32) {
  var low = 0u;
  var high = params.count;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (sorted_index(middle) < i32(row)) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  store_starts(row, low);
}

// The sum of a column's updates at places `start` to `end` of the order.
fn sum_of_places(start: u32, end: u32, column: u32) -> T {
  var sum = T(0);
  for (var place = start; place < end; place++) {
    sum += load_updates(u32(load_order(place)) * params.width + column);
  }
  return sum;
}

fn scatter_chunks_at(i: u32) {
  let start = i / params.width * params.chunk;
  let end = start + params.chunk;
  if (sorted_index(start) == sorted_index(end - 1u)) {
    store_sums(i, sum_of_places(start, end, i % params.width));
  }
}

fn scatter_sorted_at(i: u32) {
  let row = i / params.width;
  let column = i % params.width;
  let start = load_starts(row);
  let end = load_starts(row + 1u);
  let first_chunk = (start + params.chunk - 1u) / params.chunk;
  let end_chunk = end / params.chunk;
  if (first_chunk >= end_chunk) {
    store_y(i, sum_of_places(start, end, column));
    return;
  }
  var sum = sum_of_places(start, first_chunk * params.chunk, column);
  for (var chunk = first_chunk; chunk < end_chunk; chunk++) {
    sum += load_sums(chunk * params.width + column);
  }
  store_y(i, sum + sum_of_places(end_chunk * params.chunk, end, column));
}
