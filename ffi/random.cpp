// randomBits: Philox 4x32-10, the counter-based generator of Salmon et al. (2011), vectorized over counters.
#include "ops.h"
#include "threads.h"

namespace ceratops {

namespace {

constexpr index_t group = 32;
constexpr index_t elements_per_task = 16384;

struct RandomState : State {
  uint32_t path;
};

// Four words for each of the `group` counters (first + j, step, 0, 0).
void philox(uint32_t seed, uint32_t path, uint32_t first, uint32_t step, uint32_t words[4][group]) {
  uint32_t* c0 = words[0];
  uint32_t* c1 = words[1];
  uint32_t* c2 = words[2];
  uint32_t* c3 = words[3];
  for (index_t j = 0; j < group; j++) {
    c0[j] = first + static_cast<uint32_t>(j);
    c1[j] = step;
    c2[j] = 0;
    c3[j] = 0;
  }
  uint32_t k0 = seed, k1 = path;
  for (int round = 0; round < 10; round++) {
    for (index_t j = 0; j < group; j++) {
      const uint64_t p0 = static_cast<uint64_t>(c0[j]) * 0xD2511F53u;
      const uint64_t p1 = static_cast<uint64_t>(c2[j]) * 0xCD9E8D57u;
      c0[j] = static_cast<uint32_t>(p1 >> 32) ^ c1[j] ^ k0;
      c1[j] = static_cast<uint32_t>(p1);
      c2[j] = static_cast<uint32_t>(p0 >> 32) ^ c3[j] ^ k1;
      c3[j] = static_cast<uint32_t>(p0);
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

}  // namespace

bool prepare_random_bits(Node& node, const RandomBitsAttrs& attrs, Validator& validator) {
  if (!validator.require(node.in.size() == 1 && node.in[0]->size == 2 && node.in[0]->dtype == DType::int32,
                         "randomBits takes a counter of seed and step") ||
      !validator.require(node.out.size() == 1 && node.out[0]->dtype == DType::int32, "randomBits gives int32")) {
    return false;
  }
  auto state = std::make_unique<RandomState>();
  state->path = static_cast<uint32_t>(attrs.path);
  node.state = std::move(state);
  return true;
}
void run_random_bits(Node& node, Runtime& runtime) {
  const uint32_t* counter = node.in[0]->as<uint32_t>();
  const uint32_t seed = counter[0], step = counter[1], path = node.state_as<RandomState>().path;
  const index_t size = node.out[0]->size;
  uint32_t* out = node.out[0]->as<uint32_t>();
  runtime.pool->parallel(ceil_div(size, elements_per_task), [&](index_t task, int) {
    uint32_t words[4][group];
    const index_t last = std::min(size, (task + 1) * elements_per_task);
    for (index_t at = task * elements_per_task; at < last; at += 4 * group) {
      philox(seed, path, static_cast<uint32_t>(at / 4), step, words);
      if (at + 4 * group <= last) {
        for (index_t j = 0; j < group; j++) {
          for (int w = 0; w < 4; w++) out[at + 4 * j + w] = words[w][j];
        }
      } else {
        for (index_t i = at; i < last; i++) out[i] = words[(i - at) % 4][(i - at) / 4];
      }
    }
  });
}

}  // namespace ceratops
