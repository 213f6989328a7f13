// Elementwise functions that together are clamp(x * scale + shift + residual), where scale and shift are rows that all
// rows of x share: a bias, a batch normalization, a residual connection, a ReLU. They run in one pass.
#pragma once
#include "base.h"

namespace ceratops {

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
    if (has_high_) return false;
    high_ = limit;
    return has_high_ = true;
  }

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

  bool clamps() const { return has_low_ || has_high_; }

  template <class Change>
  static void compose(const Link& link, float* rows, index_t n, Change change) {
    CERATOPS_INDEPENDENT
    for (index_t j = 0; j < n; j++) change(rows[j], rows[n + j], link.row ? link.row[j] : link.literal);
  }

  template <bool scales, bool adds_residual, bool has_low, bool has_high>
  static void run_part(const Part& given) {
    // A copy, which stays in registers: for all that the compiler knows, a store may change the given one.
    const Part part = given;
    const Vector low = splat(part.low), high = splat(part.high);
    const auto value_of = [&](auto get) {
      Vector y = scales ? multiply_add(get(part.x), get(part.scale), get(part.shift)) : get(part.x) + get(part.shift);
      if constexpr (adds_residual) y = y + get(part.residual);
      if constexpr (has_low) y = at_least(y, low);
      if constexpr (has_high) y = at_most(y, high);
      return y;
    };
    index_t i = 0;
    for (; i + lanes <= part.n; i += lanes) store(part.to + i, value_of([&](const float* at) { return load(at + i); }));
    // The last columns are a vector too, so that results do not depend on the place in it.
    const index_t left = part.n - i;
    if (left == 0) return;
    store_first(part.to + i, left, value_of([&](const float* at) { return load_first(at + i, left); }));
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
  bool scales_ = false, adds_residual_ = false, has_low_ = false, has_high_ = false;
  float low_ = 0, high_ = 0;
};

}  // namespace ceratops
