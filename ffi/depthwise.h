// Depthwise convolution: each channel by itself, so that sums are vectors of neighbouring channels.
#pragma once
#include "affine_chain.h"
#include "im2col.h"

namespace ceratops {

// The taps that reach one line of targets, as pointers to the first column of the source and to the weights.
struct LineTaps {
  const float** sources;
  const float** weights;
  index_t* offsets;
  index_t count = 0;
};

// Bytes of scratch memory for LineTaps, twice: for a line, and for the taps that are inside at an edge.
inline std::size_t depthwise_scratch(index_t taps) {
  return static_cast<std::size_t>(taps) * 2 * (2 * sizeof(const float*) + sizeof(index_t));
}

inline LineTaps line_taps_at(char* memory, index_t taps) {
  LineTaps line;
  line.sources = reinterpret_cast<const float**>(memory);
  line.weights = line.sources + taps;
  line.offsets = reinterpret_cast<index_t*>(line.weights + taps);
  return line;
}

// Sums `positions` targets over `vectors` vectors of channels from `c` on; sources of neighbours are `step` apart.
template <int positions, int vectors>
inline void depthwise_tile(const LineTaps& line, index_t at, index_t step, index_t c, float* to, index_t to_step) {
  Vector sums[positions][vectors] = {};
  for (index_t t = 0; t < line.count; t++) {
    const float* source = line.sources[t] + at + c;
    Vector weights[vectors];
    CERATOPS_UNROLL
    for (int v = 0; v < vectors; v++) weights[v] = load(line.weights[t] + c + v * lanes);
    CERATOPS_UNROLL
    for (int p = 0; p < positions; p++) {
      CERATOPS_UNROLL
      for (int v = 0; v < vectors; v++)
        sums[p][v] = multiply_add(load(source + p * step + v * lanes), weights[v], sums[p][v]);
    }
  }
  CERATOPS_UNROLL
  for (int p = 0; p < positions; p++) {
    CERATOPS_UNROLL
    for (int v = 0; v < vectors; v++) store(to + p * to_step + c + v * lanes, sums[p][v]);
  }
}

// All channels of `positions` targets.
template <int positions>
inline void depthwise_positions(const LineTaps& line, index_t channels, index_t at, index_t step, float* to,
                                index_t to_step) {
  index_t c = 0;
  for (; c + 2 * lanes <= channels; c += 2 * lanes) depthwise_tile<positions, 2>(line, at, step, c, to, to_step);
  for (; c + lanes <= channels; c += lanes) depthwise_tile<positions, 1>(line, at, step, c, to, to_step);
  for (; c < channels; c++) {
    for (int p = 0; p < positions; p++) {
      float sum = 0;
      for (index_t t = 0; t < line.count; t++) sum += line.sources[t][at + p * step + c] * line.weights[t][c];
      to[p * to_step + c] = sum;
    }
  }
}

// Targets [row, row + rows) of a phase. Away from the edges several columns share the loaded weights.
inline void depthwise_rows(const Im2col& im2col, const Phase& phase, index_t channels, const float* source,
                           const float* kernel, float* result, index_t row, index_t rows, char* memory) {
  constexpr int together = vector_bytes == 64 ? 8 : 4;
  const index_t taps = static_cast<index_t>(phase.taps.size());
  LineTaps line = line_taps_at(memory, taps), edge = line_taps_at(memory + depthwise_scratch(taps) / 2, taps);
  Position position = position_in(phase, row);
  const index_t width = im2col.source[2], stride = im2col.step[2];
  while (rows > 0) {
    line.count = 0;
    // Columns from `first` to `last` have all taps of the line inside.
    index_t first = 0, last = phase.count[2];
    for (const Tap& tap : phase.taps) {
      const index_t z = position.at[0] * im2col.step[0] + tap.offset[0],
                    y = position.at[1] * im2col.step[1] + tap.offset[1], x = tap.offset[2];
      if (z < 0 || z >= im2col.source[0] || y < 0 || y >= im2col.source[1]) continue;
      line.sources[line.count] =
          source + (((position.n * im2col.source[0] + z) * im2col.source[1] + y) * width + x) * channels;
      line.weights[line.count] = kernel + tap.kernel * channels;
      line.offsets[line.count++] = x;
      if (x < 0) first = std::max(first, ceil_div(-x, stride));
      last = std::min(last, width - 1 < x ? 0 : (width - 1 - x) / stride + 1);
    }
    const index_t begin = position.at[2], end = std::min(phase.count[2], begin + rows);
    float* to = result + target_of(position, im2col, phase) * channels;
    const index_t to_step = im2col.spacing[2] * channels, step = stride * channels;
    for (index_t x = begin; x < end;) {
      float* here = to + (x - begin) * to_step;
      if (x >= first && x + together <= std::min(last, end)) {
        depthwise_positions<together>(line, channels, x * step, step, here, to_step);
        x += together;
        continue;
      }
      edge.count = 0;
      for (index_t t = 0; t < line.count; t++) {
        const index_t at = x * stride + line.offsets[t];
        if (at < 0 || at >= width) continue;
        edge.sources[edge.count] = line.sources[t];
        edge.weights[edge.count++] = line.weights[t];
      }
      depthwise_positions<1>(edge, channels, x * step, step, here, to_step);
      x++;
    }
    rows -= end - begin;
    position.at[2] = phase.count[2] - 1;
    position.advance();
  }
}

// A line of targets whose windows are all inside. Columns of the source and of the target are `step` apart, the weights
// of taps `weight_step`.
struct InnerLine {
  static constexpr index_t most_lines = 8;
  const float* sources[most_lines];
  index_t lines, step;
  const float* weights;
  index_t weight_step;
  float* to;
};

// `positions` targets from `at` on, with vectors of channels from `c` on, of windows of `taps` columns. Each source is
// loaded once for all targets that it belongs to.
template <int positions, int taps, int stride, int vectors>
inline void inner_tile(const InnerLine& line, index_t at, index_t c, const Affine& finish) {
  Vector sums[positions][vectors] = {};
  for (index_t i = 0; i < line.lines; i++) {
    const float* source = line.sources[i] + at * stride * line.step + c;
    const float* from = line.weights + i * taps * line.weight_step + c;
    Vector weights[taps][vectors];
    CERATOPS_UNROLL
    for (int t = 0; t < taps; t++) {
      CERATOPS_UNROLL
      for (int v = 0; v < vectors; v++) weights[t][v] = load(from + t * line.weight_step + v * lanes);
    }
    CERATOPS_UNROLL
    for (int column = 0; column < (positions - 1) * stride + taps; column++) {
      CERATOPS_UNROLL
      for (int v = 0; v < vectors; v++) {
        const Vector x = load(source + column * line.step + v * lanes);
        CERATOPS_UNROLL
        for (int t = 0; t < taps; t++) {
          const int position = (column - t) / stride;
          const bool reads = column >= t && position * stride + t == column && position < positions;
          if (reads) sums[position][v] = multiply_add(x, weights[t][v], sums[position][v]);
        }
      }
    }
  }
  CERATOPS_UNROLL
  for (int v = 0; v < vectors; v++) {
    const Affine::Columns columns = finish.columns(c + v * lanes);
    CERATOPS_UNROLL
    for (int p = 0; p < positions; p++) store(line.to + (at + p) * line.step + c + v * lanes, columns(sums[p][v]));
  }
}

// The part of a depthwise filter's gradient that rows [begin, end) contribute.
inline void depthwise_filter(const Im2col& im2col, const Phase& phase, index_t channels, const float* x, const float* y,
                             index_t begin, index_t end, float* to) {
  zero_floats(to, static_cast<index_t>(phase.taps.size()) * channels);
  Position position = position_in(phase, begin);
  for (index_t row = begin; row < end; row++, position.advance()) {
    const float* gradient = y + row * channels;
    for (const Tap& tap : phase.taps) {
      const index_t d = position.at[0] * im2col.step[0] + tap.offset[0],
                    h = position.at[1] * im2col.step[1] + tap.offset[1],
                    w = position.at[2] * im2col.step[2] + tap.offset[2];
      if (d < 0 || d >= im2col.source[0] || h < 0 || h >= im2col.source[1] || w < 0 || w >= im2col.source[2]) continue;
      const float* from =
          x + (((position.n * im2col.source[0] + d) * im2col.source[1] + h) * im2col.source[2] + w) * channels;
      float* sums = to + tap.kernel * channels;
      CERATOPS_INDEPENDENT
      for (index_t c = 0; c < channels; c++) sums[c] += from[c] * gradient[c];
    }
  }
}

}  // namespace ceratops
