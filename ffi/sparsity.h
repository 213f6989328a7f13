// Finds what is not zero in a product's `a`, so that the register tile skips the rest: the dark border of images,
// one-hot rows, bags of words. Sums stay the same, since adding zero changes none.
#pragma once
#include "tile.h"

namespace ceratops {

inline index_t tiles_of(index_t rows) { return ceil_div(rows, tile_rows); }

// Writes to `list` the k below `depth` at which one of the rows of a is not zero; returns how many there are. All
// `depth` numbers of the list are written to.
inline index_t list_nonzeros(const TileRows& a, index_t rows, int32_t* list) {
  index_t count = 0, k = 0;
  for (; a.depth_step == 1 && k + lanes <= a.depth; k += lanes) {
    auto any = load(a.a + k) != Vector{};
    for (index_t row = 1; row < rows; row++) any |= load(a.a + row * a.row_step + k) != Vector{};
    for (int i = 0; i < lanes; i++) {
      list[count] = static_cast<int32_t>(k + i);
      count += any[i] != 0;
    }
  }
  for (; k < a.depth; k++) {
    const float* from = a.a + k * a.depth_step;
    uint32_t bits = 0;
    for (index_t row = 0; row < rows; row++) {
      uint32_t of_row;
      std::memcpy(&of_row, from + row * a.row_step, sizeof of_row);
      bits |= of_row;
    }
    list[count] = static_cast<int32_t>(k);
    count += (bits & 0x7fffffff) != 0;
  }
  return count;
}

// Writes the block of one tile.
inline void write_nonzeros(const Product& p, const Nonzeros& to, index_t tile) {
  const index_t row = tile * tile_rows, rows = std::min<index_t>(tile_rows, p.m - row), part = depth_part(p.k);
  int32_t *starts = to.starts(tile), *list = to.list(tile);
  float* values = to.values(tile);
  index_t count = 0;
  for (index_t k = 0; k < p.k; k += part) {
    *starts++ = static_cast<int32_t>(count);
    const TileRows a = rows_in_place(p, row, k, std::min(part, p.k - k));
    const index_t end = count + list_nonzeros(a, rows, list + count);
    for (; count < end; count++) {
      const float* from = a.a + list[count] * a.depth_step;
      for (index_t i = 0; i < rows; i++) values[count * tile_rows + i] = from[i * a.row_step];
    }
  }
  *starts = static_cast<int32_t>(count);
}

// Whether so much of a is zero that skipping it saves more than finding it costs: a guess by a few places.
inline bool is_sparse(const Product& p) {
  constexpr index_t places = 8, most = 64;
  int32_t list[most];
  index_t seen = 0, found = 0;
  for (index_t i = 0; i < places; i++) {
    const index_t row = i * tiles_of(p.m) / places * tile_rows, k = i * p.k / places;
    const TileRows a = rows_in_place(p, row, k, std::min(most, p.k - k));
    found += list_nonzeros(a, std::min<index_t>(tile_rows, p.m - row), list);
    seen += a.depth;
  }
  return 4 * found <= 3 * seen;
}

// Whether a product is so large that it may pay.
inline bool may_skip_zeros(index_t m, index_t n, index_t k) {
  constexpr index_t least_rows = 24, least_columns = 64, least_depth = 64;
  return m >= least_rows && n >= least_columns && k >= least_depth;
}

}  // namespace ceratops
