// argSort: a stable sort by index; NaN sorts last.
#include "ops.h"
#include "threads.h"

namespace ceratops {

namespace {

constexpr index_t elements_per_task = 4096;
constexpr index_t short_run = 16;

struct SortState : State {
  index_t outer, length, inner;
  bool descending;
};

// Maps a float to an integer that compares alike: both zeros map to 0, NaN to the largest.
inline int32_t key_of(float value) {
  const int32_t bits = __builtin_bit_cast(int32_t, value);
  const int32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7fffffff;
  return bits < 0 ? -magnitude : magnitude;
}
inline int32_t key_of(int32_t value) { return value; }
inline int32_t key_of(uint8_t value) { return value; }

// Sorts `from` with `to` as scratch, and returns whichever of the two holds the result.
uint64_t* merge_sort(uint64_t* from, uint64_t* to, index_t n) {
  for (index_t start = 0; start < n; start += short_run) {
    for (index_t i = start + 1; i < std::min(n, start + short_run); i++) {
      const uint64_t entry = from[i];
      index_t at = i;
      for (; at > start && from[at - 1] > entry; at--) from[at] = from[at - 1];
      from[at] = entry;
    }
  }
  for (index_t width = short_run; width < n; width *= 2) {
    for (index_t start = 0; start < n; start += 2 * width) {
      const index_t middle = std::min(n, start + width), end = std::min(n, start + 2 * width);
      index_t left = start, right = middle;
      for (index_t at = start; at < end; at++) {
        const bool take_left = right == end || (left < middle && from[left] < from[right]);
        to[at] = take_left ? from[left++] : from[right++];
      }
    }
    uint64_t* const sorted = to;
    to = from;
    from = sorted;
  }
  return from;
}

// Key and index form one number, so entries are distinct and the sort is stable.
template <class T>
void sort_column(const SortState& s, const T* x, int32_t* out, uint64_t* entries) {
  const uint32_t flip = s.descending ? 0x7fffffffu : 0x80000000u;
  for (index_t i = 0; i < s.length; i++) {
    const uint64_t key = static_cast<uint32_t>(key_of(x[i * s.inner])) ^ flip;
    entries[i] = key << 32 | static_cast<uint64_t>(i);
  }
  const uint64_t* sorted = merge_sort(entries, entries + s.length, s.length);
  for (index_t i = 0; i < s.length; i++) out[i * s.inner] = static_cast<int32_t>(sorted[i] & 0xffffffffu);
}

}  // namespace

bool prepare_arg_sort(Node& node, const ArgSortAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() == 1 && node.out.size() == 1, "argSort takes one operand")) return false;
  const Value& in = *node.in[0];
  if (!validator.require(attrs.axis >= 0 && attrs.axis < in.rank, "argSort's axis must exist") ||
      !validator.require(node.out[0]->size == in.size && node.out[0]->dtype == DType::int32,
                         "argSort gives an int32 index for each element")) {
    return false;
  }
  auto state = std::make_unique<SortState>();
  state->outer = extent_of(in, 0, attrs.axis);
  state->length = in.dims[attrs.axis];
  state->inner = extent_of(in, attrs.axis + 1, in.rank);
  state->descending = attrs.descending;
  validator.need_worker(static_cast<std::size_t>(2 * state->length) * sizeof(uint64_t));
  node.state = std::move(state);
  return true;
}
void run_arg_sort(Node& node, Runtime& runtime) {
  const SortState& s = node.state_as<SortState>();
  const Value& in = *node.in[0];
  int32_t* out = node.out[0]->as<int32_t>();
  const index_t columns = s.length == 0 ? 0 : s.outer * s.inner;
  const index_t per_task = std::max<index_t>(1, elements_per_task / std::max<index_t>(1, s.length));
  runtime.pool->parallel(ceil_div(columns, per_task), [&](index_t task, int thread) {
    uint64_t* entries = reinterpret_cast<uint64_t*>(runtime.worker(thread));
    for (index_t column = task * per_task; column < std::min(columns, (task + 1) * per_task); column++) {
      const index_t at = column / s.inner * s.length * s.inner + column % s.inner;
      switch (in.dtype) {
        case DType::float32: sort_column(s, in.as<float>() + at, out + at, entries); break;
        case DType::int32: sort_column(s, in.as<int32_t>() + at, out + at, entries); break;
        default: sort_column(s, in.as<uint8_t>() + at, out + at, entries); break;
      }
    }
  });
}

}  // namespace ceratops
