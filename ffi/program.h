// A program: decoded from the integers that lib/exec/native/encode.ts writes, validated, and run by the interpreter.
#pragma once
#include <atomic>
#include <string>

#include "base.h"

namespace ceratops {

// Incremented whenever the encoding changes.
constexpr int32_t format_version = 4;
constexpr int32_t magic = 0x43455241;

extern const Op ops[];
extern const int op_count;

class Program {
 public:
  // Decodes and validates; returns an error, or an empty string on success. `is_allocated` says whether the library
  // owns a memory range.
  std::string load(const int32_t* words, std::size_t count, bool (*is_allocated)(const char*, std::size_t), Pool& pool);
  // Runs up to `steps` steps, fewer if stopped; returns the number done. `failure` is why the next one failed, or null.
  int32_t run(int32_t steps, const char*& failure);
  bool has_node(int32_t index) const { return index >= 0 && index < static_cast<int32_t>(graph_.nodes.size()); }
  // Runs one node of a step; returns false if stopped before the first.
  bool run_node(int32_t node, const char*& failure);
  void set_stop(bool on) { stop_ = on; }
  // Nanoseconds spent in each top-level node since the last call, if profiling is on.
  int32_t profile(double* nanoseconds, int32_t count);
  void set_profile(bool on) { runtime_.profile = on; }
  // Tells that frozen values have changed. Must not be called during a run.
  void refresh() { runtime_.refreshes++; }

 private:
  struct Reader;
  // Why what ran last has failed; null if it has not.
  const char* take_failure();
  bool read_graph(Reader& reader, Graph& graph, int depth);
  bool read_value(Reader& reader, Graph& graph, index_t index);
  bool find_values(const int32_t* ids, int32_t count, Graph& graph, std::vector<Value*>& values);
  bool read_node(Reader& reader, Graph& graph, index_t index, int depth);
  bool check_places(const Node& node);
  void keep_frozen(Node& node, Graph& graph);

  struct Segment {
    char* data;
    int64_t bytes;
  };
  std::vector<Segment> segments_;
  Graph graph_;
  Validator validator_;
  Runtime runtime_;
  std::vector<char> memory_;
  std::atomic<bool> stop_{false};
};

}  // namespace ceratops
