// Max pooling and its gradient, one position at a time, vectorized over channels.
#include "epilogue.h"
#include "ops.h"
#include "threads.h"
#include "window.h"

namespace ceratops {

namespace {

constexpr index_t work_per_task = 32768;

// A window position that covers an element, and the tap that reads the element from there.
struct Cover {
  index_t position, tap;
};

struct PoolState : State {
  Window window;
  index_t channels;
  Epilogue epilogue;
  // For each axis and element, the windows that cover it.
  std::vector<std::vector<Cover>> covers[max_spatial];
  index_t max_covers = 1;
};

// Decodes the window and checks the shapes.
template <class Attrs>
bool read_pool(PoolState& state, const Attrs& attrs, const Value& x, const Value& y, const Value& taps,
               Validator& validator) {
  const int rank = spatial_rank(x, validator);
  if (rank == 0 || !validator.require(attrs.sizes.has(rank), "a pool must have a size along each spatial axis")) {
    return false;
  }
  index_t sizes[max_spatial];
  for (int i = 0; i < rank; i++) sizes[i] = attrs.sizes[i];
  if (!read_window(state.window, attrs, x, y, rank, sizes, validator)) return false;
  double product = 1;
  for (int i = 0; i < rank; i++) product *= static_cast<double>(sizes[i]);
  state.channels = x.dims[x.rank - 1];
  return validator.require(product < 1e9 && y.dims[y.rank - 1] == state.channels && y.dtype == DType::float32 &&
                               same_shape(y, taps) && taps.dtype == (product <= 256 ? DType::uint8 : DType::int32),
                           "a pool's operands must fit");
}

typedef int32_t IntVector __attribute__((vector_size(vector_bytes)));

// Narrows int32 lanes to T and stores them.
template <class T>
inline void store_narrow(T* to, IntVector value) {
  typedef T Narrow __attribute__((vector_size(lanes * sizeof(T))));
  const Narrow narrow = __builtin_convertvector(value, Narrow);
  std::memcpy(to, &narrow, sizeof narrow);
}

// A tap inside the input: its channels and its index in the window.
struct VisibleTap {
  const float* values;
  int32_t tap;
};

// Lists the taps of a window that fall inside `x`.
index_t list_visible(const PoolState& state, const float* x, const Position& position, VisibleTap* visible) {
  const WindowAxis* axes = state.window.axes;
  index_t first[max_spatial], last[max_spatial], start[max_spatial];
  for (int i = 0; i < max_spatial; i++) {
    const WindowAxis& axis = axes[i];
    start[i] = position.at[i] * axis.stride - axis.pad_before;
    first[i] = start[i] < 0 ? ceil_div(-start[i], axis.dilation) : 0;
    last[i] = std::min(axis.taps, start[i] >= axis.extent ? 0 : (axis.extent - start[i] - 1) / axis.dilation + 1);
  }
  index_t count = 0;
  for (index_t d = first[0]; d < last[0]; d++) {
    for (index_t h = first[1]; h < last[1]; h++) {
      for (index_t w = first[2]; w < last[2]; w++) {
        index_t element = position.n;
        const index_t at[] = {d, h, w};
        for (int i = 0; i < max_spatial; i++) element = element * axes[i].extent + start[i] + at[i] * axes[i].dilation;
        visible[count++] = {x + element * state.channels,
                            static_cast<int32_t>((d * axes[1].taps + h) * axes[2].taps + w)};
      }
    }
  }
  return count;
}

// The maximum over the visible taps and the first tap that attains it; 0 and tap -1 if none is visible.
template <class T>
void pool_position(index_t channels, const VisibleTap* visible, index_t count, float* y, T* taps) {
  if (count == 0) {
    for (index_t c = 0; c < channels; c++) y[c] = 0, taps[c] = static_cast<T>(-1);
    return;
  }
  index_t c = 0;
  for (; c + lanes <= channels; c += lanes) {
    Vector best = load(visible[0].values + c);
    IntVector tap = IntVector{} + visible[0].tap;
    for (index_t t = 1; t < count; t++) {
      const Vector values = load(visible[t].values + c);
      const IntVector greater = values > best;
      best = greater ? values : best;
      tap = greater ? IntVector{} + visible[t].tap : tap;
    }
    store(y + c, best);
    store_narrow(taps + c, tap);
  }
  for (; c < channels; c++) {
    const VisibleTap* best = visible;
    for (index_t t = 1; t < count; t++) {
      if (visible[t].values[c] > best->values[c]) best = visible + t;
    }
    y[c] = best->values[c];
    taps[c] = static_cast<T>(best->tap);
  }
}

template <class T>
void gradient_position(const PoolState& state, const float* gradient, const T* taps, float* to,
                       const Position& position) {
  const WindowAxis* axes = state.window.axes;
  const index_t channels = state.channels;
  bool is_first = true;
  for (const Cover& d : state.covers[0][position.at[0]]) {
    for (const Cover& h : state.covers[1][position.at[1]]) {
      for (const Cover& w : state.covers[2][position.at[2]]) {
        const index_t window =
            ((position.n * axes[0].positions + d.position) * axes[1].positions + h.position) * axes[2].positions +
            w.position;
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

bool prepare_max_pool(Node& node, const MaxPoolAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() == 1 && node.out.size() == 2, "a max pool takes one operand and gives two")) {
    return false;
  }
  auto state = std::make_unique<PoolState>();
  if (!read_pool(*state, attrs, *node.in[0], *node.out[0], *node.out[1], validator)) return false;
  validator.need_worker(state->window.taps() * sizeof(VisibleTap));
  node.state = std::move(state);
  return true;
}

void run_max_pool(Node& node, Runtime& runtime) {
  const PoolState& state = node.state_as<PoolState>();
  const index_t positions = state.window.batch * state.window.positions();
  const index_t each = std::max<index_t>(1, work_per_task / std::max<index_t>(1, state.channels * state.window.taps()));
  const WindowAxis* axes = state.window.axes;
  runtime.pool->parallel(ceil_div(positions, each), [&](index_t task, int thread) {
    VisibleTap* visible = reinterpret_cast<VisibleTap*>(runtime.worker(thread));
    Position position(task * each, axes[0].positions, axes[1].positions, axes[2].positions);
    for (index_t index = task * each; index < std::min(positions, (task + 1) * each); index++, position.advance()) {
      const index_t count = list_visible(state, node.in[0]->as<float>(), position, visible);
      const index_t at = index * state.channels;
      float* y = node.out[0]->as<float>() + at;
      if (node.out[1]->dtype == DType::uint8) {
        pool_position(state.channels, visible, count, y, node.out[1]->as<uint8_t>() + at);
      } else {
        pool_position(state.channels, visible, count, y, node.out[1]->as<int32_t>() + at);
      }
    }
  });
}

bool prepare_max_pool_gradient(Node& node, const MaxPoolGradientAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() >= 2 && !node.out.empty(), "a pool's gradient takes two operands")) {
    return false;
  }
  auto state = std::make_unique<PoolState>();
  const int rank = spatial_rank(*node.in[0], validator);
  if (rank == 0 || !state->epilogue.prepare(node, attrs.epilogue, 2, false, validator)) return false;
  if (!read_pool(*state, attrs, state->epilogue.shape(), *node.in[0], *node.in[1], validator)) return false;
  for (int i = 0; i < max_spatial; i++) {
    const WindowAxis& axis = state->window.axes[i];
    index_t most = 1;
    for (index_t element = 0; element < axis.extent; element++) {
      std::vector<Cover> met;
      const index_t reach = element + axis.pad_before;
      for (index_t tap = std::min(axis.taps - 1, reach / axis.dilation); tap >= 0; tap--) {
        const index_t distance = reach - tap * axis.dilation;
        if (distance >= axis.positions * axis.stride) break;
        if (distance % axis.stride == 0) met.push_back({distance / axis.stride, tap});
      }
      most = std::max(most, static_cast<index_t>(met.size()));
      state->covers[i].push_back(std::move(met));
    }
    state->max_covers *= most;
  }
  node.state = std::move(state);
  return true;
}

void run_max_pool_gradient(Node& node, Runtime& runtime) {
  const PoolState& state = node.state_as<PoolState>();
  const index_t elements = state.window.batch * state.window.extents();
  const index_t each =
      std::max<index_t>(1, work_per_task / std::max<index_t>(1, state.channels * (2 + state.max_covers)));
  const WindowAxis* axes = state.window.axes;
  runtime.pool->parallel(ceil_div(elements, each), [&](index_t task, int thread) {
    const float* gradient = node.in[0]->as<float>();
    const Value& taps = *node.in[1];
    const index_t from = task * each, to = std::min(elements, from + each);
    Position position(from, axes[0].extent, axes[1].extent, axes[2].extent);
    for (index_t index = from; index < to; index++, position.advance()) {
      float* sums = state.epilogue.product() + index * state.channels;
      if (taps.dtype == DType::uint8) {
        gradient_position(state, gradient, taps.as<uint8_t>(), sums, position);
      } else {
        gradient_position(state, gradient, taps.as<int32_t>(), sums, position);
      }
    }
    state.epilogue.run(runtime.worker(thread), from * state.channels, to * state.channels);
  });
}

}  // namespace ceratops
