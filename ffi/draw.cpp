// First values of weights: uniform numbers, bit for bit those that the host draws (lib/random_stream.ts).
// A product and a sum fused into one operation would round once where the host rounds twice.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif
#include "draw.h"

#include "philox.h"

namespace ceratops {

namespace {

constexpr index_t group = 32;
constexpr index_t elements_per_task = 65536;

// A word from 0 to 2^32 - 1 as a number, exactly: processors convert signed integers faster.
double number_of(uint32_t word) {
  return static_cast<double>(static_cast<int32_t>(word ^ 0x80000000u)) + 2147483648.0;
}

}  // namespace

void draw_uniform(float* out, index_t size, const Stream& stream, double low, double range, Pool& pool) {
  pool.parallel(ceil_div(size, elements_per_task), [&](index_t task, int) {
    uint32_t words[4][group];
    float drawn[4][group];
    const index_t last = std::min(size, (task + 1) * elements_per_task);
    for (index_t at = task * elements_per_task; at < last; at += 4 * group) {
      philox<group>(stream.seed, stream.path, static_cast<uint32_t>(at / 4), 0, stream.purpose, 0, words);
      for (int w = 0; w < 4; w++) {
        for (index_t j = 0; j < group; j++) {
          drawn[w][j] = static_cast<float>(low + number_of(words[w][j]) * 0x1p-32 * range);
        }
      }
      if (at + 4 * group <= last) {
        for (index_t j = 0; j < group; j++) {
          for (int w = 0; w < 4; w++) out[at + 4 * j + w] = drawn[w][j];
        }
      } else {
        for (index_t i = at; i < last; i++) out[i] = drawn[(i - at) % 4][(i - at) / 4];
      }
    }
  });
}

}  // namespace ceratops
