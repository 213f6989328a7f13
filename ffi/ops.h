// The instruction set of the interpreter: the name of each op, its validation and its kernel.
#pragma once
#include "base.h"

// OP(name in lib/ir/attrs.ts, suffix of its prepare_ and run_ functions, whether an output may share memory with an
// input of the same size)
#define CERATOPS_OPS(OP) \
  OP("fused", fused, in_place) \
  OP("matmul", matmul, no_alias) \
  OP("convolution", convolution, no_alias) \
  OP("convolutionTranspose", convolution_transpose, no_alias) \
  OP("convolutionFilter", convolution_filter, no_alias) \
  OP("maxPool", max_pool, no_alias) \
  OP("maxPoolGradient", max_pool_gradient, no_alias) \
  OP("resample", resample, no_alias) \
  OP("sum", sum, no_alias) \
  OP("max", max, no_alias) \
  OP("min", min, no_alias) \
  OP("argMax", arg_max, no_alias) \
  OP("argSort", arg_sort, no_alias) \
  OP("broadcastTo", broadcast_to, no_alias) \
  OP("reshape", reshape, in_place) \
  OP("transpose", transpose, no_alias) \
  OP("slice", slice, no_alias) \
  OP("pad", pad, no_alias) \
  OP("concat", concat, no_alias) \
  OP("reverse", reverse, no_alias) \
  OP("iota", iota, no_alias) \
  OP("gather", gather, no_alias) \
  OP("scatterAdd", scatter_add, no_alias) \
  OP("dynamicSlice", dynamic_slice, no_alias) \
  OP("dynamicUpdateSlice", dynamic_update_slice, in_place) \
  OP("randomBits", random_bits, no_alias) \
  OP("scan", scan, no_alias) \
  OP("softmaxCrossEntropy", softmax_cross_entropy, no_alias) \
  OP("sgdUpdate", sgd_update, in_place) \
  OP("rmspropUpdate", rmsprop_update, in_place) \
  OP("adamUpdate", adam_update, in_place)

namespace ceratops {

#define CERATOPS_DECLARE(name, suffix, aliasing) \
  bool prepare_##suffix(Node&, Validator&); \
  void run_##suffix(Node&, Runtime&);
CERATOPS_OPS(CERATOPS_DECLARE)
#undef CERATOPS_DECLARE

}  // namespace ceratops
