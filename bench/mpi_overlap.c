// Whether an all-reduce goes on while a process computes, with one thread each:
// mpicc -O2 bench/mpi_overlap.c -o build/mpi_overlap && mpirun -n 2 build/mpi_overlap
//
// Prints for messages of several sizes the time of the sum alone, of as long a computation alone, of one after the
// other, and of the computation while a sum that was started before it is under way: all at once, and with a call to
// MPI between its eight parts, which lets the library go on.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { repeats = 31, parts = 8 };

static volatile float sink;

// Multiplies and adds in registers, which needs neither memory nor MPI.
static void compute(long rounds) {
  float x[16];
  for (int i = 0; i < 16; i++) x[i] = (float)i;
  for (long k = 0; k < rounds; k++) {
    for (int i = 0; i < 16; i++) x[i] = x[i] * 0.999f + 0.001f;
  }
  sink = x[0];
}

enum way { only_sum, only_compute, one_after_the_other, overlapped, overlapped_with_calls, ways };

static void run(enum way way, float* data, int count, long rounds) {
  MPI_Request request;
  int done;
  switch (way) {
    case only_sum: MPI_Allreduce(MPI_IN_PLACE, data, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD); break;
    case only_compute: compute(rounds); break;
    case one_after_the_other:
      compute(rounds);
      MPI_Allreduce(MPI_IN_PLACE, data, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
      break;
    default:
      MPI_Iallreduce(MPI_IN_PLACE, data, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &request);
      if (way == overlapped) {
        compute(rounds);
      } else {
        for (int part = 0; part < parts; part++) {
          compute(rounds / parts);
          MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        }
      }
      MPI_Wait(&request, MPI_STATUS_IGNORE);
  }
}

static int compare(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

// The median time of the slowest process, in microseconds.
static double measure(enum way way, float* data, int count, long rounds) {
  double times[repeats];
  for (int i = 0; i < repeats; i++) {
    MPI_Barrier(MPI_COMM_WORLD);
    const double start = MPI_Wtime();
    run(way, data, count, rounds);
    times[i] = (MPI_Wtime() - start) * 1e6;
    MPI_Allreduce(MPI_IN_PLACE, &times[i], 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  }
  qsort(times, repeats, sizeof *times, compare);
  return times[repeats / 2];
}

int main(int argc, char** argv) {
  int rank;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) puts("floats      sum  compute  after   overlapped  with calls (us)");
  for (int count = 10000; count <= 4000000; count *= count == 100000 ? 4 : 10) {
    float* data = calloc((size_t)count, sizeof *data);
    // As long a computation as the sum, alike in all processes.
    long rounds = 1000;
    double unit = measure(only_compute, data, count, 100000) / 100000;
    double times[ways];
    times[only_sum] = measure(only_sum, data, count, 0);
    rounds = (long)(times[only_sum] / unit);
    MPI_Bcast(&rounds, 1, MPI_LONG, 0, MPI_COMM_WORLD);
    for (int way = only_compute; way < ways; way++) times[way] = measure((enum way)way, data, count, rounds);
    if (rank == 0) {
      printf("%7d %8.0f %8.0f %8.0f %8.0f %8.0f\n", count, times[only_sum], times[only_compute],
             times[one_after_the_other], times[overlapped], times[overlapped_with_calls]);
    }
    free(data);
  }
  return MPI_Finalize();
}
