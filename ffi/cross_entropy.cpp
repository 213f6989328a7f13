// softmaxCrossEntropy: the loss of each row and the gradient with respect to its logits, in one pass.
#include "largest.h"
#include "ops.h"
#include "scalar_math.h"
#include "threads.h"

namespace ceratops {

namespace {

constexpr index_t elements_per_task = 4096;
constexpr int accumulators = 16;

double total_of(const float* x, index_t n) {
  double total = 0;
  index_t i = 0;
  for (; i + 8 * accumulators <= n; i += 8 * accumulators) {
    float acc[accumulators] = {};
    for (int k = 0; k < 8; k++) {
      for (int j = 0; j < accumulators; j++) acc[j] += x[i + k * accumulators + j];
    }
    for (int j = 0; j < accumulators; j++) total += acc[j];
  }
  for (; i < n; i++) total += x[i];
  return total;
}

void cross_entropy_row(const float* logits, index_t classes, index_t label, float* loss, float* gradient) {
  if (label < 0 || label >= classes) {
    *loss = 0.0f;
    std::memset(gradient, 0, classes * sizeof(float));
    return;
  }
  const float top = largest(logits, classes, -infinity);
  const float at_label = logits[label] - top;
  CERATOPS_INDEPENDENT
  for (index_t i = 0; i < classes; i++) gradient[i] = exp_of(logits[i] - top);
  const double total = total_of(gradient, classes);
  const float inverse = static_cast<float>(1.0 / total);
  CERATOPS_INDEPENDENT
  for (index_t i = 0; i < classes; i++) gradient[i] *= inverse;
  gradient[label] -= 1.0f;
  *loss = static_cast<float>(std::log(total) - static_cast<double>(at_label));
}

}  // namespace

bool prepare_softmax_cross_entropy(Node& node, const SoftmaxCrossEntropyAttrs&, Validator& validator) {
  if (!validator.require(node.in.size() == 2 && node.out.size() == 2, "softmaxCrossEntropy takes logits and labels")) {
    return false;
  }
  const Value& logits = *node.in[0];
  const Value& labels = *node.in[1];
  return validator.require(logits.rank == 2 && labels.size == logits.dims[0] && node.out[0]->size == labels.size &&
                               node.out[1]->size == logits.size,
                           "softmaxCrossEntropy takes a label for each row") &&
         validator.require(logits.dtype == DType::float32 && labels.dtype == DType::int32 &&
                               node.out[0]->dtype == DType::float32 && node.out[1]->dtype == DType::float32,
                           "softmaxCrossEntropy takes float32 logits and int32 labels");
}
void run_softmax_cross_entropy(Node& node, Runtime& runtime) {
  const index_t rows = node.in[0]->dims[0], classes = node.in[0]->dims[1];
  if (rows == 0) return;
  const float* logits = node.in[0]->as<float>();
  const int32_t* labels = node.in[1]->as<int32_t>();
  const index_t per_task = std::max<index_t>(1, elements_per_task / std::max<index_t>(1, classes));
  runtime.pool->parallel(ceil_div(rows, per_task), [&](index_t task, int) {
    for (index_t row = task * per_task; row < std::min(rows, (task + 1) * per_task); row++) {
      cross_entropy_row(logits + row * classes, classes, labels[row], node.out[0]->as<float>() + row,
                        node.out[1]->as<float>() + row * classes);
    }
  });
}

}  // namespace ceratops
