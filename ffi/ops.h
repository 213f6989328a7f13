// The instruction set of the interpreter: every op by its name, with what checks it and what runs it.
#pragma once
#include "base.h"

// OP(the name in lib/ir/attrs.ts, the suffix of its prepare_ and run_ functions)
#define CERATOPS_OPS(OP)                             \
  OP("fused", fused)                                 \
  OP("matmul", matmul)                               \
  OP("sum", sum)                                     \
  OP("max", max)                                     \
  OP("min", min)                                     \
  OP("argMax", arg_max)                              \
  OP("broadcastTo", broadcast_to)                    \
  OP("reshape", reshape)                             \
  OP("transpose", transpose)                         \
  OP("slice", slice)                                 \
  OP("pad", pad)                                     \
  OP("concat", concat)                               \
  OP("reverse", reverse)                             \
  OP("iota", iota)                                   \
  OP("gather", gather)                               \
  OP("scatterAdd", scatter_add)                      \
  OP("dynamicSlice", dynamic_slice)                  \
  OP("dynamicUpdateSlice", dynamic_update_slice)     \
  OP("randomBits", random_bits)                      \
  OP("scan", scan)                                   \
  OP("softmaxCrossEntropy", softmax_cross_entropy)   \
  OP("sgdUpdate", sgd_update)                        \
  OP("rmspropUpdate", rmsprop_update)                \
  OP("adamUpdate", adam_update)

namespace ceratops {

#define CERATOPS_DECLARE(name, suffix)        \
  bool prepare_##suffix(Node&, Loader&);      \
  void run_##suffix(Node&, Runtime&);
CERATOPS_OPS(CERATOPS_DECLARE)
#undef CERATOPS_DECLARE

}  // namespace ceratops
