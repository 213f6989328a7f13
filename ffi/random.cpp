// randomBits: Philox 4x32-10 bits.
#include "ops.h"
#include "philox.h"
#include "threads.h"

namespace ceratops {

namespace {

constexpr index_t group = 32;
constexpr index_t elements_per_task = 16384;

struct RandomState : State {
  uint32_t path;
};

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
      philox<group>(seed, path, static_cast<uint32_t>(at / 4), step, 0, 0, words);
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
