// attention: softmax(scale * query . key) . value, a block of queries and keys at a time, so that the scores of all are
// never in memory; and its gradient, which computes the scores of each block again.
#include "largest.h"
#include "ops.h"
#include "philox.h"
#include "scalar_math.h"
#include "threads.h"
#include "tile.h"

namespace ceratops {

namespace {

// Queries and keys of a block of scores.
constexpr index_t block_rows = 64, block_columns = 64;
constexpr index_t block_scores = block_rows * block_columns;

// The score of a key that a query does not see: far below any other, and finite.
constexpr float unseen = -2.372671e38f;

struct AttentionState : State {
  index_t batch, queries, heads, groups, keys, size, value_size;
  // The places among the operands of the mask, the bias and the counter; 0 for none.
  std::size_t mask = 0, bias = 0, counter = 0;
  index_t mask_strides[4] = {}, bias_strides[4] = {};
  bool causal, zero_empty;
  index_t window;
  float scale;
  // A weight is kept where the upper 24 of its random bits are at least the threshold, and multiplied by `kept`.
  uint32_t threshold, path;
  // The number of the first sample, as random bits count them.
  index_t first;
  float kept;

  index_t query_row() const { return heads * size; }
  index_t key_row() const { return groups * size; }
  index_t value_row() const { return groups * value_size; }
  index_t output_row() const { return heads * value_size; }
};

template <class Attrs>
bool prepare_extents(Node& node, const Attrs& attrs, std::size_t others, Validator& validator) {
  const Value& query = *node.in[0];
  const Value& key = *node.in[1];
  const Value& value = *node.in[2];
  if (!validator.require(query.rank == 4 && key.rank == 4 && value.rank == 4 && query.dtype == DType::float32 &&
                             key.dtype == DType::float32 && value.dtype == DType::float32,
                         "attention takes float32 of four axes")) {
    return false;
  }
  auto state = std::make_unique<AttentionState>();
  state->batch = query.dims[0];
  state->queries = query.dims[1];
  state->heads = query.dims[2];
  state->size = query.dims[3];
  state->keys = key.dims[1];
  state->groups = key.dims[2];
  state->value_size = value.dims[3];
  state->scale = static_cast<float>(attrs.scale);
  state->causal = attrs.causal;
  state->window = attrs.window;
  state->zero_empty = attrs.zero_empty;
  state->threshold = static_cast<uint32_t>(std::ceil(attrs.dropout * 16777216.0));
  state->kept = attrs.dropout < 1.0 ? static_cast<float>(1.0 / (1.0 - attrs.dropout)) : 0.0f;
  state->path = static_cast<uint32_t>(attrs.path);
  state->first = attrs.first;
  if (!validator.require(key.dims[0] == state->batch && value.dims[0] == state->batch && key.dims[3] == state->size &&
                             value.dims[1] == state->keys && value.dims[2] == state->groups && state->groups > 0 &&
                             state->heads % state->groups == 0,
                         "attention's keys and values must fit its queries")) {
    return false;
  }
  const index_t extents[4] = {state->batch, state->heads, state->queries, state->keys};
  for (std::size_t i = others; i < node.in.size(); i++) {
    const Value& other = *node.in[i];
    std::size_t& place = other.dtype == DType::boolean   ? state->mask
                         : other.dtype == DType::float32 ? state->bias
                                                         : state->counter;
    if (!validator.require(place == 0 && other.dtype != DType::uint8, "attention takes a mask, a bias and a counter")) {
      return false;
    }
    place = i;
    if (other.dtype == DType::int32) {
      if (!validator.require(other.size == 2, "attention's counter must be of seed and step")) return false;
      continue;
    }
    index_t* strides = other.dtype == DType::boolean ? state->mask_strides : state->bias_strides;
    if (!validator.require(other.rank == 4, "attention's mask and bias must have four axes")) return false;
    index_t stride = 1;
    for (int axis = 3; axis >= 0; axis--) {
      const index_t extent = other.dims[axis];
      if (!validator.require(extent == 1 || extent == extents[axis], "attention's mask and bias must fit"))
        return false;
      strides[axis] = extent == 1 ? 0 : stride;
      stride *= extent;
    }
  }
  const bool draws = state->counter != 0;
  node.state = std::move(state);
  return validator.require(attrs.dropout >= 0.0 && attrs.dropout <= 1.0 && draws == (attrs.dropout > 0.0),
                           "attention drops weights by a counter");
}

bool is_rows(const Value& value, const AttentionState& state, index_t each) {
  return value.dtype == DType::float32 && product_is(value.size, state.batch * state.queries, state.heads, each);
}

// A block of scores: `rows` queries from `i`, `columns` keys from `j`, of one head.
struct Block {
  index_t b, h, i, j, rows, columns;
};

// Whether each key of the block is seen, row by row. Returns false, and leaves them, where nothing hides a key.
bool mark_seen(const Node& node, const Block& block, uint8_t* seen) {
  const AttentionState& state = node.state_as<AttentionState>();
  if (!state.causal && state.window == 0 && state.mask == 0) return false;
  for (index_t r = 0; r < block.rows; r++) {
    const index_t i = block.i + r;
    uint8_t* row = seen + r * block_columns;
    for (index_t c = 0; c < block.columns; c++) {
      const index_t j = block.j + c, away = i > j ? i - j : j - i;
      row[c] = (!state.causal || j <= i) && (state.window == 0 || away < state.window);
    }
    if (state.mask == 0) continue;
    const index_t* strides = state.mask_strides;
    const uint8_t* from = node.in[state.mask]->as<uint8_t>() + block.b * strides[0] + block.h * strides[1] +
                          i * strides[2] + block.j * strides[3];
    for (index_t c = 0; c < block.columns; c++) row[c] &= from[c * strides[3]] != 0;
  }
  return true;
}

// The scores of the block; `seen` is null where all keys are.
void score(const Node& node, const float* query, const float* key, const Block& block, const uint8_t* seen,
           float* scores, float* scratch) {
  const AttentionState& state = node.state_as<AttentionState>();
  Product product = {};
  product.m = block.rows;
  product.n = block.columns;
  product.k = state.size;
  product.a = query;
  product.a_row = state.query_row();
  product.a_depth = 1;
  product.b = key;
  product.b_depth = 1;
  product.b_column = state.key_row();
  product.c = scores;
  product.c_row = block_columns;
  tile_product(product, scratch);
  for (index_t r = 0; r < block.rows; r++) {
    float* row = scores + r * block_columns;
    if (state.bias != 0) {
      const index_t* strides = state.bias_strides;
      const float* bias = node.in[state.bias]->as<float>() + block.b * strides[0] + block.h * strides[1] +
                          (block.i + r) * strides[2] + block.j * strides[3];
      for (index_t c = 0; c < block.columns; c++) row[c] = row[c] * state.scale + bias[c * strides[3]];
    } else {
      CERATOPS_INDEPENDENT
      for (index_t c = 0; c < block.columns; c++) row[c] *= state.scale;
    }
    if (!seen) continue;
    const uint8_t* is_seen = seen + r * block_columns;
    CERATOPS_INDEPENDENT
    for (index_t c = 0; c < block.columns; c++) row[c] = is_seen[c] ? row[c] : unseen;
  }
}

// exp(score - top) of row `r` of the block; zeros for unseen keys if these must not count.
void exponentials(const AttentionState& state, const uint8_t* seen, index_t r, float top, index_t columns, float* row) {
  CERATOPS_INDEPENDENT
  for (index_t c = 0; c < columns; c++) row[c] = exp_of(row[c] - top);
  if (!state.zero_empty || !seen) return;
  seen += r * block_columns;
  for (index_t c = 0; c < columns; c++) row[c] = seen[c] ? row[c] : 0.0f;
}

// By what dropout multiplies the weights of row `r` of the block: 0 where they are dropped. The bits belong to the
// places of query and key, so that the gradient draws the same again.
void draw_factors(const Node& node, const Block& block, index_t r, float* factors) {
  const AttentionState& state = node.state_as<AttentionState>();
  const uint32_t* counter = node.in[state.counter]->as<uint32_t>();
  constexpr index_t quads = block_columns / 4;
  uint32_t words[4][quads];
  philox<quads>(counter[0], state.path, static_cast<uint32_t>(block.j / 4), counter[1],
                static_cast<uint32_t>(block.i + r),
                static_cast<uint32_t>((state.first + block.b) * state.heads + block.h), words);
  for (int w = 0; w < 4; w++) {
    for (index_t j = 0; j < quads; j++) factors[4 * j + w] = words[w][j] >> 8 >= state.threshold ? state.kept : 0.0f;
  }
}

// The work of one task's scratch memory, in floats.
struct Scratch {
  float* scores;
  float* slopes;
  float* sums;
  float* tiles;
  uint8_t* seen;
  static std::size_t bytes(index_t value_size) {
    return (2 * block_scores + block_rows * value_size + tile_scratch) * sizeof(float) + block_scores + vector_bytes;
  }
  Scratch(char* memory, index_t value_size) {
    tiles = reinterpret_cast<float*>(memory);
    scores = tiles + round_up(tile_scratch, lanes);
    slopes = scores + block_scores;
    sums = slopes + block_scores;
    seen = reinterpret_cast<uint8_t*>(sums + block_rows * value_size);
  }
};

// c (+)= a . b for a block, whose scores are the rows of a, or with `turned` its columns.
void multiply_block(const Block& block, const float* a, bool turned, const float* b, index_t b_row, index_t n, float* c,
                    index_t c_row, float* scratch) {
  Product product = {};
  product.m = turned ? block.columns : block.rows;
  product.n = n;
  product.k = turned ? block.rows : block.columns;
  product.a = a;
  product.a_row = turned ? 1 : block_columns;
  product.a_depth = turned ? block_columns : 1;
  product.b = b;
  product.b_depth = b_row;
  product.b_column = 1;
  product.c = c;
  product.c_row = c_row;
  product.add = true;
  tile_product(product, scratch);
}

}  // namespace

bool prepare_attention(Node& node, const AttentionAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() >= 3 && node.out.size() == 2, "attention takes queries, keys and values") ||
      !prepare_extents(node, attrs, 3, validator)) {
    return false;
  }
  const AttentionState& state = node.state_as<AttentionState>();
  validator.need_worker(Scratch::bytes(state.value_size));
  return validator.require(is_rows(*node.out[0], state, state.value_size) && is_rows(*node.out[1], state, 2),
                           "attention's outputs must fit");
}

void run_attention(Node& node, Runtime& runtime) {
  const AttentionState& state = node.state_as<AttentionState>();
  const float* queries = node.in[0]->as<float>();
  const float* keys = node.in[1]->as<float>();
  const float* values = node.in[2]->as<float>();
  const index_t blocks = ceil_div(state.queries, block_rows);
  const index_t shared = state.heads / state.groups;
  runtime.pool->parallel(state.batch * state.heads * blocks, [&](index_t task, int thread) {
    const Scratch scratch(runtime.worker(thread), state.value_size);
    const index_t slice = task / blocks, b = slice / state.heads, h = slice % state.heads, group = h / shared;
    Block block = {b, h, task % blocks * block_rows, 0, 0, 0};
    block.rows = std::min(block_rows, state.queries - block.i);
    float top[block_rows], total[block_rows];
    for (index_t r = 0; r < block.rows; r++) {
      top[r] = -3.4e38f;
      total[r] = 0.0f;
    }
    std::memset(scratch.sums, 0, block.rows * state.value_size * sizeof(float));
    const float* query = queries + ((b * state.queries + block.i) * state.heads + h) * state.size;
    for (block.j = 0; block.j < state.keys; block.j += block_columns) {
      block.columns = std::min(block_columns, state.keys - block.j);
      const index_t key = (b * state.keys + block.j) * state.groups + group;
      const uint8_t* seen = mark_seen(node, block, scratch.seen) ? scratch.seen : nullptr;
      score(node, query, keys + key * state.size, block, seen, scratch.scores, scratch.tiles);
      for (index_t r = 0; r < block.rows; r++) {
        float* row = scratch.scores + r * block_columns;
        const float highest = largest(row, block.columns, top[r]);
        const float shrunk = exp_of(top[r] - highest);
        top[r] = highest;
        exponentials(state, seen, r, highest, block.columns, row);
        total[r] = total[r] * shrunk + sum_of(row, block.columns);
        if (state.counter != 0) {
          float factors[block_columns];
          draw_factors(node, block, r, factors);
          for (index_t c = 0; c < block.columns; c++) row[c] *= factors[c];
        }
        float* to = scratch.sums + r * state.value_size;
        CERATOPS_INDEPENDENT
        for (index_t d = 0; d < state.value_size; d++) to[d] *= shrunk;
      }
      multiply_block(block, scratch.scores, false, values + key * state.value_size, state.value_row(), state.value_size,
                     scratch.sums, state.value_size, scratch.tiles);
    }
    for (index_t r = 0; r < block.rows; r++) {
      const index_t row = (b * state.queries + block.i + r) * state.heads + h;
      const float inverse = total[r] == 0.0f ? 0.0f : 1.0f / total[r];
      const float* from = scratch.sums + r * state.value_size;
      float* to = node.out[0]->as<float>() + row * state.value_size;
      CERATOPS_INDEPENDENT
      for (index_t d = 0; d < state.value_size; d++) to[d] = from[d] * inverse;
      float* kept = node.out[1]->as<float>() + 2 * ((b * state.heads + h) * state.queries + block.i + r);
      kept[0] = top[r];
      kept[1] = total[r];
    }
  });
}

bool prepare_attention_gradient(Node& node, const AttentionGradientAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() >= 5 && node.out.size() == 3, "attentionGradient takes five operands") ||
      !prepare_extents(node, attrs, 5, validator)) {
    return false;
  }
  const AttentionState& state = node.state_as<AttentionState>();
  validator.need_worker(Scratch::bytes(state.value_size));
  bool fits = is_rows(*node.in[3], state, 3) && is_rows(*node.in[4], state, state.value_size);
  for (int i = 0; i < 3; i++) {
    fits = fits && node.out[i]->dtype == DType::float32 && same_shape(*node.out[i], *node.in[i]);
  }
  return validator.require(fits, "attentionGradient's operands must fit");
}

// A task has all heads that share keys and values, so that none adds to another's sums.
void run_attention_gradient(Node& node, Runtime& runtime) {
  const AttentionState& state = node.state_as<AttentionState>();
  const float* in[5];
  for (int i = 0; i < 5; i++) in[i] = node.in[i]->as<float>();
  float* dq = node.out[0]->as<float>();
  float* dk = node.out[1]->as<float>();
  float* dv = node.out[2]->as<float>();
  const index_t shared = state.heads / state.groups;
  runtime.pool->parallel(state.batch * state.groups, [&](index_t task, int thread) {
    const Scratch scratch(runtime.worker(thread), state.value_size);
    const index_t b = task / state.groups, group = task % state.groups;
    for (index_t j = 0; j < state.keys; j++) {
      const index_t key = (b * state.keys + j) * state.groups + group;
      std::memset(dk + key * state.size, 0, state.size * sizeof(float));
      std::memset(dv + key * state.value_size, 0, state.value_size * sizeof(float));
    }
    for (index_t h = group * shared; h < (group + 1) * shared; h++) {
      for (index_t i = 0; i < state.queries; i += block_rows) {
        Block block = {b, h, i, 0, std::min(block_rows, state.queries - i), 0};
        const index_t query = (b * state.queries + i) * state.heads + h;
        for (index_t r = 0; r < block.rows; r++) {
          std::memset(dq + (query + r * state.heads) * state.size, 0, state.size * sizeof(float));
        }
        const float* kept = in[3] + 3 * ((b * state.heads + h) * state.queries + i);
        const float* gradient = in[4] + query * state.value_size;
        for (block.j = 0; block.j < state.keys; block.j += block_columns) {
          block.columns = std::min(block_columns, state.keys - block.j);
          const index_t key = (b * state.keys + block.j) * state.groups + group;
          const uint8_t* seen = mark_seen(node, block, scratch.seen) ? scratch.seen : nullptr;
          score(node, in[0] + query * state.size, in[1] + key * state.size, block, seen, scratch.scores, scratch.tiles);
          Product product = {};
          product.m = block.rows;
          product.n = block.columns;
          product.k = state.value_size;
          product.a = gradient;
          product.a_row = state.output_row();
          product.a_depth = 1;
          product.b = in[2] + key * state.value_size;
          product.b_depth = 1;
          product.b_column = state.value_row();
          product.c = scratch.slopes;
          product.c_row = block_columns;
          tile_product(product, scratch.tiles);
          for (index_t r = 0; r < block.rows; r++) {
            float* weights = scratch.scores + r * block_columns;
            float* slopes = scratch.slopes + r * block_columns;
            const float total = kept[3 * r + 1];
            const float inverse = total == 0.0f ? 0.0f : 1.0f / total;
            const float sum = kept[3 * r + 2];
            exponentials(state, seen, r, kept[3 * r], block.columns, weights);
            float factors[block_columns];
            if (state.counter != 0) {
              draw_factors(node, block, r, factors);
              for (index_t c = 0; c < block.columns; c++) slopes[c] *= factors[c];
            }
            CERATOPS_INDEPENDENT
            for (index_t c = 0; c < block.columns; c++) {
              weights[c] *= inverse;
              slopes[c] = weights[c] * (slopes[c] - sum) * state.scale;
            }
            if (seen) {
              for (index_t c = 0; c < block.columns; c++) slopes[c] = seen[r * block_columns + c] ? slopes[c] : 0.0f;
            }
            if (state.counter == 0) continue;
            for (index_t c = 0; c < block.columns; c++) weights[c] *= factors[c];
          }
          multiply_block(block, scratch.scores, true, gradient, state.output_row(), state.value_size,
                         dv + key * state.value_size, state.value_row(), scratch.tiles);
          multiply_block(block, scratch.slopes, true, in[0] + query * state.size, state.query_row(), state.size,
                         dk + key * state.size, state.key_row(), scratch.tiles);
          multiply_block(block, scratch.slopes, false, in[1] + key * state.size, state.key_row(), state.size,
                         dq + query * state.size, state.query_row(), scratch.tiles);
        }
      }
    }
  });
}

}  // namespace ceratops
