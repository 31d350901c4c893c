#pragma once

#include <hearth/train/sharded_optimizer.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <fmt/format.h>
#include <torch/optim/optimizer.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/key.hpp>

namespace hearth::train {

namespace detail {

/// The gradients of some parameters are gone while this lives.
class HiddenGradients {
 public:
  explicit HiddenGradients(std::vector<at::Tensor> parameters) : parameters_(std::move(parameters)) {
    for (const at::Tensor& parameter : parameters_) {
      gradients_.push_back(std::exchange(parameter.mutable_grad(), at::Tensor()));
    }
  }
  HiddenGradients(const HiddenGradients&) = delete;
  HiddenGradients& operator=(const HiddenGradients&) = delete;
  ~HiddenGradients() {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      parameters_[i].mutable_grad() = std::move(gradients_[i]);
    }
  }

 private:
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> gradients_;
};

/// The keys by which a state knows the parameters, group by group.
HEARTH_INLINE std::vector<core::Key> parameter_keys(const Value& state) {
  std::vector<core::Key> keys;
  for (const Value& group : state.at("param_groups").items()) {
    for (const Value& key : group.at("params").items()) {
      keys.push_back(key.is<std::string>() ? core::Key(key.as<std::string>()) : core::Key(key.as<std::int64_t>()));
    }
  }
  return keys;
}

/// What one process has of one parameter, as the others must know it before its tensors come.
struct SharedEntry {
  std::size_t parameter = 0;
  std::string name;
  Value value = {};  ///< where it is no tensor
  bool is_tensor = false;
  at::ScalarType type = at::kFloat;
  std::vector<std::int64_t> sizes = {};
};

/// One line: the parameter, what it is, the name.
HEARTH_INLINE std::string to_line(std::size_t parameter, const std::string& name, const Value& value) {
  core::require(name.find('\n') == std::string::npos,
                "ShardedOptimizer: the optimizer's state has a name of two lines");
  std::string what;
  if (value.is<at::Tensor>()) {
    const at::Tensor& tensor = value.as<at::Tensor>();
    what = fmt::format("t {} {}", static_cast<int>(tensor.scalar_type()), tensor.dim());
    for (const std::int64_t size : tensor.sizes()) {
      what += fmt::format(" {}", size);
    }
  } else if (value.is<double>()) {
    what = fmt::format("d {:.17g}", value.as<double>());
  } else if (value.is<std::int64_t>()) {
    what = fmt::format("i {}", value.as<std::int64_t>());
  } else if (value.is<bool>()) {
    what = fmt::format("b {}", value.as<bool>() ? 1 : 0);
  } else {
    core::require(value.is<Value::None>(), "ShardedOptimizer: the optimizer's state '{}' is {}: it cannot be sharded",
                  name, value.kind());
    what = "n";
  }
  return fmt::format("{} {} {}\n", parameter, what, name);
}

HEARTH_INLINE SharedEntry read_line(const std::string& line) {
  std::istringstream in(line);
  SharedEntry entry;
  char kind = 0;
  in >> entry.parameter >> kind;
  if (kind == 't') {
    int type = 0;
    std::size_t rank = 0;
    in >> type >> rank;
    entry.is_tensor = true;
    entry.type = static_cast<at::ScalarType>(type);
    entry.sizes.resize(rank);
    for (std::int64_t& size : entry.sizes) {
      in >> size;
    }
  } else if (kind == 'd') {
    std::string number;
    in >> number;
    entry.value = std::stod(number);
  } else if (kind == 'i') {
    std::int64_t number = 0;
    in >> number;
    entry.value = number;
  } else if (kind == 'b') {
    bool flag = false;
    in >> flag;
    entry.value = flag;
  }
  in.get();
  std::getline(in, entry.name);
  return entry;
}

/// On the CPU, with the strides that the optimizer gives what is as large as its parameter.
HEARTH_INLINE at::Tensor to_cpu(const at::Tensor& received, const at::Tensor& parameter) {
  const at::Tensor copy =
      received.sizes() == parameter.sizes()
          ? at::empty_like(parameter,
                           at::TensorOptions().dtype(received.scalar_type()).device(at::kCPU).requires_grad(false))
          : at::empty(received.sizes(), at::TensorOptions().dtype(received.scalar_type()));
  return copy.copy_(received);
}

}  // namespace detail

HEARTH_INLINE std::vector<int> owners_of(const std::vector<at::Tensor>& parameters,
                                         const std::vector<std::size_t>& group_sizes, int processes) {
  std::vector<int> owners(parameters.size());
  std::vector<std::int64_t> elements(static_cast<std::size_t>(processes));
  std::size_t begin = 0;
  for (const std::size_t count : group_sizes) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), begin);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
      return parameters[left].numel() > parameters[right].numel();
    });
    for (const std::size_t parameter : order) {
      const auto fewest = std::min_element(elements.begin(), elements.end());
      owners[parameter] = static_cast<int>(fewest - elements.begin());
      *fewest += parameters[parameter].numel();
    }
    begin += count;
  }
  return owners;
}

HEARTH_INLINE ShardedOptimizer::ShardedOptimizer(OptimizerPart& whole, dist::World world)
    : whole_(whole),
      world_(std::move(world)),
      parameters_(whole.parameters()),
      owners_(owners_of(parameters_, whole.group_sizes(), world_.size())) {
  if (world_.is_alone() || !whole_.has_state()) {
    return;
  }
  if (whole_.torch_optimizer() != nullptr) {
    drop_torch_state_of_others();
    return;
  }
  const Value state = whole_.state();
  const Value own = own_part(state);
  if (own.as<Value::Dict>("state").size() != state.as<Value::Dict>("state").size()) {
    whole_.load_state(own);
  }
}

HEARTH_INLINE void ShardedOptimizer::step() {
  if (world_.is_alone()) {
    whole_.step();
    return;
  }
  std::vector<std::vector<at::Tensor>> values(static_cast<std::size_t>(world_.size()));
  std::vector<at::Tensor> others;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].requires_grad() || parameters_[i].grad().defined()) {
      values[static_cast<std::size_t>(owners_[i])].push_back(parameters_[i].detach());
    }
    if (!is_own(i)) {
      others.push_back(parameters_[i]);
    }
  }
  {
    const detail::HiddenGradients hidden(std::move(others));
    whole_.step();
  }
  const at::NoGradGuard no_grad;
  for (int owner = 0; owner < world_.size(); ++owner) {
    if (const auto& stepped = values[static_cast<std::size_t>(owner)]; !stepped.empty()) {
      world_.communicator().broadcast(stepped, owner);
    }
  }
}

HEARTH_INLINE Value ShardedOptimizer::state() const {
  if (world_.is_alone() || !whole_.has_state()) {
    return whole_.state();
  }
  return whole_.torch_optimizer() != nullptr ? gather_torch_state() : gather_state(whole_.state());
}

HEARTH_INLINE void ShardedOptimizer::load_state(const Value& state) {
  if (world_.is_alone() || !whole_.has_state()) {
    whole_.load_state(state);
  } else if (whole_.torch_optimizer() != nullptr) {
    whole_.load_state(state);
    drop_torch_state_of_others();
  } else {
    whole_.load_state(own_part(state));
  }
}

HEARTH_INLINE Value ShardedOptimizer::own_part(const Value& state) const {
  const std::vector<core::Key> keys = detail::parameter_keys(state);
  std::set<core::Key> of_others;
  for (std::size_t i = 0; i < std::min(keys.size(), parameters_.size()); ++i) {
    if (!is_own(i)) {
      of_others.insert(keys[i]);
    }
  }
  Value::Dict kept;
  for (const auto& [key, value] : state.as<Value::Dict>("state")) {
    if (!of_others.contains(key)) {
      kept.set(key, value);
    }
  }
  Value::Dict part = state.as<Value::Dict>();
  part.set("state", std::move(kept));
  return part;
}

HEARTH_INLINE Value ShardedOptimizer::gather_state(const Value& own) const {
  dist::Communicator& communicator = world_.communicator();
  const at::NoGradGuard no_grad;
  const std::vector<core::Key> keys = detail::parameter_keys(own);
  core::require(keys.size() == parameters_.size(),
                "ShardedOptimizer: the optimizer's state is of {} parameters, but it has {}", keys.size(),
                parameters_.size());
  std::string lines;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!is_own(i) || !own.at("state").contains(keys[i])) {
      continue;
    }
    for (const auto& [name, value] : own.as<Value::Dict>("state", keys[i])) {
      core::require(name.text() != nullptr, "ShardedOptimizer: the optimizer's state has a name that is no text");
      lines += detail::to_line(i, *name.text(), value);
    }
  }
  std::map<std::size_t, Value::Dict> whole;  // by parameter
  const std::vector<std::string> of_all = communicator.gather(lines);
  for (int owner = 0; owner < world_.size(); ++owner) {
    std::istringstream all(of_all[static_cast<std::size_t>(owner)]);
    for (std::string line; std::getline(all, line);) {
      detail::SharedEntry entry = detail::read_line(line);
      const at::Tensor& parameter = parameters_.at(entry.parameter);
      if (owner == world_.rank()) {
        entry.value = own.at("state", keys[entry.parameter], entry.name);
      }
      if (entry.is_tensor) {
        const at::TensorOptions options = at::TensorOptions().dtype(entry.type).device(parameter.device());
        const at::Tensor travels = owner == world_.rank()
                                       ? entry.value.as<at::Tensor>().detach().to(parameter.device()).contiguous()
                                       : at::empty(entry.sizes, options);
        communicator.broadcast({travels}, owner);
        if (owner != world_.rank() && world_.is_main()) {
          entry.value = detail::to_cpu(travels, parameter);
        }
      }
      if (world_.is_main()) {
        whole[entry.parameter].set(entry.name, std::move(entry.value));
      }
    }
  }
  if (!world_.is_main()) {
    return own;
  }
  Value::Dict state;
  for (auto& [parameter, entries] : whole) {
    state.set(keys[parameter], std::move(entries));
  }
  Value::Dict result = own.as<Value::Dict>();
  result.set("state", std::move(state));
  return result;
}

HEARTH_INLINE void ShardedOptimizer::drop_torch_state_of_others() const {
  auto& states = whole_.torch_optimizer()->state();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!is_own(i)) {
      states.erase(parameters_[i].unsafeGetTensorImpl());
    }
  }
}

/// LibTorch's optimizers read and write their own archives alone: rank 0's reads the others' one after the other, and
/// writes what it has read.
HEARTH_INLINE Value ShardedOptimizer::gather_torch_state() const {
  torch::optim::Optimizer& optimizer = *whole_.torch_optimizer();
  const Value own = torch_state(optimizer);
  const at::Tensor& archive = own.as<at::Tensor>();
  const std::string bytes(static_cast<const char*>(archive.const_data_ptr()),
                          static_cast<std::size_t>(archive.numel()));
  const std::vector<std::string> of_all = world_.communicator().gather(bytes);
  if (!world_.is_main()) {
    return own;
  }
  auto kept = std::exchange(optimizer.state(), {});
  decltype(kept) whole;
  try {
    for (std::size_t rank = 1; rank < of_all.size(); ++rank) {
      const at::Tensor theirs = at::empty({static_cast<std::int64_t>(of_all[rank].size())}, at::kByte);
      std::memcpy(theirs.mutable_data_ptr(), of_all[rank].data(), of_all[rank].size());
      load_torch_state(optimizer, theirs);
      for (auto& [parameter, state] : optimizer.state()) {
        whole[parameter] = std::move(state);
      }
    }
  } catch (...) {
    optimizer.state() = std::move(kept);
    throw;
  }
  for (auto& [parameter, state] : kept) {
    whole[parameter] = std::move(state);
  }
  optimizer.state() = std::move(whole);
  Value result = torch_state(optimizer);
  drop_torch_state_of_others();
  return result;
}

}  // namespace hearth::train
