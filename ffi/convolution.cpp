// Convolution and its two adjoints, by im2col in cache-sized blocks followed by a matrix product.
#include "convolution.h"

#include "matmul.h"
#include "ops.h"
#include "threads.h"
#include "winograd_filter.h"

namespace ceratops {

namespace {

// Floats in a block of patches, and in its output: both stay in the L2 cache together with a panel of the kernel.
constexpr index_t patch_floats = 49152;
// Rows per block if as many taps as fit are taken.
constexpr index_t block_rows = 96;
// Rows per block are a multiple of this, which every register tile height divides.
constexpr index_t row_unit = 24;
// Upper bound of the floats used for partial sums of a filter gradient.
constexpr index_t partial_floats = 1 << 22;

Blocks block_patches(index_t rows, index_t taps, index_t width, index_t columns, index_t least_blocks,
                     index_t unit = row_unit) {
  Blocks blocks;
  blocks.taps = std::max<index_t>(1, std::min(taps, patch_floats / (block_rows * width)));
  const index_t fitting = patch_floats / std::max(blocks.taps * width, columns) / unit * unit;
  const index_t wanted = round_up(ceil_div(rows, least_blocks), unit);
  blocks.rows = std::max(unit, std::min(fitting, wanted));
  return blocks;
}

// Decodes the window, and checks the shapes of x, the kernel and y.
template <class Attrs>
bool read_convolution(Window& window, const Attrs& attrs, const Value& x, const Value& kernel, const Value& y,
                      Validator& validator) {
  const int rank = spatial_rank(x, validator);
  if (rank == 0 ||
      !validator.require(kernel.rank == rank + 2 && kernel.dtype == DType::float32 && y.dtype == DType::float32,
                         "a kernel must have an axis for each of its input") ||
      !read_window(window, attrs, x, y, rank, kernel.dims, validator)) {
    return false;
  }
  const index_t groups = attrs.groups;
  const index_t inputs = x.dims[rank + 1], outputs = y.dims[rank + 1];
  return validator.require(groups >= 1 && inputs >= 1 && outputs >= 1 && inputs % groups == 0 &&
                               outputs % groups == 0 && kernel.dims[rank] == inputs / groups &&
                               kernel.dims[rank + 1] == outputs,
                           "a convolution's channels must fit");
}

winograd::Plan winograd_plan(const ConvolutionState& state) {
  return winograd::plan_of(state.window, state.is_transpose, state.channels.source, state.channels.target,
                           state.tile_results);
}

void prepare_transformed(ConvolutionState& state) {
  state.prepared.use = PreparedKernel::transformed;
  state.prepared.resize(winograd_plan(state).kernel_floats());
}

// Products with a packed kernel: blocks of rows whose patches stay in the cache, and of columns, so that a kernel which
// is larger than the caches is read once by few rows. Many rows of a small kernel have all columns, whose results lie
// one behind the other.
void prepare_packed(ConvolutionState& state, Validator& validator) {
  constexpr index_t most_rows = 96, most_columns = 256, many_row_parts = 32;
  const Channels& channels = state.channels;
  const Phase& phase = state.im2col.phases[0];
  const index_t taps = static_cast<index_t>(phase.taps.size()), depth = taps * channels.source;
  state.prepared.use = PreparedKernel::packed;
  state.prepared.resize(panels_of(channels.target) * tile_columns * depth);
  state.shares_patches = !state.identity && phase.rows <= 4 * most_rows;
  const bool by_columns = state.identity || state.shares_patches;
  const index_t fitting = by_columns ? most_rows : std::max<index_t>(2 * tile_rows, 2 * patch_floats / depth);
  const index_t row_parts = ceil_div(phase.rows, std::min(most_rows, fitting));
  Blocks blocks;
  blocks.taps = taps;
  blocks.rows = round_up(ceil_div(phase.rows, row_parts), tile_rows);
  state.blocks.push_back(blocks);
  const double flops = 2.0 * phase.rows * depth * channels.target;
  const bool by_rows = depth * channels.target <= few_panel_floats && row_parts >= many_row_parts;
  const index_t parts = by_rows ? 1 : ceil_div(channels.target, most_columns);
  const index_t wanted = std::max(parts, ceil_div(tasks_wanted(flops), row_parts));
  // Twice as many blocks of columns, so that threads finish together.
  const index_t panels = panels_of(channels.target);
  state.block_columns =
      (by_columns && wanted > 1 ? std::max<index_t>(1, panels / (2 * wanted)) : panels) * tile_columns;
  if (state.shares_patches) validator.need_shared(phase.rows * depth * sizeof(float));
  const index_t patches = by_columns ? 0 : blocks.rows * depth;
  validator.need_worker((patches + tile_rows * tile_columns) * sizeof(float));
}

template <class Attrs>
bool prepare_either(Node& node, const Attrs& attrs, Validator& validator, bool is_transpose) {
  if (!validator.require(node.in.size() >= 2 && !node.out.empty(), "a convolution takes two operands")) return false;
  auto state = std::make_unique<ConvolutionState>();
  const int rank = spatial_rank(*node.in[0], validator);
  if (rank == 0) return false;
  Value result = *node.out[0];
  result.dtype = DType::float32;
  const Value& x = is_transpose ? result : *node.in[0];
  const Value& y = is_transpose ? *node.in[0] : result;
  if (!read_convolution(state->window, attrs, x, *node.in[1], y, validator)) return false;
  state->im2col = is_transpose ? backward_im2col(state->window) : forward_im2col(state->window);
  state->channels = {node.in[0]->dims[rank + 1], result.dims[rank + 1], attrs.groups};
  state->identity = is_identity(state->im2col);
  const Channels& channels = state->channels;
  state->is_transpose = is_transpose;
  state->prepared.is_kept = node.in[1]->frozen;
  state->tile_results = winograd::results_of(state->window, is_transpose, channels.source, channels.target,
                                             channels.groups, state->prepared.is_kept);
  if (state->tile_results > 0) {
    prepare_transformed(*state);
  } else if (state->prepared.is_kept && !is_transpose && result.size > 0 && channels.groups == 1 &&
             channels.target > std::min(lanes, 8)) {
    prepare_packed(*state, validator);
  }
  const bool is_transformed = state->prepared.use == PreparedKernel::transformed;
  const bool has_rectangles = (is_transformed && !winograd_plan(*state).has_all_filters()) ||
                              (state->prepared.use == PreparedKernel::packed && state->block_columns < channels.target);
  if (!state->epilogue.prepare(node, attrs.epilogue, 2, has_rectangles, validator)) return false;
  if (is_transformed) validator.need_worker(state->epilogue.worker_bytes() + winograd_plan(*state).worker_bytes());
  if (state->prepared.use != PreparedKernel::plain) {
    node.state = std::move(state);
    return !validator.failed;
  }
  state->packs = is_transpose && !channels.depthwise();
  if (state->packs) state->packed.resize(node.in[1]->size);
  for (const Phase& phase : state->im2col.phases) {
    const index_t taps = static_cast<index_t>(phase.taps.size());
    // What depthwise convolutions multiply is loaded for each product, and need not be a register tile.
    const double work = channels.depthwise() ? 4 : 1;
    const double flops = 2.0 * phase.rows * taps * channels.source_group() * channels.target * work;
    const Blocks blocks = block_patches(phase.rows, std::max<index_t>(1, taps), channels.source_group(),
                                        channels.target, tasks_wanted(flops), channels.depthwise() ? 1 : row_unit);
    state->blocks.push_back(blocks);
    const index_t patches = state->identity ? 0 : blocks.rows * blocks.taps * channels.source_group();
    const index_t strided = state->im2col.phases.size() > 1 ? blocks.rows * channels.target_group() : 0;
    validator.need_worker(channels.depthwise() ? depthwise_scratch(taps)
                                               : (patches + strided + tile_scratch) * sizeof(float));
  }
  node.state = std::move(state);
  return !validator.failed;
}

// Transposes the kernel to the layout a transposed convolution multiplies by.
void pack_kernel(ConvolutionState& state, const float* kernel, Runtime& runtime) {
  const Channels& channels = state.channels;
  const index_t rows = channels.source_group(), columns = channels.target_group();
  for (const Phase& phase : state.im2col.phases) {
    const index_t taps = static_cast<index_t>(phase.taps.size());
    float* matrices = state.packed.data() + phase.packed * rows * channels.target;
    const index_t tasks = rows * columns * taps < 16384 ? 1 : taps;
    runtime.pool->parallel(tasks, [&](index_t task, int) {
      for (index_t t = task; t < taps; t += tasks) {
        for (index_t group = 0; group < channels.groups; group++) {
          const float* from = kernel + phase.taps[t].kernel * columns * channels.source + group * rows;
          float* to = matrices + (group * taps + t) * rows * columns;
          for (index_t row = 0; row < rows; row++) {
            for (index_t column = 0; column < columns; column++) {
              to[row * columns + column] = from[column * channels.source + row];
            }
          }
        }
      }
    });
  }
}

// Where the rows of a block go: into the result as it lies, or aside and from there to their places.
struct Sink {
  float* to;
  index_t row;
};

void multiply_block(const ConvolutionState& state, const Phase& phase, const Blocks& blocks, const float* source,
                    const float* kernel, const Affine* affine, index_t row, index_t rows, float* memory) {
  const Im2col& im2col = state.im2col;
  const Channels& channels = state.channels;
  const index_t taps = static_cast<index_t>(phase.taps.size());
  const index_t width = channels.source_group(), columns = channels.target_group();
  const bool scatters = im2col.phases.size() > 1;
  float* result = state.epilogue.product();
  float* patches = memory;
  float* strided = patches + (state.identity ? 0 : blocks.rows * blocks.taps * width);
  float* scratch = strided + (scatters ? blocks.rows * columns : 0);
  for (index_t group = 0; group < channels.groups; group++) {
    Product p;
    p.m = rows;
    p.n = columns;
    p.c = scatters ? strided : result + row * channels.target + group * columns;
    p.c_row = scatters ? columns : channels.target;
    const Affine own = affine ? affine->at(row * channels.target + group * columns, group * columns) : Affine{};
    if (taps == 0) zero_floats(strided, rows * columns);
    for (index_t first = 0; first < taps; first += blocks.taps) {
      const index_t last = std::min(taps, first + blocks.taps);
      p.k = (last - first) * width;
      p.a_depth = 1;
      p.b_column = 1;
      if (state.identity) {
        p.a = source + row * channels.source + group * width;
        p.a_row = channels.source;
      } else {
        write_patches(im2col, phase, channels, group, source, row, rows, first, last, patches);
        p.a = patches;
        p.a_row = p.k;
      }
      if (state.packs) {
        p.b = state.packed.data() + (phase.packed * channels.groups + group * taps + first) * width * columns;
        p.b_depth = columns;
      } else {
        p.b = kernel + first * width * channels.target + group * columns;
        p.b_depth = channels.target;
      }
      p.add = first > 0;
      if (affine && last == taps) p.finish = &own;
      tile_product(p, scratch);
    }
    if (!scatters) continue;
    Position position = position_in(phase, row);
    for (index_t i = 0; i < rows; i++, position.advance()) {
      copy_floats(result + target_of(position, im2col, phase) * channels.target + group * columns,
                  strided + i * columns, columns);
    }
  }
}

// Rows of an image, each times the factors of its sample.
void scale_rows(const ChannelScaling& scaling, index_t channels, index_t row, index_t rows, float* to) {
  const float *image = scaling.image->as<float>(), *factors = scaling.factors->as<float>();
  const index_t rows_per_sample = scaling.image->size / scaling.factors->size;
  for (index_t i = row; i < row + rows; i++, to += channels) {
    const float *from = image + i * channels, *factor = factors + i / rows_per_sample * channels;
    each_vector(channels, [&](index_t j, auto get, auto put) { put(to + j, get(from + j) * get(factor + j)); });
  }
}

}  // namespace

bool take_scaling(ConvolutionState& state, const ChannelScaling& scaling, Validator& validator) {
  if (!state.is_packed_product() || state.block_columns < state.channels.target) return false;
  state.scaling = scaling;
  validator.need_worker((state.blocks[0].rows * state.channels.source + tile_rows * tile_columns) * sizeof(float));
  return true;
}

void refresh_kernel(ConvolutionState& state, const float* kernel, Runtime& runtime) {
  PreparedKernel& prepared = state.prepared;
  if (prepared.is_kept && prepared.refreshes == runtime.refreshes) return;
  const Channels& channels = state.channels;
  if (prepared.use == PreparedKernel::transformed) {
    const winograd::Plan plan = winograd_plan(state);
    winograd::with_results(plan, [&](auto results) {
      winograd::transform_kernel<results>(plan, state.is_transpose, kernel, prepared.panels.data(), *runtime.pool);
    });
  } else {
    Product all = {};
    all.n = channels.target;
    all.k = state.blocks[0].taps * channels.source;
    all.b = kernel;
    all.b_depth = channels.target;
    all.b_column = 1;
    runtime.pool->parallel(panels_of(all.n),
                           [&](index_t panel, int) { pack_shared_panel(all, panel, prepared.panels.data()); });
  }
  prepared.refreshes = runtime.refreshes;
}

namespace {

void run_transformed(ConvolutionState& state, const float* source, Runtime& runtime) {
  const winograd::Plan plan = winograd_plan(state);
  const Affine* affine = state.epilogue.start_affine();
  const auto finish = [&](char* memory, index_t first, index_t tiles, index_t column, index_t columns) {
    if (!state.epilogue.exists() || affine) return;
    state.epilogue.start(memory);
    const index_t target = state.channels.target;
    winograd::each_line(plan, first, tiles, [&](index_t row, index_t rows) {
      if (plan.has_all_filters()) {
        state.epilogue.continue_range(memory, row * target, (row + rows) * target);
      } else {
        state.epilogue.continue_rectangle(memory, row, rows, column, columns);
      }
    });
  };
  winograd::with_results(plan, [&](auto results) {
    winograd::convolve<results>(plan, source, state.prepared.panels.data(), affine, state.epilogue.product(), runtime,
                                state.epilogue.worker_bytes(), finish);
  });
}

void run_packed(ConvolutionState& state, const float* source, Runtime& runtime) {
  const Channels& channels = state.channels;
  const Phase& phase = state.im2col.phases[0];
  const Blocks& blocks = state.blocks[0];
  const index_t depth = blocks.taps * channels.source;
  const Affine* affine = state.epilogue.start_affine();
  const bool is_scaled = state.scaling.image, is_in_place = state.identity && !is_scaled;
  if (is_scaled) source = state.scaling.image->as<float>();
  const auto write = [&](index_t row, index_t rows, float* to) {
    if (is_scaled) return scale_rows(state.scaling, depth, row, rows, to);
    write_patches(state.im2col, phase, channels, 0, source, row, rows, 0, blocks.taps, to);
  };
  float* shared = reinterpret_cast<float*>(runtime.shared);
  if (state.shares_patches) {
    constexpr index_t together = 8;
    runtime.pool->parallel(ceil_div(phase.rows, together), [&](index_t task, int) {
      const index_t row = task * together;
      write(row, std::min(together, phase.rows - row), shared + row * depth);
    });
  }
  const index_t column_blocks = ceil_div(channels.target, state.block_columns);
  runtime.pool->parallel(ceil_div(phase.rows, blocks.rows) * column_blocks, [&](index_t task, int thread) {
    const index_t row = task / column_blocks * blocks.rows, column = task % column_blocks * state.block_columns;
    char* memory = runtime.worker(thread);
    float* scratch = reinterpret_cast<float*>(memory);
    Product p = {};
    p.m = std::min(blocks.rows, phase.rows - row);
    p.n = std::min(state.block_columns, channels.target - column);
    p.k = depth;
    p.a_row = depth;
    p.a_depth = 1;
    if (is_in_place || state.shares_patches) {
      p.a = (is_in_place ? source : shared) + row * depth;
    } else {
      write(row, p.m, scratch);
      p.a = scratch;
      scratch += blocks.rows * depth;
    }
    const index_t at = row * channels.target + column;
    p.c = state.epilogue.product() + at;
    p.c_row = channels.target;
    const Affine own = affine ? affine->at(at, column) : Affine{};
    if (affine) p.finish = &own;
    Ahead ahead;
    if (column_blocks == 1 && depth * p.n <= few_panel_floats) {
      const index_t next = row + blocks.rows, floats = p.m * p.c_row;
      if (state.identity) ahead.add(source + next * depth, p.m * depth);
      ahead.add(state.epilogue.product() + next * p.c_row, floats);
      if (own.residual) ahead.add(own.residual + blocks.rows * p.c_row, floats);
      p.ahead = &ahead;
    }
    packed_product(p, state.prepared.panels.data() + column * depth, scratch);
    if (affine) return;
    if (column_blocks == 1) {
      state.epilogue.run(memory, row * channels.target, (row + p.m) * channels.target);
    } else {
      state.epilogue.run_rectangle(memory, row, p.m, column, p.n);
    }
  });
}

void run_either(Node& node, Runtime& runtime) {
  ConvolutionState& state = node.state_as<ConvolutionState>();
  const float* source = node.in[0]->as<float>();
  const float* kernel = node.in[1]->as<float>();
  const Channels& channels = state.channels;
  if (state.prepared.use != PreparedKernel::plain) {
    refresh_kernel(state, kernel, runtime);
    return state.prepared.use == PreparedKernel::packed ? run_packed(state, source, runtime)
                                                        : run_transformed(state, source, runtime);
  }
  if (state.packs) pack_kernel(state, kernel, runtime);
  const bool is_whole = state.im2col.phases.size() == 1;
  const Affine* affine = is_whole && !channels.depthwise() ? state.epilogue.start_affine() : nullptr;
  for (std::size_t i = 0; i < state.im2col.phases.size(); i++) {
    const Phase& phase = state.im2col.phases[i];
    const Blocks& blocks = state.blocks[i];
    runtime.pool->parallel(ceil_div(phase.rows, blocks.rows), [&](index_t task, int thread) {
      const index_t row = task * blocks.rows, rows = std::min(blocks.rows, phase.rows - row);
      char* memory = runtime.worker(thread);
      if (channels.depthwise()) {
        depthwise_rows(state.im2col, phase, channels.source, source, kernel, state.epilogue.product(), row, rows,
                       memory);
      } else {
        multiply_block(state, phase, blocks, source, kernel, affine, row, rows, reinterpret_cast<float*>(memory));
      }
      if (is_whole && !affine) state.epilogue.run(memory, row * channels.target, (row + rows) * channels.target);
    });
  }
  if (is_whole || !state.epilogue.exists()) return;
  constexpr index_t elements_per_task = 16384;
  const index_t size = state.epilogue.shape().size;
  runtime.pool->parallel(ceil_div(size, elements_per_task), [&](index_t task, int thread) {
    const index_t from = task * elements_per_task;
    state.epilogue.run(runtime.worker(thread), from, std::min(size, from + elements_per_task));
  });
}

struct FilterState : State {
  Window window;
  Im2col im2col;
  Channels channels;
  bool identity = false, transformed = false;
  winograd::FilterPlan tiles;
  Blocks blocks;
  // What the sum is over, rows or tiles; it is split into parts, each with its own partial sum of several blocks.
  index_t rows = 0, parts = 1, part_rows = 1, sum_blocks = 1;
  std::vector<float> partial;
};

// The partial sum of rows [begin, end) over one block of taps.
void filter_block(const FilterState& state, const float* x, const float* y, index_t begin, index_t end, index_t first,
                  float* to, float* memory) {
  const Phase& phase = state.im2col.phases[0];
  const Channels& channels = state.channels;
  const index_t taps = static_cast<index_t>(phase.taps.size());
  const index_t last = std::min(taps, first + state.blocks.taps);
  const index_t width = channels.source_group(), columns = channels.target_group();
  float* scratch = memory + (state.identity ? 0 : state.blocks.rows * state.blocks.taps * width);
  for (index_t row = begin; row < end; row += state.blocks.rows) {
    const index_t rows = std::min(state.blocks.rows, end - row);
    for (index_t group = 0; group < channels.groups; group++) {
      Product p;
      p.m = (last - first) * width;
      p.n = columns;
      p.k = rows;
      p.a_row = 1;
      if (state.identity) {
        p.a = x + row * channels.source + group * width;
        p.a_depth = channels.source;
      } else {
        write_patches(state.im2col, phase, channels, group, x, row, rows, first, last, memory);
        p.a = memory;
        p.a_depth = p.m;
      }
      p.b = y + row * channels.target + group * columns;
      p.b_depth = channels.target;
      p.b_column = 1;
      p.c = to + first * width * channels.target + group * columns;
      p.c_row = channels.target;
      p.add = row > begin;
      tile_product(p, scratch);
    }
  }
}

}  // namespace

bool prepare_convolution(Node& node, const ConvolutionAttrs& attrs, Validator& validator) {
  return prepare_either(node, attrs, validator, false);
}
void run_convolution(Node& node, Runtime& runtime) { run_either(node, runtime); }
bool prepare_convolution_transpose(Node& node, const ConvolutionTransposeAttrs& attrs, Validator& validator) {
  return prepare_either(node, attrs, validator, true);
}
void run_convolution_transpose(Node& node, Runtime& runtime) { run_either(node, runtime); }

bool prepare_convolution_filter(Node& node, const ConvolutionFilterAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() == 2 && node.out.size() == 1, "a filter's gradient takes two operands")) {
    return false;
  }
  auto state = std::make_unique<FilterState>();
  const Value& x = *node.in[0];
  const Value& y = *node.in[1];
  const Value& kernel = *node.out[0];
  if (!read_convolution(state->window, attrs, x, kernel, y, validator)) return false;
  state->im2col = forward_im2col(state->window);
  state->channels = {x.dims[x.rank - 1], y.dims[y.rank - 1], attrs.groups};
  state->identity = is_identity(state->im2col);
  const Channels& channels = state->channels;
  const index_t taps = state->window.taps(), width = channels.source_group();
  const index_t results =
      winograd::results_of(state->window, false, channels.source, channels.target, channels.groups, false);
  state->transformed = results == 4;
  state->tiles = {winograd::plan_of(state->window, false, channels.source, channels.target, 4)};
  state->rows = state->im2col.phases[0].rows;
  const index_t wanted = tasks_wanted(2.0 * state->rows * taps * width * channels.target);
  index_t least = 1;
  if (state->transformed) {
    state->rows = state->tiles.plan.tiles();
    state->sum_blocks = state->tiles.blocks();
    // Fewer would not pay for the transform of the sums.
    least = 2 * state->tiles.tiles();
    validator.need_worker(state->tiles.worker_bytes());
  } else {
    state->blocks = block_patches(state->rows, taps, width, channels.target, 1);
    if (!channels.depthwise()) state->sum_blocks = ceil_div(taps, state->blocks.taps);
    least = state->blocks.rows;
    const index_t patches = state->identity ? 0 : state->blocks.rows * state->blocks.taps * width;
    if (!channels.depthwise()) validator.need_worker((patches + tile_scratch) * sizeof(float));
  }
  const index_t most = std::max<index_t>(1, std::min(ceil_div(state->rows, least), partial_floats / kernel.size));
  state->parts = std::min(most, std::min<index_t>(32, ceil_div(wanted, state->sum_blocks)));
  state->part_rows = std::max<index_t>(1, ceil_div(state->rows, state->parts));
  state->parts = std::max<index_t>(1, ceil_div(state->rows, state->part_rows));
  if (state->parts > 1) state->partial.resize(state->parts * kernel.size);
  node.state = std::move(state);
  return !validator.failed;
}

void run_convolution_filter(Node& node, Runtime& runtime) {
  FilterState& state = node.state_as<FilterState>();
  const float* x = node.in[0]->as<float>();
  const float* y = node.in[1]->as<float>();
  float* kernel = node.out[0]->as<float>();
  const index_t size = node.out[0]->size;
  if (state.rows == 0) return zero_floats(kernel, size);
  float* sums = state.parts > 1 ? state.partial.data() : kernel;
  runtime.pool->parallel(state.parts * state.sum_blocks, [&](index_t task, int thread) {
    const index_t part = task / state.sum_blocks, block = task % state.sum_blocks;
    const index_t begin = part * state.part_rows, end = std::min(state.rows, begin + state.part_rows);
    float* to = sums + part * size;
    float* memory = reinterpret_cast<float*>(runtime.worker(thread));
    if (state.transformed) {
      winograd::filter_gradient(state.tiles, x, y, begin, end, block, to, memory);
    } else if (state.channels.depthwise()) {
      depthwise_filter(state.im2col, state.im2col.phases[0], state.channels.source, x, y, begin, end, to);
    } else {
      filter_block(state, x, y, begin, end, block * state.blocks.taps, to, memory);
    }
  });
  if (state.parts == 1) return;
  constexpr index_t elements_per_task = 4096;
  runtime.pool->parallel(ceil_div(size, elements_per_task), [&](index_t task, int) {
    const index_t from = task * elements_per_task, n = std::min(elements_per_task, size - from);
    float* to = kernel + from;
    for (index_t part = 0; part < state.parts; part++) {
      const float* add = sums + part * size + from;
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < n; i++) to[i] = part == 0 ? add[i] : to[i] + add[i];
    }
  });
}

}  // namespace ceratops
