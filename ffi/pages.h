// Large pages, which come from the system faster than small ones, and in which memory is read with fewer look-ups.
#pragma once
#include <cstddef>
#include <cstdint>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace ceratops {

// For memory that has not been used yet. Returns whether it is so much that this makes a difference.
inline bool ask_for_large_pages([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  constexpr std::size_t page = 4096, large_page = std::size_t{2} << 20;
  if (bytes < 2 * large_page) return false;
  char* start = static_cast<char*>(data);
  char* aligned = start + (page - reinterpret_cast<std::uintptr_t>(start) % page) % page;
  madvise(aligned, static_cast<std::size_t>(start + bytes - aligned), MADV_HUGEPAGE);
  return true;
#else
  return false;
#endif
}

}  // namespace ceratops
