// Replacements for runtime functions in WebAssembly: an allocator that reports refused sizes, and no printing.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "base.h"

namespace {
double refused_bytes = 0;
}

// The size of the allocation that trapped, or 0 if the trap had another cause. Reading it resets it.
CERATOPS_EXPORT double ceratops_refused() {
  const double bytes = refused_bytes;
  refused_bytes = 0;
  return bytes;
}

// There are no exceptions here, so the call traps; the instance and other programs remain usable.
void* operator new(std::size_t bytes) {
  if (void* data = std::malloc(bytes)) return data;
  refused_bytes = static_cast<double>(bytes);
  __builtin_trap();
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void operator delete(void* data) noexcept { std::free(data); }
void operator delete[](void* data) noexcept { std::free(data); }
void operator delete(void* data, std::size_t) noexcept { std::free(data); }
void operator delete[](void* data, std::size_t) noexcept { std::free(data); }

// The standard library prints before aborting, which would import a file system.
extern "C" {
int fprintf(FILE*, const char*, ...) { __builtin_trap(); }
int vfprintf(FILE*, const char*, va_list) { __builtin_trap(); }
void __cxa_pure_virtual() { __builtin_trap(); }
}
