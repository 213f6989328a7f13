// The part of MPI that a training needs, as functions that Deno can call. Counts and sizes are float64, which is exact
// up to 2^53 and needs no BigInt. Functions return 0, or the error of MPI, whose text ceratops_mpi_error gives.
#include <limits.h>
#include <mpi.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

// As in ffi/base.h, and float64 for numbers of the host.
enum { dtype_float32 = 0, dtype_int32 = 1, dtype_float64 = 4 };

// No call of MPI takes more elements at once than fit an int.
static const int64_t most = 1 << 28;

// One communicator for what programs reduce, which run beside the event loop, and one for what the host agrees on.
static MPI_Comm of_programs, of_host, of_machine;

EXPORT int32_t ceratops_mpi_open(void) {
  int started = 0, level = 0, status = MPI_Initialized(&started);
  if (status) return status;
  // Calls come from several threads of Deno, one at a time.
  if (!started && (status = MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &level))) return status;
  if ((status = MPI_Query_thread(&level))) return status;
  if (level < MPI_THREAD_SERIALIZED) return -1;
  if ((status = MPI_Comm_dup(MPI_COMM_WORLD, &of_programs)) || (status = MPI_Comm_dup(MPI_COMM_WORLD, &of_host)) ||
      (status = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &of_machine))) {
    return status;
  }
  MPI_Comm_set_errhandler(of_programs, MPI_ERRORS_RETURN);
  MPI_Comm_set_errhandler(of_host, MPI_ERRORS_RETURN);
  return 0;
}

// The rank of this process, how many there are, how many of these on this machine, and its processors.
EXPORT void ceratops_mpi_place(int32_t* place) {
  MPI_Comm_rank(of_host, &place[0]);
  MPI_Comm_size(of_host, &place[1]);
  MPI_Comm_size(of_machine, &place[2]);
  place[3] = (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
}

// What MPI says of itself; `text` has room for it. Returns its length.
EXPORT int32_t ceratops_mpi_version(char* text, int32_t room) {
  char version[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0, i = 0;
  if (MPI_Get_library_version(version, &length)) return 0;
  for (; i < length && i < room; i++) text[i] = version[i];
  return i;
}

EXPORT int32_t ceratops_mpi_error(int32_t status, char* text, int32_t room) {
  char message[MPI_MAX_ERROR_STRING];
  int length = 0, i = 0;
  if (MPI_Error_string(status, message, &length)) return 0;
  for (; i < length && i < room; i++) text[i] = message[i];
  return i;
}

static int32_t reduce(const char* from, char* to, int64_t count, int32_t dtype, MPI_Comm comm) {
  const MPI_Datatype type = dtype == dtype_float32 ? MPI_FLOAT : dtype == dtype_int32 ? MPI_INT32_T : MPI_DOUBLE;
  const int64_t width = dtype == dtype_float64 ? 8 : 4;
  for (int64_t at = 0; at < count; at += most) {
    const int part = (int)(count - at < most ? count - at : most);
    const void* source = from == to ? MPI_IN_PLACE : from + at * width;
    const int status = MPI_Allreduce(source, to + at * width, part, type, MPI_SUM, comm);
    if (status) return status;
  }
  return 0;
}

// The sum over all ranks, for programs of the native library: see ffi/collective.cpp.
static int32_t reduce_in_program(const void* from, void* to, int64_t count, int32_t dtype) {
  return reduce(from, to, count, dtype, of_programs);
}
EXPORT void* ceratops_mpi_reducer(void) { return (void*)reduce_in_program; }

// The sum over all ranks, in place.
EXPORT int32_t ceratops_mpi_reduce(void* data, double count, int32_t dtype) {
  return reduce(data, data, (int64_t)count, dtype, of_programs);
}

// Gives all ranks the bytes of rank 0.
EXPORT int32_t ceratops_mpi_broadcast(char* data, double bytes) {
  for (int64_t at = 0; at < (int64_t)bytes; at += most) {
    const int64_t left = (int64_t)bytes - at;
    const int status = MPI_Bcast(data + at, (int)(left < most ? left : most), MPI_BYTE, 0, of_host);
    if (status) return status;
  }
  return 0;
}

// MPI's own wait keeps a processor busy. One that lasts, as for a trial of another rank, should leave it to whatever
// this rank computes meanwhile.
static int32_t wait_for(MPI_Request* request) {
  const double begin = MPI_Wtime();
  for (int done = 0;;) {
    const int status = MPI_Test(request, &done, MPI_STATUS_IGNORE);
    if (status || done) return status;
    if (MPI_Wtime() - begin > 0.01) usleep(1000);
  }
}

// Puts the bytes of all ranks, as many of each, one after another into `to`.
EXPORT int32_t ceratops_mpi_gather(const void* from, void* to, int32_t bytes) {
  MPI_Request request;
  const int status = MPI_Iallgather(from, bytes, MPI_BYTE, to, bytes, MPI_BYTE, of_host, &request);
  return status ? status : wait_for(&request);
}

// Ends all ranks.
EXPORT void ceratops_mpi_abort(int32_t status) { MPI_Abort(MPI_COMM_WORLD, status); }

EXPORT int32_t ceratops_mpi_close(void) { return MPI_Finalize(); }
