// Chains of the elementwise VM: runs of steps that become one pass over each row.
#include "fused.h"

namespace ceratops {

namespace {

// The rows of chains must stay in the cache.
constexpr index_t longest_chain_row = 4096;

}  // namespace

// The elements of an operand that is one row for all rows; null for another register.
const float* ElementwiseVm::row_of(int reg) const {
  if (reg >= static_cast<int>(operands_.size()) || dtypes_[reg] != DType::float32) return nullptr;
  const Operand& operand = operands_[reg];
  const bool is_row = operand.value->size == inner_ && inner_ > 1 && operand.inner_stride == 1 && outer_ > 1;
  return is_row ? operand.value->as<const float>() : nullptr;
}

// The value of a literal; NaN for another register.
float ElementwiseVm::literal_of(int reg) const {
  float value = __builtin_nanf("");
  for (const auto& [to, bits] : literals_) {
    if (to == reg) std::memcpy(&value, &bits, sizeof value);
  }
  return value;
}

// Adds `next`, which reads the result of `head`, to the chain; returns false if it does not fit there.
bool ElementwiseVm::extend_chain(AffineChain& chain, Step& head, const Step& next) const {
  const auto is = [&](const char* name) { return next.function == lane_function_of(name); };
  if (is("relu")) return chain.clamp_low(0);
  const bool first = next.a == head.to;
  const int other = first ? next.b : next.a;
  if (other == head.to) return false;
  const float literal = literal_of(other);
  const bool is_literal = literal == literal;
  if (first && is_literal) {
    if (is("maximum")) return chain.clamp_low(literal);
    if (is("minimum")) return chain.clamp_high(literal);
  }
  const float* row = row_of(other);
  if (row || is_literal) {
    const auto link = [&](AffineChain::Kind kind) { return chain.link(kind, row, literal); };
    if (is("add")) return link(AffineChain::add);
    if (is("subtract")) return link(first ? AffineChain::subtract : AffineChain::subtract_from);
    return is("multiply") && link(AffineChain::multiply);
  }
  const bool is_full = other < static_cast<int>(operands_.size()) && operands_[other].access == Access::direct &&
                       dtypes_[other] == DType::float32;
  if (!is_full || !is("add") || !chain.add_residual()) return false;
  head.b = other;
  return true;
}

// Replaces runs of steps by chains. Each step must be the only one that reads the step before it.
void ElementwiseVm::find_chains() {
  if (inner_ > longest_chain_row) return;
  std::vector<int> uses(register_count_, 0);
  for (const Step& step : steps_) {
    uses[step.a]++;
    if (step.b != step.a) uses[step.b]++;
    if (step.c != step.a && step.c != step.b) uses[step.c]++;
  }
  for (const Result& result : results_) uses[result.reg]++;
  std::vector<Step> kept;
  for (std::size_t i = 0; i < steps_.size();) {
    // The register that the chain starts from is the argument of the first step that is not its row.
    const int base = row_of(steps_[i].a) ? steps_[i].b : steps_[i].a;
    AffineChain chain;
    Step head{nullptr, false, base, base, base, base, -1, nullptr, -1};
    std::size_t end = i;
    while (end < steps_.size() && (end == i || uses[head.to] == 1)) {
      const Step& next = steps_[end];
      if (next.mask || (next.a != head.to && next.b != head.to) || !extend_chain(chain, head, next)) break;
      head.to = next.to;
      end++;
    }
    // Swish: the sigmoid of the chain's result, and their product.
    if (end + 1 < steps_.size() && uses[head.to] == 2 && uses[steps_[end].to] == 1 && steps_[end].a == head.to) {
      const Step &sigmoid = steps_[end], &product = steps_[end + 1];
      const bool is_product =
          (product.a == head.to && product.b == sigmoid.to) || (product.a == sigmoid.to && product.b == head.to);
      if (is_product && sigmoid.function == lane_function_of("sigmoid") &&
          product.function == lane_function_of("multiply") && chain.add_swish()) {
        head.to = product.to;
        end += 2;
      }
    }
    const bool starts_full = base >= static_cast<int>(operands_.size()) ||
                             (operands_[base].access == Access::direct && dtypes_[base] == DType::float32);
    if (!chain.has_row() || !starts_full) {
      kept.push_back(steps_[i++]);
      continue;
    }
    head.chain = static_cast<int>(chains_.size());
    const bool has_rows = chain.computes_rows() || !by_rows_;
    chains_.push_back({chain, has_rows ? chain_rows_ : -1});
    if (has_rows) chain_rows_ += 2;
    kept.push_back(head);
    i = end;
  }
  steps_ = kept;
}

const AffineChain* ElementwiseVm::only_chain() const {
  const bool is_only = is_chain() && results_.size() == 1;
  return is_only && !chains_[steps_[0].chain].chain.adds_residual() ? &chains_[steps_[0].chain].chain : nullptr;
}

bool ElementwiseVm::is_chain() const {
  if (steps_.empty() || steps_[0].chain < 0 || steps_[0].a != 0 || !steps_[0].direct) return false;
  return results_.size() == 1 ? steps_.size() == 1 : positive_result() != nullptr;
}

// The result that says where that of a chain, the only other one, is greater than zero; null for other programs.
const Value* ElementwiseVm::positive_result() const {
  if (steps_.size() != 2 || results_.size() != 2) return nullptr;
  const Step& step = steps_[1];
  if (step.function != lane_function_of("greater") || step.a != steps_[0].to || literal_of(step.b) != 0) return nullptr;
  const Result& result = results_[results_[0].reg == steps_[0].to ? 1 : 0];
  return result.reg == step.to && bytes_of(result.value->dtype) == 1 ? result.value : nullptr;
}

Affine ElementwiseVm::affine(std::vector<float>& rows) const {
  const AffineChain& chain = chains_[steps_[0].chain].chain;
  if (chain.computes_rows()) {
    rows.resize(2 * inner_);
    chain.compute_rows(rows.data(), inner_);
  }
  Affine affine =
      chain.affine(operands_[steps_[0].b].value->as<float>(), chain.computes_rows() ? rows.data() : nullptr, inner_);
  const Value* positive = positive_result();
  if (positive) affine.positive = positive->as<std::uint8_t>();
  return affine;
}

// Computes the scale and the shift of a chain. Blocks that span several rows find them repeated, so that each block is
// one row for the chain.
void ElementwiseVm::start_chain(const PlacedChain& placed, char* memory) const {
  float* rows = rows_of(placed, memory);
  if (!rows) return;
  placed.chain.compute_rows(rows, inner_);
  if (by_rows_) return;
  std::memcpy(rows + chain_row(), rows + inner_, inner_ * sizeof(float));
  repeat_lanes(rows, inner_, chain_row());
  repeat_lanes(rows + chain_row(), inner_, chain_row());
}

void ElementwiseVm::run_chain(const Step& step, char* memory, const void* const* regs, char* to, index_t column,
                              index_t n) const {
  const PlacedChain& placed = chains_[step.chain];
  const float* residual = static_cast<const float*>(regs[step.b]);
  const Affine affine = placed.chain.affine(residual, rows_of(placed, memory), chain_row());
  affine.at(0, column).run_row(static_cast<const float*>(regs[step.a]), n, reinterpret_cast<float*>(to));
}

}  // namespace ceratops
