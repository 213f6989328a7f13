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
  index_t first;
};

}  // namespace

bool prepare_random_bits(Node& node, const RandomBitsAttrs& attrs, Validator& validator) {
  if (!validator.require(attrs.first >= 0, "the first element must not be negative") ||
      !validator.require(node.in.size() == 1 && node.in[0]->size == 2 && node.in[0]->dtype == DType::int32,
                         "randomBits takes a counter of seed and step") ||
      !validator.require(node.out.size() == 1 && node.out[0]->dtype == DType::int32, "randomBits gives int32")) {
    return false;
  }
  auto state = std::make_unique<RandomState>();
  state->path = static_cast<uint32_t>(attrs.path);
  state->first = attrs.first;
  node.state = std::move(state);
  return true;
}
void run_random_bits(Node& node, Runtime& runtime) {
  const uint32_t* counter = node.in[0]->as<uint32_t>();
  const uint32_t seed = counter[0], step = counter[1], path = node.state_as<RandomState>().path;
  // Elements [first, end), in blocks of four that are counted from element 0.
  const index_t first = node.state_as<RandomState>().first, end = first + node.out[0]->size;
  const index_t aligned = first / 4 * 4;
  uint32_t* out = node.out[0]->as<uint32_t>();
  runtime.pool->parallel(ceil_div(end - aligned, elements_per_task), [&](index_t task, int) {
    uint32_t words[4][group];
    const index_t from = aligned + task * elements_per_task, last = std::min(end, from + elements_per_task);
    for (index_t at = from; at < last; at += 4 * group) {
      philox<group>(seed, path, static_cast<uint32_t>(at / 4), step, 0, 0, words);
      if (at >= first && at + 4 * group <= last) {
        for (index_t j = 0; j < group; j++) {
          for (int w = 0; w < 4; w++) out[at - first + 4 * j + w] = words[w][j];
        }
      } else {
        for (index_t i = std::max(at, first); i < std::min(last, at + 4 * group); i++) {
          out[i - first] = words[(i - at) % 4][(i - at) / 4];
        }
      }
    }
  });
}

}  // namespace ceratops
