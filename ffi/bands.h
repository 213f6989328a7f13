// Inverted residual blocks, by bands of lines, so that what lies between their convolutions stays in the cache.
#pragma once
#include "base.h"

namespace ceratops {

// Makes a convolution and the depthwise convolution of its result one node at the place of `end`, together with that:
// the 1x1 convolution of the depthwise convolution's result, or the sum of its lines and columns, or the depthwise
// convolution itself. Results do not depend on the number of threads. Returns false, and changes nothing, if there is
// no kernel for it.
bool join_bands(Node& expand, Node& depthwise, Node& end, int threads, Validator& validator);

}  // namespace ceratops
