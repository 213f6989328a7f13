// What WebAssembly needs beside the library: memory that says what it refused, and no way to print.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "base.h"

namespace {
double refused_bytes = 0;
}

// The bytes of the allocation that ended a call by a trap; 0 where it ended otherwise. It is told once.
CERATOPS_EXPORT double ceratops_refused() {
  const double bytes = refused_bytes;
  refused_bytes = 0;
  return bytes;
}

// There are no exceptions here, so the call ends at once; the instance and all other programs go on working.
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

// The standard library prints before it gives up, which would import a file system.
extern "C" {
int fprintf(FILE*, const char*, ...) { __builtin_trap(); }
int vfprintf(FILE*, const char*, va_list) { __builtin_trap(); }
void __cxa_pure_virtual() { __builtin_trap(); }
}
