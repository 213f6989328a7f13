// Finds nodes that run as one: by who reads what, and by the memory that values share.
#include "join.h"

#include "bands.h"
#include "convolution.h"
#include "ops.h"
#include "reductions.h"

namespace ceratops {

namespace {

// Images whose expanded lines are smaller stay in the caches anyway.
constexpr index_t least_image_floats = 1 << 16;

class Joiner {
 public:
  Joiner(Graph& graph, const char* slots, std::size_t slot_bytes, int threads, Validator& validator)
      : graph_(graph), slots_(slots), slot_bytes_(slot_bytes), threads_(threads), validator_(validator) {}

  void run() {
    join_blocks();
    join_scalings();
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  void join_blocks() {
    for (std::size_t i = 0; i < graph_.nodes.size(); i++) {
      if (!is_convolution(graph_.nodes[i]) || !expands(graph_.nodes[i])) continue;
      const std::size_t middle = reader_of(graph_.nodes[i]);
      if (middle == none || !filters(graph_.nodes[middle])) continue;
      const std::size_t last = reader_of(graph_.nodes[middle]);
      if (last != none && reduces(graph_.nodes[last]) && join(i, middle, last)) continue;
      const std::size_t sum = sum_behind(middle);
      if (sum != none && join(i, middle, sum)) continue;
      join(i, middle, middle);
    }
  }

  // An image times factors of its channels, such as a squeeze and excitation's, that a 1x1 convolution alone reads.
  void join_scalings() {
    for (std::size_t i = 0; i < graph_.nodes.size(); i++) {
      Node& node = graph_.nodes[i];
      if (node.op->run != run_fused) continue;
      const ChannelScaling* scaling = scaling_of(node);
      const std::size_t reader = scaling ? reader_of(node) : none;
      if (reader == none || reader < i || !is_convolution(graph_.nodes[reader]) || !can_wait(i, reader)) continue;
      if (take_scaling(convolution_of(graph_.nodes[reader]), *scaling, validator_)) node.op = &joined_before;
    }
  }

  static bool is_convolution(const Node& node) { return node.op->run == run_convolution; }

  // Whether an epilogue, if there is one, can be computed on some channels alone.
  static bool is_simple(const Node& node) {
    const Epilogue& epilogue = convolution_of(node).epilogue;
    return node.out.size() == 1 && node.out[0]->dtype == DType::float32 &&
           (!epilogue.exists() || epilogue.only_chain());
  }
  static ConvolutionState& convolution_of(const Node& node) { return node.state_as<ConvolutionState>(); }

  static bool expands(const Node& node) {
    const ConvolutionState& state = convolution_of(node);
    const WindowAxis* axes = state.window.axes;
    const bool is_flat = axes[0].extent == 1 && axes[0].taps == 1 && axes[1].dilation == 1 && axes[2].dilation == 1;
    return state.prepared.use == PreparedKernel::packed && is_simple(node) && is_flat;
  }
  bool filters(const Node& node) const {
    if (!is_convolution(node)) return false;
    const ConvolutionState& state = convolution_of(node);
    const WindowAxis* axes = state.window.axes;
    return state.channels.depthwise() && is_simple(node) && axes[0].extent == 1 && axes[0].taps == 1 &&
           axes[1].dilation == 1 && axes[2].dilation == 1 && axes[1].extent > 0 && axes[2].extent > 0 &&
           axes[1].positions > 0 && axes[2].positions > 0 && state.channels.source % lanes == 0 &&
           axes[1].extent * axes[2].extent * state.channels.source >= least_image_floats;
  }
  bool reduces(const Node& node) const { return is_convolution(node) && convolution_of(node).is_packed_product(); }

  // The node that alone reads the image that a node writes, and reads nothing else of it; `none` if others may see it.
  std::size_t reader_of(const Node& node) const {
    const Value* value = node.out[0];
    if (node.out.size() != 1 || value->data < slots_ || value->data + value->bytes() > slots_ + slot_bytes_)
      return none;
    for (const Alias& alias : graph_.aliases) {
      if (alias.root == value || alias.value == value) return none;
    }
    for (const Value* output : graph_.outputs) {
      if (output == value) return none;
    }
    std::size_t reader = none;
    for (std::size_t i = 0; i < graph_.nodes.size(); i++) {
      const std::vector<Value*>& in = graph_.nodes[i].in;
      const auto reads = std::count(in.begin(), in.end(), value);
      if (reads == 0) continue;
      if (reads > 1 || reader != none || in[0] != value) return none;
      reader = i;
    }
    return reader;
  }

  // The node that is the first to read what depthwise convolution `at` writes, if it sums lines and columns.
  std::size_t sum_behind(std::size_t at) const {
    const Value* value = graph_.nodes[at].out[0];
    for (const Alias& alias : graph_.aliases) {
      if (alias.root == value) return none;
    }
    for (std::size_t i = at + 1; i < graph_.nodes.size(); i++) {
      const Node& node = graph_.nodes[i];
      if (std::count(node.in.begin(), node.in.end(), value) == 0) continue;
      if (node.op->run != run_sum) return none;
      const ReduceState& sum = node.state_as<ReduceState>();
      const ConvolutionState& convolution = convolution_of(graph_.nodes[at]);
      return sum.outer == convolution.window.batch && sum.inner == convolution.channels.source ? i : none;
    }
    return none;
  }

  // Whether what node `at` reads is the same when node `last` runs, and not overwritten by that.
  bool can_wait(std::size_t at, std::size_t last) const {
    for (std::size_t i = at + 1; i <= last; i++) {
      const Node& other = graph_.nodes[i];
      if (other.body) return false;
      for (const Value* out : other.out) {
        for (const Value* in : graph_.nodes[at].in) {
          if (overlap(*in, *out)) return false;
        }
      }
    }
    return true;
  }

  bool join(std::size_t first, std::size_t middle, std::size_t last) {
    const bool is_ordered = first < middle && middle <= last;
    return is_ordered && waits(first, middle, last) &&
           join_bands(graph_.nodes[first], graph_.nodes[middle], graph_.nodes[last], threads_, validator_);
  }

  bool waits(std::size_t first, std::size_t middle, std::size_t last) const {
    return can_wait(first, last) && (middle == last || can_wait(middle, last));
  }

  Graph& graph_;
  const char* slots_;
  std::size_t slot_bytes_;
  int threads_;
  Validator& validator_;
};

}  // namespace

void join_nodes(Graph& graph, const char* slots, std::size_t slot_bytes, int threads, Validator& validator) {
  Joiner(graph, slots, slot_bytes, threads, validator).run();
}

}  // namespace ceratops
