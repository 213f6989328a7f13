// The thread pool: persistent threads run the tasks of one kernel; between kernels they spin briefly, then sleep.
#pragma once
#include "base.h"
#if !defined(__wasm__)
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#endif

namespace ceratops {

using Task = void (*)(const void* context, index_t task, int thread);

#if defined(__wasm__)

class Pool {
 public:
  explicit Pool(int) {}
  int threads() const { return 1; }
  bool take_failure() { return false; }
  template <class F>
  void parallel(index_t tasks, const F& body) {
    for (index_t task = 0; task < tasks; task++) body(task, 0);
  }
};

#else

class Pool {
 public:
  explicit Pool(int threads);
  ~Pool();
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

 private:
  void run(Task task, const void* context, index_t tasks);
  void take(int thread);
  void work(int thread);

  // Each thread starts with its own range of tasks, the same in every kernel, so that it finds its own writes in its
  // cache; then it steals tasks that others have not begun.
  struct alignas(64) Range {
    std::atomic<index_t> next{0};
    index_t end = 0;
  };

  std::vector<Range> ranges_;
  std::vector<std::thread> workers_;
  Task task_ = nullptr;
  const void* context_ = nullptr;
  alignas(64) std::atomic<uint32_t> generation_{0};
  alignas(64) std::atomic<bool> open_{false};
  alignas(64) std::atomic<int> active_{0};
  std::atomic<int> sleeping_{0};
  std::atomic<bool> quit_{false};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

#endif

}  // namespace ceratops
