// Scalar functions without branches, which compilers turn into vector loops on every instruction set.
//
// Polynomials are least-squares fits to the functions in 40 digits, weighted towards equal relative errors. The standard
// library's functions are as exact but do not vectorise, and Eigen's vectorise on some instruction sets only.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace ceratops {

inline float float_of(int32_t bits) {
  return __builtin_bit_cast(float, bits);
}
inline int32_t bits_of(float value) {
  return __builtin_bit_cast(int32_t, value);
}

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// To the nearest whole number, ties to the even one. Both names mean that here; each compiler has the vectors of one.
#if defined(__wasm__)
inline float nearest(float x) { return __builtin_nearbyintf(x); }
inline double nearest(double x) { return __builtin_nearbyint(x); }
#else
inline float nearest(float x) { return __builtin_rintf(x); }
inline double nearest(double x) { return __builtin_rint(x); }
#endif

// x = n ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts, the first short enough that n times it is exact.
struct Reduced {
  float n, r;
};
inline Reduced reduce_exp(float x) {
  const float n = nearest(x * 1.44269504f);
  return {n, (x - n * 0.693359375f) - n * -2.12194440e-4f};
}
// exp(r) - 1 - r
inline float exp_tail(float r) {
  const float p = ((((0.00019907555f * r + 0.0013933643f) * r + 0.0083332863f) * r + 0.041666467f) * r + 0.16666667f) * r;
  return (p + 0.5f) * r * r;
}
// 2^exponent; unsigned, since the exponent that a NaN gives is any number.
inline float power_of_two(int32_t exponent) {
  return float_of(static_cast<int32_t>((static_cast<uint32_t>(exponent) + 127u) << 23));
}
// x 2^n, by two factors, so that the result may be subnormal or overflow.
inline float scale(float x, float n) {
  const int32_t whole = static_cast<int32_t>(n);
  const int32_t half = whole >> 1;
  return x * power_of_two(half) * power_of_two(whole - half);
}

inline float exp_of(float x) {
  const float low = x < -105.0f ? -105.0f : x;
  const float bounded = low > 89.0f ? 89.0f : low;
  const Reduced reduced = reduce_exp(bounded);
  return scale(1.0f + (reduced.r + exp_tail(reduced.r)), reduced.n);
}

inline float expm1_of(float x) {
  const float low = x < -18.0f ? -18.0f : x;
  const float bounded = low > 89.0f ? 89.0f : low;
  const Reduced reduced = reduce_exp(bounded);
  const float minus_one = reduced.r + exp_tail(reduced.r);
  // Half of the power, which may be 2^128.
  const float half = power_of_two(static_cast<int32_t>(reduced.n - 1.0f));
  return 2.0f * (half * minus_one + (half - 0.5f));
}

// The log of 2^shift times a positive normal number.
inline float log_of_normal(float normal, int32_t shift) {
  // The mantissa is taken from [sqrt(1/2), sqrt(2)).
  const int32_t offset = static_cast<int32_t>(static_cast<uint32_t>(bits_of(normal)) - 0x3f3504f3u);
  const float n = static_cast<float>((offset >> 23) + shift);
  const float f = float_of((offset & 0x007fffff) + 0x3f3504f3) - 1.0f;
  const float p =
      ((((((((0.069175339f * f - 0.1177963f) * f + 0.11866234f) * f - 0.12385816f) * f + 0.14219892f) * f - 0.16669196f) * f +
         0.20002154f) * f - 0.24999987f) * f + 0.3333331f) * f;
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

inline float abs_of(float x) { return __builtin_fabsf(x); }
inline float sign_from(float magnitude, float sign) { return __builtin_copysignf(magnitude, sign); }

inline float sigmoid_of(float x) {
  const float e = exp_of(-abs_of(x));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

inline float tanh_of(float x) {
  const float a = abs_of(x);
  const Reduced reduced = reduce_exp(a > 10.0f ? 20.0f : 2.0f * a);
  const float power = power_of_two(static_cast<int32_t>(reduced.n));
  const float e = power * (reduced.r + exp_tail(reduced.r)) + (power - 1.0f);
  return sign_from(e / (e + 2.0f), x);
}

inline float softplus_of(float x) {
  const float e = exp_of(-abs_of(x));
  const float sum = 1.0f + e;
  // What the sum lost of e by rounding.
  const float lost = (e - (sum - 1.0f)) / sum;
  return (x < 0.0f ? 0.0f : x) + (log_of_normal(sum, 0) + lost);
}

inline float erf_of(float x) {
  const float a = abs_of(x);
  const float z = x * x;
  const float near = x * ((((((7.853846e-05f * z - 0.0008010189f) * z + 0.0051883273f) * z - 0.026853811f) * z + 0.11283585f) * z -
                           0.37612626f) * z + 1.1283792f);
  // The log of the complement on [1, 4]; beyond, erf is 1.
  const float t = a > 4.0f ? 4.0f : a;
  const float log_complement =
      (((((((-2.1687107e-05f * t + 0.00044133954f) * t - 0.0042045782f) * t + 0.025208302f) * t - 0.10841865f) * t - 0.63321984f) * t -
        1.1295785f) * t + 0.00018804867f);
  const float far = sign_from(1.0f - exp_of(log_complement), x);
  const float result = a < 1.0f ? near : far;
  return x != x ? x : result;
}

// x = quadrant pi/2 + r, with pi/2 in two parts of which the first has 33 bits: up to the limit its products are exact
// without a fused multiply-add too. Beyond, the standard library takes over.
constexpr float largest_angle = 1e6f;
inline float sine_quadrant(float x, int32_t shift) {
  const float a = abs_of(x) < largest_angle ? x : 0.0f;
  const double whole = nearest(static_cast<double>(a) * 0.63661977236758134308);
  const double rest = (static_cast<double>(a) - whole * 1.57079632673412561417) - whole * 6.07710050650619224932e-11;
  const float r = static_cast<float>(rest);
  const int32_t quadrant = static_cast<int32_t>(whole) + shift;
  const float z = r * r;
  const float sine = r + r * (((2.71835e-06f * z - 0.00019839339f) * z + 0.0083333291f) * z - 0.16666667f) * z;
  const float cosine = 1.0f + ((((-2.7211826e-07f * z + 2.4799541e-05f) * z - 0.0013888883f) * z + 0.041666668f) * z - 0.5f) * z;
  const float value = (quadrant & 1) ? cosine : sine;
  return (quadrant & 2) ? -value : value;
}
inline float sin_of(float x) { return sine_quadrant(x, 0); }
inline float cos_of(float x) { return sine_quadrant(x, 1); }

// The angle of the point (x, y), from -pi to pi; points at 0 and at infinity by their signs, as IEEE 754 has it.
inline float arctan2_of(float y, float x) {
  const float across = abs_of(x), up = abs_of(y);
  const bool steep = up > across;
  const float small = steep ? across : up;
  const float large = steep ? up : across;
  const float equal = large == 0.0f ? 0.0f : 1.0f;
  const float t = small == large ? equal : small / large;
  const float z = t * t;
  const float angle =
      t + t * ((((((((0.00292050601f * z - 0.0163671859f) * z + 0.0432106612f) * z - 0.0755211355f) * z + 0.10665958f) * z -
                  0.142110437f) * z + 0.199937714f) * z - 0.333331527f) * z);
  const float turned = steep ? 1.57079633f - angle : angle;
  return sign_from(bits_of(x) < 0 ? 3.14159265f - turned : turned, y);
}

// The remainder with the sign of the divisor.
inline float mod_of(float a, float b) {
  const float rest = std::fmod(a, b);
  return rest != 0.0f && (rest < 0.0f) != (b < 0.0f) ? rest + b : rest;
}
inline int32_t mod_of(int32_t a, int32_t b) {
  if (b == 0 || b == -1) return 0;
  const int32_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

// The power of whole numbers, wrapped; that to a negative one is cut to a whole number.
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
