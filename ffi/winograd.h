// Convolution with 3x3 kernels as products of transformed tiles: F(4x4, 3x3) of Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks" (2015). A tile of 4x4 results takes 36 multiplications per pair of channels instead of
// 144. Transforming the kernel is worthwhile only if it is used often.
#pragma once
#include "threads.h"
#include "tile.h"
#include "window.h"

namespace ceratops {

namespace winograd {

// Results along an axis of a tile, and elements that they are computed from.
constexpr int tile_results = 4, tile_extent = 6, products = tile_extent * tile_extent;
// Tiles per task, and filters: their products stay in the L2 cache.
constexpr index_t task_tiles = 48, task_filters = 64;
// Floats of transformed elements that are kept at a time.
constexpr index_t chunk_floats = 1 << 20;

// The transform of six elements along an axis.
template <class T>
inline void transform_source(const T* d, index_t step, T* to, index_t to_step) {
  const T d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
  const T even = d4 - d2 * 4.0f, odd = d3 - d1 * 4.0f, difference = d4 - d2, twice = (d3 - d1) * 2.0f;
  to[0] = d0 * 4.0f - d2 * 5.0f + d4;
  to[to_step] = even + odd;
  to[2 * to_step] = even - odd;
  to[3 * to_step] = difference + twice;
  to[4 * to_step] = difference - twice;
  to[5 * to_step] = d1 * 4.0f - d3 * 5.0f + d5;
}

// The transform of three taps along an axis.
template <class T>
inline void transform_taps(const T* g, index_t step, T* to, index_t to_step) {
  const T g0 = g[0], g1 = g[step], g2 = g[2 * step];
  const T sixth = (g0 + g2) * (-1.0f / 6), twenty_fourth = g0 * (1.0f / 24) + g2 * (1.0f / 6);
  to[0] = g0 * 0.25f;
  to[to_step] = sixth - g1 * (1.0f / 6);
  to[2 * to_step] = sixth + g1 * (1.0f / 6);
  to[3 * to_step] = twenty_fourth + g1 * (1.0f / 12);
  to[4 * to_step] = twenty_fourth - g1 * (1.0f / 12);
  to[5 * to_step] = g2;
}

// The four results along an axis, from six products.
template <class T>
inline void transform_products(const T* m, index_t step, T* to, index_t to_step) {
  const T m0 = m[0], m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step], m5 = m[5 * step];
  const T sum = m1 + m2, difference = m1 - m2, far_sum = m3 + m4, far_difference = m3 - m4;
  to[0] = m0 + sum + far_sum;
  to[to_step] = difference + far_difference * 2.0f;
  to[2 * to_step] = sum + far_sum * 4.0f;
  to[3 * to_step] = difference + far_difference * 8.0f + m5;
}

struct Plan {
  index_t batch, height, width, rows, columns, pad_y, pad_x, channels, filters, tiles_y, tiles_x;
  index_t tiles() const { return batch * tiles_y * tiles_x; }
  index_t chunk_tiles() const {
    return std::max(task_tiles, chunk_floats / (products * channels) / task_tiles * task_tiles);
  }
  // Floats of one of the transformed kernel's matrices, packed for packed_product.
  index_t panel_floats() const { return panels_of(filters) * tile_columns * channels; }
  std::size_t shared_bytes() const {
    return static_cast<std::size_t>(std::min(chunk_tiles(), round_up(tiles(), task_tiles)) * products * channels) *
           sizeof(float);
  }
  static constexpr std::size_t worker_bytes() {
    return static_cast<std::size_t>(products * task_tiles * task_filters + tile_rows * tile_columns) * sizeof(float);
  }
};

// Whether a convolution over two axes suits: enough channels that transforms cost little beside products, and enough
// tiles in an image that reading four times as many weights does not cost more. It must not depend on the batch, on
// which the rounding would then depend.
inline bool suits(const Window& window, index_t channels, index_t filters, index_t groups) {
  const WindowAxis* axes = window.axes;
  bool fits = groups == 1 && axes[0].extent == 1 && axes[0].taps == 1 && axes[0].pad_before == 0 &&
              axes[0].positions == 1 && channels >= 16 && filters >= 16;
  for (int i = 1; i < max_spatial; i++) {
    fits = fits && axes[i].taps == 3 && axes[i].stride == 1 && axes[i].dilation == 1;
  }
  return fits && ceil_div(axes[1].positions, tile_results) * ceil_div(axes[2].positions, tile_results) >= 9;
}

inline Plan plan_of(const Window& window, index_t channels, index_t filters) {
  const WindowAxis &y = window.axes[1], &x = window.axes[2];
  return {window.batch,
          y.extent,
          x.extent,
          y.positions,
          x.positions,
          y.pad_before,
          x.pad_before,
          channels,
          filters,
          ceil_div(y.positions, tile_results),
          ceil_div(x.positions, tile_results)};
}

// Transforms a kernel [3, 3, channels, filters] to packed matrices [channels, filters].
inline void transform_kernel(const Plan& plan, const float* kernel, float* panels, Pool& pool) {
  const index_t taps = plan.channels * plan.filters;
  pool.parallel(panels_of(plan.filters), [&](index_t panel, int) {
    const index_t column = panel * tile_columns, columns = std::min<index_t>(tile_columns, plan.filters - column);
    for (index_t c = 0; c < plan.channels; c++) {
      float* to = panels + column * plan.channels + c * tile_columns;
      for (index_t j = 0; j < tile_columns; j += lanes) {
        float padded[9][lanes] = {};
        for (index_t tap = 0; tap < 9; tap++) {
          const float* from = kernel + tap * taps + c * plan.filters + column + j;
          for (index_t i = 0; i < std::min<index_t>(lanes, columns - j); i++) padded[tap][i] = from[i];
        }
        Vector g[9], rows[18], u[products];
        for (int tap = 0; tap < 9; tap++) g[tap] = load(padded[tap]);
        for (int x = 0; x < 3; x++) transform_taps(g + x, 3, rows + x, 3);
        for (int y = 0; y < tile_extent; y++) transform_taps(rows + y * 3, 1, u + y * tile_extent, 1);
        for (int f = 0; f < products; f++) store(to + f * plan.panel_floats() + j, u[f]);
      }
    }
  });
}

// Transforms the elements of one tile, to `to` and from there on `step` floats apart.
inline void transform_tile(const Plan& plan, const float* source, index_t tile, float* to, index_t step) {
  const index_t n = tile / (plan.tiles_y * plan.tiles_x), at = tile % (plan.tiles_y * plan.tiles_x);
  const index_t y0 = at / plan.tiles_x * tile_results - plan.pad_y, x0 = at % plan.tiles_x * tile_results - plan.pad_x;
  const float* image = source + n * plan.height * plan.width * plan.channels;
  const float* from[products];
  for (index_t y = 0; y < tile_extent; y++) {
    for (index_t x = 0; x < tile_extent; x++) {
      const bool inside = y0 + y >= 0 && y0 + y < plan.height && x0 + x >= 0 && x0 + x < plan.width;
      from[y * tile_extent + x] = inside ? image + ((y0 + y) * plan.width + x0 + x) * plan.channels : nullptr;
    }
  }
  index_t c = 0;
  for (; c + lanes <= plan.channels; c += lanes) {
    Vector d[tile_extent], rows[products], v[tile_extent];
    for (index_t x = 0; x < tile_extent; x++) {
      CERATOPS_UNROLL
      for (index_t y = 0; y < tile_extent; y++) {
        const float* element = from[y * tile_extent + x];
        d[y] = element ? load(element + c) : Vector{};
      }
      transform_source(d, 1, rows + x, tile_extent);
    }
    for (index_t y = 0; y < tile_extent; y++) {
      transform_source(rows + y * tile_extent, 1, v, 1);
      CERATOPS_UNROLL
      for (index_t x = 0; x < tile_extent; x++) store(to + (y * tile_extent + x) * step + c, v[x]);
    }
  }
  for (; c < plan.channels; c++) {
    float d[products], rows[products], v[products];
    for (int i = 0; i < products; i++) d[i] = from[i] ? from[i][c] : 0.0f;
    for (int x = 0; x < tile_extent; x++) transform_source(d + x, tile_extent, rows + x, tile_extent);
    for (int y = 0; y < tile_extent; y++) transform_source(rows + y * tile_extent, 1, v + y * tile_extent, 1);
    for (int f = 0; f < products; f++) to[f * step + c] = v[f];
  }
}

// Writes the results of one tile for columns [column, column + columns), from products `step` floats apart.
inline void write_tile(const Plan& plan, index_t tile, const float* m, index_t step, index_t column, index_t columns,
                       float* result) {
  const index_t n = tile / (plan.tiles_y * plan.tiles_x), at = tile % (plan.tiles_y * plan.tiles_x);
  const index_t y0 = at / plan.tiles_x * tile_results, x0 = at % plan.tiles_x * tile_results;
  const index_t height = std::min<index_t>(tile_results, plan.rows - y0),
                width = std::min<index_t>(tile_results, plan.columns - x0);
  float* to = result + ((n * plan.rows + y0) * plan.columns + x0) * plan.filters + column;
  const auto write = [&](auto* values, index_t j, auto put) {
    for (index_t y = 0; y < height; y++) {
      for (index_t x = 0; x < width; x++) {
        put(to + (y * plan.columns + x) * plan.filters + j, values[y * tile_results + x]);
      }
    }
  };
  index_t j = 0;
  for (; j + lanes <= columns; j += lanes) {
    Vector p[tile_extent], rows[tile_results * tile_extent], y[tile_results * tile_results];
    for (index_t x = 0; x < tile_extent; x++) {
      CERATOPS_UNROLL
      for (index_t i = 0; i < tile_extent; i++) p[i] = load(m + (i * tile_extent + x) * step + j);
      transform_products(p, 1, rows + x, tile_extent);
    }
    for (index_t i = 0; i < tile_results; i++) transform_products(rows + i * tile_extent, 1, y + i * tile_results, 1);
    write(y, j, [](float* at, Vector value) { store(at, value); });
  }
  for (; j < columns; j++) {
    float p[products], rows[tile_results * tile_extent], y[tile_results * tile_results];
    for (int i = 0; i < products; i++) p[i] = m[i * step + j];
    for (int x = 0; x < tile_extent; x++) transform_products(p + x, tile_extent, rows + x, tile_extent);
    for (int i = 0; i < tile_results; i++) transform_products(rows + i * tile_extent, 1, y + i * tile_results, 1);
    write(y, j, [](float* at, float value) { *at = value; });
  }
}

// Calls `visit(row, rows)` for each line of a tile, as rows of the result.
template <class Visit>
void each_line(const Plan& plan, index_t tile, const Visit& visit) {
  const index_t n = tile / (plan.tiles_y * plan.tiles_x), at = tile % (plan.tiles_y * plan.tiles_x);
  const index_t y0 = at / plan.tiles_x * tile_results, x0 = at % plan.tiles_x * tile_results;
  for (index_t y = y0; y < std::min(y0 + tile_results, plan.rows); y++) {
    visit((n * plan.rows + y) * plan.columns + x0, std::min<index_t>(tile_results, plan.columns - x0));
  }
}

// Convolves with a transformed kernel. `finish(memory, tile, tiles, column, columns)` is called when
// the results of some tiles are written.
template <class Finish>
void convolve(const Plan& plan, const float* source, const float* panels, float* result, Runtime& runtime,
              const Finish& finish) {
  float* transformed = reinterpret_cast<float*>(runtime.shared);
  const index_t filter_blocks = ceil_div(plan.filters, task_filters);
  for (index_t begin = 0; begin < plan.tiles(); begin += plan.chunk_tiles()) {
    const index_t tiles = std::min(plan.chunk_tiles(), plan.tiles() - begin), step = tiles * plan.channels;
    constexpr index_t together = 4;
    runtime.pool->parallel(ceil_div(tiles, together), [&](index_t task, int) {
      for (index_t tile = task * together; tile < std::min(tiles, (task + 1) * together); tile++) {
        transform_tile(plan, source, begin + tile, transformed + tile * plan.channels, step);
      }
    });
    runtime.pool->parallel(ceil_div(tiles, task_tiles) * filter_blocks, [&](index_t task, int thread) {
      const index_t first = task / filter_blocks * task_tiles, column = task % filter_blocks * task_filters;
      char* memory = runtime.worker(thread);
      float* sums = reinterpret_cast<float*>(memory);
      Product p = {};
      p.m = std::min(task_tiles, tiles - first);
      p.n = std::min(task_filters, plan.filters - column);
      p.k = plan.channels;
      p.a_row = plan.channels;
      p.a_depth = 1;
      p.c_row = p.n;
      const index_t sums_step = p.m * p.n;
      for (index_t f = 0; f < products; f++) {
        p.a = transformed + f * step + first * plan.channels;
        p.c = sums + f * sums_step;
        packed_product(p, panels + f * plan.panel_floats() + column * plan.channels,
                       sums + products * task_tiles * task_filters);
      }
      for (index_t tile = 0; tile < p.m; tile++) {
        write_tile(plan, begin + first + tile, sums + tile * p.n, sums_step, column, p.n, result);
      }
      finish(memory, begin + first, p.m, column, p.n);
    });
  }
}

}  // namespace winograd

}  // namespace ceratops
