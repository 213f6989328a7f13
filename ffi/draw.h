// First values of weights, drawn where they are needed.
#pragma once
#include "base.h"
#include "threads.h"

namespace ceratops {

// What a stream of Philox words depends on.
struct Stream {
  uint32_t seed, path, purpose;
};

// Writes low + u * range for each word of the stream, where u is the word times 2^-32, computed in float64.
void draw_uniform(float* out, index_t size, const Stream& stream, double low, double range, Pool& pool);

}  // namespace ceratops
