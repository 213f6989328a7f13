// Max pooling and its gradient, a position at a time over all channels.
#include "epilogue.h"
#include "ops.h"
#include "sliding.h"
#include "threads.h"

namespace ceratops {

namespace {

constexpr index_t work_per_task = 32768;

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

typedef int32_t IntVector __attribute__((vector_size(vector_bytes)));

// Writes integers as elements of T.
template <class T>
inline void store_narrow(T* to, IntVector value) {
  typedef T Narrow __attribute__((vector_size(lanes * sizeof(T))));
  const Narrow narrow = __builtin_convertvector(value, Narrow);
  std::memcpy(to, &narrow, sizeof narrow);
}

// What a window sees through a tap: the channels of an element.
struct Seen {
  const float* values;
  int32_t tap;
};

// The taps of a window that lie inside of `x`.
index_t look(const PoolState& state, const float* x, const Place& place, Seen* seen) {
  const SlidingAxis* axes = state.sliding.axes;
  index_t first[max_spatial], last[max_spatial], start[max_spatial];
  for (int i = 0; i < max_spatial; i++) {
    const SlidingAxis& axis = axes[i];
    start[i] = place.at[i] * axis.stride - axis.low;
    first[i] = start[i] < 0 ? ceil_div(-start[i], axis.dilation) : 0;
    last[i] = smaller(axis.taps, start[i] >= axis.extent ? 0 : (axis.extent - start[i] - 1) / axis.dilation + 1);
  }
  index_t count = 0;
  for (index_t d = first[0]; d < last[0]; d++) {
    for (index_t h = first[1]; h < last[1]; h++) {
      for (index_t w = first[2]; w < last[2]; w++) {
        index_t element = place.n;
        const index_t at[] = {d, h, w};
        for (int i = 0; i < max_spatial; i++) element = element * axes[i].extent + start[i] + at[i] * axes[i].dilation;
        seen[count++] = {x + element * state.channels, static_cast<int32_t>((d * axes[1].taps + h) * axes[2].taps + w)};
      }
    }
  }
  return count;
}

// The largest of what is seen, and the first tap that shows it; 0 and no tap where nothing is.
template <class T>
void pool_position(index_t channels, const Seen* seen, index_t count, float* y, T* taps) {
  if (count == 0) {
    for (index_t c = 0; c < channels; c++) y[c] = 0, taps[c] = static_cast<T>(-1);
    return;
  }
  index_t c = 0;
  for (; c + lanes <= channels; c += lanes) {
    Vector best = load(seen[0].values + c);
    IntVector tap = IntVector{} + seen[0].tap;
    for (index_t t = 1; t < count; t++) {
      const Vector values = load(seen[t].values + c);
      const IntVector greater = values > best;
      best = greater ? values : best;
      tap = greater ? IntVector{} + seen[t].tap : tap;
    }
    store(y + c, best);
    store_narrow(taps + c, tap);
  }
  for (; c < channels; c++) {
    const Seen* best = seen;
    for (index_t t = 1; t < count; t++) {
      if (seen[t].values[c] > best->values[c]) best = seen + t;
    }
    y[c] = best->values[c];
    taps[c] = static_cast<T>(best->tap);
  }
}

template <class T>
void gradient_position(const PoolState& state, const float* gradient, const T* taps, float* to, const Place& place) {
  const SlidingAxis* axes = state.sliding.axes;
  const index_t channels = state.channels;
  bool is_first = true;
  for (const Meeting& d : state.meetings[0][place.at[0]]) {
    for (const Meeting& h : state.meetings[1][place.at[1]]) {
      for (const Meeting& w : state.meetings[2][place.at[2]]) {
        const index_t window = ((place.n * axes[0].positions + d.position) * axes[1].positions + h.position) * axes[2].positions + w.position;
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
  loader.need_worker(state->sliding.taps() * sizeof(Seen));
  node.state = std::move(state);
  return true;
}

void run_max_pool(Node& node, Runtime& runtime) {
  const PoolState& state = node.state_as<PoolState>();
  const index_t positions = state.sliding.batch * state.sliding.positions();
  const index_t each = larger<index_t>(1, work_per_task / larger<index_t>(1, state.channels * state.sliding.taps()));
  const SlidingAxis* axes = state.sliding.axes;
  runtime.pool->parallel(ceil_div(positions, each), [&](index_t task, int thread) {
    Seen* seen = reinterpret_cast<Seen*>(runtime.worker(thread));
    Place place(task * each, axes[0].positions, axes[1].positions, axes[2].positions);
    for (index_t index = task * each; index < smaller(positions, (task + 1) * each); index++, place.advance()) {
      const index_t count = look(state, node.in[0]->as<float>(), place, seen);
      const index_t at = index * state.channels;
      float* y = node.out[0]->as<float>() + at;
      if (node.out[1]->dtype == DType::uint8) {
        pool_position(state.channels, seen, count, y, node.out[1]->as<uint8_t>() + at);
      } else {
        pool_position(state.channels, seen, count, y, node.out[1]->as<int32_t>() + at);
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
  const SlidingAxis* axes = state.sliding.axes;
  runtime.pool->parallel(ceil_div(elements, each), [&](index_t task, int thread) {
    const float* gradient = node.in[0]->as<float>();
    const Value& taps = *node.in[1];
    const index_t from = task * each, to = smaller(elements, from + each);
    Place place(from, axes[0].extent, axes[1].extent, axes[2].extent);
    for (index_t index = from; index < to; index++, place.advance()) {
      float* sums = state.epilogue.product() + index * state.channels;
      if (taps.dtype == DType::uint8) {
        gradient_position(state, gradient, taps.as<uint8_t>(), sums, place);
      } else {
        gradient_position(state, gradient, taps.as<int32_t>(), sums, place);
      }
    }
    state.epilogue.run(runtime.worker(thread), from * state.channels, to * state.channels);
  });
}

}  // namespace ceratops
