// An elementwise program that a kernel runs on its result while that is in cache; operand 0 is the result.
#pragma once
#include "fused.h"

namespace ceratops {

class Epilogue {
 public:
  // Attributes from `attr` on are the program, if present; inputs from `input` on are its other operands.
  bool prepare(Node& node, std::size_t attr, std::size_t input, Validator& validator) {
    exists_ = node.attrs.size() > attr;
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
    if (!vm_.prepare(node.attrs.data() + attr, node.attrs.size() - attr, operands, node.out, false, validator)) {
      return false;
    }
    validator.need_worker(vm_.worker_bytes());
    return true;
  }

  bool exists() const { return exists_; }
  // Where the kernel writes its result.
  float* product() const { return product_->as<float>(); }
  const Value& shape() const { return *product_; }

  // Runs on elements [from, to) in row-major order, which the kernel has written.
  void run(char* memory, index_t from, index_t to) const {
    if (exists_) vm_.run_range(memory, from, to);
  }

 private:
  bool exists_ = false;
  ElementwiseVm vm_;
  Value* product_ = nullptr;
  Value own_;
  std::vector<float> memory_;
};

}  // namespace ceratops
