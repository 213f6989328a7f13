// Reductions over (outer, reduced, inner): sum, max, min, argMax. The order of summation depends only on the shape.
#include "reductions.h"

#include "ops.h"
#include "scalar_math.h"
#include "threads.h"

namespace ceratops {

namespace {

// Columns per task, and the fewest elements worth a task.
constexpr index_t columns_per_task = 256;
constexpr index_t elements_per_task = 32768;
constexpr int accumulators = 32;

struct Sum {
  static constexpr float start = 0.0f;
  static constexpr int32_t start_int = 0;
  static inline float join(float a, float b) { return a + b; }
  static inline double join(double a, double b) { return a + b; }
  static inline int32_t join(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  }
};
struct Max {
  static constexpr float start = -std::numeric_limits<float>::infinity();
  static constexpr int32_t start_int = std::numeric_limits<int32_t>::min();
  template <class T>
  static inline T join(T a, T b) {
    return ((a > b) | (a != a)) ? a : b;
  }
};
struct Min {
  static constexpr float start = std::numeric_limits<float>::infinity();
  static constexpr int32_t start_int = std::numeric_limits<int32_t>::max();
  template <class T>
  static inline T join(T a, T b) {
    return ((a < b) | (a != a)) ? a : b;
  }
};

// Short runs are reduced in float32 and combined in float64: the accuracy of pairwise summation in one pass.
template <class F>
double reduce_run(const float* x, index_t n) {
  double total = F::start;
  if (n < accumulators) {
    for (index_t i = 0; i < n; i++) total = F::join(total, static_cast<double>(x[i]));
    return total;
  }
  while (n > 0) {
    const index_t count = std::min<index_t>(n, short_run * accumulators);
    float acc[accumulators];
    for (int j = 0; j < accumulators; j++) acc[j] = F::start;
    index_t i = 0;
    for (; i + accumulators <= count; i += accumulators) {
      for (int j = 0; j < accumulators; j++) acc[j] = F::join(acc[j], x[i + j]);
    }
    for (int j = 0; i < count; i++, j++) acc[j] = F::join(acc[j], x[i]);
    for (int width = accumulators / 2; width > 0; width /= 2) {
      for (int j = 0; j < width; j++) acc[j] = F::join(acc[j], acc[j + width]);
    }
    total = F::join(total, static_cast<double>(acc[0]));
    x += count;
    n -= count;
  }
  return total;
}

template <class F>
void reduce_columns(const float* x, index_t rows, index_t stride, index_t columns, double* totals) {
  float acc[columns_per_task];
  for (index_t c = 0; c < columns; c++) totals[c] = F::start;
  for (index_t row = 0; row < rows; row += short_run) {
    const index_t last = std::min(rows, row + short_run);
    for (index_t c = 0; c < columns; c++) acc[c] = F::start;
    for (index_t r = row; r < last; r++) {
      const float* from = x + r * stride;
      for (index_t c = 0; c < columns; c++) acc[c] = F::join(acc[c], from[c]);
    }
    for (index_t c = 0; c < columns; c++) totals[c] = F::join(totals[c], static_cast<double>(acc[c]));
  }
}

template <class F>
void reduce_floats(Node& node, Runtime& runtime) {
  const ReduceState& s = node.state_as<ReduceState>();
  const float* in = node.in[0]->as<float>();
  float* out = node.out[0]->as<float>();
  const index_t column_tasks = ceil_div(s.inner, columns_per_task);
  const index_t results = s.outer * s.inner;
  double* partial = reinterpret_cast<double*>(runtime.shared);
  // Many short reductions share a task.
  const index_t per_task =
      std::max<index_t>(1, elements_per_task / std::max<index_t>(1, s.part * std::min(s.inner, columns_per_task)));
  const index_t jobs = s.outer * column_tasks * s.parts;
  runtime.pool->parallel(ceil_div(jobs, per_task), [&](index_t task, int) {
    double totals[columns_per_task];
    for (index_t job = task * per_task; job < std::min(jobs, (task + 1) * per_task); job++) {
      const index_t column = job % column_tasks * columns_per_task;
      const index_t o = job / column_tasks % s.outer;
      const index_t part = job / column_tasks / s.outer;
      const index_t row = part * s.part;
      const index_t rows = std::min(s.part, s.reduced - row);
      const index_t columns = std::min(columns_per_task, s.inner - column);
      const float* x = in + (o * s.reduced + row) * s.inner + column;
      if (s.inner == 1) {
        totals[0] = reduce_run<F>(x, rows);
      } else {
        reduce_columns<F>(x, rows, s.inner, columns, totals);
      }
      const index_t at = o * s.inner + column;
      for (index_t c = 0; c < columns; c++) {
        if (s.parts > 1) {
          partial[part * results + at + c] = totals[c];
        } else {
          out[at + c] = static_cast<float>(totals[c]);
        }
      }
    }
  });
  if (s.parts == 1) return;
  for (index_t i = 0; i < results; i++) {
    double total = partial[i];
    for (index_t part = 1; part < s.parts; part++) total = F::join(total, partial[part * results + i]);
    out[i] = static_cast<float>(total);
  }
}

template <class F, class In, class Out>
void reduce_integers(Node& node, Runtime& runtime) {
  const ReduceState& s = node.state_as<ReduceState>();
  const In* in = node.in[0]->as<In>();
  Out* out = node.out[0]->as<Out>();
  const index_t per_task = std::max<index_t>(1, elements_per_task / std::max<index_t>(1, s.reduced * s.inner));
  const bool narrow = sizeof(Out) == 1;
  const int32_t start = narrow && F::start_int < 0 ? 0 : narrow && F::start_int > 0 ? 255 : F::start_int;
  runtime.pool->parallel(ceil_div(s.outer, per_task), [&](index_t task, int) {
    for (index_t o = task * per_task; o < std::min(s.outer, (task + 1) * per_task); o++) {
      for (index_t first = 0; first < s.inner; first += columns_per_task) {
        const index_t columns = std::min(columns_per_task, s.inner - first);
        int32_t acc[columns_per_task];
        for (index_t c = 0; c < columns; c++) acc[c] = start;
        for (index_t r = 0; r < s.reduced; r++) {
          const In* x = in + (o * s.reduced + r) * s.inner + first;
          for (index_t c = 0; c < columns; c++) acc[c] = F::join(acc[c], static_cast<int32_t>(x[c]));
        }
        for (index_t c = 0; c < columns; c++) out[o * s.inner + first + c] = static_cast<Out>(acc[c]);
      }
    }
  });
}

bool prepare_reduction(Node& node, Words axes, Validator& validator, bool parts) {
  if (!validator.require(node.in.size() == 1 && node.out.size() == 1, "a reduction takes one operand")) return false;
  const Value& in = *node.in[0];
  bool adjacent = !axes.empty() && axes[0] >= 0;
  for (std::size_t i = 0; adjacent && i < axes.size; i++) {
    adjacent = axes[i] < in.rank && (i == 0 || axes[i] == axes[i - 1] + 1);
  }
  if (!validator.require(adjacent, "a reduction takes adjacent axes of its operand")) return false;
  const int first = axes[0], end = first + static_cast<int>(axes.size);
  auto state = std::make_unique<ReduceState>();
  state->outer = extent_of(in, 0, first);
  state->reduced = extent_of(in, first, end);
  state->inner = extent_of(in, end, in.rank);
  if (!validator.require(product_is(node.out[0]->size, state->outer, state->inner),
                         "a reduction must fit its output")) {
    return false;
  }
  // A few long columns are split, so that all threads take part.
  const index_t width = std::max<index_t>(1, std::min(state->inner, columns_per_task));
  const index_t tasks = state->outer * ceil_div(state->inner, columns_per_task);
  state->part = std::max<index_t>(1, state->reduced);
  if (parts && tasks < 8 && state->reduced * width > 2 * elements_per_task) {
    state->part = round_up(std::max<index_t>(elements_per_task / width, short_run), short_run);
  }
  state->parts = std::max<index_t>(1, ceil_div(state->reduced, state->part));
  if (state->parts > 1) {
    validator.need_shared(static_cast<std::size_t>(state->parts * node.out[0]->size) * sizeof(double));
  }
  node.state = std::move(state);
  return true;
}

template <class F>
void run_reduction(Node& node, Runtime& runtime) {
  switch (node.in[0]->dtype) {
    case DType::float32: return reduce_floats<F>(node, runtime);
    case DType::int32: return reduce_integers<F, int32_t, int32_t>(node, runtime);
    default:
      if (node.out[0]->dtype == DType::int32) return reduce_integers<F, uint8_t, int32_t>(node, runtime);
      return reduce_integers<F, uint8_t, uint8_t>(node, runtime);
  }
}

bool prepare_same(Node& node, Words axes, Validator& validator) {
  return prepare_reduction(node, axes, validator, node.in.size() == 1 && node.in[0]->dtype == DType::float32) &&
         validator.require(node.in[0]->dtype == node.out[0]->dtype, "a reduction keeps the dtype");
}

// The first maximum. Comparisons with NaN are false, so NaN is never chosen.
template <class T>
void first_largest(const ReduceState& s, const T* in, int32_t* out, index_t o) {
  constexpr bool is_float = std::numeric_limits<T>::has_infinity;
  for (index_t c = 0; c < s.inner; c++) {
    const T* x = in + o * s.reduced * s.inner + c;
    T best = is_float ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
    index_t at = 0;
    for (index_t r = 0; r < s.reduced; r++) {
      const T value = x[r * s.inner];
      if (value > best) {
        best = value;
        at = r;
      }
    }
    out[o * s.inner + c] = static_cast<int32_t>(at);
  }
}

}  // namespace

// Integers are summed in int32.
bool prepare_sum(Node& node, const SumAttrs& attrs, Validator& validator) {
  const bool is_float = node.in.size() == 1 && node.in[0]->dtype == DType::float32;
  return prepare_reduction(node, attrs.axes, validator, is_float) &&
         validator.require(node.out[0]->dtype == (is_float ? DType::float32 : DType::int32),
                           "sum gives float32 or int32");
}
void run_sum(Node& node, Runtime& runtime) { run_reduction<Sum>(node, runtime); }
bool prepare_max(Node& node, const MaxAttrs& attrs, Validator& validator) {
  return prepare_same(node, attrs.axes, validator);
}
void run_max(Node& node, Runtime& runtime) { run_reduction<Max>(node, runtime); }
bool prepare_min(Node& node, const MinAttrs& attrs, Validator& validator) {
  return prepare_same(node, attrs.axes, validator);
}
void run_min(Node& node, Runtime& runtime) { run_reduction<Min>(node, runtime); }

bool prepare_arg_max(Node& node, const ArgMaxAttrs& attrs, Validator& validator) {
  return prepare_reduction(node, {&attrs.axis, 1}, validator, false) &&
         validator.require(node.out[0]->dtype == DType::int32, "argMax gives int32") &&
         validator.require(node.in[0]->size > 0 || node.out[0]->size == 0, "argMax needs an element");
}
void run_arg_max(Node& node, Runtime& runtime) {
  const ReduceState& s = node.state_as<ReduceState>();
  const Value& in = *node.in[0];
  int32_t* out = node.out[0]->as<int32_t>();
  const index_t per_task = std::max<index_t>(1, elements_per_task / std::max<index_t>(1, s.reduced * s.inner));
  runtime.pool->parallel(ceil_div(s.outer, per_task), [&](index_t task, int) {
    for (index_t o = task * per_task; o < std::min(s.outer, (task + 1) * per_task); o++) {
      switch (in.dtype) {
        case DType::float32: first_largest(s, in.as<float>(), out, o); break;
        case DType::int32: first_largest(s, in.as<int32_t>(), out, o); break;
        default: first_largest(s, in.as<uint8_t>(), out, o); break;
      }
    }
  });
}

}  // namespace ceratops
