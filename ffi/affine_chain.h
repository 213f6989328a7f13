// Elementwise functions that together are clamp(x * scale + shift + residual), where scale and shift are rows that all
// rows of x share: a bias, a batch normalization, a residual connection, a ReLU. They run in one pass. Swish,
// y * sigmoid(y), may be the last of them.
#pragma once
#include <limits>

#include "base.h"

namespace ceratops {

// Each keeps NaN. Written so that it is one instruction where the processor has one.
template <class T>
inline T at_least(T x, T low) {
  return x < low ? low : x;
}
template <class T>
inline T at_most(T x, T high) {
  return x > high ? high : x;
}

// x * sigmoid(x). Beyond the bounds exp(-x) is infinite, or is lost in the sum.
inline Vector swish_of(Vector x) {
  const Vector t = at_most(at_least(x, splat(-88.9f)), splat(87.0f));
  // -t = n ln 2 + r. Adding 1.5 * 2^23 rounds to a whole number, which is then in the last bits.
  const Vector shifted = t * -1.44269504f + 12582912.0f;
  const Vector n = shifted - 12582912.0f;
  const Vector r = (-t - n * 0.693359375f) - n * -2.12194440e-4f;
  const Vector p =
      ((((0.00019907555f * r + 0.0013933643f) * r + 0.0083332863f) * r + 0.041666467f) * r + 0.16666667f) * r + 0.5f;
  // As unsigned numbers, whose bits may be shifted out.
  typedef uint32_t Words __attribute__((vector_size(vector_bytes)));
  const Words power = ((Words)shifted << 23) + 0x3f800000u;
  return x / (1.0f + (Vector)power * (1.0f + (r + p * r * r)));
}

inline void swish(float* x, index_t n) {
  index_t i = 0;
  for (; i + lanes <= n; i += lanes) store(x + i, swish_of(load(x + i)));
  if (i == n) return;
  float rest[lanes] = {};
  std::copy(x + i, x + n, rest);
  store(rest, swish_of(load(rest)));
  std::copy(rest, rest + (n - i), x + i);
}

// A chain without a residual, for kernels that compute some columns at a time. Swish is a pass of its own.
struct Finish {
  const float *scale, *shift;
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
  bool has_swish = false;

  // On a vector of columns, for many rows.
  struct Columns {
    Vector scale, shift, low, high;
    Vector operator()(Vector x) const { return at_most(at_least(x * scale + shift, low), high); }
  };
  Columns columns(index_t column) const {
    return {load(scale + column), load(shift + column), splat(low), splat(high)};
  }
};

class AffineChain {
 public:
  enum Kind { add, subtract, subtract_from, multiply };

  // Each appends a function, or returns false if it does not fit behind those before it. A link's other argument is a
  // row, or a literal if that is null.
  bool link(Kind kind, const float* row, float literal) {
    if (adds_residual_ || clamps()) return false;
    links_.push_back({kind, row, literal});
    scales_ = scales_ || kind == multiply || kind == subtract_from;
    return true;
  }
  bool add_residual() {
    if (adds_residual_ || clamps()) return false;
    return adds_residual_ = true;
  }
  bool clamp_low(float limit) {
    if (clamps()) return false;
    low_ = limit;
    return has_low_ = true;
  }
  bool clamp_high(float limit) {
    if (has_high_ || has_swish_) return false;
    high_ = limit;
    return has_high_ = true;
  }

  bool add_swish() {
    if (has_swish_) return false;
    return has_swish_ = true;
  }

  bool adds_residual() const { return adds_residual_; }
  bool has_row() const {
    return std::any_of(links_.begin(), links_.end(), [](const Link& link) { return link.row; });
  }
  // Whether scale and shift must be computed; a single bias is read where it lies.
  bool computes_rows() const { return links_.size() > 1 || (!links_.empty() && links_[0].kind != add); }

  // Composes the links to a scale and a shift of `n` columns each, one behind the other.
  void compute_rows(float* rows, index_t n) const {
    float *scale = rows, *shift = rows + n;
    std::fill(scale, scale + n, 1.0f);
    std::fill(shift, shift + n, 0.0f);
    for (const Link& link : links_) {
      switch (link.kind) {
        case add: compose(link, rows, n, [](float&, float& b, float value) { b += value; }); break;
        case subtract: compose(link, rows, n, [](float&, float& b, float value) { b -= value; }); break;
        case subtract_from:
          compose(link, rows, n, [](float& a, float& b, float value) {
            a = -a;
            b = value - b;
          });
          break;
        case multiply:
          compose(link, rows, n, [](float& a, float& b, float value) {
            a *= value;
            b *= value;
          });
          break;
      }
    }
  }

  // Runs on `n` columns of a row from `column` on; `rows` has what compute_rows wrote.
  void run(const float* x, const float* residual, const float* rows, index_t row_length, index_t column, index_t n,
           float* to) const {
    const float* shift = (computes_rows() ? rows + row_length : links_[0].row) + column;
    choose_part(scales_, adds_residual_, has_low_, has_high_)({x, rows + column, shift, residual, low_, high_, to, n});
    if (has_swish_) swish(to, n);
  }

  // The chain on rows of `row_length` columns; `rows` has room for two.
  Finish finish(float* rows, index_t row_length) const {
    compute_rows(rows, row_length);
    Finish finish;
    finish.scale = rows;
    finish.shift = rows + row_length;
    if (has_low_) finish.low = low_;
    if (has_high_) finish.high = high_;
    finish.has_swish = has_swish_;
    return finish;
  }

 private:
  struct Link {
    Kind kind;
    const float* row;
    float literal;
  };
  struct Part {
    const float *x, *scale, *shift, *residual;
    float low, high;
    float* to;
    index_t n;
  };
  using RunPart = void (*)(const Part&);

  bool clamps() const { return has_low_ || has_high_ || has_swish_; }

  template <class Change>
  static void compose(const Link& link, float* rows, index_t n, Change change) {
    CERATOPS_INDEPENDENT
    for (index_t j = 0; j < n; j++) change(rows[j], rows[n + j], link.row ? link.row[j] : link.literal);
  }

  template <bool scales, bool adds_residual, bool has_low, bool has_high>
  static void run_part(const Part& part) {
    const auto value = [&](auto x, auto scale, auto shift, auto residual, auto low, auto high) {
      auto y = x;
      if constexpr (scales) {
        y = x * scale + shift;
      } else {
        y = x + shift;
      }
      if constexpr (adds_residual) y = y + residual;
      if constexpr (has_low) y = at_least(y, low);
      if constexpr (has_high) y = at_most(y, high);
      return y;
    };
    const Vector low = splat(part.low), high = splat(part.high);
    index_t i = 0;
    for (; i + lanes <= part.n; i += lanes) {
      const Vector x = load(part.x + i);
      store(part.to + i, value(x, scales ? load(part.scale + i) : x, load(part.shift + i),
                               adds_residual ? load(part.residual + i) : x, low, high));
    }
    for (; i < part.n; i++) {
      const float x = part.x[i];
      part.to[i] = value(x, scales ? part.scale[i] : x, part.shift[i], adds_residual ? part.residual[i] : x, part.low,
                         part.high);
    }
  }

  template <bool... known>
  static RunPart choose_part() {
    return run_part<known...>;
  }
  template <bool... known, class... Rest>
  static RunPart choose_part(bool next, Rest... rest) {
    return next ? choose_part<known..., true>(rest...) : choose_part<known..., false>(rest...);
  }

  std::vector<Link> links_;
  bool scales_ = false, adds_residual_ = false, has_low_ = false, has_high_ = false, has_swish_ = false;
  float low_ = 0, high_ = 0;
};

}  // namespace ceratops
