// Elementwise functions, one line each. The fused op composes them over blocks of lanes.
#pragma once
#include "base.h"

// Name, number of arguments, and the results for float lanes and integer lanes. FLOAT and INTEGER functions have one of
// the two; the arguments of SMOOTH ones are vectors of floats. In the integer expression of WRAPPING functions the
// arguments are unsigned, so that overflow wraps.
// clang-format off
#define CERATOPS_ELEMENTWISE(FLOAT, SMOOTH, WRAPPING, SIGNED, INTEGER) \
  WRAPPING(negate, 1, -a, 0u - a) \
  SIGNED(abs, 1, abs_of(a), a < 0 ? static_cast<int32_t>(0u - static_cast<uint32_t>(a)) : a) \
  SIGNED(sign, 1, a != a ? a : static_cast<float>((a > 0) - (a < 0)), (a > 0) - (a < 0)) \
  SMOOTH(exp, 1, exp_of(a)) \
  SMOOTH(expm1, 1, expm1_of(a)) \
  FLOAT(log, 1, log_of(a)) \
  FLOAT(log1p, 1, log1p_of(a)) \
  FLOAT(sqrt, 1, __builtin_sqrtf(a)) \
  FLOAT(rsqrt, 1, 1.0f / __builtin_sqrtf(a)) \
  WRAPPING(square, 1, a * a, a * a) \
  FLOAT(reciprocal, 1, 1.0f / a) \
  FLOAT(sin, 1, sin_of(a)) \
  FLOAT(cos, 1, cos_of(a)) \
  SMOOTH(tanh, 1, tanh_of(a)) \
  SMOOTH(sigmoid, 1, sigmoid_of(a)) \
  SIGNED(relu, 1, a < 0 ? 0 : a, a < 0 ? 0 : a) \
  FLOAT(softplus, 1, softplus_of(a)) \
  SMOOTH(erf, 1, erf_of(a)) \
  SIGNED(floor, 1, __builtin_floorf(a), a) \
  SIGNED(ceil, 1, __builtin_ceilf(a), a) \
  SIGNED(round, 1, nearest(a), a) \
  FLOAT(isNan, 1, static_cast<int32_t>(a != a)) \
  INTEGER(logicalNot, 1, static_cast<int32_t>(a == 0)) \
  FLOAT(stopGradient, 1, a) \
  INTEGER(bitsToUnit, 1, unit_of(a)) \
  FLOAT(roundToFloat16, 1, float16_of(a)) \
  FLOAT(roundToBfloat16, 1, bfloat16_of(a)) \
  WRAPPING(add, 2, a + b, a + b) \
  WRAPPING(subtract, 2, a - b, a - b) \
  WRAPPING(multiply, 2, a * b, a * b) \
  FLOAT(divide, 2, a / b) \
  SIGNED(maximum, 2, ((a > b) | (a != a)) ? a : b, a > b ? a : b) \
  SIGNED(minimum, 2, ((a < b) | (a != a)) ? a : b, a < b ? a : b) \
  SIGNED(power, 2, std::pow(a, b), power_of(a, b)) \
  SIGNED(mod, 2, mod_of(a, b), mod_of(a, b)) \
  FLOAT(arctan2, 2, arctan2_of(a, b)) \
  SIGNED(equal, 2, static_cast<int32_t>(a == b), static_cast<int32_t>(a == b)) \
  SIGNED(notEqual, 2, static_cast<int32_t>(a != b), static_cast<int32_t>(a != b)) \
  SIGNED(less, 2, static_cast<int32_t>(a < b), static_cast<int32_t>(a < b)) \
  SIGNED(lessEqual, 2, static_cast<int32_t>(a <= b), static_cast<int32_t>(a <= b)) \
  SIGNED(greater, 2, static_cast<int32_t>(a > b), static_cast<int32_t>(a > b)) \
  SIGNED(greaterEqual, 2, static_cast<int32_t>(a >= b), static_cast<int32_t>(a >= b)) \
  INTEGER(logicalAnd, 2, static_cast<int32_t>((a != 0) & (b != 0))) \
  INTEGER(logicalOr, 2, static_cast<int32_t>((a != 0) | (b != 0))) \
  INTEGER(bitwiseAnd, 2, a & b) \
  INTEGER(bitwiseOr, 2, a | b) \
  INTEGER(bitwiseXor, 2, a ^ b) \
  INTEGER(leftShift, 2, static_cast<uint32_t>(b) > 31u ? 0u : static_cast<uint32_t>(a) << (b & 31)) \
  INTEGER(rightShift, 2, a >> (static_cast<uint32_t>(b) > 31u ? 31 : b)) \
  INTEGER(select, 3, a != 0 ? b : c) \
  INTEGER(cast, 1, a)
// clang-format on

namespace ceratops {

// Applies a function to n lanes; the target may be one of the arguments.
using LaneFunction = void (*)(void* to, const void* a, const void* b, const void* c, index_t n);

struct Elementwise {
  const char* name;
  int arguments;
  LaneFunction on_floats;
  LaneFunction on_integers;
};

extern const Elementwise elementwise_functions[];
extern const int elementwise_count;

// The function of this name on floats.
LaneFunction lane_function_of(const char* name);

// Converts elements of `dtype` to 32-bit lanes, and back.
void widen(void* lanes_out, const void* elements, DType dtype, index_t n);
void narrow(void* elements, const void* lanes_in, DType dtype, index_t n);
// The function that casts lanes; null if the bits do not change.
LaneFunction cast_function(DType from, DType to);
LaneFunction mask_to_uint8();

}  // namespace ceratops
