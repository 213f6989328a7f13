// A convolution as it is prepared at load time.
#pragma once
#include "depthwise.h"
#include "epilogue.h"
#include "im2col.h"
#include "pages.h"

namespace ceratops {

// Rows and taps per block of patches.
struct Blocks {
  index_t rows, taps;
};

// A kernel in the form in which it is used.
struct PreparedKernel {
  // As it lies, packed for products, or transformed. A frozen one is kept, another prepared in each run.
  enum Use { plain, packed, transformed } use = plain;
  std::vector<float> panels;
  bool is_kept = false;
  std::uint64_t refreshes = 0;

  void resize(index_t floats) {
    panels.reserve(floats);
    ask_for_large_pages(panels.data(), floats * sizeof(float));
    panels.resize(floats);
  }
};

struct ConvolutionState : State {
  PreparedKernel prepared;
  bool is_transpose = false;
  // Of a transformed kernel.
  index_t tile_results = 0;
  // Products with a packed kernel are divided into blocks of columns too.
  index_t block_columns = 0;
  // Whether patches are written once for all of these, before the products.
  bool shares_patches = false;
  Window window;
  Im2col im2col;
  Channels channels;
  Epilogue epilogue;
  bool identity = false;
  // What is multiplied in place of the source: it is computed for each block of rows.
  ChannelScaling scaling;
  // A matrix [taps * source channels, target channels] per group, if the kernel is not laid out like that.
  bool packs = false;
  std::vector<float> packed;
  std::vector<Blocks> blocks;

  // Whether it is a product of its source as it lies, by a packed kernel.
  bool is_packed_product() const { return prepared.use == PreparedKernel::packed && identity; }
};

// Makes a 1x1 convolution compute its source by itself. Returns false, and changes nothing, if several tasks would do
// that.
bool take_scaling(ConvolutionState& state, const ChannelScaling& scaling, Validator& validator);

// Packs or transforms the kernel, unless that is kept from the last run and the kernel has not changed.
void refresh_kernel(ConvolutionState& state, const float* kernel, Runtime& runtime);

}  // namespace ceratops
