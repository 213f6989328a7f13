// What products fetch for the tasks behind them.
#pragma once
#include "base.h"

namespace ceratops {

constexpr index_t cache_line_floats = cache_line / static_cast<index_t>(sizeof(float));

// Memory that is read or written next, which comes into the cache while products are computed, as far as there is time:
// up to three stretches, one after the other. What lies beyond an array may be named; it is fetched in vain.
class Ahead {
 public:
  void add(const float* from, index_t floats) { stretches_[count_++] = {from, floats}; }

  // Where the next of so many lines begin; null at the end.
  const float* take(index_t lines) {
    if (at_ == count_) return nullptr;
    Stretch& stretch = stretches_[at_];
    const float* from = stretch.from;
    stretch.from += lines * cache_line_floats;
    stretch.floats -= lines * cache_line_floats;
    if (stretch.floats <= 0) at_++;
    return from;
  }

 private:
  struct Stretch {
    const float* from;
    index_t floats;
  };
  Stretch stretches_[3];
  int count_ = 0, at_ = 0;
};

}  // namespace ceratops
