// The loops of the elementwise functions, instantiated from the table in elementwise.h.
#include "elementwise.h"

#include "scalar_math.h"

// The loops of functions that call the standard library, such as power, stay scalar.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"
#endif

namespace ceratops {

namespace {

// Unsigned results (wrapping integer functions) are stored as int32.
inline float lane(float x) { return x; }
inline int32_t lane(int32_t x) { return x; }
inline int32_t lane(uint32_t x) { return static_cast<int32_t>(x); }

template <class F, class In>
void loop(void* to, const void* a_lanes, const void* b_lanes, const void* c_lanes, index_t n) {
  using Out = decltype(lane(F::apply(In{}, In{}, In{})));
  Out* out = static_cast<Out*>(to);
  const In* a = static_cast<const In*>(a_lanes);
  const In* b = static_cast<const In*>(b_lanes);
  const In* c = static_cast<const In*>(c_lanes);
  if constexpr (F::arguments == 1) {
    CERATOPS_INDEPENDENT
    for (index_t i = 0; i < n; i++) out[i] = lane(F::apply(a[i], In{}, In{}));
  } else if constexpr (F::arguments == 2) {
    CERATOPS_INDEPENDENT
    for (index_t i = 0; i < n; i++) out[i] = lane(F::apply(a[i], b[i], In{}));
  } else {
    CERATOPS_INDEPENDENT
    for (index_t i = 0; i < n; i++) out[i] = lane(F::apply(a[i], b[i], c[i]));
  }
}

template <class F>
void loop_of_vectors(void* to, const void* a_lanes, const void*, const void*, index_t n) {
  float* out = static_cast<float*>(to);
  const float* a = static_cast<const float*>(a_lanes);
  index_t i = 0;
  for (; i + lanes <= n; i += lanes) store(out + i, F::apply(load(a + i), Vector{}, Vector{}));
  // The last lanes are a vector too, so that results do not depend on the place in it.
  store_first(out + i, n - i, F::apply(load_first(a + i, n - i), Vector{}, Vector{}));
}

#define CERATOPS_STRUCT(name, variant, count, type, expression) \
  struct name##_##variant { \
    [[maybe_unused]] static constexpr int arguments = count; \
    static inline auto apply([[maybe_unused]] type a, [[maybe_unused]] type b, [[maybe_unused]] type c) { \
      return expression; \
    } \
  };
#define CERATOPS_FLOAT(name, count, expression) CERATOPS_STRUCT(name, f, count, float, expression)
#define CERATOPS_SMOOTH(name, count, expression) CERATOPS_STRUCT(name, f, count, Vector, expression)
#define CERATOPS_WRAPPING(name, count, on_floats, on_integers) \
  CERATOPS_STRUCT(name, f, count, float, on_floats) CERATOPS_STRUCT(name, i, count, uint32_t, on_integers)
#define CERATOPS_SIGNED(name, count, on_floats, on_integers) \
  CERATOPS_STRUCT(name, f, count, float, on_floats) CERATOPS_STRUCT(name, i, count, int32_t, on_integers)
#define CERATOPS_INTEGER(name, count, expression) CERATOPS_STRUCT(name, i, count, int32_t, expression)
CERATOPS_ELEMENTWISE(CERATOPS_FLOAT, CERATOPS_SMOOTH, CERATOPS_WRAPPING, CERATOPS_SIGNED, CERATOPS_INTEGER)

// Arguments too large for the fast range reduction are rare; they are recomputed after the loop.
template <class F, float (*exact)(float)>
void loop_of_angles(void* to, const void* a_lanes, const void*, const void*, index_t n) {
  float* out = static_cast<float*>(to);
  const float* a = static_cast<const float*>(a_lanes);
  for (index_t start = 0; start < n; start += 64) {
    const index_t count = std::min<index_t>(64, n - start);
    float angles[64];
    std::memcpy(angles, a + start, count * sizeof(float));
    int recompute = 0;
    for (index_t i = 0; i < count; i++) recompute |= !(abs_of(angles[i]) < largest_angle);
    CERATOPS_INDEPENDENT
    for (index_t i = 0; i < count; i++) out[start + i] = F::apply(angles[i], 0.0f, 0.0f);
    for (index_t i = 0; recompute && i < count; i++) {
      if (!(abs_of(angles[i]) < largest_angle)) out[start + i] = exact(angles[i]);
    }
  }
}
float exact_sin(float x) { return std::sin(x); }
float exact_cos(float x) { return std::cos(x); }

template <class F>
constexpr LaneFunction float_loop = loop<F, float>;
template <>
constexpr LaneFunction float_loop<sin_f> = loop_of_angles<sin_f, exact_sin>;
template <>
constexpr LaneFunction float_loop<cos_f> = loop_of_angles<cos_f, exact_cos>;

struct float_to_int {
  static constexpr int arguments = 1;
  static inline int32_t apply(float a, float, float) {
    const float bounded = a < 2147483520.0f ? a : 2147483520.0f;
    return static_cast<int32_t>(bounded > -2147483648.0f ? bounded : -2147483648.0f);
  }
};
struct float_to_uint8 {
  static constexpr int arguments = 1;
  static inline int32_t apply(float a, float, float) { return float_to_int::apply(a, a, a) & 255; }
};
struct float_to_bool {
  static constexpr int arguments = 1;
  static inline int32_t apply(float a, float, float) { return a != 0.0f; }
};
struct int_to_float {
  static constexpr int arguments = 1;
  static inline float apply(int32_t a, int32_t, int32_t) { return static_cast<float>(a); }
};
struct int_to_uint8 {
  static constexpr int arguments = 1;
  static inline int32_t apply(int32_t a, int32_t, int32_t) { return a & 255; }
};
struct int_to_bool {
  static constexpr int arguments = 1;
  static inline int32_t apply(int32_t a, int32_t, int32_t) { return a != 0; }
};

template <class To, class From>
void convert(void* to, const void* from, index_t n) {
  To* out = static_cast<To*>(to);
  const From* in = static_cast<const From*>(from);
  CERATOPS_INDEPENDENT
  for (index_t i = 0; i < n; i++) out[i] = static_cast<To>(in[i]);
}

}  // namespace

#define CERATOPS_ROW_FLOAT(name, count, expression) {#name, count, float_loop<name##_f>, nullptr},
#define CERATOPS_ROW_SMOOTH(name, count, expression) {#name, count, loop_of_vectors<name##_f>, nullptr},
#define CERATOPS_ROW_WRAPPING(name, count, on_floats, on_integers) \
  {#name, count, float_loop<name##_f>, loop<name##_i, uint32_t>},
#define CERATOPS_ROW_SIGNED(name, count, on_floats, on_integers) \
  {#name, count, float_loop<name##_f>, loop<name##_i, int32_t>},
#define CERATOPS_ROW_INTEGER(name, count, expression) {#name, count, nullptr, loop<name##_i, int32_t>},

const Elementwise elementwise_functions[] = {CERATOPS_ELEMENTWISE(
    CERATOPS_ROW_FLOAT, CERATOPS_ROW_SMOOTH, CERATOPS_ROW_WRAPPING, CERATOPS_ROW_SIGNED, CERATOPS_ROW_INTEGER)};
const int elementwise_count = static_cast<int>(sizeof elementwise_functions / sizeof elementwise_functions[0]);

LaneFunction lane_function_of(const char* name) {
  for (const Elementwise& row : elementwise_functions) {
    if (std::strcmp(row.name, name) == 0) return row.on_floats;
  }
  return nullptr;
}

void widen(void* lanes_out, const void* elements, DType dtype, index_t n) {
  if (bytes_of(dtype) == 4) {
    std::memcpy(lanes_out, elements, n * 4);
  } else {
    convert<int32_t, uint8_t>(lanes_out, elements, n);
  }
}

void narrow(void* elements, const void* lanes_in, DType dtype, index_t n) {
  if (bytes_of(dtype) == 4) {
    std::memcpy(elements, lanes_in, n * 4);
  } else {
    convert<uint8_t, int32_t>(elements, lanes_in, n);
  }
}

LaneFunction cast_function(DType from, DType to) {
  if (from == to) return nullptr;
  if (from == DType::float32) {
    return to == DType::int32   ? loop<float_to_int, float>
           : to == DType::uint8 ? loop<float_to_uint8, float>
                                : loop<float_to_bool, float>;
  }
  if (to == DType::float32) return loop<int_to_float, int32_t>;
  if (to == DType::boolean) return loop<int_to_bool, int32_t>;
  return to == DType::uint8 && from == DType::int32 ? loop<int_to_uint8, int32_t> : nullptr;
}

LaneFunction mask_to_uint8() { return loop<int_to_uint8, int32_t>; }

}  // namespace ceratops
