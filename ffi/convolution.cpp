// Convolution and its two adjoints, by im2col in cache-sized blocks followed by a matrix product.
#include "epilogue.h"
#include "matmul.h"
#include "ops.h"
#include "threads.h"
#include "window.h"

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

// A kernel tap, and the source offset it reads relative to the first target element.
struct Tap {
  index_t offset[max_spatial];
  index_t kernel;
  // Number of taps starting here that read adjacent source elements along the last axis.
  index_t run;
};

// The targets that use the same taps: target `first + i * spacing` reads the source at `i * step + offset`.
struct Phase {
  index_t first[max_spatial], count[max_spatial];
  std::vector<Tap> taps;
  index_t packed = 0;
  index_t rows = 0;
};

// Maps target elements to the source elements they are computed from. In a strided transposed convolution a target's
// remainder modulo the stride decides which taps reach it: one phase per remainder.
struct Im2col {
  index_t source[max_spatial], target[max_spatial], step[max_spatial], spacing[max_spatial];
  std::vector<Phase> phases;
};

void finish_phase(Phase& phase, index_t batch) {
  phase.rows = batch * phase.count[0] * phase.count[1] * phase.count[2];
  for (index_t t = static_cast<index_t>(phase.taps.size()) - 1; t >= 0; t--) {
    Tap& tap = phase.taps[t];
    tap.run = 1;
    if (t + 1 == static_cast<index_t>(phase.taps.size())) continue;
    const Tap& next = phase.taps[t + 1];
    if (next.offset[0] == tap.offset[0] && next.offset[1] == tap.offset[1] && next.offset[2] == tap.offset[2] + 1) {
      tap.run = next.run + 1;
    }
  }
}

// Forward: an output element reads input elements.
Im2col forward_im2col(const Window& window) {
  Im2col im2col;
  Phase phase;
  for (int i = 0; i < max_spatial; i++) {
    const WindowAxis& axis = window.axes[i];
    im2col.source[i] = axis.extent;
    im2col.target[i] = axis.positions;
    im2col.step[i] = axis.stride;
    im2col.spacing[i] = 1;
    phase.first[i] = 0;
    phase.count[i] = axis.positions;
  }
  const WindowAxis* axes = window.axes;
  for (index_t tap = 0; tap < window.taps(); tap++) {
    const index_t at[] = {tap / (axes[1].taps * axes[2].taps), tap / axes[2].taps % axes[1].taps, tap % axes[2].taps};
    Tap next{};
    for (int i = 0; i < max_spatial; i++) next.offset[i] = at[i] * axes[i].dilation - axes[i].pad_before;
    next.kernel = tap;
    phase.taps.push_back(next);
  }
  finish_phase(phase, window.batch);
  im2col.phases.push_back(std::move(phase));
  return im2col;
}

// Backward by the input: an input element reads output elements.
Im2col backward_im2col(const Window& window) {
  Im2col im2col;
  index_t strides[max_spatial];
  for (int i = 0; i < max_spatial; i++) {
    const WindowAxis& axis = window.axes[i];
    im2col.source[i] = axis.positions;
    im2col.target[i] = axis.extent;
    im2col.step[i] = 1;
    im2col.spacing[i] = strides[i] = axis.stride;
  }
  const WindowAxis* axes = window.axes;
  index_t packed = 0;
  for (index_t part = 0; part < strides[0] * strides[1] * strides[2]; part++) {
    const index_t first[] = {part / (strides[1] * strides[2]), part / strides[2] % strides[1], part % strides[2]};
    Phase phase;
    bool is_empty = false;
    for (int i = 0; i < max_spatial; i++) {
      phase.first[i] = first[i];
      phase.count[i] = first[i] < axes[i].extent ? ceil_div(axes[i].extent - first[i], strides[i]) : 0;
      is_empty = is_empty || phase.count[i] == 0;
    }
    if (is_empty) continue;
    // From the last tap to the first, so that adjacent source elements are read in ascending order.
    for (index_t tap = window.taps() - 1; tap >= 0; tap--) {
      const index_t at[] = {tap / (axes[1].taps * axes[2].taps), tap / axes[2].taps % axes[1].taps, tap % axes[2].taps};
      Tap next{};
      bool reaches = true;
      for (int i = 0; i < max_spatial; i++) {
        const index_t distance = first[i] + axes[i].pad_before - at[i] * axes[i].dilation;
        reaches = reaches && distance % strides[i] == 0;
        next.offset[i] = distance / strides[i];
      }
      next.kernel = tap;
      if (reaches) phase.taps.push_back(next);
    }
    phase.packed = packed;
    packed += static_cast<index_t>(phase.taps.size());
    finish_phase(phase, window.batch);
    im2col.phases.push_back(std::move(phase));
  }
  return im2col;
}

// The coordinates of row `row` among the targets of a phase.
Position position_in(const Phase& phase, index_t row) {
  return Position(row, phase.count[0], phase.count[1], phase.count[2]);
}

// The index in the result of a target of a phase.
index_t target_of(const Position& position, const Im2col& im2col, const Phase& phase) {
  index_t index = position.n;
  for (int i = 0; i < max_spatial; i++) {
    index = index * im2col.target[i] + phase.first[i] + position.at[i] * im2col.spacing[i];
  }
  return index;
}

// Most runs are too short for a call to memcpy; the last vector overlaps the one before it.
inline void copy_floats(float* to, const float* from, index_t n) {
  constexpr index_t few = 4;
  if (n >= lanes) {
    for (index_t i = 0; i + lanes <= n; i += lanes) store(to + i, load(from + i));
    store(to + n - lanes, load(from + n - lanes));
  } else if (n >= few) {
    for (index_t i = 0; i + few <= n; i += few) __builtin_memcpy(to + i, from + i, few * sizeof(float));
    __builtin_memcpy(to + n - few, from + n - few, few * sizeof(float));
  } else if (n > 0) {
    to[0] = from[0];
    if (n > 1) to[1] = from[1];
    if (n > 2) to[2] = from[2];
  }
}
inline void zero_floats(float* to, index_t n) {
  if (n > 0) std::memset(to, 0, n * sizeof(float));
}

// Channel counts of both sides, and the groups they are split into.
struct Channels {
  index_t source, target, groups;
  index_t source_group() const { return source / groups; }
  index_t target_group() const { return target / groups; }
  bool depthwise() const { return source == groups && target == groups; }
};

// Writes the patches (im2col) of rows [row, row + rows) and taps [first, last) for one channel group.
void write_patches(const Im2col& im2col, const Phase& phase, const Channels& channels, index_t group,
                   const float* source, index_t row, index_t rows, index_t first, index_t last, float* out) {
  const index_t width = channels.source_group();
  const bool whole = channels.groups == 1;
  Position position = position_in(phase, row);
  for (index_t i = 0; i < rows; i++, position.advance()) {
    const index_t z0 = position.at[0] * im2col.step[0], y0 = position.at[1] * im2col.step[1],
                  x0 = position.at[2] * im2col.step[2];
    const float* image =
        source + position.n * im2col.source[0] * im2col.source[1] * im2col.source[2] * channels.source + group * width;
    for (index_t t = first; t < last;) {
      const Tap& tap = phase.taps[t];
      const index_t run = whole ? std::min(tap.run, last - t) : 1;
      const index_t z = z0 + tap.offset[0], y = y0 + tap.offset[1], x = x0 + tap.offset[2];
      if (z < 0 || z >= im2col.source[0] || y < 0 || y >= im2col.source[1]) {
        zero_floats(out, run * width);
      } else {
        const index_t from = std::min(run, std::max<index_t>(0, -x));
        const index_t to = std::max(from, std::min(run, im2col.source[2] - x));
        zero_floats(out, from * width);
        copy_floats(out + from * width,
                    image + ((z * im2col.source[1] + y) * im2col.source[2] + x + from) * channels.source,
                    (to - from) * width);
        zero_floats(out + to * width, (run - to) * width);
      }
      out += run * width;
      t += run;
    }
  }
}

// Whether im2col is the identity, so that the source can be multiplied where it is (1x1 kernels).
bool is_identity(const Im2col& im2col) {
  if (im2col.phases.size() != 1) return false;
  const Phase& phase = im2col.phases[0];
  bool same = phase.taps.size() == 1;
  for (int i = 0; same && i < max_spatial; i++) {
    same = im2col.step[i] == 1 && im2col.spacing[i] == 1 && phase.taps[0].offset[i] == 0 &&
           im2col.source[i] == im2col.target[i];
  }
  return same;
}

// Rows and taps per block of patches.
struct Blocks {
  index_t rows, taps;
};

Blocks block_patches(index_t rows, index_t taps, index_t width, index_t columns, index_t least_blocks) {
  Blocks blocks;
  blocks.taps = std::max<index_t>(1, std::min(taps, patch_floats / (block_rows * width)));
  const index_t fitting = patch_floats / std::max(blocks.taps * width, columns) / row_unit * row_unit;
  const index_t wanted = round_up(ceil_div(rows, least_blocks), row_unit);
  blocks.rows = std::max(row_unit, std::min(fitting, wanted));
  return blocks;
}

struct ConvolutionState : State {
  Window window;
  Im2col im2col;
  Channels channels;
  Epilogue epilogue;
  bool identity = false;
  // A matrix [taps * source channels, target channels] per group, if the kernel is not laid out like that.
  bool packs = false;
  std::vector<float> packed;
  std::vector<Blocks> blocks;
};

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

template <class Attrs>
bool prepare_either(Node& node, const Attrs& attrs, Validator& validator, bool is_transpose) {
  if (!validator.require(node.in.size() >= 2 && !node.out.empty(), "a convolution takes two operands")) return false;
  auto state = std::make_unique<ConvolutionState>();
  const int rank = spatial_rank(*node.in[0], validator);
  if (rank == 0 || !state->epilogue.prepare(node, attrs.epilogue, 2, false, validator)) return false;
  Value result = state->epilogue.shape();
  const Value& x = is_transpose ? result : *node.in[0];
  const Value& y = is_transpose ? *node.in[0] : result;
  if (!read_convolution(state->window, attrs, x, *node.in[1], y, validator)) return false;
  state->im2col = is_transpose ? backward_im2col(state->window) : forward_im2col(state->window);
  state->channels = {node.in[0]->dims[rank + 1], result.dims[rank + 1], attrs.groups};
  state->identity = is_identity(state->im2col);
  const Channels& channels = state->channels;
  state->packs = is_transpose && !channels.depthwise();
  if (state->packs) state->packed.resize(node.in[1]->size);
  for (const Phase& phase : state->im2col.phases) {
    const index_t taps = static_cast<index_t>(phase.taps.size());
    const double flops = 2.0 * phase.rows * taps * channels.source_group() * channels.target;
    const Blocks blocks = block_patches(phase.rows, std::max<index_t>(1, taps), channels.source_group(),
                                        channels.target, tasks_wanted(flops));
    state->blocks.push_back(blocks);
    const index_t patches = state->identity ? 0 : blocks.rows * blocks.taps * channels.source_group();
    const index_t strided = state->im2col.phases.size() > 1 ? blocks.rows * channels.target_group() : 0;
    validator.need_worker(channels.depthwise() ? 2 * taps * sizeof(float*)
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
                    const float* kernel, index_t row, index_t rows, float* memory) {
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

// Depthwise: for each element a sum over taps, vectorized over channels.
void depthwise_rows(const ConvolutionState& state, const Phase& phase, const float* source, const float* kernel,
                    index_t row, index_t rows, const float** lists) {
  const Im2col& im2col = state.im2col;
  const index_t channels = state.channels.source;
  const index_t taps = static_cast<index_t>(phase.taps.size());
  const float** values = lists;
  const float** weights = lists + taps;
  Position position = position_in(phase, row);
  for (index_t i = 0; i < rows; i++, position.advance()) {
    index_t inside = 0;
    for (const Tap& tap : phase.taps) {
      const index_t z = position.at[0] * im2col.step[0] + tap.offset[0],
                    y = position.at[1] * im2col.step[1] + tap.offset[1],
                    x = position.at[2] * im2col.step[2] + tap.offset[2];
      if (z < 0 || z >= im2col.source[0] || y < 0 || y >= im2col.source[1] || x < 0 || x >= im2col.source[2]) continue;
      values[inside] =
          source + (((position.n * im2col.source[0] + z) * im2col.source[1] + y) * im2col.source[2] + x) * channels;
      weights[inside++] = kernel + tap.kernel * channels;
    }
    float* to = state.epilogue.product() + target_of(position, im2col, phase) * channels;
    constexpr int vectors = 4;
    index_t c = 0;
    for (; c + vectors * lanes <= channels; c += vectors * lanes) {
      Vector sums[vectors] = {};
      for (index_t t = 0; t < inside; t++) {
        CERATOPS_UNROLL
        for (int v = 0; v < vectors; v++) sums[v] += load(values[t] + c + v * lanes) * load(weights[t] + c + v * lanes);
      }
      CERATOPS_UNROLL
      for (int v = 0; v < vectors; v++) store(to + c + v * lanes, sums[v]);
    }
    for (; c + lanes <= channels; c += lanes) {
      Vector sum = {};
      for (index_t t = 0; t < inside; t++) sum += load(values[t] + c) * load(weights[t] + c);
      store(to + c, sum);
    }
    for (; c < channels; c++) {
      float sum = 0;
      for (index_t t = 0; t < inside; t++) sum += values[t][c] * weights[t][c];
      to[c] = sum;
    }
  }
}

void run_either(Node& node, Runtime& runtime) {
  ConvolutionState& state = node.state_as<ConvolutionState>();
  const float* source = node.in[0]->as<float>();
  const float* kernel = node.in[1]->as<float>();
  const Channels& channels = state.channels;
  if (state.packs) pack_kernel(state, kernel, runtime);
  const bool is_whole = state.im2col.phases.size() == 1;
  for (std::size_t i = 0; i < state.im2col.phases.size(); i++) {
    const Phase& phase = state.im2col.phases[i];
    const Blocks& blocks = state.blocks[i];
    runtime.pool->parallel(ceil_div(phase.rows, blocks.rows), [&](index_t task, int thread) {
      const index_t row = task * blocks.rows, rows = std::min(blocks.rows, phase.rows - row);
      char* memory = runtime.worker(thread);
      if (channels.depthwise()) {
        depthwise_rows(state, phase, source, kernel, row, rows, reinterpret_cast<const float**>(memory));
      } else {
        multiply_block(state, phase, blocks, source, kernel, row, rows, reinterpret_cast<float*>(memory));
      }
      if (is_whole) state.epilogue.run(memory, row * channels.target, (row + rows) * channels.target);
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
  bool identity = false;
  Blocks blocks;
  // Rows are split into parts, each with its own partial sum.
  index_t parts = 1, part_rows = 1;
  std::vector<float> partial;
};

// The partial sum of one part over one block of taps.
void filter_block(const FilterState& state, const float* x, const float* y, index_t part, index_t first, float* to,
                  float* memory) {
  const Phase& phase = state.im2col.phases[0];
  const Channels& channels = state.channels;
  const index_t taps = static_cast<index_t>(phase.taps.size());
  const index_t last = std::min(taps, first + state.blocks.taps);
  const index_t width = channels.source_group(), columns = channels.target_group();
  const index_t begin = part * state.part_rows, end = std::min(phase.rows, begin + state.part_rows);
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

// The partial sum of one part of a depthwise filter.
void depthwise_filter(const FilterState& state, const float* x, const float* y, index_t part, float* to) {
  const Im2col& im2col = state.im2col;
  const Phase& phase = im2col.phases[0];
  const index_t channels = state.channels.source;
  const index_t begin = part * state.part_rows, end = std::min(phase.rows, begin + state.part_rows);
  zero_floats(to, static_cast<index_t>(phase.taps.size()) * channels);
  Position position = position_in(phase, begin);
  for (index_t row = begin; row < end; row++, position.advance()) {
    const float* gradient = y + row * channels;
    for (const Tap& tap : phase.taps) {
      const index_t d = position.at[0] * im2col.step[0] + tap.offset[0],
                    h = position.at[1] * im2col.step[1] + tap.offset[1],
                    w = position.at[2] * im2col.step[2] + tap.offset[2];
      if (d < 0 || d >= im2col.source[0] || h < 0 || h >= im2col.source[1] || w < 0 || w >= im2col.source[2]) continue;
      const float* from =
          x + (((position.n * im2col.source[0] + d) * im2col.source[1] + h) * im2col.source[2] + w) * channels;
      float* sums = to + tap.kernel * channels;
      CERATOPS_INDEPENDENT
      for (index_t c = 0; c < channels; c++) sums[c] += from[c] * gradient[c];
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
  const index_t rows = state->im2col.phases[0].rows, taps = state->window.taps(), width = channels.source_group();
  const index_t wanted = tasks_wanted(2.0 * rows * taps * width * channels.target);
  state->blocks = block_patches(rows, taps, width, channels.target, 1);
  const index_t tap_blocks = channels.depthwise() ? 1 : ceil_div(taps, state->blocks.taps);
  const index_t most = std::max<index_t>(1, std::min(ceil_div(rows, state->blocks.rows), partial_floats / kernel.size));
  state->parts = std::min(most, std::min<index_t>(32, ceil_div(wanted, tap_blocks)));
  state->part_rows = std::max<index_t>(1, ceil_div(rows, state->parts));
  state->parts = std::max<index_t>(1, ceil_div(rows, state->part_rows));
  if (state->parts > 1) state->partial.resize(state->parts * kernel.size);
  const index_t patches = state->identity ? 0 : state->blocks.rows * state->blocks.taps * width;
  if (!channels.depthwise()) validator.need_worker((patches + tile_scratch) * sizeof(float));
  node.state = std::move(state);
  return !validator.failed;
}

void run_convolution_filter(Node& node, Runtime& runtime) {
  FilterState& state = node.state_as<FilterState>();
  const float* x = node.in[0]->as<float>();
  const float* y = node.in[1]->as<float>();
  float* kernel = node.out[0]->as<float>();
  const index_t size = node.out[0]->size;
  if (state.im2col.phases[0].rows == 0) return zero_floats(kernel, size);
  float* sums = state.parts > 1 ? state.partial.data() : kernel;
  const index_t taps = state.window.taps();
  const index_t tap_blocks = state.channels.depthwise() ? 1 : ceil_div(taps, state.blocks.taps);
  runtime.pool->parallel(state.parts * tap_blocks, [&](index_t task, int thread) {
    const index_t part = task / tap_blocks, first = task % tap_blocks * state.blocks.taps;
    float* to = sums + part * size;
    if (state.channels.depthwise()) {
      depthwise_filter(state, x, y, part, to);
    } else {
      filter_block(state, x, y, part, first, to, reinterpret_cast<float*>(runtime.worker(thread)));
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
