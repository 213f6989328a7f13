// The thread pool: persistent threads run the tasks of one kernel; between kernels they spin briefly, then sleep.
// Natively a pool starts its threads; in WebAssembly they are workers, which the caller starts and which then join.
#pragma once
#include <atomic>

#include "base.h"
#if !defined(__wasm__)
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#endif

namespace ceratops {

using Task = void (*)(const void* context, index_t task, int thread);

class Pool {
 public:
  explicit Pool(int threads);
  int threads() const { return static_cast<int>(ranges_.size()); }
  // Whether a task threw (out of memory) since the last call.
  bool take_failure() { return failed_.exchange(false); }

  // Runs body(task, thread) for every task, on any thread and in any order; returns when all are done.
  template <class F>
  void parallel(index_t tasks, const F& body) {
    if (tasks <= 1 || ranges_.size() == 1) {
      for (index_t task = 0; task < tasks; task++) body(task, 0);
      return;
    }
    run([](const void* context, index_t task, int thread) { (*static_cast<const F*>(context))(task, thread); }, &body,
        tasks);
  }

  // What a thread of the pool does, other than the caller's, which is thread 0: returns when the pool is closed.
  void work(int thread);
  // Lets all threads leave. A pool whose threads have left can be opened for others.
  void close();
  void open() { quit_ = false; }
  // How many tasks a thread has done.
  index_t taken(int thread) const { return ranges_[thread].taken; }

#if !defined(__wasm__)
  ~Pool();
#endif

 private:
  void run(Task task, const void* context, index_t tasks);
  void take(int thread);
  // Waits until there is another generation than this.
  void sleep(uint32_t seen);
  void wake();
  // Threads that were woken may wait for the core of this one, beside an idle core, until the system looks again. So if
  // they do not come for long, this thread sleeps for a moment, once: they begin, and it moves to the idle core.
  void expect();
  void lend_core();

  // Each thread starts with its own range of tasks, the same in every kernel, so that it finds its own writes in its
  // cache; then it steals tasks that others have not begun.
  struct alignas(64) Range {
    std::atomic<index_t> next{0};
    index_t end = 0;
    index_t taken = 0;
  };

  std::vector<Range> ranges_;
  Task task_ = nullptr;
  const void* context_ = nullptr;
  alignas(64) std::atomic<uint32_t> generation_{0};
  alignas(64) std::atomic<bool> open_{false};
  alignas(64) std::atomic<int> active_{0};
  std::atomic<int> sleeping_{0};
  std::atomic<bool> quit_{false};
  std::atomic<bool> failed_{false};
#if !defined(__wasm__)
  // Whether threads were woken that have not come, and until when this thread works on.
  bool is_expecting_ = false;
  std::chrono::steady_clock::time_point lends_at_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
#endif
};

}  // namespace ceratops
