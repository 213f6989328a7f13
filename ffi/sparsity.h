// Finds the zeros of a product's `a` that the register tile may skip: the dark border of images, one-hot rows, bags of
// words. Sums stay the same, since adding zero changes none.
#pragma once
#include "tile.h"

namespace ceratops {

// Numbers in the block of a tile of rows.
inline index_t nonzero_stride(index_t k) { return depth_parts(k) + 1 + k; }
inline index_t tiles_of(index_t rows) { return ceil_div(rows, tile_rows); }

// Writes to `list` the k in [0, depth) at which one of `rows` rows of a is not zero, counted from `from`; returns how
// many they are. All of `list` is scratch memory.
inline index_t list_nonzeros(const Product& p, const float* a, index_t rows, index_t depth, int32_t* list) {
  index_t count = 0, k = 0;
  if (p.a_depth == 1) {
    for (; k + lanes <= depth; k += lanes) {
      auto any = load(a + k) != Vector{};
      for (index_t row = 1; row < rows; row++) any |= load(a + row * p.a_row + k) != Vector{};
      for (int i = 0; i < lanes; i++) {
        list[count] = static_cast<int32_t>(k + i);
        count += any[i] != 0;
      }
    }
  }
  for (; k < depth; k++) {
    bool any = false;
    for (index_t row = 0; row < rows; row++) any |= a[row * p.a_row + k * p.a_depth] != 0;
    list[count] = static_cast<int32_t>(k);
    count += any;
  }
  return count;
}

// Writes the block of one tile of rows: see Nonzeros.
inline void write_nonzeros(const Product& p, index_t tile, int32_t* block) {
  const index_t row = tile * tile_rows, part = depth_part(p.k);
  int32_t* list = block + depth_parts(p.k) + 1;
  index_t count = 0;
  for (index_t k = 0; k < p.k; k += part) {
    *block++ = static_cast<int32_t>(count);
    const float* a = p.a + row * p.a_row + k * p.a_depth;
    count += list_nonzeros(p, a, std::min<index_t>(tile_rows, p.m - row), std::min(part, p.k - k), list + count);
  }
  *block = static_cast<int32_t>(count);
}

// Whether so much of a is zero that finding out what costs less than it saves: a guess by a few places.
inline bool is_sparse(const Product& p) {
  constexpr index_t places = 8, most = 64;
  int32_t list[most];
  index_t seen = 0, found = 0;
  for (index_t i = 0; i < places; i++) {
    const index_t row = i * tiles_of(p.m) / places * tile_rows, k = i * p.k / places;
    const index_t depth = std::min(most, p.k - k);
    found +=
        list_nonzeros(p, p.a + row * p.a_row + k * p.a_depth, std::min<index_t>(tile_rows, p.m - row), depth, list);
    seen += depth;
  }
  return 4 * found <= 3 * seen;
}

// Whether a product is large enough that it may pay.
inline bool may_skip_zeros(index_t m, index_t n, index_t k) {
  constexpr index_t least_columns = 64, least_rows = 24, least_depth = 64, most = 1 << 20;
  return m >= least_rows && n >= least_columns && k >= least_depth && tiles_of(m) * k <= most;
}

}  // namespace ceratops
