// Reductions of x [outer, reduced, inner] to y [outer, inner]: sum, max, min.
//
// reduce_threads: one output per thread; with splits > 1, y is [outer, splits, inner] and a second dispatch reduces
// that. reduce_workgroup: one output per workgroup of 64 threads, which reduce their partial results as a tree in
// workgroup memory (256 B). The order of additions depends on shapes alone.
//
// needs: load_x T, store_y T, alias T, fn initial() -> T, fn combine(T, T) -> T, params { reduced, inner, splits }

// Every `step`th element of one output, starting at `from_index`, in four chains so that rounding errors grow more
// slowly.
fn reduce_run(base: u32, from_index: u32, step: u32) -> T {
  var acc_0 = initial();
  var acc_1 = initial();
  var acc_2 = initial();
  var acc_3 = initial();
  var j = from_index;
  for (; j + 3u * step < params.reduced; j += 4u * step) {
    let at = base + j * params.inner;
    let next = step * params.inner;
    acc_0 = combine(acc_0, load_x(at));
    acc_1 = combine(acc_1, load_x(at + next));
    acc_2 = combine(acc_2, load_x(at + 2u * next));
    acc_3 = combine(acc_3, load_x(at + 3u * next));
  }
  for (; j < params.reduced; j += step) {
    acc_0 = combine(acc_0, load_x(base + j * params.inner));
  }
  return combine(combine(acc_0, acc_1), combine(acc_2, acc_3));
}

fn reduce_threads_at(i: u32) {
  let column = i % params.inner;
  let rest = i / params.inner;
  let split = rest % params.splits;
  let base = rest / params.splits * params.reduced * params.inner + column;
  store_y(i, reduce_run(base, split, params.splits));
}

var<workgroup> partial: array<T, 64>;

fn reduce_workgroup_at(i: u32, thread: u32) {
  let base = i / params.inner * params.reduced * params.inner + i % params.inner;
  partial[thread] = reduce_run(base, thread, 64u);
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (thread < half) {
      partial[thread] = combine(partial[thread], partial[thread + half]);
    }
    workgroupBarrier();
  }
  if (thread == 0u) {
    store_y(i, partial[0]);
  }
}
