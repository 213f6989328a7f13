// The instruction set of the interpreter: the validation of each op, and its kernel.
#pragma once
#include "attrs.h"
#include "base.h"

// OP(suffix of its prepare_ and run_ functions, its attributes, whether an output may share memory with an input of the
// same size)
// clang-format off
#define CERATOPS_OPS(OP) \
  OP(fused, FusedAttrs, in_place) \
  OP(matmul, MatmulAttrs, no_alias) \
  OP(convolution, ConvolutionAttrs, no_alias) \
  OP(convolution_transpose, ConvolutionTransposeAttrs, no_alias) \
  OP(convolution_filter, ConvolutionFilterAttrs, no_alias) \
  OP(max_pool, MaxPoolAttrs, no_alias) \
  OP(max_pool_gradient, MaxPoolGradientAttrs, no_alias) \
  OP(resample, ResampleAttrs, no_alias) \
  OP(sum, SumAttrs, no_alias) \
  OP(max, MaxAttrs, no_alias) \
  OP(min, MinAttrs, no_alias) \
  OP(arg_max, ArgMaxAttrs, no_alias) \
  OP(arg_sort, ArgSortAttrs, no_alias) \
  OP(broadcast_to, BroadcastToAttrs, no_alias) \
  OP(reshape, ReshapeAttrs, in_place) \
  OP(transpose, TransposeAttrs, no_alias) \
  OP(slice, SliceAttrs, no_alias) \
  OP(pad, PadAttrs, no_alias) \
  OP(concat, ConcatAttrs, no_alias) \
  OP(reverse, ReverseAttrs, no_alias) \
  OP(iota, IotaAttrs, no_alias) \
  OP(gather, GatherAttrs, no_alias) \
  OP(scatter_add, ScatterAddAttrs, no_alias) \
  OP(dynamic_slice, DynamicSliceAttrs, no_alias) \
  OP(dynamic_update_slice, DynamicUpdateSliceAttrs, in_place) \
  OP(random_bits, RandomBitsAttrs, no_alias) \
  OP(all_reduce, AllReduceAttrs, in_place) \
  OP(scan, ScanAttrs, no_alias) \
  OP(attention, AttentionAttrs, no_alias) \
  OP(attention_gradient, AttentionGradientAttrs, no_alias) \
  OP(recurrence, RecurrenceAttrs, in_place) \
  OP(recurrence_gradient, RecurrenceGradientAttrs, in_place) \
  OP(layer_normalization, LayerNormalizationAttrs, no_alias) \
  OP(layer_normalization_gradient, LayerNormalizationGradientAttrs, no_alias) \
  OP(softmax_cross_entropy, SoftmaxCrossEntropyAttrs, no_alias) \
  OP(sgd_update, SgdUpdateAttrs, in_place) \
  OP(rmsprop_update, RmspropUpdateAttrs, in_place) \
  OP(adam_update, AdamUpdateAttrs, in_place)
// clang-format on

namespace ceratops {

#define CERATOPS_DECLARE(suffix, Attrs, aliasing) \
  bool prepare_##suffix(Node&, const Attrs&, Validator&); \
  void run_##suffix(Node&, Runtime&);
CERATOPS_OPS(CERATOPS_DECLARE)
#undef CERATOPS_DECLARE

}  // namespace ceratops
