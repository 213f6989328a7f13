// The first index of the largest element along the middle axis of x [outer, reduced, inner]. The generated key(i) is
// element i of x as an integer of the same order, so that results do not depend on how drivers compare NaN and
// subnormal numbers.
//
// arg_max_threads: one output per thread, no workgroup memory. arg_max_workgroup: one output per workgroup of 64
// threads, which reduce their candidates as a tree in workgroup memory (512 B).
//
// needs: store_y i32, fn key(u32) -> i32, params { reduced, inner }

struct Candidate {
  top: i32,
  index: u32,
}

// The first largest of every `step`th element of one output, starting at `from_index`.
fn best_of(base: u32, from_index: u32, step: u32) -> Candidate {
  var best = Candidate(i32(-2147483647 - 1), 0u);
  for (var j = from_index; j < params.reduced; j += step) {
    let mine = key(base + j * params.inner);
    if (mine > best.top) {
      best = Candidate(mine, j);
    }
  }
  return best;
}

fn base_of(i: u32) -> u32 {
  return i / params.inner * params.reduced * params.inner + i % params.inner;
}

fn arg_max_threads_at(i: u32) {
  store_y(i, i32(best_of(base_of(i), 0u, 1u).index));
}

var<workgroup> candidates: array<Candidate, 64>;

fn arg_max_workgroup_at(i: u32, thread: u32) {
  candidates[thread] = best_of(base_of(i), thread, 64u);
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (thread < half) {
      let mine = candidates[thread];
      let other = candidates[thread + half];
      if (other.top > mine.top || (other.top == mine.top && other.index < mine.index)) {
        candidates[thread] = other;
      }
    }
    workgroupBarrier();
  }
  if (thread == 0u) {
    store_y(i, i32(candidates[0].index));
  }
}
