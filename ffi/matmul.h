// Matrix products: how one is cut into tasks. The cut depends on the shape alone, so that results do not depend on how
// many threads there are.
#pragma once
#include "tile.h"

namespace ceratops {

// What the products are made of, such as `Eigen 3.4.0, x86-64-v3`.
const char* description();
// Eigen's blocks, and with them its rounding, must not depend on the machine's caches.
void fix_cache_sizes();

struct Cut {
  // Matrices of the batch in a task, and the pieces of each along m, n and k.
  index_t matrices = 1;
  index_t m_parts = 1, n_parts = 1, k_parts = 1;
  index_t m_part = 1, n_part = 1, k_part = 1;
};

inline index_t tasks_wanted(double flops) {
  if (flops < 1e6) return 1;
  if (flops < 4e6) return 2;
  if (flops < 6.4e7) return 4;
  return larger<index_t>(16, static_cast<index_t>(flops / 2.6e7));
}

inline Cut cut_product(index_t batch, index_t m, index_t n, index_t k) {
  constexpr index_t least_rows = 24, least_columns = 32, least_depth = 1024;
  Cut cut;
  const double flops = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const index_t wanted = tasks_wanted(flops * static_cast<double>(batch));
  if (batch >= wanted && batch > 1) {
    cut.matrices = larger<index_t>(1, batch / wanted);
  } else if (m < 8 && n <= 4096) {
    // A thin product is bound by reading b, which is read best from end to end: so k is cut.
    while (batch * cut.k_parts < 16 && k * n / cut.k_parts > 32768 && k / cut.k_parts > 64) cut.k_parts *= 2;
  } else if (k >= 4 * least_depth && k > 8 * larger(m, n) && m * n <= 65536) {
    // A deep product, such as the gradient by a filter: every piece of k would pack the same rows and columns.
    cut.k_parts = larger<index_t>(1, smaller(round_up(ceil_div(wanted, batch), 2), k / (2 * least_depth)));
  } else {
    const index_t each = ceil_div(wanted, batch);
    double best = -1;
    for (index_t m_parts = 1; m_parts <= each; m_parts++) {
      const index_t n_parts = ceil_div(each, m_parts);
      if (m_parts > 1 && m / m_parts < least_rows) break;
      if (n_parts > 1 && n / n_parts < least_columns) continue;
      // Each row piece packs all of b again; pieces side by side read a again, and share pages of c, which the
      // processors' prefetching takes from each other.
      const double packing = static_cast<double>(k) * static_cast<double>(10 * m_parts * n + n_parts * m);
      const double cost = packing + 64.0 * static_cast<double>((n_parts - 1) * m);
      if (best < 0 || cost < best) {
        best = cost;
        cut.m_parts = m_parts;
        cut.n_parts = n_parts;
      }
    }
    if (best < 0) {
      cut.m_parts = larger<index_t>(1, smaller(each, m / least_rows));
      cut.n_parts = larger<index_t>(1, smaller(each / cut.m_parts, n / least_columns));
    }
    cut.k_parts = larger<index_t>(1, smaller(each / (cut.m_parts * cut.n_parts), k / least_depth));
  }
  cut.m_part = round_up(ceil_div(larger<index_t>(m, 1), cut.m_parts), cut.m_parts > 1 ? 4 : 1);
  cut.n_part = round_up(ceil_div(larger<index_t>(n, 1), cut.n_parts), cut.n_parts > 1 ? 16 : 1);
  cut.k_part = ceil_div(larger<index_t>(k, 1), cut.k_parts);
  cut.m_parts = larger<index_t>(1, ceil_div(m, cut.m_part));
  cut.n_parts = larger<index_t>(1, ceil_div(n, cut.n_part));
  cut.k_parts = larger<index_t>(1, ceil_div(k, cut.k_part));
  return cut;
}

}  // namespace ceratops
