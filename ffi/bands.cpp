// An inverted residual block: a convolution that expands the channels, a depthwise convolution, and a 1x1 convolution
// that reduces them again. What the first two write is many times as large as what the block reads and returns. Here a
// task computes a band of the block's lines, some channels at a time: the lines of the expanded image that the band
// reads, with zeros around them, their depthwise convolution, and what that adds to the product. Where something else,
// such as a squeeze and excitation, lies before the product, the block ends with the depthwise convolution, and with
// the sums of its result's channels if those are asked for.
#include "bands.h"

#include "convolution.h"
#include "join.h"
#include "ops.h"
#include "reductions.h"
#include "threads.h"
#include "tile.h"

namespace ceratops {

namespace {

// Floats of the expanded lines that a line of the result reads, which stay in the L1 cache.
constexpr index_t ring_floats = 6144;
constexpr index_t most_channels = 64;
// Bands of all images for each of several threads. A band computes the expanded lines at its edges again, so it reads
// this many others at least, and one thread has whole images.
constexpr index_t bands_per_thread = 2, least_lines = 7;

// Computes a line of a depthwise convolution.
using FilterLine = void (*)(const InnerLine& line, index_t columns, index_t channels, const Affine& finish);

struct BandsState : State {
  // The convolutions. The last one is null if the depthwise convolution's result is the block's; then there may be a
  // node that sums that over lines and columns.
  const Node *expand, *depthwise, *project, *sum;
  // What the last node's state was.
  std::unique_ptr<State> owned;
  ConvolutionState *first, *middle, *last;
  FilterLine filter;
  // Lines of a band, columns of an expanded line with what is around it, and channels that are computed at a time.
  index_t lines, source_columns, channels;
  // Floats of a task's memory.
  index_t row_floats, line_floats, filtered_floats, padded_floats;
  std::size_t bytes() const {
    const index_t ring = middle->window.axes[1].taps * line_floats;
    return (2 * row_floats + ring + filtered_floats + padded_floats + tile_rows * tile_columns) * sizeof(float);
  }
};

// The memory of a task.
struct BandMemory {
  float *first_rows, *middle_rows, *expanded, *filtered, *padded, *edge;

  BandMemory(const BandsState& bands, char* memory) {
    first_rows = reinterpret_cast<float*>(memory);
    middle_rows = first_rows + bands.row_floats;
    expanded = middle_rows + bands.row_floats;
    filtered = expanded + bands.middle->window.axes[1].taps * bands.line_floats;
    padded = filtered + bands.filtered_floats;
    edge = padded + bands.padded_floats;
  }
};

template <int taps, int stride>
void filter_line(const InnerLine& line, index_t columns, index_t channels, const Affine& finish) {
  constexpr int together = 4, vectors = taps > 3 ? 1 : 2;
  index_t x = 0;
  for (; x + together <= columns; x += together) {
    index_t c = 0;
    for (; c + vectors * lanes <= channels; c += vectors * lanes) {
      inner_tile<together, taps, stride, vectors>(line, x, c, finish);
    }
    for (; c < channels; c += lanes) inner_tile<together, taps, stride, 1>(line, x, c, finish);
  }
  for (; x < columns; x++) {
    for (index_t c = 0; c < channels; c += lanes) inner_tile<1, taps, stride, 1>(line, x, c, finish);
  }
}

FilterLine filter_for(index_t taps, index_t stride) {
  if (taps == 3 && stride == 1) return filter_line<3, 1>;
  if (taps == 3 && stride == 2) return filter_line<3, 2>;
  if (taps == 5 && stride == 1) return filter_line<5, 1>;
  if (taps == 5 && stride == 2) return filter_line<5, 2>;
  return nullptr;
}

// Columns of a line that windows read, with what is around it.
index_t padded_columns(const Window& window) {
  const WindowAxis& width = window.axes[2];
  return std::max(width.pad_before, (width.positions - 1) * width.stride + width.taps);
}

// The chain of an epilogue; without one, nothing changes.
Affine finish_of(const ConvolutionState& state, float* rows, index_t columns) {
  const AffineChain* chain = state.epilogue.only_chain();
  return (chain ? *chain : AffineChain()).scaled(rows, columns);
}

// What some channels of a band are computed with.
struct Part {
  const BandsState& bands;
  const BandMemory& memory;
  Affine first, middle;
  index_t image, channel, count;
};

// The channels of an expanded line, with zeros around the image.
void expand_line(const Part& part, index_t line, float* to) {
  const BandsState& bands = part.bands;
  const ConvolutionState& state = *bands.first;
  const WindowAxis &height = bands.middle->window.axes[1], &width = bands.middle->window.axes[2];
  const index_t depth = state.blocks[0].taps * state.channels.source, count = part.count;
  if (line < 0 || line >= height.extent) return zero_floats(to, bands.source_columns * count);
  const index_t left = width.pad_before, columns = std::min(width.extent, bands.source_columns - left);
  const index_t row = (part.image * height.extent + line) * width.extent;
  const float* source = bands.expand->in[0]->as<float>();
  Product p = {};
  p.m = columns;
  p.n = count;
  p.a_depth = 1;
  p.c = to + left * count;
  p.c_row = count;
  const float* panels = state.prepared.panels.data() + part.channel * depth;
  const Affine finish = part.first.at(0, part.channel);
  if (state.identity) {
    p.k = p.a_row = depth;
    p.a = source + row * depth;
    p.finish = &finish;
    packed_product(p, panels, part.memory.edge);
  } else {
    // A window's line is adjacent in the line that it reads, so patches need not be written.
    const WindowAxis &high = state.window.axes[1], &wide = state.window.axes[2];
    const index_t inputs = state.channels.source, length = wide.extent * inputs;
    const index_t before = wide.pad_before * inputs, padded = padded_columns(state.window) * inputs;
    p.k = wide.taps * inputs;
    p.a_row = wide.stride * inputs;
    p.a = part.memory.padded;
    for (index_t i = 0; i < high.taps; i++) {
      const index_t y = line * high.stride - high.pad_before + i;
      const bool is_inside = y >= 0 && y < high.extent;
      const index_t inside = is_inside ? std::min(length, padded - before) : 0;
      zero_floats(part.memory.padded, before);
      copy_floats(part.memory.padded + before, source + (part.image * high.extent + y) * length, inside);
      zero_floats(part.memory.padded + before + inside, padded - before - inside);
      p.add = i > 0;
      p.finish = i + 1 == high.taps ? &finish : nullptr;
      packed_product(p, panels + i * p.k * tile_columns, depth, part.memory.edge);
    }
  }
  zero_floats(to, left * count);
  zero_floats(p.c + columns * count, (bands.source_columns - left - columns) * count);
}

// Puts a line of the depthwise convolution to its place in the result, of which `row` is the first position. Unless
// `sums` is null, that gets the line's sum for each channel, by short runs, as in other sums.
void put_line(const Part& part, index_t row, double* sums) {
  const BandsState& bands = part.bands;
  const index_t columns = bands.middle->window.axes[2].positions, all = bands.middle->channels.source;
  float* target = bands.depthwise->out[0]->as<float>() + row * all + part.channel;
  const auto put = [&](auto activation) {
    for (index_t c = 0; c < part.count; c += lanes) {
      double* line_sums = sums ? sums + row / columns * all + part.channel + c : nullptr;
      if (sums) std::fill(line_sums, line_sums + lanes, 0.0);
      for (index_t from = 0; from < columns; from += short_run) {
        Vector sum = {};
        for (index_t x = from; x < std::min(columns, from + short_run); x++) {
          const Vector y = activation(load(part.memory.filtered + x * part.count + c));
          store(target + x * all + c, y);
          sum += y;
        }
        for (index_t i = 0; sums && i < lanes; i++) line_sums[i] += static_cast<double>(sum[i]);
      }
    }
  };
  if (part.middle.has_swish) {
    put([](Vector x) { return swish_of(x); });
  } else {
    put([](Vector x) { return x; });
  }
}

// What some channels add to the lines [from, to) of the result, and their sums of each line, if not null.
void run_part(const Part& part, index_t from, index_t to, double* sums) {
  const BandsState& bands = part.bands;
  const BandMemory& memory = part.memory;
  const ConvolutionState& middle = *bands.middle;
  const WindowAxis &height = middle.window.axes[1], &width = middle.window.axes[2];
  const index_t all = middle.channels.source, count = part.count;
  InnerLine line = {};
  line.lines = height.taps;
  line.step = count;
  line.weights = bands.depthwise->in[1]->as<float>() + part.channel;
  line.weight_step = all;
  line.to = memory.filtered;
  // Expanded lines are kept in a ring.
  index_t next = from * height.stride;
  for (index_t y = from; y < to; y++) {
    const index_t first = y * height.stride, end = first + height.taps;
    const auto place = [&](index_t at) { return memory.expanded + at % height.taps * bands.line_floats; };
    for (next = std::max(next, first); next < end; next++) expand_line(part, next - height.pad_before, place(next));
    for (index_t i = 0; i < height.taps; i++) line.sources[i] = place(first + i);
    bands.filter(line, width.positions, count, part.middle);
    const index_t row = (part.image * height.positions + y) * width.positions;
    if (!bands.project) {
      put_line(part, row, sums);
      continue;
    }
    if (part.middle.has_swish) swish(memory.filtered, width.positions * count);
    const ConvolutionState& last = *bands.last;
    Product p = {};
    p.m = width.positions;
    p.n = last.channels.target;
    p.k = count;
    p.a = memory.filtered;
    p.a_row = count;
    p.a_depth = 1;
    p.c = last.epilogue.product() + row * p.n;
    p.c_row = p.n;
    p.add = part.channel > 0;
    packed_product(p, last.prepared.panels.data() + part.channel * tile_columns, all, memory.edge);
  }
}

// Lines [from, to) of the result for an image, and the sums of each line, if not null.
void run_band(const BandsState& bands, index_t image, index_t from, index_t to, double* sums, char* scratch) {
  const BandMemory memory(bands, scratch);
  const index_t all = bands.middle->channels.source;
  Part part{bands,
            memory,
            finish_of(*bands.first, memory.first_rows, all),
            finish_of(*bands.middle, memory.middle_rows, all),
            image,
            0,
            0};
  for (; part.channel < all; part.channel += bands.channels) {
    part.count = std::min(bands.channels, all - part.channel);
    run_part(part, from, to, sums);
    part.middle.scale += bands.channels;
    part.middle.shift += bands.channels;
  }
  if (!bands.project) return;
  const Value& result = bands.last->epilogue.shape();
  const index_t line = result.size / (bands.middle->window.batch * bands.middle->window.axes[1].positions);
  const index_t first = image * bands.middle->window.axes[1].positions;
  bands.last->epilogue.run(scratch, (first + from) * line, (first + to) * line);
}

void run_bands(Node& node, Runtime& runtime) {
  const BandsState& bands = node.state_as<BandsState>();
  refresh_kernel(*bands.first, bands.expand->in[1]->as<float>(), runtime);
  if (bands.project) refresh_kernel(*bands.last, bands.project->in[1]->as<float>(), runtime);
  const Window& window = bands.middle->window;
  const index_t positions = window.axes[1].positions, per_image = ceil_div(positions, bands.lines);
  double* sums = bands.sum ? reinterpret_cast<double*>(runtime.shared) : nullptr;
  runtime.pool->parallel(window.batch * per_image, [&](index_t task, int thread) {
    const index_t from = task % per_image * bands.lines;
    run_band(bands, task / per_image, from, std::min(positions, from + bands.lines), sums, runtime.worker(thread));
  });
  if (!sums) return;
  // Line by line, so that it does not depend on the bands.
  const index_t channels = bands.middle->channels.source;
  runtime.pool->parallel(window.batch, [&](index_t image, int) {
    double* totals = sums + image * positions * channels;
    for (index_t line = 1; line < positions; line++) {
      const double* more = totals + line * channels;
      for (index_t c = 0; c < channels; c++) totals[c] += more[c];
    }
    float* to = bands.sum->out[0]->as<float>() + image * channels;
    for (index_t c = 0; c < channels; c++) to[c] = static_cast<float>(totals[c]);
  });
}

// What the last node runs in place of its op.
const Op joined_last = {"convolution", Aliasing::no_alias, nullptr, run_bands};

// Chooses the sizes of bands; false if there is no kernel for the depthwise convolution.
bool divide(BandsState& bands, index_t threads) {
  const ConvolutionState &first = *bands.first, &middle = *bands.middle;
  const WindowAxis &height = middle.window.axes[1], &width = middle.window.axes[2];
  const index_t all = middle.channels.source;
  bands.filter = filter_for(width.taps, width.stride);
  if (!bands.filter || height.taps > InnerLine::most_lines) return false;
  const index_t wanted = threads > 1 ? threads * bands_per_thread : 1;
  const index_t parts = ceil_div(wanted, std::max<index_t>(1, middle.window.batch));
  bands.lines =
      std::min(height.positions, std::max(ceil_div(least_lines, height.stride), ceil_div(height.positions, parts)));
  bands.source_columns = std::max(width.pad_before + 1, padded_columns(middle.window));
  const index_t fitting = ring_floats / (height.taps * bands.source_columns) / tile_columns * tile_columns;
  bands.channels = std::min(all, std::min(most_channels, std::max<index_t>(tile_columns, fitting)));
  bands.row_floats = 2 * all;
  bands.line_floats = bands.source_columns * bands.channels;
  bands.filtered_floats = width.positions * bands.channels;
  bands.padded_floats = first.identity ? 0 : padded_columns(first.window) * first.channels.source;
  return true;
}

}  // namespace

bool join_bands(Node& expand, Node& depthwise, Node& end, int threads, Validator& validator) {
  auto bands = std::make_unique<BandsState>();
  bands->expand = &expand;
  bands->depthwise = &depthwise;
  bands->project = &end != &depthwise && end.op->run == run_convolution ? &end : nullptr;
  bands->sum = end.op->run == run_sum ? &end : nullptr;
  bands->first = &expand.state_as<ConvolutionState>();
  bands->middle = &depthwise.state_as<ConvolutionState>();
  bands->last = bands->project ? &end.state_as<ConvolutionState>() : nullptr;
  if (!divide(*bands, threads)) return false;
  validator.need_worker(bands->bytes());
  if (bands->sum) {
    const Window& window = bands->middle->window;
    validator.need_shared(window.batch * window.axes[1].positions * bands->middle->channels.source * sizeof(double));
  }
  bands->owned = std::move(end.state);
  end.state = std::move(bands);
  expand.op = depthwise.op = &joined_before;
  end.op = &joined_last;
  return true;
}

}  // namespace ceratops
