// How each type of attribute is decoded.
#include "attr_reader.h"

#include <cstring>

namespace ceratops {

bool AttrReader::take(int32_t& value) {
  if (!has(1)) return false;
  value = *at_++;
  return true;
}

bool AttrReader::take(bool& value) {
  int32_t word = 0;
  if (!take(word)) return false;
  value = word != 0;
  return true;
}

// The low half comes first, as in memory.
bool AttrReader::take(double& value) {
  if (!has(2)) return false;
  std::memcpy(&value, at_, sizeof value);
  at_ += 2;
  return true;
}

bool AttrReader::take(Words& list) {
  int32_t size = 0;
  if (!take(size) || !has(size)) return false;
  list = {at_, static_cast<std::size_t>(size)};
  at_ += size;
  return true;
}

}  // namespace ceratops
