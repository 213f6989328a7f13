// Reads the attributes of a node, which are encoded one after another: see attrs.h.
#pragma once
#include <cstddef>
#include <cstdint>

namespace ceratops {

// A list of integers in an encoded program, which exists only while the program is loaded.
struct Words {
  const int32_t* data = nullptr;
  std::size_t size = 0;

  int32_t operator[](std::size_t i) const { return data[i]; }
  const int32_t* begin() const { return data; }
  const int32_t* end() const { return data + size; }
  bool empty() const { return size == 0; }
  bool has(int count) const { return size == static_cast<std::size_t>(count); }
};

class AttrReader {
 public:
  explicit AttrReader(Words words) : at_(words.begin()), end_(words.end()) {}

  // Reads each attribute in turn; false if one is malformed.
  template <class... Attrs>
  bool read(Attrs&... attrs) {
    return (take(attrs) && ...);
  }
  bool at_end() const { return at_ == end_; }

 private:
  bool has(std::ptrdiff_t count) const { return count >= 0 && count <= end_ - at_; }
  bool take(int32_t& value);
  bool take(bool& value);
  bool take(double& value);
  bool take(Words& list);

  const int32_t* at_;
  const int32_t* end_;
};

}  // namespace ceratops
