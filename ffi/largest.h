// The largest of a row of floats.
#pragma once
#include "base.h"

namespace ceratops {

// The largest of a row and `start`; NaN if there is one.
inline float largest(const float* row, index_t columns, float start) {
  const auto larger = [](auto a, auto b) { return ((a > b) | (a != a)) ? a : b; };
  float top = start;
  index_t c = 0;
  if (columns >= 2 * lanes) {
    Vector even = load(row), odd = load(row + lanes);
    for (c = 2 * lanes; c + 2 * lanes <= columns; c += 2 * lanes) {
      even = larger(even, load(row + c));
      odd = larger(odd, load(row + c + lanes));
    }
    float parts[lanes];
    store(parts, larger(even, odd));
    for (int i = 0; i < lanes; i++) top = larger(parts[i], top);
  }
  for (; c < columns; c++) top = larger(row[c], top);
  return top;
}

}  // namespace ceratops
