// Max pooling and its gradient, a position at a time over all channels.
#include "epilogue.h"
#include "ops.h"
#include "sliding.h"
#include "threads.h"

namespace ceratops {

namespace {

constexpr index_t work_per_task = 32768;
// Channels that are compared at a time, in memory of the first-level cache.
constexpr index_t channel_block = 64;

// A position of the window along an axis, and the tap by which it meets an element.
struct Meeting {
  index_t position, tap;
};

struct PoolState : State {
  Sliding sliding;
  index_t channels;
  Epilogue epilogue;
  // For each axis and element: the windows that it is in.
  std::vector<std::vector<Meeting>> meetings[max_spatial];
  index_t most_meetings = 1;
};

// Attributes: the extents of the window, then how it moves.
bool read_pool(PoolState& state, const Node& node, const Value& x, const Value& y, const Value& taps, Loader& loader) {
  const int rank = spatial_rank(x, loader);
  if (rank == 0 || !loader.require(node.attrs.size() >= static_cast<std::size_t>(rank * (1 + words_per_axis)), "a pool must say how its window moves")) {
    return false;
  }
  index_t sizes[max_spatial];
  for (int i = 0; i < rank; i++) sizes[i] = node.attrs[i];
  if (!read_sliding(state.sliding, x, y, rank, sizes, node.attrs.data() + rank, loader)) return false;
  double product = 1;
  for (int i = 0; i < rank; i++) product *= static_cast<double>(sizes[i]);
  state.channels = x.dims[x.rank - 1];
  return loader.require(product < 1e9 && y.dims[y.rank - 1] == state.channels && y.dtype == DType::float32 && same_shape(y, taps) &&
                            taps.dtype == (product <= 256 ? DType::uint8 : DType::int32),
                        "a pool's operands must fit");
}

struct Position {
  index_t n, at[max_spatial];

  Position(index_t index, index_t a, index_t b, index_t c) {
    at[2] = index % c;
    index /= c;
    at[1] = index % b;
    index /= b;
    at[0] = index % a;
    n = index / a;
  }
};

template <class T>
void pool_position(const PoolState& state, const float* x, float* y, T* taps, index_t index) {
  const SlidingAxis* axes = state.sliding.axes;
  const Position position(index, axes[0].positions, axes[1].positions, axes[2].positions);
  const index_t channels = state.channels;
  // The taps that lie inside, along each axis.
  index_t first[max_spatial], last[max_spatial], start[max_spatial];
  for (int i = 0; i < max_spatial; i++) {
    const SlidingAxis& axis = axes[i];
    start[i] = position.at[i] * axis.stride - axis.low;
    first[i] = start[i] < 0 ? ceil_div(-start[i], axis.dilation) : 0;
    last[i] = start[i] >= axis.extent ? 0 : smaller(axis.taps, ceil_div(axis.extent - start[i], axis.dilation));
  }
  for (index_t from = 0; from < channels; from += channel_block) {
    const index_t n = smaller(channel_block, channels - from);
    float best[channel_block] = {};
    int32_t best_tap[channel_block] = {};
    bool is_first = true;
    for (index_t d = first[0]; d < last[0]; d++) {
      for (index_t h = first[1]; h < last[1]; h++) {
        for (index_t w = first[2]; w < last[2]; w++) {
          index_t element = position.n;
          const index_t at[] = {d, h, w};
          for (int i = 0; i < max_spatial; i++) element = element * axes[i].extent + start[i] + at[i] * axes[i].dilation;
          const float* values = x + element * channels + from;
          const int32_t tap = static_cast<int32_t>((d * axes[1].taps + h) * axes[2].taps + w);
          if (is_first) {
            for (index_t c = 0; c < n; c++) {
              best[c] = values[c];
              best_tap[c] = tap;
            }
            is_first = false;
            continue;
          }
          for (index_t c = 0; c < n; c++) {
            const bool greater = values[c] > best[c];
            best[c] = greater ? values[c] : best[c];
            best_tap[c] = greater ? tap : best_tap[c];
          }
        }
      }
    }
    for (index_t c = 0; c < n; c++) y[index * channels + from + c] = best[c];
    for (index_t c = 0; c < n; c++) taps[index * channels + from + c] = static_cast<T>(best_tap[c]);
  }
}

template <class T>
void gradient_position(const PoolState& state, const float* gradient, const T* taps, float* to, index_t index) {
  const SlidingAxis* axes = state.sliding.axes;
  const Position position(index, axes[0].extent, axes[1].extent, axes[2].extent);
  const index_t channels = state.channels;
  to += index * channels;
  bool is_first = true;
  for (const Meeting& d : state.meetings[0][position.at[0]]) {
    for (const Meeting& h : state.meetings[1][position.at[1]]) {
      for (const Meeting& w : state.meetings[2][position.at[2]]) {
        const index_t window = ((position.n * axes[0].positions + d.position) * axes[1].positions + h.position) * axes[2].positions + w.position;
        const T tap = static_cast<T>((d.tap * axes[1].taps + h.tap) * axes[2].taps + w.tap);
        const float* values = gradient + window * channels;
        const T* chosen = taps + window * channels;
        if (is_first) {
          CERATOPS_INDEPENDENT
          for (index_t c = 0; c < channels; c++) to[c] = chosen[c] == tap ? values[c] : 0.0f;
          is_first = false;
        } else {
          CERATOPS_INDEPENDENT
          for (index_t c = 0; c < channels; c++) to[c] += chosen[c] == tap ? values[c] : 0.0f;
        }
      }
    }
  }
  for (index_t c = 0; is_first && c < channels; c++) to[c] = 0.0f;
}

}  // namespace

bool prepare_max_pool(Node& node, Loader& loader) {
  if (!loader.require(node.in.size() == 1 && node.out.size() == 2, "a max pool takes one operand and gives two")) return false;
  auto state = std::make_unique<PoolState>();
  if (!read_pool(*state, node, *node.in[0], *node.out[0], *node.out[1], loader)) return false;
  node.state = std::move(state);
  return true;
}

void run_max_pool(Node& node, Runtime& runtime) {
  const PoolState& state = node.state_as<PoolState>();
  const index_t positions = state.sliding.batch * state.sliding.positions();
  const index_t each = larger<index_t>(1, work_per_task / larger<index_t>(1, state.channels * state.sliding.taps()));
  runtime.pool->parallel(ceil_div(positions, each), [&](index_t task, int) {
    const float* x = node.in[0]->as<float>();
    float* y = node.out[0]->as<float>();
    for (index_t index = task * each; index < smaller(positions, (task + 1) * each); index++) {
      if (node.out[1]->dtype == DType::uint8) {
        pool_position(state, x, y, node.out[1]->as<uint8_t>(), index);
      } else {
        pool_position(state, x, y, node.out[1]->as<int32_t>(), index);
      }
    }
  });
}

bool prepare_max_pool_gradient(Node& node, Loader& loader) {
  if (!loader.require(node.in.size() >= 2 && !node.out.empty(), "a pool's gradient takes two operands")) return false;
  auto state = std::make_unique<PoolState>();
  const int rank = spatial_rank(*node.in[0], loader);
  if (rank == 0 || !state->epilogue.prepare(node, rank * (1 + words_per_axis), 2, loader)) return false;
  if (!read_pool(*state, node, state->epilogue.shape(), *node.in[0], *node.in[1], loader)) return false;
  for (int i = 0; i < max_spatial; i++) {
    const SlidingAxis& axis = state->sliding.axes[i];
    index_t most = 1;
    for (index_t element = 0; element < axis.extent; element++) {
      std::vector<Meeting> met;
      const index_t reach = element + axis.low;
      for (index_t tap = smaller(axis.taps - 1, reach / axis.dilation); tap >= 0; tap--) {
        const index_t distance = reach - tap * axis.dilation;
        if (distance >= axis.positions * axis.stride) break;
        if (distance % axis.stride == 0) met.push_back({distance / axis.stride, tap});
      }
      most = larger(most, static_cast<index_t>(met.size()));
      state->meetings[i].push_back(std::move(met));
    }
    state->most_meetings *= most;
  }
  node.state = std::move(state);
  return true;
}

void run_max_pool_gradient(Node& node, Runtime& runtime) {
  const PoolState& state = node.state_as<PoolState>();
  const index_t elements = state.sliding.batch * state.sliding.extents();
  const index_t each = larger<index_t>(1, work_per_task / larger<index_t>(1, state.channels * (2 + state.most_meetings)));
  runtime.pool->parallel(ceil_div(elements, each), [&](index_t task, int thread) {
    const float* gradient = node.in[0]->as<float>();
    const Value& taps = *node.in[1];
    const index_t from = task * each, to = smaller(elements, from + each);
    for (index_t index = from; index < to; index++) {
      if (taps.dtype == DType::uint8) {
        gradient_position(state, gradient, taps.as<uint8_t>(), state.epilogue.product(), index);
      } else {
        gradient_position(state, gradient, taps.as<int32_t>(), state.epilogue.product(), index);
      }
    }
    state.epilogue.run(runtime.worker(thread), from * state.channels, to * state.channels);
  });
}

}  // namespace ceratops
