// Philox 4x32-10, the counter-based generator of Salmon et al. (2011), vectorized over counters.
#pragma once
#include "base.h"

namespace ceratops {

// Four words for each of the `group` counters (first + j, second, third, fourth).
template <index_t group>
inline void philox(uint32_t seed, uint32_t path, uint32_t first, uint32_t second, uint32_t third, uint32_t fourth,
                   uint32_t words[4][group]) {
  uint32_t* c0 = words[0];
  uint32_t* c1 = words[1];
  uint32_t* c2 = words[2];
  uint32_t* c3 = words[3];
  for (index_t j = 0; j < group; j++) {
    c0[j] = first + static_cast<uint32_t>(j);
    c1[j] = second;
    c2[j] = third;
    c3[j] = fourth;
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

}  // namespace ceratops
