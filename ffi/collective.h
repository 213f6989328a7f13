// How programs add up memory over the processes that run them together.
#pragma once
#include "base.h"

namespace ceratops {

// Adds up `count` elements of a dtype over all processes; returns 0, or an error of the host. `from` may be `to`.
using AllReduce = int32_t (*)(const void* from, void* to, int64_t count, int32_t dtype);

// Null while this process runs programs alone.
extern AllReduce all_reduce_of_host;

}  // namespace ceratops
