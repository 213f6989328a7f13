// Branch-free scalar functions, which compilers vectorize on every instruction set. exponential.h says where their
// polynomials are from.
#pragma once
#include <cmath>
#include <cstring>
#include <limits>

#include "exponential.h"

namespace ceratops {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// Rounds to nearest, ties to even. Both builtins do that; each compiler vectorizes one of them.
#if defined(__wasm__)
inline float nearest(float x) { return __builtin_nearbyintf(x); }
inline double nearest(double x) { return __builtin_nearbyint(x); }
#else
inline float nearest(float x) { return __builtin_rintf(x); }
inline double nearest(double x) { return __builtin_rint(x); }
#endif

// The bits with all but the first ones dropped, rounded to nearest, ties to even.
inline uint32_t rounded_bits(uint32_t bits, int dropped) {
  const uint32_t below_half = (1u << (dropped - 1)) - 1u;
  return (bits + below_half + ((bits >> dropped) & 1u)) & ~((1u << dropped) - 1u);
}
// The nearest float16, as a float: infinite from 65520 on, multiples of 2^-24 below 2^-14.
inline float float16_of(float x) {
  const uint32_t bits = static_cast<uint32_t>(bits_of(x));
  const uint32_t sign = bits & 0x80000000u;
  const uint32_t size = bits ^ sign;
  const float small = nearest(float_of(static_cast<int32_t>(size)) * 16777216.0f) * 5.9604644775390625e-8f;
  const uint32_t normal = size >= 0x477ff000u ? 0x7f800000u : rounded_bits(size, 13);
  const uint32_t rounded = size < 0x38800000u ? static_cast<uint32_t>(bits_of(small)) : normal;
  return float_of(static_cast<int32_t>(sign | (size > 0x7f800000u ? size : rounded)));
}
// The nearest bfloat16, as a float.
inline float bfloat16_of(float x) {
  const uint32_t bits = static_cast<uint32_t>(bits_of(x));
  return float_of(static_cast<int32_t>((bits & 0x7fffffffu) > 0x7f800000u ? bits : rounded_bits(bits, 16)));
}

// The log of 2^shift times a positive normal number.
inline float log_of_normal(float normal, int32_t shift) {
  // The mantissa is reduced to [sqrt(1/2), sqrt(2)).
  const int32_t offset = static_cast<int32_t>(static_cast<uint32_t>(bits_of(normal)) - 0x3f3504f3u);
  const float n = static_cast<float>((offset >> 23) + shift);
  const float f = float_of((offset & 0x007fffff) + 0x3f3504f3) - 1.0f;
  const float p = polynomial(f, 0.069175339f, -0.1177963f, 0.11866234f, -0.12385816f, 0.14219892f, -0.16669196f,
                             0.20002154f, -0.24999987f, 0.3333331f) *
                  f;
  return n * 0.693359375f + (f + ((p - 0.5f) * (f * f) + n * -2.12194440e-4f));
}

inline float log_of(float x) {
  const bool small = x < 1.17549435e-38f;
  const float result = log_of_normal(small ? x * 8388608.0f : x, small ? -23 : 0);
  const float positive = x < infinity ? result : x;
  const float signed_result = x < 0.0f ? not_a_number : positive;
  return x == 0.0f ? -infinity : signed_result;
}

inline float log1p_of(float x) {
  const float sum = 1.0f + x;
  const float lost = (x - (sum - 1.0f)) / sum;
  const float result = log_of(sum);
  const bool correct = x > -1.0f && x < 1e20f;
  return result + (correct ? lost : 0.0f);
}

inline float softplus_of(float x) {
  const float e = exp_of_negative(-abs_of(x));
  const float sum = 1.0f + e;
  // The rounding error of the sum.
  const float lost = (e - (sum - 1.0f)) / sum;
  return (x < 0.0f ? 0.0f : x) + (log_of_normal(sum, 0) + lost);
}

// x = quadrant * pi/2 + r, with pi/2 in two parts, the first of 33 bits: below the limit its products are exact even
// without FMA. Beyond the limit the standard library is used.
constexpr float largest_angle = 1e6f;
inline float sine_quadrant(float x, int32_t shift) {
  const float a = abs_of(x) < largest_angle ? x : 0.0f;
  const double whole = nearest(static_cast<double>(a) * 0.63661977236758134308);
  const double rest = (static_cast<double>(a) - whole * 1.57079632673412561417) - whole * 6.07710050650619224932e-11;
  const float r = static_cast<float>(rest);
  const int32_t quadrant = static_cast<int32_t>(whole) + shift;
  const float z = r * r;
  const float sine = r + r * polynomial(z, 2.71835e-06f, -0.00019839339f, 0.0083333291f, -0.16666667f) * z;
  const float cosine = 1.0f + polynomial(z, -2.7211826e-07f, 2.4799541e-05f, -0.0013888883f, 0.041666668f, -0.5f) * z;
  const float value = (quadrant & 1) ? cosine : sine;
  return (quadrant & 2) ? -value : value;
}
inline float sin_of(float x) { return sine_quadrant(x, 0); }
inline float cos_of(float x) { return sine_quadrant(x, 1); }

// The angle of the point (x, y) in [-pi, pi]; signed zeros and infinities follow IEEE 754.
inline float arctan2_of(float y, float x) {
  const float across = abs_of(x), up = abs_of(y);
  const bool steep = up > across;
  const float small = steep ? across : up;
  const float large = steep ? up : across;
  const float equal = large == 0.0f ? 0.0f : 1.0f;
  const float t = small == large ? equal : small / large;
  const float z = t * t;
  const float angle = t + t * (polynomial(z, 0.00292050601f, -0.0163671859f, 0.0432106612f, -0.0755211355f, 0.10665958f,
                                          -0.142110437f, 0.199937714f, -0.333331527f) *
                               z);
  const float turned = steep ? 1.57079633f - angle : angle;
  return sign_from(bits_of(x) < 0 ? 3.14159265f - turned : turned, y);
}

// The upper 24 bits as a float in [0, 1).
inline float unit_of(int32_t bits) {
  return static_cast<float>(static_cast<int32_t>(static_cast<uint32_t>(bits) >> 8)) * 5.9604644775390625e-8f;
}

// The remainder, with the sign of the divisor.
inline float mod_of(float a, float b) {
  const float rest = std::fmod(a, b);
  return rest != 0.0f && (rest < 0.0f) != (b < 0.0f) ? rest + b : rest;
}
inline int32_t mod_of(int32_t a, int32_t b) {
  if (b == 0 || b == -1) return 0;
  const int32_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

// Integer power with wrap-around; negative exponents truncate to an integer.
inline int32_t power_of(int32_t a, int32_t b) {
  if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
  uint32_t result = 1, square = static_cast<uint32_t>(a);
  for (int32_t rest = b; rest > 0; rest >>= 1) {
    if (rest & 1) result *= square;
    square *= square;
  }
  return static_cast<int32_t>(result);
}

}  // namespace ceratops
