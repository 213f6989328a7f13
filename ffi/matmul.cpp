// The matmul op: each task computes one piece with the register tile or Eigen, then runs the epilogue while it is in
// cache.
#include "matmul.h"

#include <atomic>

#include "epilogue.h"
#include "ops.h"
#include "sparsity.h"
#include "threads.h"
#if !defined(__wasm__)
#include <Eigen/Core>
#endif

namespace ceratops {

namespace {

struct MatmulState : State {
  index_t batch, m, n, k;
  bool transpose_a, transpose_b;
  Split split;
  // Whether b is packed once for all tasks, each of which has whole rows.
  bool packed = false;
  // Whether zeros of a are looked for, and the size of what is written for one piece of a.
  bool may_skip = false;
  index_t piece_nonzeros = 0;
  Epilogue epilogue;
  std::vector<float> partial;
};

#if defined(__wasm__)
bool suits_eigen(const Product&) { return false; }
void eigen_product(const Product&) {}
#else
// Where Eigen is faster than the register tile, measured with AVX2; with AVX-512 the tile is kept throughout.
// - One row times a transposed b: the tile would pack all of b to read it once. 1x512x784: 8 and 19 GFLOP/s, one core.
// - A transposed a with rows a page apart, which the tile reads in place. 1024x1024x1024: 173 and 207 GFLOP/s, two
// cores. On the other pieces that split_matmul makes, the tile is up to 75 % faster, except for a few small or deep
// ones, where Eigen leads by at most 12 %.
bool suits_eigen(const Product& p) {
  constexpr index_t page = 4096 / sizeof(float);
  if (vector_bytes == 64 || p.k < 8) return false;
  const bool row_by_transposed = p.m == 1 && p.n >= 8 && p.b_column != 1;
  const bool far_rows = p.m >= 24 && p.n >= 24 && p.a_depth >= page;
  return row_by_transposed || far_rows;
}

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Stride = Eigen::OuterStride<>;
using Source = Eigen::Map<const Matrix, 0, Stride>;

void eigen_product(const Product& p) {
  Eigen::Map<Matrix, 0, Stride> c(p.c, p.m, p.n, Stride(p.c_row));
  const bool transpose_a = p.a_depth != 1, transpose_b = p.b_column != 1;
  const Source a(p.a, transpose_a ? p.k : p.m, transpose_a ? p.m : p.k, Stride(transpose_a ? p.a_depth : p.a_row));
  const Source b(p.b, transpose_b ? p.n : p.k, transpose_b ? p.k : p.n, Stride(transpose_b ? p.b_column : p.b_depth));
  if (transpose_a && transpose_b) {
    c.noalias() = a.transpose() * b.transpose();
  } else if (transpose_a) {
    c.noalias() = a.transpose() * b;
  } else if (transpose_b) {
    c.noalias() = a * b.transpose();
  } else {
    c.noalias() = a * b;
  }
}
#endif

// The product of one matrix of the batch, but for where it goes.
Product matrix_of(const Node& node, const MatmulState& state, index_t matrix) {
  Product p = {};
  p.m = state.m;
  p.n = state.n;
  p.k = state.k;
  p.a_row = state.transpose_a ? 1 : state.k;
  p.a_depth = state.transpose_a ? state.m : 1;
  p.b_depth = state.transpose_b ? 1 : state.n;
  p.b_column = state.transpose_b ? state.k : 1;
  p.a = node.in[0]->as<float>() + matrix * state.m * state.k;
  p.b = node.in[1]->as<float>() + matrix * state.k * state.n;
  p.c_row = state.n;
  return p;
}

// One piece of one matrix.
Product piece_of(const Node& node, const MatmulState& state, index_t matrix, index_t m_at, index_t n_at, index_t k_at) {
  const Split& split = state.split;
  const index_t row = m_at * split.m_part, column = n_at * split.n_part, depth = k_at * split.k_part;
  Product p = matrix_of(node, state, matrix);
  p.m = std::min(split.m_part, state.m - row);
  p.n = std::min(split.n_part, state.n - column);
  p.k = std::min(split.k_part, state.k - depth);
  p.a += row * p.a_row + depth * p.a_depth;
  p.b += depth * p.b_depth + column * p.b_column;
  return p;
}

// Where what is not zero in a piece of a is written.
Nonzeros nonzeros_of(const MatmulState& state, const Runtime& runtime, index_t k, index_t m_at, index_t k_at) {
  return {reinterpret_cast<int32_t*>(runtime.shared) + (k_at * state.split.m_parts + m_at) * state.piece_nonzeros, k};
}

// A limit of the memory for what is not zero in a.
constexpr index_t most_nonzeros = 1 << 22;

// Writes what is not zero in a; returns false, and writes nothing, if that is most of it.
bool find_nonzeros(const Node& node, Runtime& runtime, const MatmulState& state) {
  constexpr index_t tiles_per_task = 8;
  const Split& split = state.split;
  if (!state.may_skip || !is_sparse(matrix_of(node, state, 0))) return false;
  const index_t groups = ceil_div(tiles_of(split.m_part), tiles_per_task);
  runtime.pool->parallel(split.k_parts * split.m_parts * groups, [&](index_t task, int) {
    const index_t m_at = task / groups % split.m_parts, k_at = task / groups / split.m_parts;
    const Product p = piece_of(node, state, 0, m_at, 0, k_at);
    const Nonzeros nonzeros = nonzeros_of(state, runtime, p.k, m_at, k_at);
    const index_t first = task % groups * tiles_per_task, end = std::min(tiles_of(p.m), first + tiles_per_task);
    for (index_t tile = first; tile < end; tile++) write_nonzeros(p, nonzeros, tile);
  });
  return true;
}

// Computes one piece of one matrix; if k is split, into a partial sum.
void run_piece(const Node& node, const Runtime& runtime, const MatmulState& state, float* scratch, bool skips,
               index_t matrix, index_t m_at, index_t n_at, index_t k_at) {
  const Split& split = state.split;
  Product p = piece_of(node, state, matrix, m_at, n_at, k_at);
  float* base = split.k_parts > 1
                    ? const_cast<float*>(state.partial.data()) + (k_at * state.batch + matrix) * state.m * state.n
                    : state.epilogue.product() + matrix * state.m * state.n;
  p.c = base + m_at * split.m_part * state.n + n_at * split.n_part;
  const Nonzeros nonzeros = nonzeros_of(state, runtime, p.k, m_at, k_at);
  if (skips) p.nonzeros = &nonzeros;
  if (!skips && suits_eigen(p)) {
    eigen_product(p);
  } else {
    tile_product(p, scratch);
  }
}

// With many rows, packing b once leaves tasks of whole rows, over which epilogues run best.
constexpr index_t least_packed_rows = 512, most_packed = 1 << 20, packed_rows = 8 * tile_rows;

bool suits_packing(const MatmulState& state) {
  return state.batch == 1 && !state.transpose_a && state.m >= least_packed_rows && state.k >= 8 && state.n > lanes &&
         static_cast<double>(state.k) * static_cast<double>(state.n) <= static_cast<double>(most_packed);
}

void run_packed(Node& node, Runtime& runtime, MatmulState& state) {
  const Product all = matrix_of(node, state, 0);
  float* panels = reinterpret_cast<float*>(runtime.shared);
  std::atomic<bool> skips{state.may_skip && is_sparse(all)};
  runtime.pool->parallel(panels_of(state.n), [&](index_t panel, int) {
    pack_shared_panel(all, panel, panels);
    const index_t floats = state.k * tile_columns;
    if (skips && !all_finite(panels + panel * floats, floats)) skips = false;
  });
  runtime.pool->parallel(ceil_div(state.m, packed_rows), [&](index_t task, int thread) {
    char* memory = runtime.worker(thread);
    const index_t row = task * packed_rows;
    Product p = all;
    p.m = std::min(packed_rows, state.m - row);
    p.a += row * state.k;
    p.c = state.epilogue.product() + row * state.n;
    float* edge = reinterpret_cast<float*>(memory);
    const Nonzeros nonzeros{reinterpret_cast<int32_t*>(edge + tile_rows * tile_columns), p.k};
    if (skips) {
      for (index_t tile = 0; tile < tiles_of(p.m); tile++) write_nonzeros(p, nonzeros, tile);
      p.nonzeros = &nonzeros;
    }
    packed_product(p, panels, edge);
    state.epilogue.run_rectangle(memory, row, p.m, 0, state.n);
  });
}

void run_split_k(Node& node, Runtime& runtime, MatmulState& state) {
  const Split& split = state.split;
  const bool skips = find_nonzeros(node, runtime, state);
  const index_t pieces = split.m_parts * split.n_parts * split.k_parts;
  runtime.pool->parallel(state.batch * pieces, [&](index_t task, int thread) {
    const index_t piece = task % pieces;
    run_piece(node, runtime, state, reinterpret_cast<float*>(runtime.worker(thread)), skips, task / pieces,
              piece % split.m_parts, piece / split.m_parts % split.n_parts, piece / (split.m_parts * split.n_parts));
  });
  const index_t rows = state.batch * state.m;
  const index_t rows_per_task = std::max<index_t>(1, 16384 / std::max<index_t>(1, state.n));
  runtime.pool->parallel(ceil_div(rows, rows_per_task), [&](index_t task, int thread) {
    const index_t row = task * rows_per_task;
    const index_t count = std::min(rows_per_task, rows - row);
    float* to = state.epilogue.product() + row * state.n;
    for (index_t part = 0; part < split.k_parts; part++) {
      const float* from = state.partial.data() + (part * rows + row) * state.n;
      CERATOPS_INDEPENDENT
      for (index_t i = 0; i < count * state.n; i++) to[i] = part == 0 ? from[i] : to[i] + from[i];
    }
    state.epilogue.run_rectangle(runtime.worker(thread), row, count, 0, state.n);
  });
}

}  // namespace

#if defined(__wasm__)
#if defined(__wasm_relaxed_simd__)
const char* description() { return "WebAssembly, relaxed SIMD"; }
#else
const char* description() { return "WebAssembly, 128-bit SIMD"; }
#endif
void fix_cache_sizes() {}
#else
#define CERATOPS_TEXT(x) #x
#define CERATOPS_TEXT_OF(x) CERATOPS_TEXT(x)
#if defined(__AVX512F__)
#define CERATOPS_LEVEL ", x86-64-v4"
#elif defined(__AVX2__)
#define CERATOPS_LEVEL ", x86-64-v3"
#elif defined(__x86_64__)
#define CERATOPS_LEVEL ", x86-64-v2"
#elif defined(__ARM_NEON)
#define CERATOPS_LEVEL ", NEON"
#else
#define CERATOPS_LEVEL ""
#endif
const char* description() {
  return "Eigen " CERATOPS_TEXT_OF(EIGEN_WORLD_VERSION) "." CERATOPS_TEXT_OF(EIGEN_MAJOR_VERSION) "." CERATOPS_TEXT_OF(
      EIGEN_MINOR_VERSION) CERATOPS_LEVEL;
}
void fix_cache_sizes() { Eigen::setCpuCacheSizes(32 << 10, 1 << 20, 16 << 20); }
#endif

bool prepare_matmul(Node& node, const MatmulAttrs& attrs, Validator& validator) {
  auto state = std::make_unique<MatmulState>();
  if (!validator.require(node.in.size() >= 2 && !node.out.empty(), "matmul takes two operands") ||
      !state->epilogue.prepare(node, attrs.epilogue, 2, true, validator)) {
    return false;
  }
  const Value& a = *node.in[0];
  const Value& b = *node.in[1];
  const Value& c = state->epilogue.shape();
  if (!validator.require(a.dtype == DType::float32 && b.dtype == DType::float32, "matmul takes float32") ||
      !validator.require(a.rank >= 2 && a.rank == b.rank && a.rank == c.rank, "matmul takes operands of one rank")) {
    return false;
  }
  const int row = a.rank - 2, column = a.rank - 1;
  state->transpose_a = attrs.transpose_a;
  state->transpose_b = attrs.transpose_b;
  state->m = a.dims[state->transpose_a ? column : row];
  state->k = a.dims[state->transpose_a ? row : column];
  state->n = b.dims[state->transpose_b ? row : column];
  state->batch = 1;
  bool fits =
      b.dims[state->transpose_b ? column : row] == state->k && c.dims[row] == state->m && c.dims[column] == state->n;
  for (int axis = 0; axis < row; axis++) {
    fits = fits && a.dims[axis] == b.dims[axis] && a.dims[axis] == c.dims[axis];
    state->batch *= a.dims[axis];
  }
  if (!validator.require(fits, "the shapes of a matmul must fit")) return false;
  state->split = split_matmul(std::max<index_t>(1, state->batch), state->m, state->n, state->k);
  state->packed = suits_packing(*state);
  const bool packed = state->packed;
  const Nonzeros nonzeros{nullptr, packed ? state->k : state->split.k_part};
  state->piece_nonzeros = tiles_of(packed ? packed_rows : state->split.m_part) * nonzeros.stride();
  const index_t pieces = packed ? 1 : state->split.m_parts * state->split.k_parts;
  state->may_skip = state->batch == 1 && may_skip_zeros(state->m, state->n, state->k) &&
                    pieces * state->piece_nonzeros <= most_nonzeros;
  const std::size_t bytes =
      state->may_skip ? static_cast<std::size_t>(pieces * state->piece_nonzeros) * sizeof(int32_t) : 0;
  validator.need_worker(tile_scratch * sizeof(float) + (packed ? bytes : 0));
  if (packed) {
    validator.need_shared(static_cast<std::size_t>(panels_of(state->n) * tile_columns * state->k) * sizeof(float));
  } else {
    validator.need_shared(bytes);
    if (state->split.k_parts > 1) state->partial.resize(state->split.k_parts * state->batch * state->m * state->n);
  }
  node.state = std::move(state);
  return !validator.failed;
}

void run_matmul(Node& node, Runtime& runtime) {
  MatmulState& state = node.state_as<MatmulState>();
  const Split& split = state.split;
  if (state.batch * state.m * state.n == 0) return;
  if (state.packed) return run_packed(node, runtime, state);
  if (split.k_parts > 1) return run_split_k(node, runtime, state);
  const index_t pieces = split.m_parts * split.n_parts;
  const index_t groups = ceil_div(state.batch, split.matrices);
  const bool skips = find_nonzeros(node, runtime, state);
  runtime.pool->parallel(groups * pieces, [&](index_t task, int thread) {
    char* memory = runtime.worker(thread);
    const index_t piece = task % pieces;
    const index_t first = task / pieces * split.matrices;
    const index_t m_at = piece % split.m_parts, n_at = piece / split.m_parts;
    for (index_t matrix = first; matrix < std::min(state.batch, first + split.matrices); matrix++) {
      run_piece(node, runtime, state, reinterpret_cast<float*>(memory), skips, matrix, m_at, n_at, 0);
      const index_t row = m_at * split.m_part, column = n_at * split.n_part;
      state.epilogue.run_rectangle(memory, matrix * state.m + row, std::min(split.m_part, state.m - row), column,
                                   std::min(split.n_part, state.n - column));
    }
  });
}

}  // namespace ceratops
