// A reduction as it is prepared at load time.
#pragma once
#include "base.h"

namespace ceratops {

// Rows per float32 partial sum.
constexpr index_t short_run = 32;

struct ReduceState : State {
  index_t outer, reduced, inner;
  // Rows of the reduced axis per task, and how many tasks split it.
  index_t part, parts;
};

}  // namespace ceratops
