// The interpreter: decodes, validates and runs programs.
#include "program.h"

#if !defined(__wasm__)
#include <chrono>
#endif

#include "join.h"
#include "ops.h"
#include "threads.h"

namespace ceratops {

void Validator::fail(const char* rule) {
  if (!failed) error = rule;
  failed = true;
}

namespace {

// Decodes the attributes of an op for its own validation.
template <class Attrs, bool (*prepare)(Node&, const Attrs&, Validator&)>
bool prepare_op(Node& node, AttrReader& reader, Validator& validator) {
  Attrs attrs{};
  return validator.require(attrs.read(reader) && reader.at_end(), "a node must have the attributes of its op") &&
         prepare(node, attrs, validator);
}

}  // namespace

#define CERATOPS_OP(suffix, Attrs, aliasing) \
  {Attrs::op, Aliasing::aliasing, prepare_op<Attrs, prepare_##suffix>, run_##suffix},
const Op ops[] = {CERATOPS_OPS(CERATOPS_OP)};
#undef CERATOPS_OP
const int op_count = static_cast<int>(sizeof ops / sizeof ops[0]);

namespace {

constexpr int deepest_loop = 16;
constexpr int32_t bound_by_loop = -1;
constexpr int32_t alias_of = -2;
// Added to the dtype of a frozen value.
constexpr int32_t frozen_value = 4;
// A batch normalization's factors are kept, but not a kernel that is made from a smaller one.
constexpr std::size_t most_kept_bytes = 1 << 16;
// Larger sizes are rejected; products of extents up to this bound do not overflow.
constexpr index_t most_elements = sizeof(index_t) == 8 ? index_t{1} << 40 : (index_t{1} << 29) - 1;

int64_t now() {
#if defined(__wasm__)
  return 0;
#else
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
#endif
}

// Whether a node has to run: one that is joined with another never has to, one that is kept only after a refresh.
bool is_due(const Node& node, const Runtime& runtime) { return node.op->run && node.refreshes != runtime.refreshes; }

void run_node(Node& node, Runtime& runtime) {
  if (!is_due(node, runtime)) return;
  node.op->run(node, runtime);
  if (!node.kept.empty()) node.refreshes = runtime.refreshes;
}

}  // namespace

struct Program::Reader {
  const int32_t* at;
  const int32_t* end;
  Validator& validator;

  // The next `count` integers; null, and an error, if fewer are left.
  const int32_t* take(index_t count) {
    if (!validator.require(count >= 0 && count <= end - at, "the program must not end early")) return nullptr;
    const int32_t* from = at;
    at += count;
    return from;
  }
  int64_t wide(const int32_t* low) const {
    return static_cast<int64_t>(static_cast<uint64_t>(static_cast<uint32_t>(low[1])) << 32 |
                                static_cast<uint32_t>(low[0]));
  }
};

std::string Program::load(const int32_t* words, std::size_t count, bool (*is_allocated)(const char*, std::size_t),
                          Pool& pool) {
  Reader reader{words, words + count, validator_};
  const int32_t* head = reader.take(4);
  if (!head) return validator_.error;
  if (head[0] != magic) return "this is not a program";
  if (head[1] != format_version) return "the program is of another version than the library";
  if (head[2] != static_cast<int64_t>(count)) return "the program must have the length that its head says";
  const index_t segment_count = head[3];
  const int32_t* segments = reader.take(segment_count < 0 || segment_count > 1 << 28 ? -1 : segment_count * 4);
  if (!segments) return validator_.error;
  for (index_t i = 0; i < segment_count; i++, segments += 4) {
    const int64_t address = reader.wide(segments), bytes = reader.wide(segments + 2);
    char* data = reinterpret_cast<char*>(static_cast<std::uintptr_t>(address));
    if (bytes < 0 || !is_allocated(data, static_cast<std::size_t>(bytes))) {
      return "a segment must be memory of the library";
    }
    segments_.push_back({data, bytes});
  }
  const bool read = read_graph(reader, graph_, 0) &&
                    validator_.require(reader.at == reader.end, "the program must end where it ends");
  if (!read) return validator_.error;
  if (!segments_.empty()) join_nodes(graph_, segments_[0].data, segments_[0].bytes, pool.threads(), validator_);
  runtime_.worker_bytes = static_cast<std::size_t>(round_up(static_cast<index_t>(validator_.worker_bytes), cache_line));
  const std::size_t shared =
      static_cast<std::size_t>(round_up(static_cast<index_t>(validator_.shared_bytes), cache_line));
  memory_.resize(shared + runtime_.worker_bytes * pool.threads() + cache_line);
  const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(memory_.data());
  runtime_.shared = memory_.data() + (cache_line - start % cache_line) % cache_line;
  runtime_.workers = runtime_.shared + shared;
  runtime_.pool = &pool;
  return "";
}

bool Program::read_graph(Reader& reader, Graph& graph, int depth) {
  if (!validator_.require(depth < deepest_loop, "loops must not nest deeper")) return false;
  const int32_t* counts = reader.take(4);
  if (!counts) return false;
  // Every value and node takes at least one integer, which bounds the counts.
  for (int i = 0; i < 2; i++) {
    const bool fits = counts[i] >= 0 && counts[i] <= reader.end - reader.at;
    if (!validator_.require(fits, "the program must not end early")) return false;
  }
  graph.values.resize(counts[0]);
  graph.nodes.resize(counts[1]);
  for (index_t i = 0; i < static_cast<index_t>(graph.values.size()); i++) {
    if (!read_value(reader, graph, i)) return false;
  }
  const int32_t* inputs = reader.take(counts[2]);
  const int32_t* outputs = inputs ? reader.take(counts[3]) : nullptr;
  if (!outputs || !find_values(inputs, counts[2], graph, graph.inputs) ||
      !find_values(outputs, counts[3], graph, graph.outputs)) {
    return false;
  }
  for (index_t i = 0; i < static_cast<index_t>(graph.nodes.size()); i++) {
    if (!read_node(reader, graph, i, depth)) {
      if (depth > 0 || !validator_.failed) return false;
      // Prefix the index of the node and its op.
      const Op* op = graph.nodes[i].op;
      validator_.error = "node " + std::to_string(i) + " (" + (op ? op->name : "?") + "): " + validator_.error;
      return false;
    }
  }
  return true;
}

bool Program::read_value(Reader& reader, Graph& graph, index_t index) {
  const int32_t* head = reader.take(4);
  if (!head) return false;
  Value& value = graph.values[index];
  const int32_t segment = head[0], place = head[1];
  if (!validator_.require(head[2] >= 0 && head[2] <= (frozen_value | 3), "a value must have a dtype") ||
      !validator_.require(head[3] >= 0 && head[3] <= max_rank, "a value must have at most 12 axes")) {
    return false;
  }
  value.dtype = static_cast<DType>(head[2] & 3);
  value.frozen = (head[2] & frozen_value) != 0;
  value.rank = head[3];
  const int32_t* dims = reader.take(value.rank);
  if (!dims) return false;
  // Zero extents count as 1, so that the product bounds that of any subset of the axes.
  index_t product = 1;
  for (int axis = 0; axis < value.rank; axis++) {
    value.dims[axis] = dims[axis];
    const index_t extent = std::max<index_t>(1, dims[axis]);
    if (!validator_.require(dims[axis] >= 0 && product <= most_elements / extent,
                            "extents must not be negative or huge")) {
      return false;
    }
    product *= extent;
    value.size *= dims[axis];
  }
  if (segment == bound_by_loop) return true;
  if (segment == alias_of) {
    if (!validator_.require(place >= 0 && place < index, "an alias must be of an earlier value")) return false;
    const Value* root = &graph.values[place];
    for (const Alias& alias : graph.aliases) {
      if (alias.value == root) root = alias.root;
    }
    if (!validator_.require(root->bytes() >= value.bytes(), "an alias must not be larger than its root")) return false;
    value.data = root->data;
    value.frozen = root->frozen;
    graph.aliases.push_back({&value, root});
    return true;
  }
  if (!validator_.require(segment >= 0 && segment < static_cast<int32_t>(segments_.size()),
                          "a value must lie in a segment")) {
    return false;
  }
  const int64_t offset = static_cast<int64_t>(place) * cache_line;
  if (!validator_.require(place >= 0 && offset + static_cast<int64_t>(value.bytes()) <= segments_[segment].bytes,
                          "a value must lie inside of its segment")) {
    return false;
  }
  value.data = segments_[segment].data + offset;
  return true;
}

bool Program::find_values(const int32_t* ids, int32_t count, Graph& graph, std::vector<Value*>& values) {
  for (int32_t i = 0; i < count; i++) {
    const bool exists = ids[i] >= 0 && ids[i] < static_cast<int32_t>(graph.values.size());
    if (!validator_.require(exists, "a graph must name its own values")) return false;
    values.push_back(&graph.values[ids[i]]);
  }
  return true;
}

bool Program::read_node(Reader& reader, Graph& graph, index_t index, int depth) {
  Node& node = graph.nodes[index];
  const int32_t* head = reader.take(5);
  if (!head) return false;
  if (!validator_.require(head[0] >= 0 && head[0] < op_count, "a node must name an op")) return false;
  node.op = &ops[head[0]];
  const int32_t* in = reader.take(head[1]);
  const int32_t* out = in ? reader.take(head[2]) : nullptr;
  const int32_t* attrs = out ? reader.take(head[3]) : nullptr;
  if (!attrs || !find_values(in, head[1], graph, node.in) || !find_values(out, head[2], graph, node.out)) return false;
  if (head[4]) {
    node.body = std::make_unique<Graph>();
    if (!read_graph(reader, *node.body, depth + 1)) return false;
  }
  if (depth == 0) {
    for (const auto* list : {&node.in, &node.out}) {
      for (const Value* value : *list) {
        if (!validator_.require(value->data != nullptr || value->size == 0,
                                "only a loop's body may have values without a place")) {
          return false;
        }
      }
    }
  }
  AttrReader attr_reader({attrs, static_cast<std::size_t>(head[3])});
  if (!check_places(node)) return false;
  if (depth == 0) keep_frozen(node, graph);
  return node.op->prepare(node, attr_reader, validator_) && !validator_.failed;
}

// Outputs must not overlap each other, nor the inputs unless the op can work in place.
bool Program::check_places(const Node& node) {
  for (std::size_t i = 0; i < node.out.size(); i++) {
    const Value& out = *node.out[i];
    if (!validator_.require(!out.frozen, "an output must not be frozen")) return false;
    for (const Value* in : node.in) {
      const bool same = in->data == out.data && in->bytes() == out.bytes() && node.op->aliasing == Aliasing::in_place;
      if (!validator_.require(same || !overlap(*in, out), "an output must not lie over an input")) return false;
    }
    for (std::size_t j = 0; j < i; j++) {
      if (!validator_.require(!overlap(*node.out[j], out), "outputs must not lie over each other")) return false;
    }
  }
  return true;
}

// An elementwise function of frozen values is frozen too: it has memory of its own, since slots are used again.
void Program::keep_frozen(Node& node, Graph& graph) {
  if (node.op->run != run_fused || segments_.empty()) return;
  if (!std::all_of(node.in.begin(), node.in.end(), [](const Value* in) { return in->frozen; })) return;
  const auto& [slots, slot_bytes] = segments_[0];
  std::size_t bytes = 0;
  for (const Value* out : node.out) {
    const bool is_slot = out->data >= slots && out->data + out->bytes() <= slots + slot_bytes;
    const bool is_seen = std::count(graph.outputs.begin(), graph.outputs.end(), out) > 0;
    if (!is_slot || is_seen) return;
    bytes += round_up(out->bytes(), cache_line);
  }
  if (node.in.empty() || bytes == 0 || bytes > most_kept_bytes) return;
  node.kept.resize(bytes);
  char* at = node.kept.data();
  for (Value* out : node.out) {
    out->data = at;
    out->frozen = true;
    at += round_up(out->bytes(), cache_line);
    for (const Alias& alias : graph.aliases) {
      if (alias.root != out) continue;
      alias.value->data = out->data;
      alias.value->frozen = true;
    }
  }
}

int32_t Program::run(int32_t steps, const char*& failure) {
  for (int32_t step = 0; step < steps; step++) {
    if (stop_.load(std::memory_order_relaxed)) return step;
    run_graph(graph_, runtime_);
    failure = take_failure();
    if (failure) return step;
  }
  return steps;
}

const char* Program::take_failure() {
  const char* failure = runtime_.pool->take_failure() ? "out of memory" : runtime_.failure;
  runtime_.failure = nullptr;
  return failure;
}

bool Program::run_node(int32_t index, const char*& failure) {
  if (index == 0 && stop_.load(std::memory_order_relaxed)) return false;
  ceratops::run_node(graph_.nodes[index], runtime_);
  failure = take_failure();
  return true;
}

int32_t Program::profile(double* nanoseconds, int32_t count) {
  const int32_t nodes = static_cast<int32_t>(graph_.nodes.size());
  for (int32_t i = 0; i < std::min(count, nodes); i++) {
    nanoseconds[i] = static_cast<double>(graph_.nodes[i].nanoseconds);
    graph_.nodes[i].nanoseconds = 0;
  }
  return nodes;
}

void run_graph(Graph& graph, Runtime& runtime) {
  if (!runtime.profile) {
    for (Node& node : graph.nodes) run_node(node, runtime);
    return;
  }
  for (Node& node : graph.nodes) {
    if (!is_due(node, runtime)) continue;
    const int64_t start = now();
    run_node(node, runtime);
    node.nanoseconds += now() - start;
  }
}

}  // namespace ceratops
