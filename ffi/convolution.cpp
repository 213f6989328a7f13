// Convolution and its adjoints: patches of the source are gathered in a cache-sized block, and multiplied.
#include "epilogue.h"
#include "matmul.h"
#include "ops.h"
#include "sliding.h"
#include "threads.h"

namespace ceratops {

namespace {

// Floats of a block of patches, and of the sums made of it, which stay in the second-level cache together with a panel of
// the kernel.
constexpr index_t patch_floats = 49152;
// Rows of a block, where its taps are as many as fit.
constexpr index_t block_rows = 96;
// Blocks have a multiple of these rows, which all register tiles divide.
constexpr index_t row_unit = 24;
// Partial sums of filter gradients take at most this many floats.
constexpr index_t partial_floats = 1 << 22;

// A tap of the kernel, and where it reads the source relative to a target's first element.
struct Tap {
  index_t offset[max_spatial];
  index_t kernel;
  // How many taps from this one on read neighbours along the last axis.
  index_t run;
};

// Targets that read the source by the same taps: those at `first + i * spacing`, which read from `i * step` on.
struct Phase {
  index_t first[max_spatial], count[max_spatial];
  std::vector<Tap> taps;
  index_t packed = 0;
  index_t rows = 0;
};

// Which elements of a source make those of a target. A target of a transposed convolution with strides meets only some
// taps, by its remainder: hence the phases.
struct Gather {
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

// The output gathers from the input.
Gather forward_gather(const Sliding& sliding) {
  Gather gather;
  Phase phase;
  for (int i = 0; i < max_spatial; i++) {
    const SlidingAxis& axis = sliding.axes[i];
    gather.source[i] = axis.extent;
    gather.target[i] = axis.positions;
    gather.step[i] = axis.stride;
    gather.spacing[i] = 1;
    phase.first[i] = 0;
    phase.count[i] = axis.positions;
  }
  const SlidingAxis* axes = sliding.axes;
  for (index_t tap = 0; tap < sliding.taps(); tap++) {
    const index_t at[] = {tap / (axes[1].taps * axes[2].taps), tap / axes[2].taps % axes[1].taps, tap % axes[2].taps};
    Tap next{};
    for (int i = 0; i < max_spatial; i++) next.offset[i] = at[i] * axes[i].dilation - axes[i].low;
    next.kernel = tap;
    phase.taps.push_back(next);
  }
  finish_phase(phase, sliding.batch);
  gather.phases.push_back(std::move(phase));
  return gather;
}

// The input gathers from the output.
Gather backward_gather(const Sliding& sliding) {
  Gather gather;
  index_t strides[max_spatial];
  for (int i = 0; i < max_spatial; i++) {
    const SlidingAxis& axis = sliding.axes[i];
    gather.source[i] = axis.positions;
    gather.target[i] = axis.extent;
    gather.step[i] = 1;
    gather.spacing[i] = strides[i] = axis.stride;
  }
  const SlidingAxis* axes = sliding.axes;
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
    // From the last tap to the first, so that neighbours are read in ascending order.
    for (index_t tap = sliding.taps() - 1; tap >= 0; tap--) {
      const index_t at[] = {tap / (axes[1].taps * axes[2].taps), tap / axes[2].taps % axes[1].taps, tap % axes[2].taps};
      Tap next{};
      bool meets = true;
      for (int i = 0; i < max_spatial; i++) {
        const index_t distance = first[i] + axes[i].low - at[i] * axes[i].dilation;
        meets = meets && distance % strides[i] == 0;
        next.offset[i] = distance / strides[i];
      }
      next.kernel = tap;
      if (meets) phase.taps.push_back(next);
    }
    phase.packed = packed;
    packed += static_cast<index_t>(phase.taps.size());
    finish_phase(phase, sliding.batch);
    gather.phases.push_back(std::move(phase));
  }
  return gather;
}

// A place among the targets of a phase.
Place place_in(const Phase& phase, index_t row) { return Place(row, phase.count[0], phase.count[1], phase.count[2]); }

// The element of the result at a place among the targets of a phase.
index_t target_of(const Place& place, const Gather& gather, const Phase& phase) {
  index_t index = place.n;
  for (int i = 0; i < max_spatial; i++) index = index * gather.target[i] + phase.first[i] + place.at[i] * gather.spacing[i];
  return index;
}

// Most runs are short, so that a call of memcpy would cost more than it copies: the last few overlap those before.
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

// Which channels of a source make which of a target.
struct Channels {
  index_t source, target, groups;
  index_t source_group() const { return source / groups; }
  index_t target_group() const { return target / groups; }
  bool depthwise() const { return source == groups && target == groups; }
};

// Patches of rows [row, row + rows), of taps [first, last), of one group's channels.
void gather_patches(const Gather& gather, const Phase& phase, const Channels& channels, index_t group, const float* source,
                    index_t row, index_t rows, index_t first, index_t last, float* out) {
  const index_t width = channels.source_group();
  const bool whole = channels.groups == 1;
  Place place = place_in(phase, row);
  for (index_t i = 0; i < rows; i++, place.advance()) {
    const index_t z0 = place.at[0] * gather.step[0], y0 = place.at[1] * gather.step[1], x0 = place.at[2] * gather.step[2];
    const float* image = source + place.n * gather.source[0] * gather.source[1] * gather.source[2] * channels.source + group * width;
    for (index_t t = first; t < last;) {
      const Tap& tap = phase.taps[t];
      const index_t run = whole ? smaller(tap.run, last - t) : 1;
      const index_t z = z0 + tap.offset[0], y = y0 + tap.offset[1], x = x0 + tap.offset[2];
      if (z < 0 || z >= gather.source[0] || y < 0 || y >= gather.source[1]) {
        zero_floats(out, run * width);
      } else {
        const index_t from = smaller(run, larger<index_t>(0, -x));
        const index_t to = larger(from, smaller(run, gather.source[2] - x));
        zero_floats(out, from * width);
        copy_floats(out + from * width, image + ((z * gather.source[1] + y) * gather.source[2] + x + from) * channels.source,
                    (to - from) * width);
        zero_floats(out + to * width, (run - to) * width);
      }
      out += run * width;
      t += run;
    }
  }
}

// Whether the patches are the source as it lies.
bool is_identity(const Gather& gather) {
  if (gather.phases.size() != 1) return false;
  const Phase& phase = gather.phases[0];
  bool same = phase.taps.size() == 1;
  for (int i = 0; same && i < max_spatial; i++) {
    same = gather.step[i] == 1 && gather.spacing[i] == 1 && phase.taps[0].offset[i] == 0 && gather.source[i] == gather.target[i];
  }
  return same;
}

// How patches are cut into blocks: rows, and taps.
struct Blocks {
  index_t rows, taps;
};

Blocks cut_patches(index_t rows, index_t taps, index_t width, index_t columns, index_t least_blocks) {
  Blocks blocks;
  blocks.taps = larger<index_t>(1, smaller(taps, patch_floats / (block_rows * width)));
  const index_t fitting = patch_floats / larger(blocks.taps * width, columns) / row_unit * row_unit;
  const index_t wanted = round_up(ceil_div(rows, least_blocks), row_unit);
  blocks.rows = larger(row_unit, smaller(fitting, wanted));
  return blocks;
}

struct GatheredState : State {
  Sliding sliding;
  Gather gather;
  Channels channels;
  Epilogue epilogue;
  bool identity = false;
  // For each group a matrix [taps * source channels, target channels], where the kernel does not lie so.
  bool packs = false;
  std::vector<float> packed;
  std::vector<Blocks> blocks;
};

// Reads the window of a convolution, and checks that x, the kernel and y fit.
bool read_convolution(Sliding& sliding, index_t& groups, const Node& node, const Value& x, const Value& kernel, const Value& y,
                      Loader& loader) {
  const int rank = spatial_rank(x, loader);
  if (rank == 0) return false;
  if (!loader.require(node.attrs.size() >= static_cast<std::size_t>(1 + rank * words_per_axis), "a convolution must say how its window moves") ||
      !loader.require(kernel.rank == rank + 2 && kernel.dtype == DType::float32 && y.dtype == DType::float32, "a kernel must have an axis for each of its input")) {
    return false;
  }
  if (!read_sliding(sliding, x, y, rank, kernel.dims, node.attrs.data() + 1, loader)) return false;
  groups = node.attrs[0];
  const index_t inputs = x.dims[rank + 1], outputs = y.dims[rank + 1];
  return loader.require(groups >= 1 && inputs >= 1 && outputs >= 1 && inputs % groups == 0 && outputs % groups == 0 &&
                            kernel.dims[rank] == inputs / groups && kernel.dims[rank + 1] == outputs,
                        "a convolution's channels must fit");
}

bool prepare_gathered(Node& node, Loader& loader, bool is_transpose) {
  if (!loader.require(node.in.size() >= 2 && !node.out.empty(), "a convolution takes two operands")) return false;
  auto state = std::make_unique<GatheredState>();
  const int rank = spatial_rank(*node.in[0], loader);
  if (rank == 0 || !state->epilogue.prepare(node, 1 + rank * words_per_axis, 2, loader)) return false;
  Value result = state->epilogue.shape();
  const Value& x = is_transpose ? result : *node.in[0];
  const Value& y = is_transpose ? *node.in[0] : result;
  index_t groups = 0;
  if (!read_convolution(state->sliding, groups, node, x, *node.in[1], y, loader)) return false;
  state->gather = is_transpose ? backward_gather(state->sliding) : forward_gather(state->sliding);
  state->channels = {node.in[0]->dims[rank + 1], result.dims[rank + 1], groups};
  state->identity = is_identity(state->gather);
  const Channels& channels = state->channels;
  state->packs = is_transpose && !channels.depthwise();
  if (state->packs) state->packed.resize(node.in[1]->size);
  for (const Phase& phase : state->gather.phases) {
    const index_t taps = static_cast<index_t>(phase.taps.size());
    const double flops = 2.0 * phase.rows * taps * channels.source_group() * channels.target;
    const Blocks blocks = cut_patches(phase.rows, larger<index_t>(1, taps), channels.source_group(), channels.target, tasks_wanted(flops));
    state->blocks.push_back(blocks);
    const index_t patches = state->identity ? 0 : blocks.rows * blocks.taps * channels.source_group();
    const index_t apart = state->gather.phases.size() > 1 ? blocks.rows * channels.target_group() : 0;
    loader.need_worker(channels.depthwise() ? 2 * taps * sizeof(float*) : (patches + apart + tile_scratch) * sizeof(float));
  }
  node.state = std::move(state);
  return !loader.failed;
}

// Writes the kernel's matrices as a transposed convolution multiplies by them.
void pack_kernel(GatheredState& state, const float* kernel, Runtime& runtime) {
  const Channels& channels = state.channels;
  const index_t rows = channels.source_group(), columns = channels.target_group();
  for (const Phase& phase : state.gather.phases) {
    const index_t taps = static_cast<index_t>(phase.taps.size());
    float* matrices = state.packed.data() + phase.packed * rows * channels.target;
    const index_t tasks = rows * columns * taps < 16384 ? 1 : taps;
    runtime.pool->parallel(tasks, [&](index_t task, int) {
      for (index_t t = task; t < taps; t += tasks) {
        for (index_t group = 0; group < channels.groups; group++) {
          const float* from = kernel + phase.taps[t].kernel * columns * channels.source + group * rows;
          float* to = matrices + (group * taps + t) * rows * columns;
          for (index_t row = 0; row < rows; row++) {
            for (index_t column = 0; column < columns; column++) to[row * columns + column] = from[column * channels.source + row];
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

void multiply_block(const GatheredState& state, const Phase& phase, const Blocks& blocks, const float* source,
                    const float* kernel, index_t row, index_t rows, float* memory) {
  const Gather& gather = state.gather;
  const Channels& channels = state.channels;
  const index_t taps = static_cast<index_t>(phase.taps.size());
  const index_t width = channels.source_group(), columns = channels.target_group();
  const bool is_apart = gather.phases.size() > 1;
  float* result = state.epilogue.product();
  float* patches = memory;
  float* apart = patches + (state.identity ? 0 : blocks.rows * blocks.taps * width);
  float* scratch = apart + (is_apart ? blocks.rows * columns : 0);
  for (index_t group = 0; group < channels.groups; group++) {
    Product p;
    p.m = rows;
    p.n = columns;
    p.c = is_apart ? apart : result + row * channels.target + group * columns;
    p.c_row = is_apart ? columns : channels.target;
    if (taps == 0) zero_floats(apart, rows * columns);
    for (index_t first = 0; first < taps; first += blocks.taps) {
      const index_t last = smaller(taps, first + blocks.taps);
      p.k = (last - first) * width;
      p.a_depth = 1;
      p.b_column = 1;
      if (state.identity) {
        p.a = source + row * channels.source + group * width;
        p.a_row = channels.source;
      } else {
        gather_patches(gather, phase, channels, group, source, row, rows, first, last, patches);
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
    if (!is_apart) continue;
    Place place = place_in(phase, row);
    for (index_t i = 0; i < rows; i++, place.advance()) {
      copy_floats(result + target_of(place, gather, phase) * channels.target + group * columns, apart + i * columns, columns);
    }
  }
}

// Every channel by itself: a sum over taps of vectors of channels.
void depthwise_rows(const GatheredState& state, const Phase& phase, const float* source, const float* kernel, index_t row,
                    index_t rows, const float** lists) {
  const Gather& gather = state.gather;
  const index_t channels = state.channels.source;
  const index_t taps = static_cast<index_t>(phase.taps.size());
  const float** values = lists;
  const float** weights = lists + taps;
  Place place = place_in(phase, row);
  for (index_t i = 0; i < rows; i++, place.advance()) {
    index_t met = 0;
    for (const Tap& tap : phase.taps) {
      const index_t z = place.at[0] * gather.step[0] + tap.offset[0], y = place.at[1] * gather.step[1] + tap.offset[1],
                    x = place.at[2] * gather.step[2] + tap.offset[2];
      if (z < 0 || z >= gather.source[0] || y < 0 || y >= gather.source[1] || x < 0 || x >= gather.source[2]) continue;
      values[met] = source + (((place.n * gather.source[0] + z) * gather.source[1] + y) * gather.source[2] + x) * channels;
      weights[met++] = kernel + tap.kernel * channels;
    }
    float* to = state.epilogue.product() + target_of(place, gather, phase) * channels;
    constexpr int vectors = 4;
    index_t c = 0;
    for (; c + vectors * lanes <= channels; c += vectors * lanes) {
      Vector sums[vectors] = {};
      for (index_t t = 0; t < met; t++) {
        CERATOPS_UNROLL
        for (int v = 0; v < vectors; v++) sums[v] += load(values[t] + c + v * lanes) * load(weights[t] + c + v * lanes);
      }
      CERATOPS_UNROLL
      for (int v = 0; v < vectors; v++) store(to + c + v * lanes, sums[v]);
    }
    for (; c + lanes <= channels; c += lanes) {
      Vector sum = {};
      for (index_t t = 0; t < met; t++) sum += load(values[t] + c) * load(weights[t] + c);
      store(to + c, sum);
    }
    for (; c < channels; c++) {
      float sum = 0;
      for (index_t t = 0; t < met; t++) sum += values[t][c] * weights[t][c];
      to[c] = sum;
    }
  }
}

void run_gathered(Node& node, Runtime& runtime) {
  GatheredState& state = node.state_as<GatheredState>();
  const float* source = node.in[0]->as<float>();
  const float* kernel = node.in[1]->as<float>();
  const Channels& channels = state.channels;
  if (state.packs) pack_kernel(state, kernel, runtime);
  const bool is_whole = state.gather.phases.size() == 1;
  for (std::size_t i = 0; i < state.gather.phases.size(); i++) {
    const Phase& phase = state.gather.phases[i];
    const Blocks& blocks = state.blocks[i];
    runtime.pool->parallel(ceil_div(phase.rows, blocks.rows), [&](index_t task, int thread) {
      const index_t row = task * blocks.rows, rows = smaller(blocks.rows, phase.rows - row);
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
    state.epilogue.run(runtime.worker(thread), from, smaller(size, from + elements_per_task));
  });
}

struct FilterState : State {
  Sliding sliding;
  Gather gather;
  Channels channels;
  bool identity = false;
  Blocks blocks;
  // The rows are cut into parts, each with a sum of its own.
  index_t parts = 1, part_rows = 1;
  std::vector<float> partial;
};

// One part's sum over one block of taps.
void filter_block(const FilterState& state, const float* x, const float* y, index_t part, index_t first, float* to, float* memory) {
  const Phase& phase = state.gather.phases[0];
  const Channels& channels = state.channels;
  const index_t taps = static_cast<index_t>(phase.taps.size());
  const index_t last = smaller(taps, first + state.blocks.taps);
  const index_t width = channels.source_group(), columns = channels.target_group();
  const index_t begin = part * state.part_rows, end = smaller(phase.rows, begin + state.part_rows);
  float* scratch = memory + (state.identity ? 0 : state.blocks.rows * state.blocks.taps * width);
  for (index_t row = begin; row < end; row += state.blocks.rows) {
    const index_t rows = smaller(state.blocks.rows, end - row);
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
        gather_patches(state.gather, phase, channels, group, x, row, rows, first, last, memory);
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

// One part's sums where every channel is by itself.
void depthwise_filter(const FilterState& state, const float* x, const float* y, index_t part, float* to) {
  const Gather& gather = state.gather;
  const Phase& phase = gather.phases[0];
  const index_t channels = state.channels.source;
  const index_t begin = part * state.part_rows, end = smaller(phase.rows, begin + state.part_rows);
  zero_floats(to, static_cast<index_t>(phase.taps.size()) * channels);
  Place place = place_in(phase, begin);
  for (index_t row = begin; row < end; row++, place.advance()) {
    const float* gradient = y + row * channels;
    for (const Tap& tap : phase.taps) {
      const index_t d = place.at[0] * gather.step[0] + tap.offset[0], h = place.at[1] * gather.step[1] + tap.offset[1],
                    w = place.at[2] * gather.step[2] + tap.offset[2];
      if (d < 0 || d >= gather.source[0] || h < 0 || h >= gather.source[1] || w < 0 || w >= gather.source[2]) continue;
      const float* from = x + (((place.n * gather.source[0] + d) * gather.source[1] + h) * gather.source[2] + w) * channels;
      float* sums = to + tap.kernel * channels;
      CERATOPS_INDEPENDENT
      for (index_t c = 0; c < channels; c++) sums[c] += from[c] * gradient[c];
    }
  }
}

}  // namespace

bool prepare_convolution(Node& node, Loader& loader) { return prepare_gathered(node, loader, false); }
void run_convolution(Node& node, Runtime& runtime) { run_gathered(node, runtime); }
bool prepare_convolution_transpose(Node& node, Loader& loader) { return prepare_gathered(node, loader, true); }
void run_convolution_transpose(Node& node, Runtime& runtime) { run_gathered(node, runtime); }

bool prepare_convolution_filter(Node& node, Loader& loader) {
  if (!loader.require(node.in.size() == 2 && node.out.size() == 1, "a filter's gradient takes two operands")) return false;
  auto state = std::make_unique<FilterState>();
  const Value& x = *node.in[0];
  const Value& y = *node.in[1];
  const Value& kernel = *node.out[0];
  index_t groups = 0;
  if (!read_convolution(state->sliding, groups, node, x, kernel, y, loader)) return false;
  state->gather = forward_gather(state->sliding);
  state->channels = {x.dims[x.rank - 1], y.dims[y.rank - 1], groups};
  state->identity = is_identity(state->gather);
  const Channels& channels = state->channels;
  const index_t rows = state->gather.phases[0].rows, taps = state->sliding.taps(), width = channels.source_group();
  const index_t wanted = tasks_wanted(2.0 * rows * taps * width * channels.target);
  state->blocks = cut_patches(rows, taps, width, channels.target, 1);
  const index_t tap_blocks = channels.depthwise() ? 1 : ceil_div(taps, state->blocks.taps);
  const index_t most = larger<index_t>(1, smaller(ceil_div(rows, state->blocks.rows), partial_floats / kernel.size));
  state->parts = smaller(most, smaller<index_t>(32, ceil_div(wanted, tap_blocks)));
  state->part_rows = larger<index_t>(1, ceil_div(rows, state->parts));
  state->parts = larger<index_t>(1, ceil_div(rows, state->part_rows));
  if (state->parts > 1) state->partial.resize(state->parts * kernel.size);
  const index_t patches = state->identity ? 0 : state->blocks.rows * state->blocks.taps * width;
  if (!channels.depthwise()) loader.need_worker((patches + tile_scratch) * sizeof(float));
  node.state = std::move(state);
  return !loader.failed;
}

void run_convolution_filter(Node& node, Runtime& runtime) {
  FilterState& state = node.state_as<FilterState>();
  const float* x = node.in[0]->as<float>();
  const float* y = node.in[1]->as<float>();
  float* kernel = node.out[0]->as<float>();
  const index_t size = node.out[0]->size;
  if (state.gather.phases[0].rows == 0) return zero_floats(kernel, size);
  float* sums = state.parts > 1 ? state.partial.data() : kernel;
  const index_t taps = state.sliding.taps();
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
    const index_t from = task * elements_per_task, n = smaller(elements_per_task, size - from);
    float* to = kernel + from;
    for (index_t part = 0; part < state.parts; part++) {
      const float* add = sums + part * size + from;
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < n; i++) to[i] = part == 0 ? add[i] : to[i] + add[i];
    }
  });
}

}  // namespace ceratops
