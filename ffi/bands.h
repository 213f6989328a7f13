// Convolutions that run as one, by bands of lines, so that what lies between them stays in the cache.
#pragma once
#include "base.h"

namespace ceratops {

// Joins a depthwise convolution with the convolution before it and, if there is one, the product behind it, wherever
// that pays and nothing else reads what lies between them. `slots` and `slot_bytes` are the memory that only this
// program sees.
void join_convolutions(Graph& graph, const char* slots, std::size_t slot_bytes, Validator& validator);

}  // namespace ceratops
