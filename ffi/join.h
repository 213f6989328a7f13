// Nodes that run as one, so that what lies between them stays in the cache.
#pragma once
#include "base.h"

namespace ceratops {

// What a node runs, in place of its op, that another one computes too.
inline const Op joined_before = {"joined", Aliasing::no_alias, nullptr, nullptr};

// Joins convolutions with each other, and with what scales their source, wherever that pays and nothing else reads what
// lies between them. `slots` and `slot_bytes` are the memory that only this program sees.
void join_nodes(Graph& graph, const char* slots, std::size_t slot_bytes, int threads, Validator& validator);

}  // namespace ceratops
