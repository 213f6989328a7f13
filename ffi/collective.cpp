// allReduce: the sum over the processes that run a program together, by a function that the host gives; alone a copy.
#include "collective.h"

#include <vector>

#include "ops.h"

namespace ceratops {

AllReduce all_reduce_of_host = nullptr;

namespace {

// As the plan places values that lie one after another.
constexpr index_t padding = 256;

struct AllReduceState : State {
  // Whether the inputs, and the outputs, lie one after another.
  bool flat_in = true, flat_out = true;
  index_t bytes = 0;
  std::vector<char> in, out;
};

bool is_flat(const std::vector<Value*>& values) {
  for (std::size_t i = 1; i < values.size(); i++) {
    if (values[i]->data != values[i - 1]->data + round_up(values[i - 1]->bytes(), padding)) return false;
  }
  return true;
}

}  // namespace

// Values and their sums: as many of both, of one dtype. All of them are one message, whatever their places are, so that
// all processes send messages of one size.
bool prepare_all_reduce(Node& node, const AllReduceAttrs&, Validator& validator) {
  if (!validator.require(!node.in.empty() && node.in.size() == node.out.size(),
                         "allReduce gives as many values as it takes")) {
    return false;
  }
  const DType dtype = node.in[0]->dtype;
  auto state = std::make_unique<AllReduceState>();
  for (std::size_t i = 0; i < node.in.size(); i++) {
    const Value &x = *node.in[i], &y = *node.out[i];
    if (!validator.require((dtype == DType::float32 || dtype == DType::int32) && x.dtype == dtype && y.dtype == dtype,
                           "allReduce takes values of float32, or of int32") ||
        !validator.require(x.size == y.size, "allReduce keeps the sizes") ||
        !validator.require(x.data && y.data, "allReduce must not be in a loop")) {
      return false;
    }
    state->bytes += i + 1 < node.in.size() ? round_up(x.bytes(), padding) : x.bytes();
  }
  state->flat_in = is_flat(node.in);
  state->flat_out = is_flat(node.out);
  if (!state->flat_in) state->in.resize(state->bytes);
  if (!state->flat_out) state->out.resize(state->bytes);
  node.state = std::move(state);
  return true;
}

void run_all_reduce(Node& node, Runtime& runtime) {
  AllReduceState& state = node.state_as<AllReduceState>();
  if (!all_reduce_of_host) {
    for (std::size_t i = 0; i < node.in.size(); i++) {
      if (node.in[i]->data != node.out[i]->data) std::memcpy(node.out[i]->data, node.in[i]->data, node.in[i]->bytes());
    }
    return;
  }
  const char* from = state.flat_in ? node.in[0]->data : state.in.data();
  char* to = state.flat_out ? node.out[0]->data : state.out.data();
  if (!state.flat_in) {
    index_t at = 0;
    for (const Value* x : node.in) {
      std::memcpy(state.in.data() + at, x->data, x->bytes());
      at += round_up(x->bytes(), padding);
    }
  }
  const int32_t status =
      all_reduce_of_host(from, to, state.bytes / 4, static_cast<int32_t>(node.in[0]->dtype));
  if (status != 0) runtime.failure = "the processes could not add up: one of them may be gone";
  if (!state.flat_out) {
    index_t at = 0;
    for (const Value* y : node.out) {
      std::memcpy(y->data, state.out.data() + at, y->bytes());
      at += round_up(y->bytes(), padding);
    }
  }
}

}  // namespace ceratops
