// The instruction set of the interpreter: every op by its name, with what checks it and what runs it.
#pragma once
#include "base.h"

// OP(the name in lib/ir/attrs.ts, the suffix of its prepare_ and run_ functions, whether an output may lie where an
// input of the same size lies)
#define CERATOPS_OPS(OP) \
  OP("fused", fused, in_place) \
  OP("matmul", matmul, apart) \
  OP("convolution", convolution, apart) \
  OP("convolutionTranspose", convolution_transpose, apart) \
  OP("convolutionFilter", convolution_filter, apart) \
  OP("maxPool", max_pool, apart) \
  OP("maxPoolGradient", max_pool_gradient, apart) \
  OP("resample", resample, apart) \
  OP("sum", sum, apart) \
  OP("max", max, apart) \
  OP("min", min, apart) \
  OP("argMax", arg_max, apart) \
  OP("argSort", arg_sort, apart) \
  OP("broadcastTo", broadcast_to, apart) \
  OP("reshape", reshape, in_place) \
  OP("transpose", transpose, apart) \
  OP("slice", slice, apart) \
  OP("pad", pad, apart) \
  OP("concat", concat, apart) \
  OP("reverse", reverse, apart) \
  OP("iota", iota, apart) \
  OP("gather", gather, apart) \
  OP("scatterAdd", scatter_add, apart) \
  OP("dynamicSlice", dynamic_slice, apart) \
  OP("dynamicUpdateSlice", dynamic_update_slice, in_place) \
  OP("randomBits", random_bits, apart) \
  OP("scan", scan, apart) \
  OP("softmaxCrossEntropy", softmax_cross_entropy, apart) \
  OP("sgdUpdate", sgd_update, in_place) \
  OP("rmspropUpdate", rmsprop_update, in_place) \
  OP("adamUpdate", adam_update, in_place)

namespace ceratops {

#define CERATOPS_DECLARE(name, suffix, placing) \
  bool prepare_##suffix(Node&, Loader&); \
  void run_##suffix(Node&, Runtime&);
CERATOPS_OPS(CERATOPS_DECLARE)
#undef CERATOPS_DECLARE

}  // namespace ceratops
