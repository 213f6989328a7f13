// scan: a loop over an encoded body. Inputs and outputs are passed by pointer: rows are read and written in place.
#include "ops.h"
#include "threads.h"

namespace ceratops {

namespace {

// How a carried value is passed from one step to the next.
struct Carry {
  enum class Way {
    // The body's output is also stacked; the next step reads the stacked row.
    stacked,
    // The body writes alternately to a private buffer and to the loop's output, such that the last step fills the
    // output. (The slot in the body's plan cannot be used: it may be shared with other values of the step.)
    alternating,
    // Copied at the end of each step: the body does not compute the value itself.
    copied
  };
  Way way = Way::copied;
  int row_of = -1;
  std::unique_ptr<char[]> other;
};

struct ScanState : State {
  index_t length;
  int carries, scanned;
  bool reverse;
  std::vector<Value*> inputs, outputs;
  std::vector<Carry> carried;
  // For each stacked output, whether the body writes it in place.
  std::vector<bool> written;
  std::vector<char> stage;
};

// Whether a node of the body computes the value (it is no input, constant or alias).
bool computed(const Graph& body, const Value* value) {
  for (const Node& node : body.nodes) {
    for (const Value* out : node.out) {
      if (out == value) return true;
    }
  }
  return false;
}

const Value* root_of(const Graph& body, const Value* value) {
  for (const Alias& alias : body.aliases) {
    if (alias.value == value) return alias.root;
  }
  return value;
}

}  // namespace

bool prepare_scan(Node& node, const ScanAttrs& attrs, Validator& validator) {
  if (!validator.require(
          node.body && node.body->inputs.size() == node.in.size() && node.body->outputs.size() == node.out.size(),
          "a scan has a body with its inputs and outputs")) {
    return false;
  }
  auto state = std::make_unique<ScanState>();
  Graph& body = *node.body;
  state->length = attrs.length;
  state->carries = attrs.carries;
  state->scanned = attrs.scanned;
  state->reverse = attrs.reverse;
  const int inputs = static_cast<int>(node.in.size()), outputs = static_cast<int>(node.out.size());
  if (!validator.require(state->length >= 0 && state->carries >= 0 && state->scanned >= 0 && state->carries <= inputs &&
                             state->scanned <= inputs - state->carries && state->carries <= outputs,
                         "a scan's carried and scanned values must be among its inputs")) {
    return false;
  }
  state->inputs = body.inputs;
  state->outputs = body.outputs;
  for (int i = 0; i < inputs; i++) {
    const Value& outer = *node.in[i];
    const Value& inner = *state->inputs[i];
    const bool is_row = i >= state->carries && i < state->carries + state->scanned;
    if (!validator.require(outer.dtype == inner.dtype && outer.size == (is_row ? outer.size : inner.size) &&
                               (!is_row || product_is(outer.size, inner.size, state->length)) &&
                               (!is_row || (outer.rank > 0 && outer.dims[0] == state->length)),
                           "a scan's inputs must fit its body")) {
      return false;
    }
  }
  for (int i = 0; i < outputs; i++) {
    const Value& outer = *node.out[i];
    const Value& inner = *state->outputs[i];
    if (!validator.require(
            outer.dtype == inner.dtype && product_is(outer.size, inner.size, i < state->carries ? 1 : state->length),
            "a scan's outputs must fit its body")) {
      return false;
    }
  }
  for (const Value& value : body.values) {
    bool bound = value.data != nullptr;
    for (const Value* input : state->inputs) bound = bound || root_of(body, &value) == input;
    if (!validator.require(bound, "every value of a scan's body must have a place")) return false;
  }
  // Stacked outputs computed by the body are written in place, each value once.
  std::vector<const Value*> claimed;
  const auto claim = [&](const Value* root) {
    if (!computed(body, root)) return false;
    for (const Value* other : claimed) {
      if (other == root) return false;
    }
    claimed.push_back(root);
    return true;
  };
  for (int i = state->carries; i < outputs; i++) state->written.push_back(claim(root_of(body, state->outputs[i])));
  std::size_t stage = 0;
  for (int i = 0; i < state->carries; i++) {
    Carry carry;
    const Value* root = root_of(body, state->outputs[i]);
    for (int j = state->carries; j < outputs && carry.row_of < 0; j++) {
      if (state->written[j - state->carries] && root_of(body, state->outputs[j]) == root) carry.row_of = j;
    }
    if (carry.row_of >= 0) {
      carry.way = Carry::Way::stacked;
    } else if (node.in[i]->data != node.out[i]->data && claim(root)) {
      carry.way = Carry::Way::alternating;
      // One cache line of slack for alignment.
      carry.other.reset(new char[state->outputs[i]->bytes() + 64]);
    }
    state->carried.push_back(std::move(carry));
    stage += round_up(state->outputs[i]->bytes(), 64);
  }
  state->stage.resize(stage);
  node.state = std::move(state);
  return true;
}

void run_scan(Node& node, Runtime& runtime) {
  ScanState& s = node.state_as<ScanState>();
  Graph& body = *node.body;
  const int inputs = static_cast<int>(node.in.size()), outputs = static_cast<int>(node.out.size());
  const auto root = [&](int output) { return const_cast<Value*>(root_of(body, s.outputs[output])); };
  for (int i = s.carries + s.scanned; i < inputs; i++) s.inputs[i]->data = node.in[i]->data;
  for (int i = 0; i < s.carries; i++) {
    s.inputs[i]->data = node.in[i]->data;
    if (s.carried[i].way != Carry::Way::copied) continue;
    if (node.out[i]->data != node.in[i]->data) std::memmove(node.out[i]->data, node.in[i]->data, node.out[i]->bytes());
    s.inputs[i]->data = node.out[i]->data;
  }
  for (index_t step = 0; step < s.length; step++) {
    const index_t at = s.reverse ? s.length - 1 - step : step;
    for (int i = s.carries; i < s.carries + s.scanned; i++) {
      s.inputs[i]->data = node.in[i]->data + at * s.inputs[i]->bytes();
    }
    for (int i = s.carries; i < outputs; i++) {
      if (s.written[i - s.carries]) root(i)->data = node.out[i]->data + at * s.outputs[i]->bytes();
    }
    for (int i = 0; i < s.carries; i++) {
      if (s.carried[i].way != Carry::Way::alternating) continue;
      char* other = s.carried[i].other.get();
      other += (64 - reinterpret_cast<std::uintptr_t>(other) % 64) % 64;
      root(i)->data = (s.length - 1 - step) % 2 == 0 ? node.out[i]->data : other;
    }
    for (const Alias& alias : body.aliases) alias.value->data = alias.root->data;

    run_graph(body, runtime);

    for (int i = s.carries; i < outputs; i++) {
      if (s.written[i - s.carries]) continue;
      std::memcpy(node.out[i]->data + at * s.outputs[i]->bytes(), s.outputs[i]->data, s.outputs[i]->bytes());
    }
    // Staged first, because a carried output may be another carried value of the previous step.
    char* stage = s.stage.data();
    for (int i = 0; i < s.carries; i++) {
      if (s.carried[i].way != Carry::Way::copied) continue;
      std::memcpy(stage, s.outputs[i]->data, s.outputs[i]->bytes());
      stage += round_up(s.outputs[i]->bytes(), 64);
    }
    stage = s.stage.data();
    for (int i = 0; i < s.carries; i++) {
      if (s.carried[i].way == Carry::Way::copied) {
        std::memcpy(node.out[i]->data, stage, s.outputs[i]->bytes());
        stage += round_up(s.outputs[i]->bytes(), 64);
      } else {
        s.inputs[i]->data = root(i)->data;
      }
    }
  }
  for (int i = 0; i < s.carries; i++) {
    if (s.carried[i].way == Carry::Way::copied || node.out[i]->data == s.inputs[i]->data) continue;
    std::memmove(node.out[i]->data, s.inputs[i]->data, node.out[i]->bytes());
  }
}

}  // namespace ceratops
