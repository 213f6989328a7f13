// Elementwise functions that together are clamp(x * scale + shift + residual), where scale and shift are rows that all
// rows of x share: a bias, a batch normalization, a residual connection, a ReLU. They run in one pass. Swish,
// y * sigmoid(y), may be the last of them.
#pragma once
#include <limits>

#include "exponential.h"

namespace ceratops {

inline void swish(float* x, index_t n) {
  index_t i = 0;
  for (; i + lanes <= n; i += lanes) store(x + i, swish_of(load(x + i)));
  if (i < n) store_first(x + i, n - i, swish_of(load_first(x + i, n - i)));
}

// What a chain computes of a matrix: clamp(x * scale + shift + residual), and the swish of that.
struct Affine {
  // Rows for all columns. Without a scale that is 1.
  const float *scale, *shift;
  // Null, or laid out like x.
  const float* residual;
  float low, high;
  // Null, or, laid out like x, set to whether a result is greater than zero, which gradients of a ReLU ask for.
  std::uint8_t* positive;
  bool has_swish;

  // The same for an x that starts `offset` elements further on, in column `column`.
  Affine at(index_t offset, index_t column) const {
    return {scale ? scale + column : nullptr,       shift + column, residual ? residual + offset : nullptr, low, high,
            positive ? positive + offset : nullptr, has_swish};
  }

  // Of lanes of x that are in column `column`, `offset` elements from its start; `get` loads those of an operand.
  template <class Get>
  Vector of(Vector x, index_t offset, index_t column, Get get) const {
    Vector y = scale ? multiply_add(x, get(scale + column), get(shift + column)) : x + get(shift + column);
    if (residual) y += get(residual + offset);
    y = at_most(at_least(y, splat(low)), splat(high));
    return has_swish ? swish_of(y) : y;
  }

  // Stores results, `offset` elements from x's start.
  void put(Vector y, float* to, index_t offset) const {
    store(to, y);
    if (positive) mark(lanes, y, offset);
  }
  // Stores where the first `n` results, or as many as there are lanes, are greater than zero.
  void mark(index_t n, Vector y, index_t offset) const {
    typedef std::uint8_t Bytes __attribute__((vector_size(lanes)));
    const Bytes bytes = __builtin_convertvector(-(y > Vector{}), Bytes);
    if (n >= lanes) {
      std::memcpy(positive + offset, &bytes, sizeof bytes);
    } else {
      std::memcpy(positive + offset, &bytes, n);
    }
  }

  // Results of a row of `n` elements. The last columns are a vector too, so that results do not depend on the place in
  // it.
  void run_row(const float* x, index_t n, float* to) const {
    each_vector(n, [&](index_t i, auto get, auto put_lanes) {
      const Vector y = of(get(x + i), i, i, get);
      put_lanes(to + i, y);
      if (positive) mark(n - i, y, i);
    });
  }

  // With a scale and without a residual, what is clamped of a vector of columns, for many rows.
  struct Columns {
    Vector scale, shift, low, high;
    Vector operator()(Vector x) const { return at_most(at_least(multiply_add(x, scale, shift), low), high); }
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

  // The same as one function of all columns. `rows` has a scale, and a shift `distance` further on, as compute_rows
  // writes them; null for a single bias, which is read where it lies.
  Affine affine(const float* residual, const float* rows, index_t distance) const {
    return {scales_ ? rows : nullptr,
            rows ? rows + distance : links_[0].row,
            adds_residual_ ? residual : nullptr,
            low_,
            high_,
            nullptr,
            has_swish_};
  }
  // The same without a residual and with a scale in any case; `rows` has room for two.
  Affine scaled(float* rows, index_t row_length) const {
    compute_rows(rows, row_length);
    return {rows, rows + row_length, nullptr, low_, high_, nullptr, has_swish_};
  }

 private:
  struct Link {
    Kind kind;
    const float* row;
    float literal;
  };
  bool clamps() const { return has_low_ || has_high_ || has_swish_; }

  template <class Change>
  static void compose(const Link& link, float* rows, index_t n, Change change) {
    CERATOPS_INDEPENDENT
    for (index_t j = 0; j < n; j++) change(rows[j], rows[n + j], link.row ? link.row[j] : link.literal);
  }

  std::vector<Link> links_;
  bool scales_ = false, adds_residual_ = false, has_low_ = false, has_high_ = false, has_swish_ = false;
  float low_ = -std::numeric_limits<float>::infinity(), high_ = std::numeric_limits<float>::infinity();
};

}  // namespace ceratops
