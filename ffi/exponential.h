// The exponential function and those computed from it, for a float or a vector: branch-free, and accurate to a few
// units in the last place.
//
// Polynomials are least-squares fits computed with 40 digits, weighted towards equal relative error. The standard
// library is as accurate but does not vectorize; Eigen vectorizes on some instruction sets only.
#pragma once
#include "base.h"

namespace ceratops {

typedef uint32_t Bits __attribute__((vector_size(vector_bytes)));

inline float float_of(int32_t bits) { return __builtin_bit_cast(float, bits); }
inline float float_of(uint32_t bits) { return __builtin_bit_cast(float, bits); }
inline Vector float_of(Bits bits) { return __builtin_bit_cast(Vector, bits); }
inline int32_t bits_of(float value) { return __builtin_bit_cast(int32_t, value); }
inline uint32_t word_of(float value) { return __builtin_bit_cast(uint32_t, value); }
inline Bits word_of(Vector value) { return __builtin_bit_cast(Bits, value); }

template <class T>
inline T abs_of(T x) {
  return float_of(word_of(x) & 0x7fffffffu);
}
template <class T>
inline T sign_from(T magnitude, T sign) {
  return float_of((word_of(magnitude) & 0x7fffffffu) | (word_of(sign) & 0x80000000u));
}

// A constant of the type of the first argument. Engines of WebAssembly make a vector anew at each use, in three
// instructions, if they know it; what they do not know stays in a register or on the stack.
inline float constant_like(float, float value) { return value; }
inline Vector constant_like(Vector, float value) {
  Vector all = splat(value);
#if defined(__wasm__)
  asm("" : "+r"(all));
#endif
  return all;
}

// The polynomial with these coefficients, highest power first, by Horner's rule.
template <class T>
inline T horner(T, T sum) {
  return sum;
}
template <class T, class... Floats>
inline T horner(T x, T sum, float next, Floats... others) {
  return horner(x, multiply_add(sum, x, constant_like(x, next)), others...);
}
template <class T, class... Floats>
inline T polynomial(T x, float highest, Floats... others) {
  return horner(x, constant_like(x, highest), others...);
}

template <class T>
inline T clamped(T x, float low, float high) {
  return at_most(at_least(x, constant_like(x, low)), constant_like(x, high));
}

// x = n ln 2 + r with a whole n and |r| <= ln 2 / 2. Adding 1.5 * 2^23 rounds to a whole number, which is then in the
// last bits of the sum. ln 2 is split in two, the first part short enough that n times it is exact.
template <class T>
struct Reduced {
  T n, r;
  decltype(word_of(T{})) bits;
};
// The bits end with n + `more`.
template <int more, class T>
inline Reduced<T> reduce_exp(T x) {
  const T whole = constant_like(x, 12582912.0f + more);
  const T shifted = multiply_add(x, constant_like(x, 1.44269504f), whole);
  const T n = shifted - whole;
  const T rest = multiply_add(n, constant_like(x, -0.693359375f), x);
  return {n, multiply_add(n, constant_like(x, 2.12194440e-4f), rest), word_of(shifted)};
}
// 2^n, of bits that end with n + 127.
constexpr int exponent_bias = 127;
template <class Word>
inline auto power_of_two(Word biased) {
  return float_of(biased << 23);
}
// exp(r) - 1. In pairs, since one after the other the steps would wait for each other.
template <class T>
inline T exp_minus_one(T r) {
  const T square = r * r;
  const T high = constant_like(r, 0.0013862157f), middle = polynomial(r, 0.008366693f, 0.04166753f),
          low = polynomial(r, 0.16666542f, 0.49999997f);
  return multiply_add(multiply_add(multiply_add(high, square, middle), square, low), square, r);
}

template <class T>
inline T exp_of(T x) {
  // Two factors, so that the result may be subnormal or infinite.
  const auto reduced = reduce_exp<0>(clamped(x, -105.0f, 89.0f));
  const auto twice = reduced.bits - (0x4b400000u - 2 * exponent_bias);
  const auto half = twice >> 1;
  const T mantissa = constant_like(x, 1.0f) + exp_minus_one(reduced.r);
  return mantissa * power_of_two(half) * power_of_two(twice - half);
}

// The same for x <= 0.
template <class T>
inline T exp_of_negative(T x) {
  // 2^32 times the result is not subnormal.
  const auto reduced = reduce_exp<exponent_bias + 32>(at_least(x, constant_like(x, -105.0f)));
  const T mantissa = constant_like(x, 1.0f) + exp_minus_one(reduced.r);
  return mantissa * power_of_two(reduced.bits) * constant_like(x, 2.3283064365386963e-10f);
}

template <class T>
inline T expm1_of(T x) {
  // Half of the power, which itself may be 2^128.
  const auto reduced = reduce_exp<exponent_bias - 1>(clamped(x, -18.0f, 89.0f));
  const T half = power_of_two(reduced.bits);
  const T sum = multiply_add(half, exp_minus_one(reduced.r), half - constant_like(x, 0.5f));
  return sum + sum;
}

template <class T>
inline T sigmoid_of(T x) {
  const T one = constant_like(x, 1.0f), e = exp_of_negative(-abs_of(x));
  return (x < T{} ? e : one) / (one + e);
}

// x / (1 + exp(-x)). Below -88.4 the power is infinite and this zero, where the exact value is less than 4e-37.
template <class T>
inline T swish_of(T x) {
  const T one = constant_like(x, 1.0f);
  const auto reduced = reduce_exp<exponent_bias>(-clamped(x, -89.0f, 87.0f));
  return x / multiply_add(power_of_two(reduced.bits), one + exp_minus_one(reduced.r), one);
}

template <class T>
inline T tanh_of(T x) {
  const T a = abs_of(x);
  const auto reduced = reduce_exp<exponent_bias>(at_most(a + a, constant_like(x, 20.0f)));
  const T power = power_of_two(reduced.bits);
  const T e = multiply_add(power, exp_minus_one(reduced.r), power - constant_like(x, 1.0f));
  return sign_from(e / (e + constant_like(x, 2.0f)), x);
}

template <class T>
inline T erf_of(T x) {
  const T a = abs_of(x);
  const T near = x * polynomial(x * x, 7.853846e-05f, -0.0008010189f, 0.0051883273f, -0.026853811f, 0.11283585f,
                                -0.37612626f, 1.1283792f);
  // The log of erfc on [1, 4]; beyond, erf is 1.
  const T log_complement =
      polynomial(at_most(a, constant_like(x, 4.0f)), -2.1687107e-05f, 0.00044133954f, -0.0042045782f, 0.025208302f,
                 -0.10841865f, -0.63321984f, -1.1295785f, 0.00018804867f);
  const T one = constant_like(x, 1.0f);
  return a < one ? near : sign_from(one - exp_of_negative(log_complement), x);
}

}  // namespace ceratops
