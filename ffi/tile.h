// A register-tiled matrix product: panels of b are packed, a is read in place. matmul.cpp chooses between it and Eigen;
// in WebAssembly, where Eigen has no SIMD, it is always used.
#pragma once
#include "affine_chain.h"
#include "ahead.h"
#include "base.h"

namespace ceratops {

struct Nonzeros;

// Strides in elements: a[row * a_row + k * a_depth], b[k * b_depth + column * b_column].
struct Product {
  index_t m, n, k;
  const float* a;
  index_t a_row, a_depth;
  const float* b;
  index_t b_depth, b_column;
  float* c;
  index_t c_row;
  // Whether the product is added to c.
  bool add = false;
  // The part of a that is not zero, if the rest is to be skipped.
  const Nonzeros* nonzeros = nullptr;
  // Applied to c when it is complete, if not null.
  const Affine* finish = nullptr;
  // What is fetched meanwhile, if not null.
  Ahead* ahead = nullptr;
};

// As many rows as registers allow: 16 with AVX2, 32 with AVX-512. In WebAssembly the engine reserves one of 16 and,
// without relaxed SIMD, needs one for the product before the addition: a sixth row spills and costs a third of the
// speed.
#if defined(__wasm__) && !defined(__wasm_relaxed_simd__)
constexpr int tile_rows = 5;
#else
constexpr int tile_rows = vector_bytes == 64 ? 8 : 6;
#endif
constexpr int tile_columns = 2 * lanes;
constexpr index_t tile_depth = 384;
// A quarter of the L2 cache.
constexpr index_t few_panel_floats = vector_bytes == 64 ? 65536 : 32768;

// The parts in which k is summed, each of which is read from the L1 cache by many rows.
inline index_t depth_parts(index_t k) { return ceil_div(k, tile_depth); }
inline index_t depth_part(index_t k) { return ceil_div(k, std::max<index_t>(1, depth_parts(k))); }

// Floats of scratch memory that tile_product needs.
constexpr index_t tile_scratch = tile_depth * tile_columns + tile_rows * tile_columns;

// The rows of a that a tile multiplies. With a list, `depth_step` is between the k that it names.
struct TileRows {
  const float* a;
  index_t row_step, depth_step, depth;
  const int32_t* list = nullptr;
};

// The k at which a tile's rows of a are not all zero, and what a has there, for each tile of rows. A tile's block holds
// where each part of k (depth_part) begins in its list, the length of the list, the list, counted from the start of the
// part, and tile_rows numbers of a for each k.
struct Nonzeros {
  int32_t* blocks;
  index_t k;

  index_t stride() const { return depth_parts(k) + 1 + k * (1 + tile_rows); }
  int32_t* starts(index_t tile) const { return blocks + tile * stride(); }
  int32_t* list(index_t tile) const { return starts(tile) + depth_parts(k) + 1; }
  float* values(index_t tile) const { return reinterpret_cast<float*>(list(tile) + k); }
  TileRows rows(index_t tile, index_t part) const {
    const int32_t* from = starts(tile) + part;
    return {values(tile) + from[0] * tile_rows, 1, tile_rows, from[1] - from[0], list(tile) + from[0]};
  }
};

inline TileRows rows_in_place(const Product& p, index_t row, index_t k, index_t depth) {
  return {p.a + row * p.a_row + k * p.a_depth, p.a_row, p.a_depth, depth};
}

// The columns of b that it multiplies them by. Meanwhile it prefetches: for each k, `ahead_step` floats from `ahead`
// on.
struct TilePanel {
  const float* b;
  index_t depth_step;
  const float* ahead;
  index_t ahead_step;
};

// Where its sums go: into c, or added to it if `add`, and then through `finish`, if not null.
struct TileTarget {
  float* c;
  index_t c_row;
  bool add;
  const Affine* finish;
};

// `each(change)` changes all sums of a tile, which are in registers: so one part of the function after the other, each
// chosen once.
template <class Each>
__attribute__((always_inline)) inline void finish_tile(const Affine& finish, const Each& each) {
  if (finish.scale) {
    each([&](Vector& sum, index_t, index_t column) {
      sum = multiply_add(sum, load(finish.scale + column), load(finish.shift + column));
    });
  } else {
    each([&](Vector& sum, index_t, index_t column) { sum = sum + load(finish.shift + column); });
  }
  if (finish.residual) each([&](Vector& sum, index_t at, index_t) { sum = sum + load(finish.residual + at); });
  const Vector low = splat(finish.low), high = splat(finish.high);
  each([&](Vector& sum, index_t, index_t) { sum = at_most(at_least(sum, low), high); });
  if (finish.has_swish) each([&](Vector& sum, index_t, index_t) { sum = swish_of(sum); });
}

// Computes rows x vectors of c. Inlined, so that what starts a tile comes from registers.
template <int rows, int vectors, bool listed>
__attribute__((always_inline)) inline void tile_kernel(const TileRows& from, const TilePanel& panel,
                                                       const TileTarget& to) {
  Vector acc[rows][vectors];
  CERATOPS_UNROLL
  for (int i = 0; i < rows; i++) {
    CERATOPS_UNROLL
    for (int j = 0; j < vectors; j++) acc[i][j] = Vector{};
  }
  const float *a = from.a, *b = panel.b, *ahead = panel.ahead;
  const index_t a_row = from.row_step;
  for (index_t k = 0; k < from.depth; k++) {
    // Without a list b moves on: of a product with k, clang makes a loop for WebAssembly whose registers spill.
    const float* at = listed ? b + from.list[k] * panel.depth_step : b;
    Vector row[vectors];
    CERATOPS_UNROLL
    for (int j = 0; j < vectors; j++) row[j] = load(at + j * lanes);
    CERATOPS_UNROLL
    for (int i = 0; i < rows; i++) {
      const Vector value = splat(a[i * a_row]);
      CERATOPS_UNROLL
      for (int j = 0; j < vectors; j++) acc[i][j] = multiply_add(value, row[j], acc[i][j]);
    }
    a += from.depth_step;
    if constexpr (!listed) b += panel.depth_step;
    __builtin_prefetch(ahead);
    ahead += panel.ahead_step;
  }
  // Inlined, since sums whose address is taken are kept in memory.
  const auto each = [&](auto change) __attribute__((always_inline)) {
    CERATOPS_UNROLL
    for (int i = 0; i < rows; i++) {
      CERATOPS_UNROLL
      for (int j = 0; j < vectors; j++) change(acc[i][j], i * to.c_row + j * lanes, j * lanes);
    }
  };
  if (to.add) each([&](Vector& sum, index_t at, index_t) { sum = load(to.c + at) + sum; });
  if (to.finish) finish_tile(*to.finish, each);
  if (to.finish && to.finish->positive) {
    each([&](Vector& sum, index_t at, index_t) { to.finish->put(sum, to.c + at, at); });
  } else {
    each([&](Vector& sum, index_t at, index_t) { store(to.c + at, sum); });
  }
}

template <int vectors, bool listed>
inline void tile_rows_left(index_t rows, const TileRows& from, const TilePanel& panel, const TileTarget& to) {
  switch (rows) {
    case 1: return tile_kernel<1, vectors, listed>(from, panel, to);
    case 2: return tile_kernel<2, vectors, listed>(from, panel, to);
    case 3: return tile_kernel<3, vectors, listed>(from, panel, to);
    case 4: return tile_kernel<4, vectors, listed>(from, panel, to);
    case 5: return tile_kernel<5, vectors, listed>(from, panel, to);
    case 6: return tile_kernel<std::min(6, tile_rows), vectors, listed>(from, panel, to);
    case 7: return tile_kernel<std::min(7, tile_rows), vectors, listed>(from, panel, to);
    default: return tile_kernel<tile_rows, vectors, listed>(from, panel, to);
  }
}

typedef float Four __attribute__((vector_size(16)));
typedef float LooseFour __attribute__((vector_size(16), aligned(4), may_alias));

// Transposes four rows of four floats.
inline void transpose_four(const float* from, index_t from_row, float* to, index_t to_row) {
  const auto row = [&](index_t i) -> Four { return *reinterpret_cast<const LooseFour*>(from + i * from_row); };
  const auto put = [&](index_t i, Four value) { *reinterpret_cast<LooseFour*>(to + i * to_row) = value; };
  const Four a = row(0), b = row(1), c = row(2), d = row(3);
  const Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Four ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  put(0, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
  put(1, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
  put(2, __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5));
  put(3, __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7));
}

// Packs columns [0, columns) of b into a panel of `width` columns, padded with zeros.
inline void pack_panel(const Product& p, const float* b, index_t depth, index_t columns, index_t width, float* panel) {
  if (p.b_column == 1 && columns == width) {
    for (index_t k = 0; k < depth; k++) {
      for (index_t j = 0; j < width; j += lanes) store(panel + k * width + j, load(b + k * p.b_depth + j));
    }
    return;
  }
  if (p.b_column == 1) {
    for (index_t k = 0; k < depth; k++) {
      for (index_t j = 0; j < width; j++) panel[k * width + j] = j < columns ? b[k * p.b_depth + j] : 0.0f;
    }
    return;
  }
  index_t j = 0;
  for (; p.b_depth == 1 && j + 4 <= columns; j += 4) {
    const float* from = b + j * p.b_column;
    index_t k = 0;
    for (; k + 4 <= depth; k += 4) transpose_four(from + k, p.b_column, panel + k * width + j, width);
    for (; k < depth; k++) {
      for (index_t i = 0; i < 4; i++) panel[k * width + j + i] = from[i * p.b_column + k];
    }
  }
  for (; j < width; j++) {
    const float* from = b + j * p.b_column;
    for (index_t k = 0; k < depth; k++) panel[k * width + j] = j < columns ? from[k * p.b_depth] : 0.0f;
  }
}

// Whether `n` floats, a multiple of a vector, are finite: zero times another number is NaN.
inline bool all_finite(const float* x, index_t n) {
  constexpr int sums = 4;
  Vector sum[sums] = {};
  index_t i = 0;
  for (; i + sums * lanes <= n; i += sums * lanes) {
    CERATOPS_UNROLL
    for (int s = 0; s < sums; s++) sum[s] = multiply_add(load(x + i + s * lanes), Vector{}, sum[s]);
  }
  for (; i < n; i += lanes) sum[0] = multiply_add(load(x + i), Vector{}, sum[0]);
  const Vector all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  for (int j = 0; j < lanes; j++) {
    if (all[j] != 0) return false;
  }
  return true;
}

// A vector times a row-major b: streams eight rows of b at a time.
inline void row_product(const Product& p) {
  constexpr int streams = 8;
  if (!p.add) std::memset(p.c, 0, p.n * sizeof(float));
  index_t k = 0;
  for (; k + streams <= p.k; k += streams) {
    const float* b = p.b + k * p.b_depth;
    Vector value[streams];
    CERATOPS_UNROLL
    for (int s = 0; s < streams; s++) value[s] = splat(p.a[(k + s) * p.a_depth]);
    index_t j = 0;
    for (; j + lanes <= p.n; j += lanes) {
      Vector even = load(p.c + j), odd = Vector{};
      CERATOPS_UNROLL
      for (int s = 0; s < streams; s += 2) {
        even = multiply_add(value[s], load(b + s * p.b_depth + j), even);
        odd = multiply_add(value[s + 1], load(b + (s + 1) * p.b_depth + j), odd);
        __builtin_prefetch(b + (s + streams) * p.b_depth + j, 0, 2);
        __builtin_prefetch(b + (s + 1 + streams) * p.b_depth + j, 0, 2);
      }
      store(p.c + j, even + odd);
    }
    for (; j < p.n; j++) {
      float total = p.c[j];
      for (int s = 0; s < streams; s++) total += p.a[(k + s) * p.a_depth] * b[s * p.b_depth + j];
      p.c[j] = total;
    }
  }
  for (; k < p.k; k++) {
    const float value = p.a[k * p.a_depth];
    const float* b = p.b + k * p.b_depth;
    for (index_t j = 0; j < p.n; j++) p.c[j] += value * b[j];
  }
}

// With so few columns most lanes of a panel would be empty. Here vectors run along a instead: down its rows or along k,
// whichever is contiguous.
constexpr index_t narrow_columns = lanes / 4;

inline bool is_narrow(const Product& p) {
  return p.n <= narrow_columns && (p.a_row == 1 ? p.m >= lanes : p.a_depth == 1 && p.m >= 4 && p.k >= 2 * lanes);
}

inline float sum_of(Vector value) {
  float parts[lanes];
  store(parts, value);
  for (int n = lanes / 2; n > 0; n /= 2) {
    for (int i = 0; i < n; i++) parts[i] += parts[i + n];
  }
  return parts[0];
}

// The sums of a row, and of its products with another. The order depends only on the length.
inline float sum_of(const float* x, index_t n) {
  Vector even = {}, odd = {};
  index_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    even += load(x + i);
    odd += load(x + i + lanes);
  }
  float total = sum_of(even + odd);
  for (; i < n; i++) total += x[i];
  return total;
}

inline float sum_of_products(const float* x, const float* y, index_t n) {
  Vector even = {}, odd = {};
  index_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    even = multiply_add(load(x + i), load(y + i), even);
    odd = multiply_add(load(x + i + lanes), load(y + i + lanes), odd);
  }
  float total = sum_of(even + odd);
  for (; i < n; i++) total += x[i] * y[i];
  return total;
}

// `vectors * lanes` adjacent rows starting at `a`.
template <int columns, int vectors>
inline void narrow_down(const Product& p, const float* a, float* c) {
  Vector acc[columns][vectors] = {};
  const float* b = p.b;
  for (index_t k = 0; k < p.k; k++, a += p.a_depth, b += p.b_depth) {
    CERATOPS_UNROLL
    for (int v = 0; v < vectors; v++) {
      const Vector rows = load(a + v * lanes);
      CERATOPS_UNROLL
      for (int j = 0; j < columns; j++) acc[j][v] = multiply_add(rows, splat(b[j * p.b_column]), acc[j][v]);
    }
  }
  for (int v = 0; v < vectors; v++) {
    for (int j = 0; j < columns; j++) {
      for (int i = 0; i < lanes; i++) {
        float* to = c + (v * lanes + i) * p.c_row + j;
        *to = p.add ? *to + acc[j][v][i] : acc[j][v][i];
      }
    }
  }
}

// `rows` rows starting at `a`, over a range of k, for which `b` holds the columns one after another.
template <int columns, int rows>
inline void narrow_along(const Product& p, index_t depth, const float* a, const float* b, float* c, bool add) {
  Vector acc[rows][columns] = {};
  index_t k = 0;
  for (; k + lanes <= depth; k += lanes) {
    CERATOPS_UNROLL
    for (int j = 0; j < columns; j++) {
      const Vector factors = load(b + j * depth + k);
      CERATOPS_UNROLL
      for (int i = 0; i < rows; i++) acc[i][j] = multiply_add(load(a + i * p.a_row + k), factors, acc[i][j]);
    }
  }
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) {
      float sum = sum_of(acc[i][j]);
      for (index_t t = k; t < depth; t++) sum += a[i * p.a_row + t] * b[j * depth + t];
      float* to = c + i * p.c_row + j;
      *to = add ? *to + sum : sum;
    }
  }
}

template <int columns>
inline void narrow_product(const Product& p, float* scratch) {
  constexpr int few = 4;
  if (p.a_row == 1) {
    index_t row = 0;
    for (; row + few * lanes <= p.m; row += few * lanes) narrow_down<columns, few>(p, p.a + row, p.c + row * p.c_row);
    for (; row + lanes <= p.m; row += lanes) narrow_down<columns, 1>(p, p.a + row, p.c + row * p.c_row);
    for (; row < p.m; row++) {
      for (index_t j = 0; j < p.n; j++) {
        float sum = 0;
        for (index_t k = 0; k < p.k; k++) sum += p.a[row + k * p.a_depth] * p.b[k * p.b_depth + j * p.b_column];
        float* to = p.c + row * p.c_row + j;
        *to = p.add ? *to + sum : sum;
      }
    }
    return;
  }
  constexpr index_t part = tile_depth * tile_columns / columns;
  for (index_t k = 0; k < p.k; k += part) {
    const index_t depth = std::min(part, p.k - k);
    for (index_t j = 0; j < columns; j++) {
      for (index_t t = 0; t < depth; t++) scratch[j * depth + t] = p.b[(k + t) * p.b_depth + j * p.b_column];
    }
    const float* a = p.a + k;
    const bool add = p.add || k > 0;
    index_t row = 0;
    for (; row + few <= p.m; row += few) {
      narrow_along<columns, few>(p, depth, a + row * p.a_row, scratch, p.c + row * p.c_row, add);
    }
    for (; row < p.m; row++) narrow_along<columns, 1>(p, depth, a + row * p.a_row, scratch, p.c + row * p.c_row, add);
  }
}

// The same as a kernel for fewer columns than vectors have.
inline void copy_edge(const float* edge, index_t width, index_t rows, index_t columns, const TileTarget& to) {
  for (index_t i = 0; i < rows; i++) {
    each_vector(columns, [&](index_t j, auto get, auto put) {
      const index_t at = i * to.c_row + j;
      Vector sum = load(edge + i * width + j);
      if (to.add) sum += get(to.c + at);
      if (to.finish) sum = to.finish->of(sum, at, j, get);
      put(to.c + at, sum);
      if (to.finish && to.finish->positive) to.finish->mark(columns - j, sum, at);
    });
  }
}

// The tile of p at a row and a column, or what there is of it; `edge` has room for one.
template <bool listed>
__attribute__((always_inline)) inline void compute_tile(const Product& p, index_t row, index_t column,
                                                        const TileRows& from, const TilePanel& panel, bool is_first,
                                                        bool is_last, float* edge) {
  const index_t rows = std::min<index_t>(tile_rows, p.m - row), columns = std::min<index_t>(tile_columns, p.n - column);
  const index_t at = row * p.c_row + column;
  const bool finishes = is_last && p.finish;
  const Affine finish = finishes ? p.finish->at(at, column) : Affine{};
  const TileTarget to = {p.c + at, p.c_row, p.add || !is_first, finishes ? &finish : nullptr};
  if (rows == tile_rows && columns == tile_columns) return tile_kernel<tile_rows, 2, listed>(from, panel, to);
  const bool wide = listed || columns > lanes;
  const index_t width = wide ? tile_columns : lanes;
  const auto kernel = wide ? tile_rows_left<2, listed> : tile_rows_left<1, false>;
  if (columns == width) return kernel(rows, from, panel, to);
  kernel(rows, from, panel, {edge, width, false, nullptr});
  copy_edge(edge, width, rows, columns, to);
}

inline void finish_rows(const Product& p) {
  for (index_t i = 0; p.finish && i < p.m; i++) {
    float* row = p.c + i * p.c_row;
    p.finish->at(i * p.c_row, 0).run_row(row, p.n, row);
  }
}

inline void choose_narrow_product(const Product& p, float* scratch) {
  switch (p.n) {
    case 0: return;
    case 1: return narrow_product<1>(p, scratch);
    case 2: return narrow_product<std::min<int>(2, narrow_columns)>(p, scratch);
    case 3: return narrow_product<std::min<int>(3, narrow_columns)>(p, scratch);
    default: return narrow_product<narrow_columns>(p, scratch);
  }
}

inline void tile_product(const Product& p, float* scratch) {
  if (is_narrow(p)) {
    choose_narrow_product(p, scratch);
    return finish_rows(p);
  }
  float* panel = scratch;
  float* edge = scratch + tile_depth * tile_columns;
  if (p.k == 0) {
    for (index_t i = 0; !p.add && i < p.m; i++) std::memset(p.c + i * p.c_row, 0, p.n * sizeof(float));
    return finish_rows(p);
  }
  const bool direct = p.b_column == 1 && p.m < 3 * tile_rows;
  if (direct && p.m == 1) {
    row_product(p);
    return finish_rows(p);
  }
  const index_t part = depth_part(p.k);
  for (index_t k = 0; k < p.k; k += part) {
    const index_t depth = std::min(part, p.k - k);
    const float* b = p.b + k * p.b_depth;
    const bool is_last = k + depth == p.k;
    for (index_t column = 0; column < p.n; column += tile_columns) {
      const index_t columns = std::min<index_t>(tile_columns, p.n - column);
      const index_t width = columns > lanes ? tile_columns : lanes;
      const float* from = b + column * p.b_column;
      index_t from_depth = p.b_depth;
      bool skips = false;
      if (!direct || columns != width) {
        pack_panel(p, from, depth, columns, width, panel);
        from = panel;
        from_depth = width;
        skips = width == tile_columns && p.nonzeros && all_finite(panel, depth * width);
      }
      const TilePanel columns_of_b = {from, from_depth, from, 0};
      for (index_t row = 0; row < p.m; row += tile_rows) {
        if (skips) {
          compute_tile<true>(p, row, column, p.nonzeros->rows(row / tile_rows, k / part), columns_of_b, k == 0, is_last,
                             edge);
        } else {
          compute_tile<false>(p, row, column, rows_in_place(p, row, k, depth), columns_of_b, k == 0, is_last, edge);
        }
      }
    }
  }
}

// Packs panel `index` of b, of tile_columns columns, to its place among all panels.
inline void pack_shared_panel(const Product& p, index_t index, float* panels) {
  const index_t column = index * tile_columns;
  pack_panel(p, p.b + column * p.b_column, p.k, std::min<index_t>(tile_columns, p.n - column), tile_columns,
             panels + column * p.k);
}

inline index_t panels_of(index_t columns) { return ceil_div(columns, tile_columns); }

// The product with a b that is packed already: by many tasks, or many times. Each panel is used by all rows. Where c is
// large beside few panels, which stay in the L2 cache, it is written row by row instead. Meanwhile what is ahead is
// fetched, and then the next panel, if panels do not stay; the last panel fetches what lies behind it.
template <bool listed>
inline void packed_tiles(const Product& p, const float* panels, index_t panel_depth, float* edge) {
  constexpr index_t many_rows = 8 * tile_rows;
  const bool by_rows = p.k <= tile_depth && p.k * p.n <= few_panel_floats && p.m >= many_rows;
  const index_t together = by_rows ? tile_rows : p.m;
  const index_t next_step = by_rows ? 0 : ceil_div(tile_columns, ceil_div(p.m, tile_rows));
  const index_t part = depth_part(p.k);
  for (index_t k = 0; k < p.k; k += part) {
    const index_t depth = std::min(part, p.k - k);
    const bool is_last = k + depth == p.k;
    for (index_t first = 0; first < p.m; first += together) {
      for (index_t column = 0; column < p.n; column += tile_columns) {
        const float* panel = panels + column * panel_depth + k * tile_columns;
        const bool is_end = column + tile_columns >= p.n && !is_last;
        const float* next = is_end ? panels + (k + depth) * tile_columns : panel + tile_columns * panel_depth;
        for (index_t row = first; row < std::min(p.m, first + together); row += tile_rows) {
          const TileRows rows = listed ? p.nonzeros->rows(row / tile_rows, k / part) : rows_in_place(p, row, k, depth);
          const float* ahead = p.ahead ? p.ahead->take(depth) : nullptr;
          TilePanel columns = {panel, tile_columns, ahead, cache_line_floats};
          if (!ahead) {
            columns.ahead = next + row / tile_rows * depth * next_step;
            columns.ahead_step = next_step;
          }
          compute_tile<listed>(p, row, column, rows, columns, k == 0, is_last, edge);
        }
      }
    }
  }
}

// Of panels that have `panel_depth` rows, p.k of which are multiplied. If p.nonzeros is given, b must be finite.
inline void packed_product(const Product& p, const float* panels, index_t panel_depth, float* edge) {
  return p.nonzeros ? packed_tiles<true>(p, panels, panel_depth, edge)
                    : packed_tiles<false>(p, panels, panel_depth, edge);
}
inline void packed_product(const Product& p, const float* panels, float* edge) { packed_product(p, panels, p.k, edge); }

}  // namespace ceratops
