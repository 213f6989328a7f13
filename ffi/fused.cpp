// The elementwise VM and the fused op.
#include "fused.h"

#include "ops.h"
#include "threads.h"

namespace ceratops {

namespace {

constexpr int words_per_step = 6;
// Rows shorter than this are not processed one by one; their broadcast operands are gathered into blocks that span
// several rows.
constexpr index_t shortest_row = 128;
constexpr index_t work_per_task = 65536;

bool valid_dtype(int32_t word) { return word >= 0 && word <= 3; }

}  // namespace

bool ElementwiseVm::prepare(Words program, const std::vector<Value*>& in, const std::vector<Value*>& out, bool rows,
                            Validator& validator) {
  if (!validator.require(program.size >= 3 && program[0] == static_cast<int32_t>(in.size()) &&
                             program[2] == static_cast<int32_t>(out.size()) && !out.empty(),
                         "an elementwise program must name its operands and results")) {
    return false;
  }
  for (const Value* value : in) operands_.push_back({value, Access::direct, false, 0, {}, -1});
  for (Value* value : out) results_.push_back({value, 0, false});
  if (!decode(program, validator) || !fit(rows, validator)) return false;
  find_scaling();
  find_chains();
  allocate();
  return true;
}

bool ElementwiseVm::decode(Words program, Validator& validator) {
  const int32_t* word = program.data + 3;
  const index_t step_count = program[1];
  const index_t head = 3 + static_cast<index_t>(operands_.size() + results_.size());
  if (!validator.require(step_count >= 0 && step_count < 100000 &&
                             static_cast<index_t>(program.size) == head + step_count * words_per_step,
                         "an elementwise program must have the length that its head says")) {
    return false;
  }
  for (Operand& operand : operands_) {
    if (!validator.require(*word == static_cast<int32_t>(operand.value->dtype), "operands must have their dtypes")) {
      return false;
    }
    dtypes_.push_back(operand.value->dtype);
    same_as_.push_back(static_cast<int>(same_as_.size()));
    word++;
  }
  for (index_t i = 0; i < step_count; i++, word += words_per_step) {
    const int to = static_cast<int>(dtypes_.size());
    if (word[0] < 0) {
      if (!validator.require(valid_dtype(word[1]), "a literal must have a dtype")) return false;
      literals_.push_back({to, word[2]});
      dtypes_.push_back(static_cast<DType>(word[1]));
      same_as_.push_back(to);
      continue;
    }
    if (!validator.require(word[0] < elementwise_count && valid_dtype(word[1]) && valid_dtype(word[2]),
                           "a step must name a function and dtypes")) {
      return false;
    }
    const Elementwise& row = elementwise_functions[word[0]];
    const DType from = static_cast<DType>(word[1]);
    const DType dtype = static_cast<DType>(word[2]);
    for (int a = 0; a < row.arguments; a++) {
      if (!validator.require(word[3 + a] >= 0 && word[3 + a] < to, "a step must read earlier registers")) return false;
    }
    const int a = same_as_[word[3]];
    const int b = row.arguments > 1 ? same_as_[word[4]] : a;
    const int c = row.arguments > 2 ? same_as_[word[5]] : a;
    const bool is_cast = std::strcmp(row.name, "cast") == 0;
    LaneFunction function = is_cast                  ? cast_function(from, dtype)
                            : from == DType::float32 ? row.on_floats
                                                     : row.on_integers;
    dtypes_.push_back(dtype);
    if (is_cast && !function) {
      same_as_.push_back(a);
      continue;
    }
    if (!validator.require(function != nullptr, "a function must take the dtype of its operands")) return false;
    same_as_.push_back(to);
    const bool mask = dtype == DType::uint8 && !is_cast;
    steps_.push_back({function, mask, a, b, c, to, -1, nullptr, -1});
  }
  for (Result& result : results_) {
    if (!validator.require(*word >= 0 && *word < static_cast<int32_t>(dtypes_.size()), "a result must be a register") ||
        !validator.require(dtypes_[*word] == result.value->dtype, "outputs must have the dtypes of their registers")) {
      return false;
    }
    result.reg = same_as_[*word++];
  }
  register_count_ = static_cast<int>(dtypes_.size());
  return true;
}

bool ElementwiseVm::fit(bool rows, Validator& validator) {
  const Value& shape = *results_[0].value;
  for (const Result& result : results_) {
    if (!validator.require(same_shape(*result.value, shape), "outputs must have one shape")) return false;
  }
  // Strides of each operand along the output axes, 0 where it is broadcast.
  std::vector<std::vector<index_t>> strides;
  for (const Operand& operand : operands_) {
    const Value& value = *operand.value;
    const int lead = shape.rank - value.rank;
    if (!validator.require(lead >= 0, "operands must broadcast to the output")) return false;
    std::vector<index_t> own(shape.rank, 0);
    index_t stride = 1;
    for (int axis = value.rank - 1; axis >= 0; axis--) {
      if (!validator.require(value.dims[axis] == shape.dims[axis + lead] || value.dims[axis] == 1,
                             "operands must broadcast to the output")) {
        return false;
      }
      own[axis + lead] = value.dims[axis] == 1 ? 0 : stride;
      stride *= value.dims[axis];
    }
    strides.push_back(own);
  }
  // Adjacent axes are merged if every operand traverses both with a single stride.
  std::vector<index_t> dims;
  std::vector<std::vector<index_t>> merged(operands_.size());
  for (int axis = 0; axis < shape.rank; axis++) {
    const index_t extent = shape.dims[axis];
    const bool last_apart = rows && axis == shape.rank - 1;
    if (extent == 1 && !last_apart) continue;
    bool joins = !dims.empty() && !last_apart;
    for (std::size_t i = 0; joins && i < operands_.size(); i++) joins = merged[i].back() == strides[i][axis] * extent;
    for (std::size_t i = 0; i < operands_.size(); i++) {
      if (joins) {
        merged[i].back() = strides[i][axis];
      } else {
        merged[i].push_back(strides[i][axis]);
      }
    }
    if (joins) {
      dims.back() *= extent;
    } else {
      dims.push_back(extent);
    }
  }
  inner_ = dims.empty() ? 1 : dims.back();
  outer_rank_ = dims.empty() ? 0 : static_cast<int>(dims.size()) - 1;
  for (int axis = 0; axis < outer_rank_; axis++) {
    outer_dims_[axis] = dims[axis];
    outer_ *= dims[axis];
  }
  by_rows_ = rows || (outer_rank_ > 0 && inner_ >= shortest_row);

  for (std::size_t i = 0; i < operands_.size(); i++) {
    Operand& operand = operands_[i];
    const bool narrow_elements = bytes_of(operand.value->dtype) == 1;
    index_t natural = inner_;
    bool full = operand.value->size == shape.size;
    operand.inner_stride = dims.empty() ? 0 : merged[i].back();
    for (int axis = outer_rank_ - 1; axis >= 0; axis--) {
      operand.strides[axis] = merged[i][axis];
      full = full && (dims[axis] == 1 || merged[i][axis] == natural);
      natural *= dims[axis];
    }
    if (operand.value->size == 1) {
      operand.access = Access::scalar;
    } else if (full) {
      operand.access = narrow_elements ? Access::widened : Access::direct;
    } else if (by_rows_) {
      operand.access = operand.inner_stride == 0 ? Access::row_scalar : Access::row_vector;
    } else {
      const bool is_row = operand.inner_stride == 1 && operand.value->size == inner_;
      operand.access = is_row ? Access::periodic : Access::gathered;
    }
  }
  return true;
}

void ElementwiseVm::find_scaling() {
  if (steps_.size() != 1 || steps_[0].function != lane_function_of("multiply") || operands_.size() != 2) return;
  if (steps_[0].a == steps_[0].b || dtypes_[0] != DType::float32) return;
  const Value& shape = *results_[0].value;
  for (int i = 0; i < 2; i++) {
    const Value *image = operands_[i].value, *factors = operands_[1 - i].value;
    const int rank = shape.rank;
    if (!same_shape(*image, shape) || factors->rank != rank || rank < 2) continue;
    const bool is_of_channels = factors->dims[0] == shape.dims[0] && factors->dims[rank - 1] == shape.dims[rank - 1] &&
                                factors->size == shape.dims[0] * shape.dims[rank - 1];
    if (is_of_channels && factors->size > 0) scaling_ = {image, factors};
  }
}

// Assigns buffers to steps and operands; reusing them allows longer blocks that still fit the L1 cache.
void ElementwiseVm::allocate() {
  const int forever = 1 << 30;
  std::vector<int> last_use(register_count_, -1);
  for (int i = 0; i < static_cast<int>(steps_.size()); i++) {
    last_use[steps_[i].a] = last_use[steps_[i].b] = last_use[steps_[i].c] = i;
  }
  for (const Result& result : results_) last_use[result.reg] = forever;

  for (std::size_t i = 0; i < operands_.size(); i++) {
    Operand& operand = operands_[i];
    operand.used = last_use[i] >= 0;
    const bool in_place = operand.access == Access::direct ||
                          (operand.access == Access::row_vector && bytes_of(operand.value->dtype) == 4);
    if (!operand.used || in_place) continue;
    operand.buffer = buffers_++;
    // Read from any of its elements on.
    if (operand.access == Access::periodic) buffers_++;
  }
  std::vector<int> buffer_of(register_count_, -1), free_buffers;
  for (int i = 0; i < static_cast<int>(steps_.size()); i++) {
    Step& step = steps_[i];
    // A step writes straight to the output unless a later step, or a result that is an operand, still reads that
    // memory.
    for (Result& result : results_) {
      if (result.reg != step.to || result.stored || step.direct || bytes_of(result.value->dtype) != 4) continue;
      bool hazard = false;
      for (std::size_t o = 0; o < operands_.size(); o++) {
        hazard = hazard || (last_use[o] > i && overlap(*operands_[o].value, *result.value));
        // A broadcast operand is read again for other elements.
        hazard = hazard || (operands_[o].used && operands_[o].access != Access::direct &&
                            operands_[o].access != Access::scalar && overlap(*operands_[o].value, *result.value));
      }
      if (hazard) continue;
      step.direct = result.value;
      result.stored = true;
    }
    for (int arg : {step.a, step.b, step.c}) {
      if (last_use[arg] == i && buffer_of[arg] >= 0) {
        free_buffers.push_back(buffer_of[arg]);
        buffer_of[arg] = -1;
      }
    }
    if (step.direct) continue;
    if (free_buffers.empty()) {
      step.buffer = buffers_++;
    } else {
      step.buffer = free_buffers.back();
      free_buffers.pop_back();
    }
    if (last_use[step.to] >= 0) {
      buffer_of[step.to] = step.buffer;
    } else {
      free_buffers.push_back(step.buffer);
    }
  }
  block_ = buffers_ <= 4 ? 1024 : buffers_ <= 10 ? 512 : 256;
  literal_lanes_.resize(literals_.size() * block_);
  for (std::size_t i = 0; i < literals_.size(); i++) {
    float value;
    std::memcpy(&value, &literals_[i].second, sizeof value);
    // Copied as bytes, because integer bits may form a signalling NaN.
    for (index_t j = 0; j < block_; j++) std::memcpy(&literal_lanes_[i * block_ + j], &literals_[i].second, 4);
  }
}

std::size_t ElementwiseVm::worker_bytes() const {
  return round_up(static_cast<index_t>(register_count_ * 2 * sizeof(void*)), 64) +
         static_cast<std::size_t>(buffers_) * block_ * 4 + static_cast<std::size_t>(chain_rows_) * chain_row() * 4;
}

namespace {

void fill_lanes(void* lanes_out, const char* element, DType dtype, index_t n) {
  int32_t bits;
  if (bytes_of(dtype) == 4) {
    std::memcpy(&bits, element, 4);
  } else {
    bits = static_cast<unsigned char>(*element);
  }
  int32_t* out = static_cast<int32_t*>(lanes_out);
  for (index_t i = 0; i < n; i++) out[i] = bits;
}

}  // namespace

void ElementwiseVm::start(char* memory) const {
  const void** regs = registers(memory);
  // The second half of the registers remembers which element each row_scalar buffer holds.
  for (int i = 0; i < register_count_ * 2; i++) regs[i] = nullptr;
  for (std::size_t i = 0; i < literals_.size(); i++) regs[literals_[i].first] = &literal_lanes_[i * block_];
  for (std::size_t i = 0; i < operands_.size(); i++) {
    const Operand& operand = operands_[i];
    if (operand.access == Access::periodic && operand.used) {
      repeat_row(operand, buffer(memory, operand.buffer), block_ + inner_);
    }
    if (operand.access != Access::scalar || !operand.used) continue;
    fill_lanes(buffer(memory, operand.buffer), operand.value->data, operand.value->dtype,
               std::min(block_, std::max<index_t>(size(), 1)));
    regs[i] = buffer(memory, operand.buffer);
  }
  for (const PlacedChain& placed : chains_) start_chain(placed, memory);
}

index_t ElementwiseVm::offset_of_row(const Operand& operand, index_t row) const {
  index_t offset = 0;
  for (int axis = outer_rank_ - 1; axis > 0; axis--) {
    const index_t next = row / outer_dims_[axis];
    offset += (row - next * outer_dims_[axis]) * operand.strides[axis];
    row = next;
  }
  return outer_rank_ > 0 ? offset + row * operand.strides[0] : 0;
}

void ElementwiseVm::run_row(char* memory, index_t row, index_t column, index_t n) const {
  const void** regs = registers(memory);
  const index_t from = row * inner_ + column;
  for (std::size_t i = 0; i < operands_.size(); i++) {
    const Operand& operand = operands_[i];
    if (!operand.used) continue;
    const Value& value = *operand.value;
    const index_t element = bytes_of(value.dtype);
    switch (operand.access) {
      case Access::direct: regs[i] = value.data + from * 4; break;
      case Access::widened:
        regs[i] = buffer(memory, operand.buffer);
        widen(buffer(memory, operand.buffer), value.data + from, value.dtype, n);
        break;
      case Access::row_vector: {
        const char* at = value.data + (offset_of_row(operand, row) + column * operand.inner_stride) * element;
        regs[i] = at;
        if (element == 1) {
          regs[i] = buffer(memory, operand.buffer);
          widen(buffer(memory, operand.buffer), at, value.dtype, n);
        }
        break;
      }
      case Access::row_scalar: {
        const char* at = value.data + offset_of_row(operand, row) * element;
        regs[i] = buffer(memory, operand.buffer);
        if (regs[register_count_ + i] != at) {
          fill_lanes(buffer(memory, operand.buffer), at, value.dtype, std::min(block_, inner_));
          regs[register_count_ + i] = at;
        }
        break;
      }
      default: break;
    }
  }
  execute(memory, from, column, n);
}

void ElementwiseVm::run_flat(char* memory, index_t from, index_t n) const {
  const void** regs = registers(memory);
  for (std::size_t i = 0; i < operands_.size(); i++) {
    const Operand& operand = operands_[i];
    if (!operand.used) continue;
    const Value& value = *operand.value;
    if (operand.access == Access::direct) {
      regs[i] = value.data + from * 4;
    } else if (operand.access == Access::widened) {
      regs[i] = buffer(memory, operand.buffer);
      widen(buffer(memory, operand.buffer), value.data + from, value.dtype, n);
    } else if (operand.access == Access::periodic) {
      regs[i] = buffer(memory, operand.buffer) + from % inner_ * 4;
    } else if (operand.access == Access::gathered) {
      regs[i] = buffer(memory, operand.buffer);
      gather(operand, buffer(memory, operand.buffer), from, n);
    }
  }
  execute(memory, from, chains_.empty() ? 0 : from % inner_, n);
}

namespace {

template <class T>
void copy_run(int32_t* out, const T* in, index_t stride, index_t n) {
  if (stride == 0) {
    const int32_t value = static_cast<int32_t>(in[0]);
    for (index_t i = 0; i < n; i++) out[i] = value;
  } else {
    for (index_t i = 0; i < n; i++) out[i] = static_cast<int32_t>(in[i]);
  }
}

}  // namespace

void ElementwiseVm::gather(const Operand& operand, void* lanes_out, index_t from, index_t n) const {
  int32_t* out = static_cast<int32_t*>(lanes_out);
  index_t row = from / inner_;
  index_t column = from - row * inner_;
  index_t index[max_rank] = {};
  index_t offset = 0;
  for (int axis = outer_rank_ - 1; axis >= 0; axis--) {
    index[axis] = row % outer_dims_[axis];
    offset += index[axis] * operand.strides[axis];
    row /= outer_dims_[axis];
  }
  while (n > 0) {
    const index_t run = std::min(n, inner_ - column);
    const index_t at = offset + column * operand.inner_stride;
    if (bytes_of(operand.value->dtype) == 4) {
      copy_run(out, operand.value->as<const int32_t>() + at, operand.inner_stride, run);
    } else {
      copy_run(out, operand.value->as<const uint8_t>() + at, operand.inner_stride, run);
    }
    out += run;
    n -= run;
    column = 0;
    for (int axis = outer_rank_ - 1; axis >= 0; axis--) {
      offset += operand.strides[axis];
      if (++index[axis] < outer_dims_[axis]) break;
      offset -= outer_dims_[axis] * operand.strides[axis];
      index[axis] = 0;
    }
  }
}

void ElementwiseVm::repeat_row(const Operand& operand, char* lanes_out, index_t n) const {
  gather(operand, lanes_out, 0, inner_);
  repeat_lanes(lanes_out, inner_, n);
}

void ElementwiseVm::execute(char* memory, index_t from, index_t column, index_t n) const {
  const void** regs = registers(memory);
  for (const Step& step : steps_) {
    char* to = step.direct ? step.direct->data + from * 4 : buffer(memory, step.buffer);
    if (step.chain >= 0) {
      run_chain(step, memory, regs, to, column, n);
      regs[step.to] = to;
      continue;
    }
    step.function(to, regs[step.a], regs[step.b], regs[step.c], n);
    if (step.mask) mask_to_uint8()(to, to, to, to, n);
    regs[step.to] = to;
  }
  for (const Result& result : results_) {
    if (result.stored) continue;
    const DType dtype = result.value->dtype;
    char* to = result.value->data + from * bytes_of(dtype);
    if (regs[result.reg] != to) narrow(to, regs[result.reg], dtype, n);
  }
}

void ElementwiseVm::run_range(char* memory, index_t from, index_t to) const {
  while (from < to) {
    index_t n = std::min(block_, to - from);
    if (by_rows_) {
      const index_t row = from / inner_, column = from - row * inner_;
      n = std::min(n, inner_ - column);
      run_row(memory, row, column, n);
    } else {
      run_flat(memory, from, n);
    }
    from += n;
  }
}

namespace {

// Blocks [first, last) of one list of operands.
struct Piece {
  int vm;
  index_t first, last;
};

struct FusedState : State {
  std::vector<ElementwiseVm> vms;
  std::vector<Piece> pieces;
  // Task i does the pieces from tasks[i] to tasks[i + 1].
  std::vector<index_t> tasks;
};

index_t row_length(const ElementwiseVm& vm) { return vm.by_rows() ? vm.inner() : vm.size(); }
index_t blocks_per_row(const ElementwiseVm& vm) { return ceil_div(row_length(vm), vm.block()); }

// Cuts the work into pieces of at most a task's; small ones share a task.
void divide(FusedState& state) {
  index_t open = work_per_task;
  for (std::size_t i = 0; i < state.vms.size(); i++) {
    const ElementwiseVm& vm = state.vms[i];
    if (vm.size() == 0) continue;
    const index_t blocks = blocks_per_row(vm) * (vm.by_rows() ? vm.outer() : 1);
    const index_t block_work = std::min(vm.block(), row_length(vm)) * vm.weight();
    const index_t most = std::max<index_t>(1, work_per_task / block_work);
    for (index_t first = 0; first < blocks; first += most) {
      const index_t last = std::min(blocks, first + most);
      const index_t work = (last - first) * block_work;
      if (open + work > work_per_task) {
        state.tasks.push_back(static_cast<index_t>(state.pieces.size()));
        open = 0;
      }
      open += work;
      state.pieces.push_back({static_cast<int>(i), first, last});
    }
  }
  state.tasks.push_back(static_cast<index_t>(state.pieces.size()));
}

}  // namespace

// Several lists of operands, as a repeated program takes them: all first operands, then all second operands ...
bool prepare_fused(Node& node, const FusedAttrs& attrs, Validator& validator) {
  const int32_t results = attrs.program.size < 3 ? 0 : attrs.program[2];
  const std::size_t count = results > 0 ? node.out.size() / results : 0;
  if (!validator.require(count > 0 && node.out.size() % count == 0 && node.in.size() % count == 0,
                         "an elementwise program must name its operands and results")) {
    return false;
  }
  auto state = std::make_unique<FusedState>();
  state->vms.resize(count);
  for (std::size_t i = 0; i < count; i++) {
    std::vector<Value*> in, out;
    for (std::size_t at = i; at < node.in.size(); at += count) in.push_back(node.in[at]);
    for (std::size_t at = i; at < node.out.size(); at += count) out.push_back(node.out[at]);
    ElementwiseVm& vm = state->vms[i];
    if (!vm.prepare(attrs.program, in, out, false, validator)) return false;
    validator.need_worker(vm.worker_bytes());
  }
  divide(*state);
  node.state = std::move(state);
  return true;
}

const ChannelScaling* scaling_of(const Node& node) {
  const FusedState& state = node.state_as<FusedState>();
  return state.vms.size() == 1 ? state.vms[0].scaling() : nullptr;
}

void run_fused(Node& node, Runtime& runtime) {
  const FusedState& state = node.state_as<FusedState>();
  runtime.pool->parallel(static_cast<index_t>(state.tasks.size()) - 1, [&](index_t task, int thread) {
    char* memory = runtime.worker(thread);
    for (index_t i = state.tasks[task]; i < state.tasks[task + 1]; i++) {
      const Piece& piece = state.pieces[i];
      const ElementwiseVm& vm = state.vms[piece.vm];
      const index_t length = row_length(vm), per_row = blocks_per_row(vm);
      vm.start(memory);
      for (index_t block = piece.first; block < piece.last; block++) {
        const index_t row = block / per_row;
        const index_t column = (block - row * per_row) * vm.block();
        const index_t n = std::min(vm.block(), length - column);
        if (vm.by_rows()) {
          vm.run_row(memory, row, column, n);
        } else {
          vm.run_flat(memory, column, n);
        }
      }
    }
  });
}

}  // namespace ceratops
