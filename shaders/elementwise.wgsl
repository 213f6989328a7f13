// Elementwise functions: each op's name with _f32, _i32 or _bool for the type of its operands.
//
// Fused programs and epilogues are straight-line calls of these. int32 and uint8 elements are both i32 here; the caller
// wraps uint8 results. Nothing relies on how a driver treats NaN or infinity in built-in functions: where they matter
// they are detected by their bits. exp, log and similar functions are written out, because drivers differ by up to
// 1e-4.
//
// needs: nothing

fn infinity() -> f32 {
  // A variable, since a constant expression must be finite.
  var bits = 0x7f800000u;
  return bitcast<f32>(bits);
}

fn not_a_number() -> f32 {
  var bits = 0x7fc00000u;
  return bitcast<f32>(bits);
}

fn is_nan_f32(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

// x * 2^n for n in [-252, 254], in two steps because 2^n alone may be out of range.
fn scale_by_power(x: f32, n: i32) -> f32 {
  let half = n / 2;
  return x * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(n - half + 127) << 23u);
}

fn negate_f32(x: f32) -> f32 {
  return -x;
}

// By bits, here and where else the sign matters: drivers may compare subnormal numbers as 0.
fn is_negative(x: f32) -> bool {
  let bits = bitcast<u32>(x);
  return bits > 0x80000000u && bits <= 0xff800000u;
}

fn is_positive(x: f32) -> bool {
  let bits = bitcast<u32>(x);
  return bits > 0u && bits <= 0x7f800000u;
}

fn sign_f32(x: f32) -> f32 {
  return select(select(x, -1.0, is_negative(x)), 1.0, is_positive(x));
}

// exp(x) = 2^n exp(r), |r| <= ln(2) / 2; the polynomial of degree 6 is good to 1 in 10^7.
fn exp_f32(x: f32) -> f32 {
  if (is_nan_f32(x)) {
    return x;
  }
  if (x > 88.8) {
    return infinity();
  }
  if (x < -103.0) {
    return 0.0;
  }
  let n = floor(x * 1.44269504 + 0.5);
  let r = (x - n * 0.693359375) + n * 2.12194440e-4;
  var p = 1.9875691500e-4;
  p = p * r + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 0.5;
  return scale_by_power(p * r * r + r + 1.0, i32(n));
}

fn expm1_f32(x: f32) -> f32 {
  if (abs(x) > 0.35) {
    return exp_f32(x) - 1.0;
  }
  var p = 2.4801587e-5;
  p = p * x + 1.9841270e-4;
  p = p * x + 1.3888889e-3;
  p = p * x + 8.3333333e-3;
  p = p * x + 4.1666667e-2;
  p = p * x + 1.6666667e-1;
  p = p * x + 0.5;
  return p * x * x + x;
}

// 2 atanh(s) - 2 s, for |s| <= 1/3: the difference of log(1 + x) and 2 s for s = x / (2 + x).
fn atanh_tail(s: f32) -> f32 {
  let z = s * s;
  var p = 0.117647059;
  p = p * z + 0.133333333;
  p = p * z + 0.153846154;
  p = p * z + 0.181818182;
  p = p * z + 0.222222222;
  p = p * z + 0.285714286;
  p = p * z + 0.4;
  p = p * z + 0.666666667;
  return p * z * s;
}

// log(x) = e ln(2) + log(m), m in [sqrt(1/2), sqrt(2)).
fn log_f32(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) {
    return -infinity();
  }
  if (is_negative(x) || is_nan_f32(x)) {
    return not_a_number();
  }
  if (bits == 0x7f800000u) {
    return x;
  }
  var normal = bits;
  var e = 0;
  if (bits < 0x00800000u) {
    // Drivers may read a subnormal number as 0, but its mantissa as an integer is read correctly.
    normal = bitcast<u32>(f32(bits));
    e = -149;
  }
  e += i32(normal >> 23u) - 127;
  var m = bitcast<f32>((normal & 0x007fffffu) | 0x3f800000u);
  if (m > 1.41421356) {
    m *= 0.5;
    e += 1;
  }
  let f = m - 1.0;
  let s = f / (2.0 + f);
  let n = f32(e);
  return n * 0.693359375 + (2.0 * s + (atanh_tail(s) - n * 2.12194440e-4));
}

fn log1p_f32(x: f32) -> f32 {
  if (x > 1.0 || x < -0.5 || is_nan_f32(x)) {
    return log_f32(1.0 + x);
  }
  let s = x / (2.0 + x);
  return 2.0 * s + atanh_tail(s);
}

fn sqrt_f32(x: f32) -> f32 {
  if (is_negative(x) || is_nan_f32(x)) {
    return not_a_number();
  }
  return sqrt(x);
}

fn rsqrt_f32(x: f32) -> f32 {
  let bits = bitcast<u32>(x) & 0x7fffffffu;
  if (bits == 0u) {
    return select(infinity(), -infinity(), bitcast<u32>(x) != 0u);
  }
  if (is_negative(x) || is_nan_f32(x)) {
    return not_a_number();
  }
  if (bits == 0x7f800000u) {
    return 0.0;
  }
  if (bits < 0x00800000u) {
    // 1 / sqrt(i 2^-149) = sqrt(2) 2^74 / sqrt(i)
    return scale_by_power(1.41421356 / sqrt(f32(bits)), 74);
  }
  return 1.0 / sqrt(x);
}

fn square_f32(x: f32) -> f32 {
  return x * x;
}

fn reciprocal_f32(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let size = bits & 0x7fffffffu;
  if (size < 0x00800000u) {
    var result = infinity();
    if (size > 0x00200000u) {
      // Times 2^149 through the exponent: drivers may merge two factors into one that is out of range.
      result = bitcast<f32>(bitcast<u32>(1.0 / f32(size)) + (149u << 23u));
    }
    return select(result, -result, bits != size);
  }
  return 1.0 / x;
}

// |x| minus its nearest even multiple of pi / 4, and the count of that multiple modulo 8.
fn quarter_turns(x: f32) -> vec2<f32> {
  var count = floor(abs(x) * 1.27323954);
  count += count - 2.0 * floor(count * 0.5);
  let rest = ((abs(x) - count * 0.78515625) - count * 2.41875648e-4) - count * 3.77489498e-8;
  return vec2(rest, count - 8.0 * floor(count * 0.125));
}

fn sine_near_zero(x: f32) -> f32 {
  let z = x * x;
  return ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * x + x;
}

fn cosine_near_zero(x: f32) -> f32 {
  let z = x * x;
  return ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0;
}

fn sin_f32(x: f32) -> f32 {
  let turn = quarter_turns(x);
  let is_cosine = turn.y == 2.0 || turn.y == 6.0;
  let y = select(sine_near_zero(turn.x), cosine_near_zero(turn.x), is_cosine);
  return select(y, -y, (turn.y >= 4.0) != (x < 0.0));
}

fn cos_f32(x: f32) -> f32 {
  let turn = quarter_turns(x);
  let is_sine = turn.y == 2.0 || turn.y == 6.0;
  let y = select(cosine_near_zero(turn.x), sine_near_zero(turn.x), is_sine);
  return select(y, -y, turn.y == 2.0 || turn.y == 4.0);
}

fn tanh_f32(x: f32) -> f32 {
  if (abs(x) < 0.625) {
    let z = x * x;
    var p = -5.70498872745e-3;
    p = p * z + 2.06390887954e-2;
    p = p * z - 5.37397155531e-2;
    p = p * z + 1.33314422036e-1;
    p = p * z - 3.33332819422e-1;
    return p * z * x + x;
  }
  if (is_nan_f32(x)) {
    return x;
  }
  let y = 1.0 - 2.0 / (exp_f32(2.0 * min(abs(x), 15.0)) + 1.0);
  return select(y, -y, x < 0.0);
}

fn sigmoid_f32(x: f32) -> f32 {
  if (is_nan_f32(x)) {
    return x;
  }
  let small = exp_f32(-abs(x));
  return select(1.0, small, x < 0.0) / (1.0 + small);
}

fn relu_f32(x: f32) -> f32 {
  return select(x, 0.0, x < 0.0);
}

fn softplus_f32(x: f32) -> f32 {
  if (is_nan_f32(x)) {
    return x;
  }
  return max(x, 0.0) + log1p_f32(exp_f32(-abs(x)));
}

// Cephes' single-precision approximations (Moshier, 1992).
fn erf_f32(x: f32) -> f32 {
  let a = abs(x);
  let z = x * x;
  if (a <= 1.0) {
    var t = 7.853861353153693e-5;
    t = t * z - 8.010193625184903e-4;
    t = t * z + 5.188327685732524e-3;
    t = t * z - 2.685381193529856e-2;
    t = t * z + 1.128358514861418e-1;
    t = t * z - 3.761262582423300e-1;
    t = t * z + 1.128379165726710;
    return x * t;
  }
  if (is_nan_f32(x)) {
    return x;
  }
  if (a > 6.0) {
    return select(1.0, -1.0, x < 0.0);
  }
  let q = 1.0 / a;
  let y = q * q;
  var p = 2.326819970068386e-2;
  if (a < 2.0) {
    p = p * y - 1.387039388740657e-1;
    p = p * y + 3.687424674597105e-1;
    p = p * y - 5.824733027278666e-1;
    p = p * y + 6.210004621745983e-1;
    p = p * y - 4.944515323274145e-1;
    p = p * y + 3.404879937665872e-1;
    p = p * y - 2.741127028184656e-1;
    p = p * y + 5.638259427386472e-1;
  } else {
    p = -1.047766399936249e1;
    p = p * y + 1.297719955372516e1;
    p = p * y - 7.495518717768503;
    p = p * y + 2.921019019210786;
    p = p * y - 1.015265279202700;
    p = p * y + 4.218463358204948e-1;
    p = p * y - 2.820767439740514e-1;
    p = p * y + 5.641895067754075e-1;
  }
  let rest = exp_f32(-z) * q * p;
  return select(1.0 - rest, rest - 1.0, x < 0.0);
}

fn abs_f32(x: f32) -> f32 {
  return abs(x);
}

fn round_f32(x: f32) -> f32 {
  return round(x);
}

// By bits: drivers may simplify sums that round, and compare subnormal numbers as 0.
fn rounded_bits(bits: u32, dropped: u32) -> u32 {
  let below_half = (1u << (dropped - 1u)) - 1u;
  return (bits + below_half + ((bits >> dropped) & 1u)) & ~((1u << dropped) - 1u);
}

// The nearest float16: infinite from 65520 on, multiples of 2^-24 below 2^-14.
fn round_to_float16_f32(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let sign = bits & 0x80000000u;
  let size = bits ^ sign;
  var rounded = rounded_bits(size, 13u);
  if (size > 0x7f800000u) {
    rounded = size;
  } else if (size >= 0x477ff000u) {
    rounded = 0x7f800000u;
  } else if (size < 0x38800000u) {
    rounded = bitcast<u32>(round(bitcast<f32>(size) * 16777216.0) * 5.9604644775390625e-8);
  }
  return bitcast<f32>(sign | rounded);
}

fn round_to_bfloat16_f32(x: f32) -> f32 {
  return select(bitcast<f32>(rounded_bits(bitcast<u32>(x), 16u)), x, is_nan_f32(x));
}

fn floor_f32(x: f32) -> f32 {
  return select(floor(x), -1.0, is_negative(x) && x > -0.5);
}

fn ceil_f32(x: f32) -> f32 {
  return select(ceil(x), 1.0, is_positive(x) && x < 0.5);
}

fn bits_to_unit_i32(x: i32) -> f32 {
  return f32(bitcast<u32>(x) >> 8u) * 5.9604644775390625e-8;
}

fn add_f32(a: f32, b: f32) -> f32 {
  return a + b;
}

fn subtract_f32(a: f32, b: f32) -> f32 {
  return a - b;
}

fn multiply_f32(a: f32, b: f32) -> f32 {
  return a * b;
}

fn divide_f32(a: f32, b: f32) -> f32 {
  return a / b;
}

fn maximum_f32(a: f32, b: f32) -> f32 {
  return select(select(select(b, a, a > b), b, is_nan_f32(b)), a, is_nan_f32(a));
}

fn minimum_f32(a: f32, b: f32) -> f32 {
  return select(select(select(b, a, a < b), b, is_nan_f32(b)), a, is_nan_f32(a));
}

fn power_f32(a: f32, b: f32) -> f32 {
  // As in IEEE 754: powers of 1, and of -1 to an infinity, are 1.
  let is_endless = (bitcast<u32>(b) & 0x7fffffffu) == 0x7f800000u;
  if (b == 0.0 || a == 1.0 || (a == -1.0 && is_endless)) {
    return 1.0;
  }
  if (is_nan_f32(a) || is_nan_f32(b)) {
    return not_a_number();
  }
  if (b == 1.0) {
    return a;
  }
  if (b == 2.0) {
    return a * a;
  }
  let size = exp_f32(b * log_f32(abs(a)));
  if (a < 0.0) {
    let whole = floor(b);
    if (whole != b) {
      return not_a_number();
    }
    return select(size, -size, whole - 2.0 * floor(whole * 0.5) == 1.0);
  }
  return size;
}

// The remainder with the sign of b. b is split in two, so that its product with a small integer is exact.
fn mod_f32(a: f32, b: f32) -> f32 {
  let whole = trunc(a / b);
  let high = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let r = select((a - high * whole) - (b - high) * whole, a, whole == 0.0);
  return select(r, r + b, r != 0.0 && (r < 0.0) != (b < 0.0));
}

// A magnitude, given by its bits, times 2^100: drivers may read a subnormal number as 0.
fn enlarged(size: u32) -> f32 {
  return select(bitcast<f32>(size) * 1.2676506e30, f32(size) * 1.7763568e-15, size < 0x00800000u);
}

// The angle of the point (b, a), from -pi to pi; points at 0 and at infinity by their signs, as in IEEE 754.
fn arctan2_f32(a: f32, b: f32) -> f32 {
  if (is_nan_f32(a) || is_nan_f32(b)) {
    return not_a_number();
  }
  let up = bitcast<u32>(a) & 0x7fffffffu;
  let across = bitcast<u32>(b) & 0x7fffffffu;
  let is_steep = up > across;
  let small = select(up, across, is_steep);
  let large = select(across, up, is_steep);
  var t = 0.0;
  if (small == large) {
    t = select(1.0, 0.0, large == 0u);
  } else if (large < 0x21800000u) {
    t = enlarged(small) / enlarged(large);
  } else if (large < 0x7f800000u) {
    t = bitcast<f32>(small) / bitcast<f32>(large);
  }
  let z = t * t;
  var p = 0.00292050601;
  p = p * z - 0.0163671859;
  p = p * z + 0.0432106612;
  p = p * z - 0.0755211355;
  p = p * z + 0.10665958;
  p = p * z - 0.142110437;
  p = p * z + 0.199937714;
  p = p * z - 0.333331527;
  var angle = t + t * (p * z);
  if (is_steep) {
    angle = 1.57079633 - angle;
  }
  if ((bitcast<u32>(b) >> 31u) == 1u) {
    angle = 3.14159265 - angle;
  }
  return select(angle, -angle, (bitcast<u32>(a) >> 31u) == 1u);
}

fn equal_f32(a: f32, b: f32) -> bool {
  return a == b;
}

fn not_equal_f32(a: f32, b: f32) -> bool {
  return !(a == b);
}

fn less_f32(a: f32, b: f32) -> bool {
  return a < b;
}

fn less_equal_f32(a: f32, b: f32) -> bool {
  return a <= b;
}

fn greater_f32(a: f32, b: f32) -> bool {
  return a > b;
}

fn greater_equal_f32(a: f32, b: f32) -> bool {
  return a >= b;
}

fn logical_and_bool(a: bool, b: bool) -> bool {
  return a && b;
}

fn logical_or_bool(a: bool, b: bool) -> bool {
  return a || b;
}

fn logical_not_bool(a: bool) -> bool {
  return !a;
}

fn bitwise_and_i32(a: i32, b: i32) -> i32 {
  return a & b;
}

fn bitwise_or_i32(a: i32, b: i32) -> i32 {
  return a | b;
}

fn bitwise_xor_i32(a: i32, b: i32) -> i32 {
  return a ^ b;
}

fn left_shift_i32(a: i32, b: i32) -> i32 {
  return select(a << u32(b & 31), 0, u32(b) > 31u);
}

fn right_shift_i32(a: i32, b: i32) -> i32 {
  return a >> min(u32(b), 31u);
}

// NaN and subnormal numbers are true, as on the host.
fn cast_f32_to_bool(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) != 0u;
}

fn cast_f32_to_i32(x: f32) -> i32 {
  return select(i32(x), 0, is_nan_f32(x));
}

fn cast_i32_to_f32(x: i32) -> f32 {
  return f32(x);
}

fn cast_i32_to_bool(x: i32) -> bool {
  return x != 0;
}

fn cast_bool_to_f32(x: bool) -> f32 {
  return select(0.0, 1.0, x);
}

fn cast_bool_to_i32(x: bool) -> i32 {
  return select(0, 1, x);
}

fn select_f32(condition: bool, when_true: f32, when_false: f32) -> f32 {
  return select(when_false, when_true, condition);
}

fn select_i32(condition: bool, when_true: i32, when_false: i32) -> i32 {
  return select(when_false, when_true, condition);
}

fn select_bool(condition: bool, when_true: bool, when_false: bool) -> bool {
  return select(when_false, when_true, condition);
}

fn abs_i32(x: i32) -> i32 {
  return abs(x);
}

fn floor_i32(x: i32) -> i32 {
  return x;
}

fn ceil_i32(x: i32) -> i32 {
  return x;
}

fn round_i32(x: i32) -> i32 {
  return x;
}

fn negate_i32(x: i32) -> i32 {
  return -x;
}

fn sign_i32(x: i32) -> i32 {
  return sign(x);
}

fn square_i32(x: i32) -> i32 {
  return x * x;
}

fn relu_i32(x: i32) -> i32 {
  return max(x, 0);
}

fn add_i32(a: i32, b: i32) -> i32 {
  return a + b;
}

fn subtract_i32(a: i32, b: i32) -> i32 {
  return a - b;
}

fn multiply_i32(a: i32, b: i32) -> i32 {
  return a * b;
}

fn maximum_i32(a: i32, b: i32) -> i32 {
  return max(a, b);
}

fn minimum_i32(a: i32, b: i32) -> i32 {
  return min(a, b);
}

fn mod_i32(a: i32, b: i32) -> i32 {
  if (b == 0) {
    return 0;
  }
  let r = a % b;
  return select(r, r + b, r != 0 && (r < 0) != (b < 0));
}

fn power_i32(a: i32, b: i32) -> i32 {
  if (b < 0) {
    return select(select(0, select(1, -1, (b & 1) == 1), a == -1), 1, a == 1);
  }
  var result = 1;
  var square = a;
  for (var rest = b; rest > 0; rest = rest >> 1u) {
    if ((rest & 1) == 1) {
      result *= square;
    }
    square *= square;
  }
  return result;
}

fn equal_i32(a: i32, b: i32) -> bool {
  return a == b;
}

fn not_equal_i32(a: i32, b: i32) -> bool {
  return a != b;
}

fn less_i32(a: i32, b: i32) -> bool {
  return a < b;
}

fn less_equal_i32(a: i32, b: i32) -> bool {
  return a <= b;
}

fn greater_i32(a: i32, b: i32) -> bool {
  return a > b;
}

fn greater_equal_i32(a: i32, b: i32) -> bool {
  return a >= b;
}
