// Shared by all files: element types, values, nodes, and the SIMD vectors that kernels are written with.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "attr_reader.h"

// Marks a function of the C interface.
#define CERATOPS_EXPORT extern "C" __attribute__((visibility("default")))

namespace ceratops {

using index_t = std::ptrdiff_t;

enum class DType : int32_t { float32 = 0, int32 = 1, uint8 = 2, boolean = 3 };

constexpr int max_rank = 12;
// Bytes.
constexpr index_t cache_line = 64;

inline index_t bytes_of(DType dtype) { return dtype == DType::float32 || dtype == DType::int32 ? 4 : 1; }

// A contiguous row-major array. In a loop body `data` is null until the loop binds it.
struct Value {
  char* data = nullptr;
  DType dtype = DType::float32;
  int rank = 0;
  index_t dims[max_rank] = {};
  index_t size = 1;
  // Whether it changes only between refreshes of the program, so that kernels may keep what they compute from it.
  bool frozen = false;
  index_t bytes() const { return size * bytes_of(dtype); }
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data);
  }
};

// The number of elements along the axes [from, to).
inline index_t extent_of(const Value& value, int from, int to) {
  index_t extent = 1;
  for (int axis = from; axis < to; axis++) extent *= value.dims[axis];
  return extent;
}

inline bool same_shape(const Value& a, const Value& b) {
  if (a.rank != b.rank) return false;
  for (int axis = 0; axis < a.rank; axis++) {
    if (a.dims[axis] != b.dims[axis]) return false;
  }
  return true;
}

inline bool overlap(const Value& a, const Value& b) {
  return a.data && b.data && a.data < b.data + b.bytes() && b.data < a.data + a.bytes();
}

// What a kernel prepares at load time for its runs.
struct State {
  virtual ~State() = default;
};

struct Graph;
struct Op;

struct Node {
  const Op* op = nullptr;
  std::vector<Value*> in, out;
  std::unique_ptr<State> state;
  std::unique_ptr<Graph> body;
  // What it computes of frozen values alone, if that is kept, and the count of refreshes at which it was computed.
  std::vector<char> kept;
  std::uint64_t refreshes = 0;
  int64_t nanoseconds = 0;

  template <class T>
  T& state_as() const {
    return static_cast<T&>(*state);
  }
};

// `value` shares the memory of `root`, wherever that is bound.
struct Alias {
  Value* value;
  const Value* root;
};

struct Graph {
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<Alias> aliases;
  std::vector<Value*> inputs, outputs;
};

// Passed to kernels at load time: collects the first error and the scratch memory they need.
struct Validator {
  bool failed = false;
  std::string error;
  std::size_t shared_bytes = 0;
  std::size_t worker_bytes = 0;

  // Records the first broken rule; returns the condition.
  bool require(bool condition, const char* rule) {
    if (!condition) fail(rule);
    return condition;
  }
  // Not inlined: there are hundreds of rules.
  __attribute__((noinline)) void fail(const char* rule);
  void need_shared(std::size_t bytes) {
    if (bytes > shared_bytes) shared_bytes = bytes;
  }
  void need_worker(std::size_t bytes) {
    if (bytes > worker_bytes) worker_bytes = bytes;
  }
};

class Pool;

// Passed to kernels at run time.
struct Runtime {
  Pool* pool = nullptr;
  char* shared = nullptr;
  char* workers = nullptr;
  std::size_t worker_bytes = 0;
  bool profile = false;
  // Why the step that runs has failed, if a kernel knows.
  const char* failure = nullptr;
  // Counts refreshes: what was computed from frozen values at another count is stale.
  std::uint64_t refreshes = 1;

  char* worker(int thread) const { return workers + static_cast<std::size_t>(thread) * worker_bytes; }
};

// Whether an output may share memory with an input of the same size.
enum class Aliasing { no_alias, in_place };

struct Op {
  const char* name;
  Aliasing aliasing;
  bool (*prepare)(Node&, AttrReader&, Validator&);
  // Null for a node that another one runs too.
  void (*run)(Node&, Runtime&);
};

void run_graph(Graph& graph, Runtime& runtime);

// Whether a * b * c == size, for factors whose product may overflow an integer.
inline bool product_is(index_t size, index_t a, index_t b, index_t c = 1) {
  return static_cast<double>(a) * static_cast<double>(b) * static_cast<double>(c) == static_cast<double>(size);
}

inline index_t ceil_div(index_t a, index_t b) { return (a + b - 1) / b; }
inline index_t round_up(index_t a, index_t b) { return ceil_div(a, b) * b; }

// Tells the compiler that iterations are independent even if source and target are the same array.
#if defined(__clang__)
#define CERATOPS_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#define CERATOPS_UNROLL _Pragma("unroll")
#else
#define CERATOPS_INDEPENDENT _Pragma("GCC ivdep")
#define CERATOPS_UNROLL _Pragma("GCC unroll 16")
#endif

// The widest vector register of the target.
#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif
constexpr int lanes = vector_bytes / 4;
typedef float Vector __attribute__((vector_size(vector_bytes)));
typedef float LooseVector __attribute__((vector_size(vector_bytes), aligned(4), may_alias));

inline Vector load(const float* from) { return *reinterpret_cast<const LooseVector*>(from); }
inline void store(float* to, Vector value) { *reinterpret_cast<LooseVector*>(to) = value; }
// Broadcast. Subtracting zero leaves every float unchanged; adding zero would turn -0 into 0.
inline Vector splat(float value) { return value - Vector{}; }
// a * b + c. Natively compilers fuse it by themselves; in WebAssembly only the engine knows whether the processor can.
#if defined(__wasm_relaxed_simd__)
inline Vector multiply_add(Vector a, Vector b, Vector c) { return __builtin_wasm_relaxed_madd_f32x4(a, b, c); }
#else
inline Vector multiply_add(Vector a, Vector b, Vector c) { return a * b + c; }
#endif
inline float multiply_add(float a, float b, float c) { return a * b + c; }

// The first `n` lanes, fewer than all; the others are zero.
#if defined(__AVX512F__)
inline Vector load_first(const float* from, index_t n) { return _mm512_maskz_loadu_ps((1u << n) - 1, from); }
inline void store_first(float* to, index_t n, Vector value) { _mm512_mask_storeu_ps(to, (1u << n) - 1, value); }
#elif defined(__AVX2__)
inline __m256i first_lanes(index_t n) {
  static constexpr int32_t masks[2 * lanes] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(masks + lanes - n));
}
inline Vector load_first(const float* from, index_t n) { return _mm256_maskload_ps(from, first_lanes(n)); }
inline void store_first(float* to, index_t n, Vector value) { _mm256_maskstore_ps(to, first_lanes(n), value); }
#else
inline Vector load_first(const float* from, index_t n) {
  float all[lanes];
  CERATOPS_UNROLL
  for (int i = 0; i < lanes; i++) all[i] = i < n ? from[i] : 0.0f;
  return load(all);
}
inline void store_first(float* to, index_t n, Vector value) {
  CERATOPS_UNROLL
  for (int i = 0; i < lanes; i++) {
    if (i < n) to[i] = value[i];
  }
}
#endif

// Calls `body(at, get, put)` for the vectors of `n` floats: with what loads and stores all lanes, and for the rest the
// first of them.
template <class Body>
__attribute__((always_inline)) inline void each_vector(index_t n, const Body& body) {
  index_t at = 0;
  for (; at + lanes <= n; at += lanes) {
    body(
        at, [](const float* from) { return load(from); }, [](float* to, Vector x) { store(to, x); });
  }
  const index_t rest = n - at;
  if (rest == 0) return;
  body(
      at, [rest](const float* from) { return load_first(from, rest); },
      [rest](float* to, Vector x) { store_first(to, rest, x); });
}

// A limit from below and from above; each keeps NaN. Written so that it is one instruction on every target.
template <class T>
inline T at_least(T x, T low) {
  return x < low ? low : x;
}
template <class T>
inline T at_most(T x, T high) {
  return high < x ? high : x;
}

}  // namespace ceratops
