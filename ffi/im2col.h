// Maps the elements of a convolution's result to the elements they are computed from, and copies these into patches.
#pragma once
#include "window.h"

namespace ceratops {

// A kernel tap, and the source offset it reads relative to the first target element.
struct Tap {
  index_t offset[max_spatial];
  index_t kernel;
  // Number of taps starting here that read adjacent source elements along the last axis.
  index_t run;
};

// The targets that use the same taps: target `first + i * spacing` reads the source at `i * step + offset`.
struct Phase {
  index_t first[max_spatial], count[max_spatial];
  std::vector<Tap> taps;
  index_t packed = 0;
  index_t rows = 0;
};

// Maps target elements to the source elements they are computed from. In a strided transposed convolution a target's
// remainder modulo the stride decides which taps reach it: one phase per remainder.
struct Im2col {
  index_t source[max_spatial], target[max_spatial], step[max_spatial], spacing[max_spatial];
  std::vector<Phase> phases;
};

inline void finish_phase(Phase& phase, index_t batch) {
  phase.rows = batch * phase.count[0] * phase.count[1] * phase.count[2];
  for (index_t t = static_cast<index_t>(phase.taps.size()) - 1; t >= 0; t--) {
    Tap& tap = phase.taps[t];
    tap.run = 1;
    if (t + 1 == static_cast<index_t>(phase.taps.size())) continue;
    const Tap& next = phase.taps[t + 1];
    if (next.offset[0] == tap.offset[0] && next.offset[1] == tap.offset[1] && next.offset[2] == tap.offset[2] + 1) {
      tap.run = next.run + 1;
    }
  }
}

// Forward: an output element reads input elements.
inline Im2col forward_im2col(const Window& window) {
  Im2col im2col;
  Phase phase;
  for (int i = 0; i < max_spatial; i++) {
    const WindowAxis& axis = window.axes[i];
    im2col.source[i] = axis.extent;
    im2col.target[i] = axis.positions;
    im2col.step[i] = axis.stride;
    im2col.spacing[i] = 1;
    phase.first[i] = 0;
    phase.count[i] = axis.positions;
  }
  const WindowAxis* axes = window.axes;
  for (index_t tap = 0; tap < window.taps(); tap++) {
    const index_t at[] = {tap / (axes[1].taps * axes[2].taps), tap / axes[2].taps % axes[1].taps, tap % axes[2].taps};
    Tap next{};
    for (int i = 0; i < max_spatial; i++) next.offset[i] = at[i] * axes[i].dilation - axes[i].pad_before;
    next.kernel = tap;
    phase.taps.push_back(next);
  }
  finish_phase(phase, window.batch);
  im2col.phases.push_back(std::move(phase));
  return im2col;
}

// Backward by the input: an input element reads output elements.
inline Im2col backward_im2col(const Window& window) {
  Im2col im2col;
  index_t strides[max_spatial];
  for (int i = 0; i < max_spatial; i++) {
    const WindowAxis& axis = window.axes[i];
    im2col.source[i] = axis.positions;
    im2col.target[i] = axis.extent;
    im2col.step[i] = 1;
    im2col.spacing[i] = strides[i] = axis.stride;
  }
  const WindowAxis* axes = window.axes;
  index_t packed = 0;
  for (index_t part = 0; part < strides[0] * strides[1] * strides[2]; part++) {
    const index_t first[] = {part / (strides[1] * strides[2]), part / strides[2] % strides[1], part % strides[2]};
    Phase phase;
    bool is_empty = false;
    for (int i = 0; i < max_spatial; i++) {
      phase.first[i] = first[i];
      phase.count[i] = first[i] < axes[i].extent ? ceil_div(axes[i].extent - first[i], strides[i]) : 0;
      is_empty = is_empty || phase.count[i] == 0;
    }
    if (is_empty) continue;
    // From the last tap to the first, so that adjacent source elements are read in ascending order.
    for (index_t tap = window.taps() - 1; tap >= 0; tap--) {
      const index_t at[] = {tap / (axes[1].taps * axes[2].taps), tap / axes[2].taps % axes[1].taps, tap % axes[2].taps};
      Tap next{};
      bool reaches = true;
      for (int i = 0; i < max_spatial; i++) {
        const index_t distance = first[i] + axes[i].pad_before - at[i] * axes[i].dilation;
        reaches = reaches && distance % strides[i] == 0;
        next.offset[i] = distance / strides[i];
      }
      next.kernel = tap;
      if (reaches) phase.taps.push_back(next);
    }
    phase.packed = packed;
    packed += static_cast<index_t>(phase.taps.size());
    finish_phase(phase, window.batch);
    im2col.phases.push_back(std::move(phase));
  }
  return im2col;
}

// The coordinates of row `row` among the targets of a phase.
inline Position position_in(const Phase& phase, index_t row) {
  return Position(row, phase.count[0], phase.count[1], phase.count[2]);
}

// The index in the result of a target of a phase.
inline index_t target_of(const Position& position, const Im2col& im2col, const Phase& phase) {
  index_t index = position.n;
  for (int i = 0; i < max_spatial; i++) {
    index = index * im2col.target[i] + phase.first[i] + position.at[i] * im2col.spacing[i];
  }
  return index;
}

// Most runs are too short for a call to memcpy; the last vector overlaps the one before it.
inline void copy_floats(float* to, const float* from, index_t n) {
  constexpr index_t few = 4;
  if (n >= lanes) {
    for (index_t i = 0; i + lanes <= n; i += lanes) store(to + i, load(from + i));
    store(to + n - lanes, load(from + n - lanes));
  } else if (n >= few) {
    for (index_t i = 0; i + few <= n; i += few) __builtin_memcpy(to + i, from + i, few * sizeof(float));
    __builtin_memcpy(to + n - few, from + n - few, few * sizeof(float));
  } else if (n > 0) {
    to[0] = from[0];
    if (n > 1) to[1] = from[1];
    if (n > 2) to[2] = from[2];
  }
}
inline void zero_floats(float* to, index_t n) {
  if (n > 0) std::memset(to, 0, n * sizeof(float));
}

// Channel counts of both sides, and the groups they are split into.
struct Channels {
  index_t source, target, groups;
  index_t source_group() const { return source / groups; }
  index_t target_group() const { return target / groups; }
  bool depthwise() const { return source == groups && target == groups; }
};

// Writes the patches (im2col) of rows [row, row + rows) and taps [first, last) for one channel group.
inline void write_patches(const Im2col& im2col, const Phase& phase, const Channels& channels, index_t group,
                          const float* source, index_t row, index_t rows, index_t first, index_t last, float* out) {
  const index_t width = channels.source_group(), step = (last - first) * width;
  const bool whole = channels.groups == 1;
  Position position = position_in(phase, row);
  while (rows > 0) {
    const index_t count = std::min(rows, phase.count[2] - position.at[2]);
    const float* image =
        source + position.n * im2col.source[0] * im2col.source[1] * im2col.source[2] * channels.source + group * width;
    for (index_t t = first; t < last;) {
      const Tap& tap = phase.taps[t];
      const index_t run = whole ? std::min(tap.run, last - t) : 1;
      const index_t z = position.at[0] * im2col.step[0] + tap.offset[0],
                    y = position.at[1] * im2col.step[1] + tap.offset[1];
      const bool is_inside = z >= 0 && z < im2col.source[0] && y >= 0 && y < im2col.source[1];
      const float* line = image + (z * im2col.source[1] + y) * im2col.source[2] * channels.source;
      float* to = out + (t - first) * width;
      for (index_t i = 0; i < count; i++, to += step) {
        const index_t x = (position.at[2] + i) * im2col.step[2] + tap.offset[2];
        if (is_inside && x >= 0 && x + run <= im2col.source[2]) {
          copy_floats(to, line + x * channels.source, run * width);
          continue;
        }
        const index_t from = is_inside ? std::min(run, std::max<index_t>(0, -x)) : run;
        const index_t end = std::max(from, std::min(run, im2col.source[2] - x));
        zero_floats(to, from * width);
        if (from < end) copy_floats(to + from * width, line + (x + from) * channels.source, (end - from) * width);
        zero_floats(to + end * width, (run - end) * width);
      }
      t += run;
    }
    out += count * step;
    rows -= count;
    position.at[2] = phase.count[2] - 1;
    position.advance();
  }
}

// Whether im2col is the identity, so that the source can be multiplied where it is (1x1 kernels).
inline bool is_identity(const Im2col& im2col) {
  if (im2col.phases.size() != 1) return false;
  const Phase& phase = im2col.phases[0];
  bool same = phase.taps.size() == 1;
  for (int i = 0; same && i < max_spatial; i++) {
    same = im2col.step[i] == 1 && im2col.spacing[i] == 1 && phase.taps[0].offset[i] == 0 &&
           im2col.source[i] == im2col.target[i];
  }
  return same;
}

}  // namespace ceratops
