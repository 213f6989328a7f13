// The C interface. Functions return status codes and keep a last error; no exception crosses the boundary. Addresses
// and sizes are float64, which is exact up to 2^53 and needs no BigInt, neither through FFI nor in WebAssembly.
#include <atomic>
#include <map>
#include <memory>
#include <new>
#include <string>
#if !defined(__wasm__)
#include <mutex>
#endif

#include "collective.h"
#include "elementwise.h"
#include "host_memory.h"
#include "matmul.h"
#include "program.h"
#include "threads.h"

namespace {

using ceratops::Pool;
using ceratops::Program;

enum Status : int32_t { ok = 0, stopped = 1, error = -1 };

#if defined(__wasm__)
struct Mutex {
  void lock() {}
  void unlock() {}
};
#else
using Mutex = std::mutex;
#endif
struct Lock {
  explicit Lock(Mutex& mutex) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() { mutex_.unlock(); }
  Mutex& mutex_;
};

struct Library {
  Mutex tables;
  // Serializes runs: a pool serves one caller at a time.
  Mutex running;
  // One pool per requested thread count.
  std::map<int32_t, std::unique_ptr<Pool>> pools;
  std::map<char*, std::size_t> memory;
  std::map<int32_t, std::shared_ptr<Program>> programs;
  int32_t next_program = 1;
  std::string last_error, names;
};

// That of a cache line. `std::aligned_alloc` is not on Windows.
constexpr std::align_val_t alignment{64};

#if !defined(__wasm__)
// Allocations of as many bytes are compared with what is left.
constexpr std::size_t large_allocation = std::size_t{64} << 20;
#endif

// Never destroyed, because pool threads may still run when the process exits.
Library& library() {
  static Library* the = new Library;
  return *the;
}

int32_t fail(const std::string& message) {
  Lock lock(library().tables);
  library().last_error = message;
  return error;
}

template <class F>
int32_t guarded(const F& body) {
#if defined(__cpp_exceptions)
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail("out of memory");
  } catch (const std::exception& exception) {
    return fail(exception.what());
  } catch (...) {
    return fail("an unknown exception");
  }
#else
  return body();
#endif
}

bool is_allocated(const char* data, std::size_t bytes) {
  Lock lock(library().tables);
  auto& memory = library().memory;
  auto block = memory.upper_bound(const_cast<char*>(data));
  if (block == memory.begin()) return false;
  --block;
  const std::size_t offset = static_cast<std::size_t>(data - block->first);
  return offset <= block->second && bytes <= block->second - offset && offset % 64 == 0;
}

char* pointer(double address) { return reinterpret_cast<char*>(static_cast<std::uintptr_t>(address)); }

std::shared_ptr<Program> program_of(int32_t handle) {
  Lock lock(library().tables);
  auto found = library().programs.find(handle);
  return found == library().programs.end() ? nullptr : found->second;
}

#ifndef CERATOPS_BUILD
#define CERATOPS_BUILD "unknown"
#endif

}  // namespace

// The hash of the sources and flags this library was built from.
CERATOPS_EXPORT const char* ceratops_build() { return CERATOPS_BUILD; }

// A description such as `Eigen 3.4.0, x86-64-v3`.
CERATOPS_EXPORT const char* ceratops_description() { return ceratops::description(); }

// The op names, a line feed, and the names of the elementwise functions. Programs refer to both by index.
CERATOPS_EXPORT const char* ceratops_names() {
  Lock lock(library().tables);
  std::string& names = library().names;
  if (names.empty()) {
    for (int i = 0; i < ceratops::op_count; i++) names += std::string(i ? " " : "") + ceratops::ops[i].name;
    names += "\n";
    for (int i = 0; i < ceratops::elementwise_count; i++) {
      names += std::string(i ? " " : "") + ceratops::elementwise_functions[i].name;
    }
  }
  return names.c_str();
}

// Copies the last error, cut to `capacity` bytes; returns its length. A copy, as other threads may replace the
// original.
CERATOPS_EXPORT int32_t ceratops_last_error(char* to, int32_t capacity) {
  Lock lock(library().tables);
  const std::string& message = library().last_error;
  const std::size_t length = std::min(message.size(), static_cast<std::size_t>(std::max(0, capacity)));
  std::memcpy(to, message.data(), length);
  return static_cast<int32_t>(length);
}

// Starts a pool of this many threads; programs are loaded for a pool.
CERATOPS_EXPORT int32_t ceratops_open(int32_t threads) {
  return guarded([&]() -> int32_t {
    if (threads < 1 || threads > 1024) return fail("the number of threads must be from 1 to 1024");
    Lock lock(library().tables);
    ceratops::fix_cache_sizes();
    auto& pool = library().pools[threads];
    if (!pool) pool = std::make_unique<Pool>(threads);
    return ok;
  });
}

// Zeroed memory, aligned to 64 bytes; 0 if the allocation fails.
CERATOPS_EXPORT double ceratops_allocate(double bytes) {
  char* data = nullptr;
  guarded([&]() -> int32_t {
    if (!(bytes >= 0 && bytes < 1e15)) return fail("the size must not be negative or huge");
    const std::size_t size = (static_cast<std::size_t>(bytes) + 63) / 64 * 64 + 64;
    if (size < bytes) return fail("out of memory");
#if !defined(__wasm__)
    // Linux promises more than it has, and ends the process that then writes to it.
    if (size >= large_allocation) {
      const std::uint64_t left = ceratops::available_memory("");
      if (size > left) return fail("out of memory: " + std::to_string(left >> 20) + " MiB are left");
    }
#endif
    data = static_cast<char*>(operator new(size, alignment, std::nothrow));
    if (!data) return fail("out of memory");
    std::memset(data, 0, size);
    Lock lock(library().tables);
    library().memory[data] = size;
    return ok;
  });
  return static_cast<double>(reinterpret_cast<std::uintptr_t>(data));
}

CERATOPS_EXPORT int32_t ceratops_release(double address) {
  return guarded([&]() -> int32_t {
    {
      Lock lock(library().tables);
      if (library().memory.erase(pointer(address)) == 1) {
        operator delete(pointer(address), alignment);
        return ok;
      }
    }
    return fail("the memory was not allocated here");
  });
}

#if defined(__wasm__)
// Fails unless the range was allocated here. In WebAssembly the caller copies in and out of linear memory itself.
CERATOPS_EXPORT int32_t ceratops_holds(double address, double bytes) {
  if (!is_allocated(pointer(address), static_cast<std::size_t>(bytes))) {
    return fail("the memory was not allocated here");
  }
  return ok;
}
#else
// The bytes that can still be allocated, by the system's files under `root`, which is empty but in tests.
CERATOPS_EXPORT double ceratops_available_memory(const char* root) {
  return static_cast<double>(ceratops::available_memory(root));
}

// Copy out of and into the library's memory.
CERATOPS_EXPORT int32_t ceratops_read(double address, void* to, double bytes) {
  if (!is_allocated(pointer(address), static_cast<std::size_t>(bytes))) {
    return fail("the memory was not allocated here");
  }
  if (bytes > 0) std::memcpy(to, pointer(address), static_cast<std::size_t>(bytes));
  return ok;
}
CERATOPS_EXPORT int32_t ceratops_write(double address, const void* from, double bytes) {
  if (!is_allocated(pointer(address), static_cast<std::size_t>(bytes))) {
    return fail("the memory was not allocated here");
  }
  if (bytes > 0) std::memcpy(pointer(address), from, static_cast<std::size_t>(bytes));
  return ok;
}
#endif

// Returns a handle above 0. The program runs on the pool of that many threads, which must be open.
CERATOPS_EXPORT int32_t ceratops_load(const int32_t* words, int32_t count, int32_t threads) {
  return guarded([&]() -> int32_t {
    Pool* pool = nullptr;
    {
      Lock lock(library().tables);
      auto found = library().pools.find(threads);
      if (found != library().pools.end()) pool = found->second.get();
    }
    if (!pool) return fail("the library is not open for so many threads");
    auto program = std::make_shared<Program>();
    const std::string message = program->load(words, count < 0 ? 0 : count, is_allocated, *pool);
    if (!message.empty()) return fail(message);
    Lock lock(library().tables);
    const int32_t handle = library().next_program++;
    library().programs[handle] = program;
    return handle;
  });
}

CERATOPS_EXPORT int32_t ceratops_unload(int32_t handle) {
  return guarded([&]() -> int32_t {
    {
      Lock lock(library().tables);
      if (library().programs.erase(handle) == 1) return ok;
    }
    return fail("there is no such program");
  });
}

// Runs up to `steps` steps and sets `done` to the number that finished: 0 if all did, 1 if stopped early.
CERATOPS_EXPORT int32_t ceratops_run(int32_t handle, int32_t steps, int32_t* done) {
  return guarded([&]() -> int32_t {
    auto program = program_of(handle);
    if (!program) return fail("there is no such program");
    Lock running(library().running);
    const char* failure = nullptr;
    *done = program->run(steps, failure);
    if (failure) return fail(failure);
    return *done < steps ? stopped : ok;
  });
}

// While set to 1, runs of the program end before their next step.
CERATOPS_EXPORT int32_t ceratops_stop(int32_t handle, int32_t stop) {
  auto program = program_of(handle);
  if (!program) return fail("there is no such program");
  program->set_stop(stop != 0);
  return ok;
}

// Turns per-node timing of a program on (1) or off (0).
CERATOPS_EXPORT int32_t ceratops_set_profile(int32_t handle, int32_t on) {
  auto program = program_of(handle);
  if (!program) return fail("there is no such program");
  program->set_profile(on != 0);
  return ok;
}

#if !defined(__wasm__)
// Gives programs the function that adds up memory over the processes which run them together; null to run alone.
CERATOPS_EXPORT int32_t ceratops_set_all_reduce(void* function) {
  Lock running(library().running);
  ceratops::all_reduce_of_host = reinterpret_cast<ceratops::AllReduce>(function);
  return ok;
}
#endif

// Writes the nanoseconds spent in each node since the last call; returns the number of nodes.
CERATOPS_EXPORT int32_t ceratops_profile(int32_t handle, double* nanoseconds, int32_t count) {
  auto program = program_of(handle);
  return program ? program->profile(nanoseconds, count) : fail("there is no such program");
}
