// A window sliding over up to three spatial axes, for convolution and pooling.
#pragma once
#include "base.h"

namespace ceratops {

constexpr int max_spatial = 3;

struct WindowAxis {
  index_t extent = 1, positions = 1, taps = 1, stride = 1, dilation = 1, pad_before = 0;
};

// With fewer than three spatial axes, the leading ones have extent 1.
struct Window {
  index_t batch = 0;
  WindowAxis axes[max_spatial];
  index_t taps() const { return axes[0].taps * axes[1].taps * axes[2].taps; }
  index_t extents() const { return axes[0].extent * axes[1].extent * axes[2].extent; }
  index_t positions() const { return axes[0].positions * axes[1].positions * axes[2].positions; }
};

// The number of spatial axes of `x`, which also has a batch axis and channels; 0, with an error, unless it is 1 to 3.
inline int spatial_rank(const Value& x, Validator& validator) {
  const int rank = x.rank - 2;
  if (!validator.require(rank >= 1 && rank <= max_spatial, "a window moves over one to three axes")) return 0;
  return validator.require(x.dtype == DType::float32, "a window moves over float32") ? rank : 0;
}

// Decodes how a window moves, from the attributes of a convolution or pool; `taps` holds the window's extents.
template <class Attrs>
bool read_window(Window& window, const Attrs& attrs, const Value& x, const Value& y, int rank, const index_t* taps,
                 Validator& validator) {
  if (!validator.require(attrs.strides.has(rank) && attrs.dilation.has(rank) && attrs.low.has(rank),
                         "a window must move along each spatial axis") ||
      !validator.require(x.rank == rank + 2 && y.rank == rank + 2 && x.dims[0] == y.dims[0],
                         "a window's input and output must fit")) {
    return false;
  }
  window.batch = x.dims[0];
  for (int i = 0; i < rank; i++) {
    WindowAxis& axis = window.axes[max_spatial - rank + i];
    axis = {x.dims[i + 1], y.dims[i + 1], taps[i], attrs.strides[i], attrs.dilation[i], attrs.low[i]};
    const double reach = static_cast<double>(axis.positions) * static_cast<double>(axis.stride) +
                         static_cast<double>(axis.taps) * static_cast<double>(axis.dilation) +
                         static_cast<double>(axis.pad_before);
    if (!validator.require(
            axis.stride >= 1 && axis.dilation >= 1 && axis.pad_before >= 0 && axis.taps >= 1 && reach < 1e9,
            "a window's strides, dilation and padding must be small and positive")) {
      return false;
    }
  }
  return true;
}

// Coordinates in a batch and along three axes, advanced in row-major order.
struct Position {
  index_t n, at[max_spatial], extents[max_spatial];

  Position(index_t index, index_t a, index_t b, index_t c) : extents{a, b, c} {
    for (int i = max_spatial - 1; i >= 0; i--) {
      at[i] = index % extents[i];
      index /= extents[i];
    }
    n = index;
  }
  void advance() {
    for (int i = max_spatial - 1; i >= 0; i--) {
      if (++at[i] < extents[i]) return;
      at[i] = 0;
    }
    n++;
  }
};

}  // namespace ceratops
