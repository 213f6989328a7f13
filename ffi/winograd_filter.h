// The gradient of a 3x3 kernel by the adjoint of F(4x4, 3x3): the transformed source of a tile times the transformed
// gradient of its 4x4 results, summed over all tiles, and only then transformed to the nine taps.
#pragma once
#include "winograd.h"

namespace ceratops {

namespace winograd {

// Channels and filters of a task, and the floats of transforms that it has at a time: with the sums they stay in the L2
// cache.
constexpr index_t filter_channels = 32, filter_filters = 64, filter_floats = 1 << 16;

struct FilterPlan {
  Plan plan;
  index_t channel_blocks() const { return ceil_div(plan.channels, filter_channels); }
  index_t filter_blocks() const { return ceil_div(plan.filters, filter_filters); }
  index_t blocks() const { return channel_blocks() * filter_blocks(); }
  index_t channels() const { return std::min(filter_channels, plan.channels); }
  // Whole vectors.
  index_t padded_channels() const { return round_up(channels(), lanes); }
  index_t padded_filters() const { return round_up(std::min(filter_filters, plan.filters), lanes); }
  // Tiles that are transformed at a time.
  index_t tiles() const {
    const index_t fitting = filter_floats / (plan.products() * (padded_channels() + padded_filters()));
    return std::max<index_t>(16, std::min<index_t>(64, fitting / 8 * 8));
  }
  std::size_t worker_bytes() const {
    const index_t transformed = tiles() * (padded_channels() + padded_filters()) + 2 * product_gap;
    const index_t floats = plan.products() * (transformed + channels() * padded_filters()) + tile_scratch;
    return static_cast<std::size_t>(floats) * sizeof(float);
  }
};

// Transforms the gradient of one tile's results, of filters [filter, filter + filters).
inline void transform_gradient(const Plan& plan, const float* gradient, index_t tile, index_t filter, index_t filters,
                               float* to, index_t step) {
  constexpr int results = 4, extent = results + 2;
  const TilePlace at = place_of(plan, tile);
  const float* elements[results * results];
  find_square<results>(gradient + at.image * plan.rows * plan.columns * plan.filters + filter, plan.rows, plan.columns,
                       plan.filters, at.y, at.x, elements);
  transform_square<results, extent, true>(elements, filters, to, step,
                                          Transforms<results>::template products_adjoint<Vector>);
}

// Writes the part of a gradient [3, 3, channels, filters] that is of tiles [first, last), for one block of channels and
// filters.
inline void filter_gradient(const FilterPlan& all, const float* source, const float* gradient, index_t first,
                            index_t last, index_t block, float* to, float* memory) {
  constexpr int results = 4, extent = results + 2, products = extent * extent;
  const Plan& plan = all.plan;
  const index_t channel = block / all.filter_blocks() * filter_channels;
  const index_t filter = block % all.filter_blocks() * filter_filters;
  const index_t channels = std::min(filter_channels, plan.channels - channel);
  const index_t filters = std::min(filter_filters, plan.filters - filter);
  const index_t a_row = all.padded_channels(), b_row = all.padded_filters(), tiles = all.tiles();
  const index_t a_step = tiles * a_row + product_gap, b_step = tiles * b_row + product_gap;
  const index_t sums_step = all.channels() * b_row;
  float* a = memory;
  float* b = a + products * a_step;
  float* sums = b + products * b_step;
  Product p = {};
  p.m = channels;
  p.n = round_up(filters, lanes);
  p.a_row = 1;
  p.a_depth = a_row;
  p.b_depth = b_row;
  p.b_column = 1;
  p.c_row = b_row;
  for (index_t tile = first; tile < last; tile += tiles) {
    p.k = std::min(tiles, last - tile);
    for (index_t i = 0; i < p.k; i++) {
      transform_tile<results, true>(plan, source, tile + i, channel, channels, a + i * a_row, a_step);
      transform_gradient(plan, gradient, tile + i, filter, filters, b + i * b_row, b_step);
    }
    for (index_t f = 0; f < products; f++) {
      p.a = a + f * a_step;
      p.b = b + f * b_step;
      p.c = sums + f * sums_step;
      p.add = tile > first;
      tile_product(p, sums + products * sums_step);
    }
  }
  for (index_t c = 0; c < channels; c++) {
    float* row = to + (channel + c) * plan.filters + filter;
    each_vector(filters, [&](index_t j, auto, auto put) {
      Vector u[extent], lines[3 * extent], g[3];
      for (index_t x = 0; x < extent; x++) {
        for (index_t y = 0; y < extent; y++) u[y] = load(sums + (y * extent + x) * sums_step + c * b_row + j);
        Transforms<results>::taps_adjoint(u, 1, lines + x, extent);
      }
      for (index_t y = 0; y < 3; y++) {
        Transforms<results>::taps_adjoint(lines + y * extent, 1, g, 1);
        for (index_t x = 0; x < 3; x++) put(row + (y * 3 + x) * plan.channels * plan.filters + j, g[x]);
      }
    });
  }
}

}  // namespace winograd

}  // namespace ceratops
