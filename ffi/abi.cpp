// The C interface. Functions return status codes and keep a last error; no exception crosses the boundary. Addresses
// and sizes are float64, which is exact up to 2^53 and needs no BigInt, neither through FFI nor in WebAssembly.
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <string>
#if !defined(__wasm__)
#include <mutex>
#endif

#include "collective.h"
#include "draw.h"
#include "elementwise.h"
#include "host_memory.h"
#include "matmul.h"
#include "pages.h"
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

// Allocated memory: what the system gave, and how many bytes there are from where they are aligned.
struct Block {
  void* given;
  std::size_t bytes;
};

struct Library {
  Mutex tables;
  // Serializes runs: a pool serves one caller at a time.
  Mutex running;
  // One pool per requested thread count.
  std::map<int32_t, std::unique_ptr<Pool>> pools;
  std::map<char*, Block> memory;
  std::map<int32_t, std::shared_ptr<Program>> programs;
  int32_t next_program = 1;
  std::string last_error, names;
};

// That of a cache line.
constexpr std::size_t alignment = 64;

#if !defined(__wasm__)
// Allocations of as many bytes are compared with what is left.
constexpr std::size_t large_allocation = std::size_t{64} << 20;
#endif

// Takes the pages of zeroed memory from the system now, so that what is left is known; large ones, which come faster.
void claim([[maybe_unused]] char* data, [[maybe_unused]] std::size_t bytes) {
  constexpr std::size_t page = 4096;
  if (!ceratops::ask_for_large_pages(data, bytes)) return;
  for (std::size_t at = 0; at < bytes; at += page) static_cast<volatile char*>(data)[at] = 0;
}

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
  return offset <= block->second.bytes && bytes <= block->second.bytes - offset && offset % alignment == 0;
}

char* pointer(double address) { return reinterpret_cast<char*>(static_cast<std::uintptr_t>(address)); }

// The pool of so many threads; null if it is not open.
Pool* pool_of(int32_t threads) {
  Lock lock(library().tables);
  auto found = library().pools.find(threads);
  return found == library().pools.end() ? nullptr : found->second.get();
}

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

// Starts a pool of this many threads; programs are loaded for a pool. In WebAssembly it also opens one that was closed.
CERATOPS_EXPORT int32_t ceratops_open(int32_t threads) {
  return guarded([&]() -> int32_t {
    if (threads < 1 || threads > 1024) return fail("the number of threads must be from 1 to 1024");
    Lock lock(library().tables);
    ceratops::fix_cache_sizes();
    auto& pool = library().pools[threads];
    if (!pool) pool = std::make_unique<Pool>(threads);
    pool->open();
    return ok;
  });
}

#if defined(__wasm__)
static Pool* pool_at(double address) { return reinterpret_cast<Pool*>(pointer(address)); }

// The address of the pool of this many threads; 0 if there is none.
CERATOPS_EXPORT double ceratops_pool(int32_t threads) {
  auto found = library().pools.find(threads);
  return found == library().pools.end() ? 0
                                        : static_cast<double>(reinterpret_cast<std::uintptr_t>(found->second.get()));
}

// How many tasks a thread of the pool has done.
CERATOPS_EXPORT double ceratops_taken(double pool, int32_t thread) {
  return static_cast<double>(pool_at(pool)->taken(thread));
}

// Called by a worker, which then is this thread of the pool, from 1 on, until the pool is closed.
CERATOPS_EXPORT void ceratops_join(double pool, int32_t thread) { pool_at(pool)->work(thread); }

// Lets the workers of a pool leave; it can be opened again when they have.
CERATOPS_EXPORT void ceratops_close(double pool) { pool_at(pool)->close(); }
#endif

// Zeroed memory, aligned to 64 bytes; 0 if the allocation fails.
CERATOPS_EXPORT double ceratops_allocate(double bytes) {
  char* data = nullptr;
  guarded([&]() -> int32_t {
    if (!(bytes >= 0 && bytes < 1e15)) return fail("the size must not be negative or huge");
    const std::size_t size = (static_cast<std::size_t>(bytes) + alignment - 1) / alignment * alignment + alignment;
    if (size < bytes) return fail("out of memory");
#if !defined(__wasm__)
    // Linux promises more than it has, and ends the process that then writes to it.
    if (size >= large_allocation) {
      const std::uint64_t left = ceratops::available_memory("");
      if (size > left) return fail("out of memory: " + std::to_string(left >> 20) + " MiB are left");
    }
#endif
    // `std::aligned_alloc` is not on Windows, and `calloc` need not clear what comes from the system.
    void* given = std::calloc(size + alignment, 1);
    if (!given) return fail("out of memory");
    char* start = static_cast<char*>(given);
    data = start + (alignment - reinterpret_cast<std::uintptr_t>(start) % alignment) % alignment;
    claim(data, size);
    Lock lock(library().tables);
    library().memory[data] = {given, size};
    return ok;
  });
  return static_cast<double>(reinterpret_cast<std::uintptr_t>(data));
}

CERATOPS_EXPORT int32_t ceratops_release(double address) {
  return guarded([&]() -> int32_t {
    {
      Lock lock(library().tables);
      auto block = library().memory.find(pointer(address));
      if (block != library().memory.end()) {
        std::free(block->second.given);
        library().memory.erase(block);
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

// Draws uniform numbers into memory: `low` and more, less than `low + range`, by the words of a stream. On the pool of
// that many threads, which must be open.
CERATOPS_EXPORT int32_t ceratops_draw(double address, double count, int32_t seed, int32_t path, int32_t purpose,
                                      double low, double range, int32_t threads) {
  return guarded([&]() -> int32_t {
    if (!(count >= 0) || !is_allocated(pointer(address), static_cast<std::size_t>(count) * sizeof(float))) {
      return fail("the memory was not allocated here");
    }
    Pool* pool = pool_of(threads);
    if (!pool) return fail("the library is not open for so many threads");
    const ceratops::Stream stream{static_cast<uint32_t>(seed), static_cast<uint32_t>(path),
                                  static_cast<uint32_t>(purpose)};
    Lock running(library().running);
    ceratops::draw_uniform(reinterpret_cast<float*>(pointer(address)), static_cast<ceratops::index_t>(count), stream,
                           low, range, *pool);
    return ok;
  });
}

// Returns a handle above 0. The program runs on the pool of that many threads, which must be open.
CERATOPS_EXPORT int32_t ceratops_load(const int32_t* words, int32_t count, int32_t threads) {
  return guarded([&]() -> int32_t {
    Pool* pool = pool_of(threads);
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

// Tells a program that its frozen values have changed since its last run.
CERATOPS_EXPORT int32_t ceratops_refresh(int32_t handle) {
  auto program = program_of(handle);
  if (!program) return fail("there is no such program");
  Lock running(library().running);
  program->refresh();
  return ok;
}

#if defined(__wasm__)
// Runs one node of a step, for a caller that has the clock: 0 if it did, 1 if the program is to stop before this step.
CERATOPS_EXPORT int32_t ceratops_run_node(int32_t handle, int32_t node) {
  return guarded([&]() -> int32_t {
    auto program = program_of(handle);
    if (!program || !program->has_node(node)) return fail("there is no such node");
    Lock running(library().running);
    const char* failure = nullptr;
    const bool ran = program->run_node(node, failure);
    if (failure) return fail(failure);
    return ran ? ok : stopped;
  });
}
#endif

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
