// An elementwise program that a kernel runs on its result while that is in cache; operand 0 is the result.
#pragma once
#include "fused.h"

namespace ceratops {

class Epilogue {
 public:
  // `program` is empty if there is no epilogue; inputs from `input` on are its other operands. With `rows` it runs on
  // rectangles, else on ranges.
  bool prepare(Node& node, Words program, std::size_t input, bool rows, Validator& validator) {
    exists_ = !program.empty();
    for (Value* out : node.out) {
      if (!product_ && out->dtype == DType::float32) product_ = out;
    }
    if (!exists_) {
      return validator.require(node.in.size() == input && node.out.size() == 1 && product_,
                               "without an epilogue there is one float32 output");
    }
    if (!validator.require(!node.out.empty() && node.in.size() >= input, "an epilogue must have outputs")) return false;
    if (!product_) {
      own_ = *node.out[0];
      own_.dtype = DType::float32;
      memory_.resize(std::max<index_t>(1, own_.size));
      own_.data = reinterpret_cast<char*>(memory_.data());
      product_ = &own_;
    }
    std::vector<Value*> operands{product_};
    operands.insert(operands.end(), node.in.begin() + input, node.in.end());
    if (!vm_.prepare(program, operands, node.out, rows, validator)) return false;
    validator.need_worker(vm_.worker_bytes());
    return true;
  }

  bool exists() const { return exists_; }
  // Bytes of a worker's memory that running it takes.
  std::size_t worker_bytes() const {
    return exists_ ? static_cast<std::size_t>(round_up(static_cast<index_t>(vm_.worker_bytes()), 64)) : 0;
  }
  const AffineChain* only_chain() const { return exists_ ? vm_.only_chain() : nullptr; }
  // The epilogue as a function of rows and columns that the kernel applies itself, once for each of its runs; null if
  // it is none or there is no epilogue.
  const Affine* start_affine() {
    if (!exists_ || !vm_.is_chain()) return nullptr;
    affine_ = vm_.affine(rows_);
    return &affine_;
  }
  // Where the kernel writes its result.
  float* product() const { return product_->as<float>(); }
  const Value& shape() const { return *product_; }

  // Runs on elements [from, to) in row-major order, which the kernel has written.
  void run(char* memory, index_t from, index_t to) const {
    start(memory);
    continue_range(memory, from, to);
  }

  // Runs on columns [column, column + columns) of rows [row, row + rows).
  void run_rectangle(char* memory, index_t row, index_t rows, index_t column, index_t columns) const {
    start(memory);
    continue_rectangle(memory, row, rows, column, columns);
  }
  // The same in two parts: the second for several ranges or rectangles.
  void start(char* memory) const {
    if (exists_) vm_.start(memory);
  }
  void continue_range(char* memory, index_t from, index_t to) const {
    if (exists_) vm_.run_range(memory, from, to);
  }
  void continue_rectangle(char* memory, index_t row, index_t rows, index_t column, index_t columns) const {
    if (!exists_) return;
    for (index_t i = 0; i < rows; i++) {
      for (index_t j = 0; j < columns; j += vm_.block()) {
        vm_.run_row(memory, row + i, column + j, std::min(vm_.block(), columns - j));
      }
    }
  }

 private:
  bool exists_ = false;
  ElementwiseVm vm_;
  Value* product_ = nullptr;
  Value own_;
  std::vector<float> memory_;
  Affine affine_ = {};
  std::vector<float> rows_;
};

}  // namespace ceratops
