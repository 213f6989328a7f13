// How a matrix product is split into tasks. The split depends only on the shape, so results do not depend on the number
// of threads.
#pragma once
#include "tile.h"

namespace ceratops {

// A description such as `Eigen 3.4.0, x86-64-v3`.
const char* description();
// Fixes Eigen's block sizes, which would otherwise depend on the machine's caches and change the rounding.
void fix_cache_sizes();

struct Split {
  // Matrices of the batch per task, and the pieces of each matrix along m, n and k.
  index_t matrices = 1;
  index_t m_parts = 1, n_parts = 1, k_parts = 1;
  index_t m_part = 1, n_part = 1, k_part = 1;
};

inline index_t tasks_wanted(double flops) {
  if (flops < 1e6) return 1;
  if (flops < 4e6) return 2;
  // Enough for 16 cores where a task then takes as long as ten barriers.
  const index_t tasks = round_up(static_cast<index_t>(flops / 4e6), 4);
  return tasks < 16 ? tasks : std::max<index_t>(16, static_cast<index_t>(flops / 2.6e7));
}

inline Split split_matmul(index_t batch, index_t m, index_t n, index_t k) {
  constexpr index_t least_rows = 24, least_columns = 32, least_depth = 1024;
  Split split;
  const double flops = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const index_t wanted = tasks_wanted(flops * static_cast<double>(batch));
  if (batch >= wanted && batch > 1) {
    split.matrices = std::max<index_t>(1, batch / wanted);
  } else if (m < 8 && n <= 4096) {
    // A thin product is bound by reading b, which is best read sequentially, so k is split.
    while (batch * split.k_parts < 16 && k * n / split.k_parts > 32768 && k / split.k_parts > 64) split.k_parts *= 2;
  } else if (k >= 2 * least_depth && k >= 4 * std::max(m, n) && m * n <= 65536) {
    // A deep product, such as the gradient of a filter, or of a kernel that is used in many steps: any other split
    // would pack the same rows and columns repeatedly.
    const bool very = k >= 4 * least_depth && k > 8 * std::max(m, n);
    const index_t depth = very ? 2 * least_depth : least_depth / 4;
    split.k_parts = std::max<index_t>(1, std::min(round_up(ceil_div(wanted, batch), 2), k / depth));
  } else {
    const index_t each = ceil_div(wanted, batch);
    double best = -1;
    for (index_t m_parts = 1; m_parts <= each; m_parts++) {
      const index_t n_parts = ceil_div(each, m_parts);
      if (m_parts > 1 && m / m_parts < least_rows) break;
      if (n_parts > 1 && n / n_parts < least_columns) continue;
      // Each row piece packs all of b again. Column pieces read a again and share pages of c, which defeats hardware
      // prefetching.
      const double packing = static_cast<double>(k) * static_cast<double>(10 * m_parts * n + n_parts * m);
      const double cost = packing + 64.0 * static_cast<double>((n_parts - 1) * m);
      if (best < 0 || cost < best) {
        best = cost;
        split.m_parts = m_parts;
        split.n_parts = n_parts;
      }
    }
    if (best < 0) {
      split.m_parts = std::max<index_t>(1, std::min(each, m / least_rows));
      split.n_parts = std::max<index_t>(1, std::min(each / split.m_parts, n / least_columns));
    }
    split.k_parts = std::max<index_t>(1, std::min(each / (split.m_parts * split.n_parts), k / least_depth));
  }
  split.m_part = round_up(ceil_div(std::max<index_t>(m, 1), split.m_parts), split.m_parts > 1 ? 4 : 1);
  split.n_part = round_up(ceil_div(std::max<index_t>(n, 1), split.n_parts), split.n_parts > 1 ? 16 : 1);
  split.k_part = ceil_div(std::max<index_t>(k, 1), split.k_parts);
  split.m_parts = std::max<index_t>(1, ceil_div(m, split.m_part));
  split.n_parts = std::max<index_t>(1, ceil_div(n, split.n_part));
  split.k_parts = std::max<index_t>(1, ceil_div(k, split.k_part));
  return split;
}

}  // namespace ceratops
