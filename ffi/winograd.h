// Convolution with 3x3 kernels as products of transformed tiles: F(4x4, 3x3) and F(2x2, 3x3) of Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks" (2015). A tile of 4x4 results takes 36 multiplications per pair of
// channels instead of 144, one of 2x2 takes 16 instead of 36.
#pragma once
#include <type_traits>

#include "threads.h"
#include "tile.h"
#include "window.h"

namespace ceratops {

namespace winograd {

// Tiles of a task, and its filters: the transforms of what the tiles read, and their products, stay in the L2 cache,
// and there are enough rows for each weight that is read. Of many channels fewer tiles are transformed at a time.
constexpr index_t most_tiles = 56, fewer_tiles = 20, task_filters = 64, transformed_floats = 1 << 20;
// Transforms of one product lie so much further apart than they are long, for otherwise all products of a tile may be
// in the same sets of a cache.
constexpr index_t product_gap = 16;
// The least tiles of a batch for a kernel that is transformed for each batch.
constexpr index_t least_tiles = 128;

// The transforms along an axis for tiles of so many results there.
template <int results>
struct Transforms;

// The interpolation points are 0, the square roots of 1/2 and 2 with both signs, and infinity, whose transforms round
// less than those of 0, 1, -1, 2, -2 and infinity.
template <>
struct Transforms<4> {
  static constexpr float root2 = 1.41421356f;

  // Of six elements.
  template <class T>
  __attribute__((always_inline)) static void source(const T* d, index_t step, T* to, index_t to_step) {
    const T d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    const T even = d4 - d2 * 2.0f, odd = d3 * (root2 / 2) - d1 * root2;
    const T far_even = d4 - d2 * 0.5f, far_odd = d3 * root2 - d1 * (root2 / 2);
    to[0] = d0 - d2 * 2.5f + d4;
    to[to_step] = even + odd;
    to[2 * to_step] = even - odd;
    to[3 * to_step] = far_even + far_odd;
    to[4 * to_step] = far_even - far_odd;
    to[5 * to_step] = d1 - d3 * 2.5f + d5;
  }

  // Of three taps.
  template <class T>
  static void taps(const T* g, index_t step, T* to, index_t to_step) {
    const T g0 = g[0], g1 = g[step], g2 = g[2 * step];
    const T even = g0 * (-2.0f / 3) - g2 * (1.0f / 3), odd = g1 * (root2 / 3);
    const T far_even = g0 * (1.0f / 6) + g2 * (1.0f / 3), far_odd = g1 * (root2 / 6);
    to[0] = g0;
    to[to_step] = even - odd;
    to[2 * to_step] = even + odd;
    to[3 * to_step] = far_even + far_odd;
    to[4 * to_step] = far_even - far_odd;
    to[5 * to_step] = g2;
  }

  // The four results from six products.
  template <class T>
  static void products(const T* m, index_t step, T* to, index_t to_step) {
    const T m0 = m[0], m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step], m5 = m[5 * step];
    const T sum = m1 + m2, difference = m1 - m2, far_sum = m3 + m4, far_difference = m3 - m4;
    to[0] = m0 + sum + far_sum;
    to[to_step] = difference * (root2 / 2) + far_difference * root2;
    to[2 * to_step] = sum * 0.5f + far_sum * 2.0f;
    to[3 * to_step] = difference * (root2 / 4) + far_difference * (2 * root2) + m5;
  }

  // The adjoint of products: of four results.
  template <class T>
  static void products_adjoint(const T* y, index_t step, T* to, index_t to_step) {
    const T y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
    const T even = y0 + y2 * 0.5f, odd = y1 * (root2 / 2) + y3 * (root2 / 4);
    const T far_even = y0 + y2 * 2.0f, far_odd = y1 * root2 + y3 * (2 * root2);
    to[0] = y0;
    to[to_step] = even + odd;
    to[2 * to_step] = even - odd;
    to[3 * to_step] = far_even + far_odd;
    to[4 * to_step] = far_even - far_odd;
    to[5 * to_step] = y3;
  }

  // The adjoint of taps: of six products.
  template <class T>
  static void taps_adjoint(const T* u, index_t step, T* to, index_t to_step) {
    const T u0 = u[0], u1 = u[step], u2 = u[2 * step], u3 = u[3 * step], u4 = u[4 * step], u5 = u[5 * step];
    const T sum = u1 + u2, far_sum = u3 + u4;
    to[0] = u0 - sum * (2.0f / 3) + far_sum * (1.0f / 6);
    to[to_step] = (u2 - u1) * (root2 / 3) + (u3 - u4) * (root2 / 6);
    to[2 * to_step] = u5 + (far_sum - sum) * (1.0f / 3);
  }
};

// The interpolation points are 0, 1, -1 and infinity.
template <>
struct Transforms<2> {
  template <class T>
  __attribute__((always_inline)) static void source(const T* d, index_t step, T* to, index_t to_step) {
    const T d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
    to[0] = d0 - d2;
    to[to_step] = d1 + d2;
    to[2 * to_step] = d2 - d1;
    to[3 * to_step] = d1 - d3;
  }

  template <class T>
  static void taps(const T* g, index_t step, T* to, index_t to_step) {
    const T g0 = g[0], g1 = g[step], g2 = g[2 * step];
    const T even = (g0 + g2) * 0.5f, odd = g1 * 0.5f;
    to[0] = g0;
    to[to_step] = even + odd;
    to[2 * to_step] = even - odd;
    to[3 * to_step] = g2;
  }

  template <class T>
  static void products(const T* m, index_t step, T* to, index_t to_step) {
    const T m0 = m[0], m1 = m[step], m2 = m[2 * step], m3 = m[3 * step];
    to[0] = m0 + m1 + m2;
    to[to_step] = m1 - m2 - m3;
  }
};

struct Plan {
  // Results along an axis of a tile: 4 or 2.
  index_t results;
  index_t batch, height, width, rows, columns, pad_y, pad_x, channels, filters, tiles_y, tiles_x;
  index_t tiles() const { return batch * tiles_y * tiles_x; }
  index_t products() const { return (results + 2) * (results + 2); }
  // Blocks of tiles, which tasks transform: an even number, for two threads, unless they become small.
  index_t blocks() const {
    const index_t fitting = transformed_floats / (products() * channels);
    const index_t count = ceil_div(tiles(), std::max(fewer_tiles, std::min(most_tiles, fitting)));
    return count % 2 == 1 && tiles() >= fewer_tiles * (count + 1) ? count + 1 : count;
  }
  // At least one tile, also of an empty batch.
  index_t block_tiles() const { return ceil_div(std::max<index_t>(1, tiles()), std::max<index_t>(1, blocks())); }
  // Floats from one product's transforms to the next one's.
  index_t transformed_step() const { return block_tiles() * channels + product_gap; }
  // The transformed kernel: for each block of filters its matrices, packed for packed_product, in the order in which a
  // task reads them.
  index_t kernel_floats() const { return products() * panels_of(filters) * tile_columns * channels; }
  index_t block_at(index_t column) const { return column / task_filters * task_filters * products() * channels; }
  index_t matrix_floats(index_t column) const {
    const index_t block = column / task_filters * task_filters;
    return panels_of(std::min(task_filters, filters - block)) * tile_columns * channels;
  }
  // Whether a task has all filters of its tiles.
  bool has_all_filters() const { return filters <= task_filters; }
  std::size_t worker_bytes() const {
    const index_t floats = transformed_step() + block_tiles() * task_filters;
    return static_cast<std::size_t>(products() * floats + tile_rows * tile_columns) * sizeof(float);
  }
};

// How many results along an axis a tile of a convolution over two axes has, or of the transposed one; 0 if tiles do not
// suit: they take enough channels that transforms cost little beside products, and enough tiles that reading four times
// as many weights (of 2x2 results: 1.8 times) does not cost more. Of a frozen kernel it must not depend on the batch,
// on which the rounding of predictions would then depend; another is transformed for each batch. With vectors of four
// products take longer, so that fewer tiles are worth the reading.
inline index_t results_of(const Window& window, bool is_transpose, index_t channels, index_t filters, index_t groups,
                          bool frozen) {
  constexpr index_t least_channels = 8, least_image_tiles = vector_bytes == 16 ? 4 : 9;
  constexpr index_t least_small_tiles = 9;
  const WindowAxis* axes = window.axes;
  bool fits = groups == 1 && axes[0].extent == 1 && axes[0].taps == 1 && axes[0].pad_before == 0 &&
              axes[0].positions == 1 && channels >= least_channels && filters >= least_channels;
  index_t tiles = 1, small_tiles = 1;
  for (int i = 1; i < max_spatial; i++) {
    fits = fits && axes[i].taps == 3 && axes[i].stride == 1 && axes[i].dilation == 1;
    const index_t positions = is_transpose ? axes[i].extent : axes[i].positions;
    tiles *= ceil_div(positions, 4);
    small_tiles *= ceil_div(positions, 2);
  }
  if (!fits) return 0;
  if (tiles >= least_image_tiles) return frozen || tiles * window.batch >= least_tiles ? 4 : 0;
  return frozen && small_tiles >= least_small_tiles ? 2 : 0;
}

inline Plan plan_of(const Window& window, bool is_transpose, index_t channels, index_t filters, index_t results) {
  WindowAxis y = window.axes[1], x = window.axes[2];
  for (WindowAxis* axis : {&y, &x}) {
    if (!is_transpose) continue;
    std::swap(axis->extent, axis->positions);
    axis->pad_before = axis->taps - 1 - axis->pad_before;
  }
  return {results,
          window.batch,
          y.extent,
          x.extent,
          y.positions,
          x.positions,
          y.pad_before,
          x.pad_before,
          channels,
          filters,
          ceil_div(y.positions, results),
          ceil_div(x.positions, results)};
}

// Calls body with the plan's results as a constant.
template <class Body>
void with_results(const Plan& plan, const Body& body) {
  if (plan.results == 4) {
    body(std::integral_constant<int, 4>());
  } else {
    body(std::integral_constant<int, 2>());
  }
}

// Transforms a kernel [3, 3, channels, filters], or for the transposed convolution [3, 3, filters, channels], whose
// taps are then in reverse, to packed matrices [channels, filters].
template <int results>
void transform_kernel(const Plan& plan, bool is_transpose, const float* kernel, float* panels, Pool& pool) {
  constexpr int extent = results + 2, products = extent * extent;
  constexpr index_t taps = 9;
  const index_t size = plan.channels * plan.filters;
  const index_t channel_step = is_transpose ? 1 : plan.filters, filter_step = is_transpose ? plan.channels : 1;
  pool.parallel(panels_of(plan.filters), [&](index_t panel, int) {
    const index_t column = panel * tile_columns, columns = std::min<index_t>(tile_columns, plan.filters - column);
    for (index_t c = 0; c < plan.channels; c++) {
      float* to = panels + plan.block_at(column) + column % task_filters * plan.channels + c * tile_columns;
      for (index_t j = 0; j < tile_columns; j += lanes) {
        float padded[taps][lanes] = {};
        for (index_t tap = 0; tap < taps; tap++) {
          const float* from = kernel + (is_transpose ? taps - 1 - tap : tap) * size + c * channel_step;
          const index_t count = std::min<index_t>(lanes, columns - j);
          for (index_t i = 0; i < count; i++) padded[tap][i] = from[(column + j + i) * filter_step];
        }
        Vector g[taps], rows[3 * extent], u[products];
        for (int tap = 0; tap < taps; tap++) g[tap] = load(padded[tap]);
        for (int x = 0; x < 3; x++) Transforms<results>::taps(g + x, 3, rows + x, 3);
        for (int y = 0; y < extent; y++) Transforms<results>::taps(rows + y * 3, 1, u + y * extent, 1);
        for (int f = 0; f < products; f++) store(to + f * plan.matrix_floats(column) + j, u[f]);
      }
    }
  });
}

// Finds the elements of a square of an image [height, width, channels] whose first one is in line `y0` and column `x0`;
// null for those outside.
template <int extent>
void find_square(const float* image, index_t height, index_t width, index_t channels, index_t y0, index_t x0,
                 const float** elements) {
  index_t line = (y0 * width + x0) * channels;
  for (index_t y = 0; y < extent; y++, line += width * channels) {
    const bool has_line = y0 + y >= 0 && y0 + y < height;
    index_t at = line;
    CERATOPS_UNROLL
    for (index_t x = 0; x < extent; x++, at += channels) {
      elements[y * extent + x] = has_line && x0 + x >= 0 && x0 + x < width ? image + at : nullptr;
    }
  }
}

// Transforms the elements of a square, of so many channels, along both axes by `axis`, to `to` and from there on `step`
// floats apart. If `pads`, the last of them are followed by zeros up to a whole vector.
template <int extent, int transformed, bool pads, class Axis>
__attribute__((always_inline)) inline void transform_square(const float* const* elements, index_t channels, float* to,
                                                            index_t step, const Axis& axis) {
  each_vector(channels, [&](index_t c, auto get, auto put) {
    Vector d[extent], lines[transformed * extent], v[transformed];
    for (index_t x = 0; x < extent; x++) {
      CERATOPS_UNROLL
      for (index_t y = 0; y < extent; y++) {
        const float* element = elements[y * extent + x];
        d[y] = element ? get(element + c) : Vector{};
      }
      axis(d, 1, lines + x, extent);
    }
    for (index_t y = 0; y < transformed; y++) {
      axis(lines + y * extent, 1, v, 1);
      CERATOPS_UNROLL
      for (index_t x = 0; x < transformed; x++) {
        float* place = to + (y * transformed + x) * step + c;
        if constexpr (pads) {
          store(place, v[x]);
        } else {
          put(place, v[x]);
        }
      }
    }
  });
}

// Where the tile is: its image, and line and column of its first result.
struct TilePlace {
  index_t image, y, x;
};
inline TilePlace place_of(const Plan& plan, index_t tile) {
  const index_t in_image = plan.tiles_y * plan.tiles_x, at = tile % in_image;
  return {tile / in_image, at / plan.tiles_x * plan.results, at % plan.tiles_x * plan.results};
}

// Transforms what one tile reads, of channels [channel, channel + channels).
template <int results, bool pads>
void transform_tile(const Plan& plan, const float* source, index_t tile, index_t channel, index_t channels, float* to,
                    index_t step) {
  constexpr int extent = results + 2;
  const TilePlace at = place_of(plan, tile);
  const float* elements[extent * extent];
  find_square<extent>(source + at.image * plan.height * plan.width * plan.channels + channel, plan.height, plan.width,
                      plan.channels, at.y - plan.pad_y, at.x - plan.pad_x, elements);
  transform_square<extent, extent, pads>(elements, channels, to, step, Transforms<results>::template source<Vector>);
}

// Writes the results of one tile for columns [column, column + columns), from products `step` floats apart.
template <int results>
void write_tile(const Plan& plan, index_t tile, const float* m, index_t step, index_t column, index_t columns,
                const Affine* finish, float* result) {
  constexpr int extent = results + 2;
  const TilePlace at = place_of(plan, tile);
  const index_t height = std::min<index_t>(results, plan.rows - at.y),
                width = std::min<index_t>(results, plan.columns - at.x);
  float* to = result + ((at.image * plan.rows + at.y) * plan.columns + at.x) * plan.filters + column;
  const Affine own = finish ? finish->at(to - result, column) : Affine{};
  each_vector(columns, [&](index_t j, auto get, auto put) {
    Vector p[extent], rows[results * extent], y[results * results];
    for (index_t x = 0; x < extent; x++) {
      CERATOPS_UNROLL
      for (index_t i = 0; i < extent; i++) p[i] = load(m + (i * extent + x) * step + j);
      Transforms<results>::products(p, 1, rows + x, extent);
    }
    for (index_t i = 0; i < results; i++) Transforms<results>::products(rows + i * extent, 1, y + i * results, 1);
    for (index_t i = 0; i < height; i++) {
      for (index_t x = 0; x < width; x++) {
        const index_t offset = (i * plan.columns + x) * plan.filters + j;
        Vector value = y[i * results + x];
        if (finish) value = own.of(value, offset, j, get);
        put(to + offset, value);
        if (finish && own.positive) own.mark(columns - j, value, offset);
      }
    }
  });
}

// Calls `visit(row, rows)` for the lines of tiles, as rows of the result: those of neighbouring tiles are one.
template <class Visit>
void each_line(const Plan& plan, index_t first, index_t tiles, const Visit& visit) {
  for (index_t tile = first, end = first + tiles, count; tile < end; tile += count) {
    const TilePlace at = place_of(plan, tile);
    count = std::min(plan.tiles_x - tile % plan.tiles_x, end - tile);
    for (index_t y = at.y; y < std::min(at.y + plan.results, plan.rows); y++) {
      visit((at.image * plan.rows + y) * plan.columns + at.x, std::min(count * plan.results, plan.columns - at.x));
    }
  }
}

// Computes the results of `tiles` tiles for columns [column, column + task_filters), from elements whose transforms are
// `step` floats apart. `sums` has room for all products of task_filters columns, and for the edge of a product.
template <int results>
void multiply_tiles(const Plan& plan, const float* transformed, index_t step, const float* panels, index_t first,
                    index_t tiles, index_t column, float* sums, const Affine* affine, float* result, Ahead& ahead) {
  constexpr int products = (results + 2) * (results + 2);
  Product p = {};
  p.m = tiles;
  // Whole vectors: the panels have zeros behind the last filter.
  p.n = std::min(task_filters, round_up(plan.filters - column, lanes));
  p.k = plan.channels;
  p.a_row = plan.channels;
  p.a_depth = 1;
  p.c_row = p.n;
  p.ahead = &ahead;
  const index_t sums_step = p.m * p.n;
  for (index_t f = 0; f < products; f++) {
    p.a = transformed + f * step;
    p.c = sums + f * sums_step;
    packed_product(p, panels + plan.block_at(column) + f * plan.matrix_floats(column), sums + products * sums_step);
  }
  for (index_t tile = 0; tile < tiles; tile++) {
    write_tile<results>(plan, first + tile, sums + tile * p.n, sums_step, column,
                        std::min(task_filters, plan.filters - column), affine, result);
  }
}

// Convolves with a transformed kernel. Results are finished by `affine`, if not null, and then by
// `finish(memory, tile, tiles, column, columns)`, which is called when those of some tiles are written, with a worker's
// memory before `reserved`.
template <int results, class Finish>
void convolve(const Plan& plan, const float* source, const float* panels, const Affine* affine, float* result,
              Runtime& runtime, std::size_t reserved, const Finish& finish) {
  constexpr int products = (results + 2) * (results + 2);
  const index_t filter_blocks = ceil_div(plan.filters, task_filters), most = plan.block_tiles();
  const index_t step = plan.transformed_step();
  // Each thread transforms what its tasks read, since what another one has written comes from the other's cache. A
  // thread's tasks are mostly of the same block of tiles.
  std::vector<index_t> transformed_block(runtime.pool->threads(), -1);
  runtime.pool->parallel(ceil_div(plan.tiles(), most) * filter_blocks, [&](index_t task, int thread) {
    const index_t block = task / filter_blocks, column = task % filter_blocks * task_filters;
    const index_t first = block * most, tiles = std::min(most, plan.tiles() - first);
    char* memory = runtime.worker(thread);
    float* transformed = reinterpret_cast<float*>(memory + reserved);
    if (transformed_block[thread] != block) {
      for (index_t tile = 0; tile < tiles; tile++) {
        transform_tile<results, false>(plan, source, first + tile, 0, plan.channels, transformed + tile * plan.channels,
                                       step);
      }
      transformed_block[thread] = block;
    }
    Ahead ahead;
    if (plan.kernel_floats() <= 4 * few_panel_floats && plan.has_all_filters()) {
      const TilePlace next = place_of(plan, first + tiles);
      const index_t results_of_tiles = tiles * results * results;
      const index_t line = next.image * plan.height + next.y + plan.pad_y;
      ahead.add(source + line * plan.width * plan.channels, results_of_tiles * plan.channels);
      const index_t result_line = next.image * plan.rows + next.y;
      ahead.add(result + result_line * plan.columns * plan.filters, results_of_tiles * plan.filters);
    }
    multiply_tiles<results>(plan, transformed, step, panels, first, tiles, column, transformed + products * step,
                            affine, result, ahead);
    finish(memory, first, tiles, column, std::min(task_filters, plan.filters - column));
  });
}

}  // namespace winograd

}  // namespace ceratops
