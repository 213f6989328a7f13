// The thread pool: how a job is opened, joined and closed.
#include "threads.h"
#if !defined(__wasm__)
#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include <chrono>
#endif

namespace ceratops {

namespace {

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// How long a thread spins: long enough to bridge the gap between two kernels of a step, short enough not to waste a
// core between steps.
#if defined(__wasm__)

// There is no clock: about 200 us.
class Patience {
 public:
  bool is_over() { return ++spins_ > 100000; }

 private:
  int spins_ = 0;
};

#else

class Patience {
 public:
  bool is_over() { return ++spins_ % spins_between_clock_reads == 0 && std::chrono::steady_clock::now() > deadline_; }

 private:
  static constexpr int spins_between_clock_reads = 64;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::now() + std::chrono::microseconds(200);
  int spins_ = 0;
};

// Pool threads run until the process exits, so the library must stay mapped.
void stay_loaded() {
#if defined(_WIN32)
  HMODULE module;
  GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                     reinterpret_cast<const char*>(&stay_loaded), &module);
#else
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&stay_loaded), &info)) dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
#endif
}

#endif

}  // namespace

#if defined(__wasm__)

Pool::Pool(int threads) : ranges_(threads) {}

void Pool::expect() {}
void Pool::lend_core() {}

void Pool::sleep(uint32_t seen) {
  __builtin_wasm_memory_atomic_wait32(reinterpret_cast<int*>(&generation_), static_cast<int>(seen), -1);
}

void Pool::wake() { __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(&generation_), ~0u); }

#else

Pool::Pool(int threads) : ranges_(threads) {
  if (threads > 1) stay_loaded();
  for (int thread = 1; thread < threads; thread++) workers_.emplace_back([this, thread] { work(thread); });
}

Pool::~Pool() {
  close();
  for (auto& worker : workers_) worker.join();
}

void Pool::expect() {
  if (is_expecting_) return;
  is_expecting_ = true;
  lends_at_ = std::chrono::steady_clock::now() + std::chrono::microseconds(100);
}

void Pool::lend_core() {
  if (!is_expecting_) return;
  if (sleeping_.load(std::memory_order_relaxed) == 0) {
    is_expecting_ = false;
  } else if (std::chrono::steady_clock::now() > lends_at_) {
    lends_at_ = std::chrono::steady_clock::time_point::max();
    std::this_thread::sleep_for(std::chrono::microseconds(1));
  }
}

void Pool::sleep(uint32_t seen) {
  std::unique_lock<std::mutex> lock(mutex_);
  wake_.wait(lock, [&] { return generation_.load() != seen; });
}

void Pool::wake() {
  { std::lock_guard<std::mutex> lock(mutex_); }
  wake_.notify_all();
}

#endif

void Pool::close() {
  quit_ = true;
  generation_.fetch_add(1);
  wake();
}

void Pool::run(Task task, const void* context, index_t tasks) {
  task_ = task;
  context_ = context;
  const index_t threads = static_cast<index_t>(ranges_.size());
  for (index_t i = 0; i < threads; i++) {
    ranges_[i].end = tasks * (i + 1) / threads;
    ranges_[i].next.store(tasks * i / threads, std::memory_order_relaxed);
  }
  open_.store(true);
  generation_.fetch_add(1);
  if (sleeping_.load() > 0) {
    wake();
    expect();
  }
  take(0);
  // Threads that have not joined yet find the job closed, so sleeping threads are not waited for.
  open_.store(false);
  [[maybe_unused]] int spins = 0;
  while (active_.load() > 0) {
    relax();
#if !defined(__wasm__)
    if (++spins > 2000) std::this_thread::yield();
#endif
  }
}

void Pool::take(int thread) {
  const int threads = static_cast<int>(ranges_.size());
  for (int i = 0; i < threads; i++) {
    Range& range = ranges_[(thread + i) % threads];
    for (;;) {
      const index_t task = range.next.fetch_add(1, std::memory_order_relaxed);
      if (task >= range.end) break;
      ranges_[thread].taken++;
      if (thread == 0) lend_core();
#if defined(__cpp_exceptions)
      try {
        task_(context_, task, thread);
      } catch (...) {
        failed_ = true;
      }
#else
      task_(context_, task, thread);
#endif
    }
  }
}

void Pool::work(int thread) {
  uint32_t seen = 0;
  for (;;) {
    Patience patience;
    while (generation_.load(std::memory_order_acquire) == seen) {
      relax();
      if (!patience.is_over()) continue;
      sleeping_.fetch_add(1);
      sleep(seen);
      sleeping_.fetch_sub(1);
    }
    seen = generation_.load();
    if (quit_) return;
    active_.fetch_add(1);
    if (open_.load()) take(thread);
    active_.fetch_sub(1);
  }
}

}  // namespace ceratops
