// The most float operations that the cores can do: chains of AVX2 fused multiply-adds in registers, on each thread.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

typedef float Vector __attribute__((vector_size(32)));

static double gflops(long rounds) {
  Vector acc[12];
  for (int i = 0; i < 12; i++) acc[i] = Vector{} + static_cast<float>(i);
  Vector b = Vector{} + 0.999f, c = Vector{} + 0.001f;
  const auto start = std::chrono::steady_clock::now();
  for (long k = 0; k < rounds; k++) {
    for (int i = 0; i < 12; i++) acc[i] = acc[i] * b + c;
    // Keeps the chains from being computed ahead.
    asm volatile("" : "+x"(b), "+x"(c));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  volatile float sink = 0;
  for (int i = 0; i < 12; i++) sink = sink + acc[i][0];
  return 2.0 * 12 * 8 * static_cast<double>(rounds) / seconds / 1e9;
}

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  double best = 0;
  for (int repeat = 0; repeat < 5; repeat++) {
    std::vector<double> each(threads);
    std::vector<std::thread> pool;
    for (int i = 0; i < threads; i++) pool.emplace_back([&each, i] { each[i] = gflops(20000000); });
    double total = 0;
    for (int i = 0; i < threads; i++) {
      pool[i].join();
      total += each[i];
    }
    if (total > best) best = total;
  }
  std::printf("%.1f\n", best);
}
