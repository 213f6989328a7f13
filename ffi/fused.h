// The elementwise VM: runs a straight-line elementwise program over blocks of lanes that stay in the L1 cache.
#pragma once
#include "affine_chain.h"
#include "base.h"
#include "elementwise.h"

namespace ceratops {

// Writes the first `count` of `n` lanes of four bytes again and again, up to the last one.
inline void repeat_lanes(void* lanes_out, index_t count, index_t n) {
  char* out = static_cast<char*>(lanes_out);
  for (index_t done = count; done < n; done *= 2) {
    std::memcpy(out + done * 4, out, std::min(done, n - done) * 4);
  }
}

// The product of an image [n, ..., c] and of factors [n, 1, ..., c] of its channels; null where there is none.
struct ChannelScaling {
  const Value *image = nullptr, *factors = nullptr;
};
// What a fused node computes, if it is that alone; else null.
const ChannelScaling* scaling_of(const Node& node);

class ElementwiseVm {
 public:
  // Decodes a program and matches it with its operands and outputs. `rows` keeps the last axis separate, as run_row
  // requires. Returns false, with an error, if it does not match.
  bool prepare(Words program, const std::vector<Value*>& in, const std::vector<Value*>& out, bool rows,
               Validator& validator);

  // The chain of operand 0 that the whole program is, without a residual; null if it is something else.
  const AffineChain* only_chain() const;

  // The scaling that the whole program is; null if it is something else.
  const ChannelScaling* scaling() const { return scaling_.image ? &scaling_ : nullptr; }

  // Bytes of scratch memory per thread.
  std::size_t worker_bytes() const;
  // Initializes a thread's scratch memory; must be called before its first block in each run of the node.
  void start(char* memory) const;
  // Runs at most block() elements of one row, starting at `column`.
  void run_row(char* memory, index_t row, index_t column, index_t n) const;
  // Runs elements [from, from + n) of the outputs in row-major order, at most block() of them.
  void run_flat(char* memory, index_t from, index_t n) const;

  // Runs elements [from, to) of the outputs in row-major order.
  void run_range(char* memory, index_t from, index_t to) const;

  // Whether the program is a single chain over all of operand 0, and at most says where that is greater than zero. Then
  // it is this function, with rows computed to `rows`.
  bool is_chain() const;
  Affine affine(std::vector<float>& rows) const;

  // Whether blocks must not cross rows, which are inner() long.
  bool by_rows() const { return by_rows_; }
  index_t block() const { return block_; }
  index_t inner() const { return inner_; }
  index_t outer() const { return outer_; }
  index_t size() const { return inner_ * outer_; }
  // Relative cost per element.
  index_t weight() const { return 2 + static_cast<index_t>(steps_.size()) * 2; }

 private:
  enum class Access { direct, widened, scalar, row_vector, row_scalar, periodic, gathered };
  struct Operand {
    const Value* value;
    Access access;
    bool used;
    index_t inner_stride;
    index_t strides[max_rank];
    int buffer;
  };
  struct Step {
    LaneFunction function;
    bool mask;
    int a, b, c, to;
    int buffer;
    Value* direct;
    // The chain that this step stands for, or -1.
    int chain;
  };
  struct Result {
    Value* value;
    int reg;
    bool stored;
  };
  struct PlacedChain {
    AffineChain chain;
    // Where its computed rows are, in rows; -1 if there are none.
    int rows_at;
  };

  bool decode(Words program, Validator& validator);
  bool fit(bool rows, Validator& validator);
  void find_scaling();
  void find_chains();
  bool extend_chain(AffineChain& chain, Step& head, const Step& next) const;
  const float* row_of(int reg) const;
  const Value* positive_result() const;
  float literal_of(int reg) const;
  void allocate();
  void start_chain(const PlacedChain& placed, char* memory) const;
  void run_chain(const Step& step, char* memory, const void* const* regs, char* to, index_t column, index_t n) const;
  void execute(char* memory, index_t from, index_t column, index_t n) const;
  void gather(const Operand& operand, void* lanes_out, index_t from, index_t n) const;
  // Writes an operand of one row again and again.
  void repeat_row(const Operand& operand, char* lanes_out, index_t n) const;
  index_t offset_of_row(const Operand& operand, index_t row) const;
  const void** registers(char* memory) const { return reinterpret_cast<const void**>(memory); }
  char* buffer(char* memory, int index) const {
    return memory + round_up(static_cast<index_t>(register_count_ * 2 * sizeof(void*)), 64) + index * block_ * 4;
  }
  // Floats of a chain's scale, or shift: a row, or rows repeated so that a block may begin in any column.
  index_t chain_row() const { return by_rows_ ? inner_ : block_ + inner_; }
  // The computed scale of a chain, followed by its shift; null if there are none.
  float* rows_of(const PlacedChain& placed, char* memory) const {
    return placed.rows_at < 0 ? nullptr
                              : reinterpret_cast<float*>(buffer(memory, buffers_)) + placed.rows_at * chain_row();
  }

  std::vector<Operand> operands_;
  std::vector<Step> steps_;
  ChannelScaling scaling_;
  std::vector<PlacedChain> chains_;
  int chain_rows_ = 0;
  std::vector<Result> results_;
  std::vector<DType> dtypes_;
  std::vector<std::pair<int, int32_t>> literals_;
  std::vector<int> same_as_;
  std::vector<float> literal_lanes_;
  int register_count_ = 0;
  int buffers_ = 0;
  int outer_rank_ = 0;
  index_t outer_dims_[max_rank] = {};
  index_t outer_ = 1;
  index_t inner_ = 1;
  index_t block_ = 1024;
  bool by_rows_ = false;
};

}  // namespace ceratops
