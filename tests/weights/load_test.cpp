#include <hearth/weights/dtype.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/save.hpp>
#include <hearth/weights/scalar_type.hpp>

#include <torch/torch.h>

#include <string>
#include <vector>

#include "catch.hpp"
#include "weights/net.hpp"
#include "weights/reference.hpp"

using hearth::LoadReport;
using hearth::StateDict;

namespace {

/// A Net's filled state_dict, on its own memory.
StateDict filled() {
  const Net net;
  fill(net);
  return hearth::state_dict(net);
}

StateDict without(const StateDict& state, const std::string& name) {
  StateDict rest;
  for (const auto& [key, value] : state) {
    if (key != name) {
      rest.add(key, value);
    }
  }
  return rest;
}

StateDict with(StateDict state, const std::string& name, const at::Tensor& value) {
  state.add(name, value);
  return state;
}

/// A copy of what the module holds now.
StateDict snapshot(const torch::nn::Module& module) {
  StateDict copy;
  for (const auto& [name, value] : hearth::state_dict(module)) {
    copy.add(name, value.clone());
  }
  return copy;
}

std::vector<std::string> names_of(const std::vector<hearth::LoadedKey>& keys) {
  std::vector<std::string> names;
  for (const auto& key : keys) {
    names.push_back(key.name);
  }
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("load_weights puts a file's parameters and buffers into a module") {
  const TemporaryFolder folder;
  hearth::save_weights(filled(), folder / "net.pth");
  Net net;
  const LoadReport report = hearth::load_weights(net, folder / "net.pth");
  CHECK(same(hearth::state_dict(net), filled()));
  CHECK(report.fits());
  CHECK(names_of(report.loaded) == net_names);
  CHECK(net.fc->weight.requires_grad());
  CHECK(net.fc->weight.is_leaf());
}

TEST_CASE("load_weights is a change that autograd sees") {
  Net net;
  const at::Tensor input = torch::ones({1, 5}, torch::requires_grad());
  const at::Tensor loss = net.fc->forward(input).sum();
  hearth::load_weights(net, filled());
  CHECK_THROWS_WITH(loss.backward(), Catch::Matchers::ContainsSubstring("modified by an inplace operation"));
}

TEST_CASE("load_weights keeps the module's memory layout, whatever the file's") {
  Net net;
  net.conv->weight.set_data(net.conv->weight.contiguous(at::MemoryFormat::ChannelsLast));
  hearth::load_weights(net, filled());
  CHECK(net.conv->weight.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(torch::equal(net.conv->weight, filled().at("conv.weight")));

  const at::Tensor weight = torch::arange(10, torch::kFloat).reshape({5, 2}).t();
  hearth::load_weights(net, with(without(filled(), "fc.weight"), "fc.weight", weight));
  CHECK(net.fc->weight.is_contiguous());
  CHECK(torch::equal(net.fc->weight, weight));
}

TEST_CASE("load_weights converts to the module's types") {
  Net net;
  net.to(torch::kDouble);
  hearth::load_weights(net, filled());
  CHECK(net.fc->weight.scalar_type() == torch::kDouble);
  CHECK(torch::equal(net.fc->weight, filled().at("fc.weight").to(torch::kDouble)));
}

TEST_CASE("load_weights converts between all number types, and refuses the others with a sentence") {
  struct Holder : torch::nn::Module {
    explicit Holder(at::Tensor held) { register_buffer("held", std::move(held)); }
  };
  for (const hearth::weights::Dtype& dtype : hearth::weights::dtypes) {
    for (const auto type : {torch::kFloat, torch::kHalf, torch::kBFloat16, torch::kComplexFloat, torch::kLong,
                            hearth::weights::scalar_type(dtype)}) {
      CAPTURE(c10::toString(type), dtype.name);
      const at::Tensor bytes = torch::zeros({2, 3 * static_cast<std::int64_t>(dtype.bytes)}, torch::kByte);
      const at::Tensor value = bytes.view(hearth::weights::scalar_type(dtype));
      Holder holder(torch::zeros({2, 3 * static_cast<std::int64_t>(c10::elementSize(type))}, torch::kByte).view(type));
      try {
        hearth::load_weights(holder, StateDict{{"held", value}});
        CHECK(hearth::state_dict(holder).at("held").scalar_type() == type);
      } catch (const hearth::Error& error) {
        CHECK(
            (dtype.name.starts_with("bits") || dtype.name.starts_with("float4") || dtype.name.starts_with("complex")));
        CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("which does not become the model's"));
      }
    }
  }
}

TEST_CASE("load_weights refuses complex values for real parameters") {
  Net net;
  const StateDict weights = with(without(filled(), "fc.bias"), "fc.bias", torch::zeros({2}, torch::kComplexFloat));
  CHECK_THROWS_WITH(hearth::load_weights(net, weights),
                    "its fc.bias is of the type ComplexFloat, which does not become the model's Float");
}

TEST_CASE("load_weights is strict by default, names what differs, and leaves the module as it was") {
  Net net;
  const StateDict before = snapshot(net);
  CHECK_THROWS_WITH(hearth::load_weights(net, without(filled(), "fc.bias")),
                    "load_weights: they do not fit the model: 1 missing (fc.bias)");
  CHECK_THROWS_WITH(hearth::load_weights(net, with(filled(), "extra", torch::ones(1))),
                    "load_weights: they do not fit the model: 1 unexpected (extra)");
  const StateDict other = with(without(filled(), "fc.weight"), "fc.weight", torch::ones({3, 5}));
  CHECK_THROWS_WITH(
      hearth::load_weights(net, with(other, "extra", torch::ones(1))),
      "load_weights: they do not fit the model: 1 unexpected (extra), 1 mis-shaped (fc.weight: [2, 5] in the model, "
      "[3, 5] in the file)");
  CHECK(same(hearth::state_dict(net), before));

  const TemporaryFolder folder;
  hearth::save_weights(without(filled(), "fc.bias"), folder / "net.pth");
  CHECK_THROWS_WITH(hearth::load_weights(net, folder / "net.pth"),
                    "cannot load " + (folder / "net.pth").string() +
                        ": load_weights: they do not fit the model: 1 missing (fc.bias)");
}

TEST_CASE("load_weights says which prefix of the file's names would fit, and loads with it") {
  // PyTorch Lightning, torch.compile, both in either order, and each in DistributedDataParallel.
  const std::string prefix = GENERATE(as<std::string>(), "model.", "_orig_mod.", "model._orig_mod.", "_orig_mod.model.",
                                      "module.model.", "module._orig_mod.");
  StateDict weights;
  for (const auto& [name, value] : filled()) {
    weights.add(prefix + name, value);
  }
  weights.add("loss.weight", torch::ones(1));
  Net net;
  const std::string advice = "without \"" + prefix +
                             "\", 15 of the file's 16 names are the model's: load with .strip_prefix = \"" + prefix +
                             "\"";
  CHECK_THROWS_WITH(hearth::load_weights(net, weights), Catch::Matchers::EndsWith("; " + advice));
  CHECK_THROWS_WITH(hearth::load_weights(net, weights, {.strict = false}), Catch::Matchers::EndsWith("; " + advice));
  const LoadReport report = hearth::load_weights(net, weights, {.strict = false, .strip_prefix = prefix});
  CHECK(report.loaded.size() == 15);
  CHECK(report.advice.empty());
  CHECK(same(hearth::state_dict(net), filled()));

  struct Wrapper : torch::nn::Module {
    Wrapper() { register_module("model", std::make_shared<Net>()); }
  };
  Wrapper wrapper;
  CHECK_THROWS_WITH(
      hearth::load_weights(wrapper, filled()),
      Catch::Matchers::EndsWith("; with \"model.\" before them, 15 of the file's 15 names are the model's: load with "
                                ".rename = [](const std::string& name) { return \"model.\" + name; }"));
  CHECK(hearth::load_weights(wrapper, filled(), {.rename = [](const std::string& name) { return "model." + name; }})
            .fits());
}

TEST_CASE("load_weights without strict loads what fits and reports the rest") {
  Net net;
  const at::Tensor weight = net.fc->weight.detach().clone();
  StateDict weights = without(without(filled(), "fc.weight"), "fc.bias");
  weights.add("fc.weight", torch::ones({3, 5}));
  weights.add("extra", torch::ones({4, 1}));
  const LoadReport report = hearth::load_weights(net, weights, {.strict = false});
  CHECK_FALSE(report.fits());
  CHECK(report.loaded.size() == 13);
  CHECK(names_of(report.missing) == Names{"fc.bias"});
  CHECK(names_of(report.unexpected) == Names{"extra"});
  CHECK(names_of(report.mis_shaped) == Names{"fc.weight"});
  CHECK(report.mis_shaped[0].model == std::vector<std::int64_t>{2, 5});
  CHECK(report.mis_shaped[0].file == std::vector<std::int64_t>{3, 5});
  CHECK(torch::equal(net.fc->weight, weight));
  CHECK(torch::equal(net.conv->weight, filled().at("conv.weight")));
  CHECK(to_string(report) ==
        "13 loaded, 0 kept, 1 missing, 1 unexpected, 1 mis-shaped\n"
        "            name       model   file\n"
        "missing     fc.bias    [2]     -\n"
        "unexpected  extra      -       [4, 1]\n"
        "mis-shaped  fc.weight  [2, 5]  [3, 5]\n");
}

TEST_CASE("load_weights refuses weights of which nothing fits, strict or not") {
  Net net;
  CHECK_THROWS_WITH(hearth::load_weights(net, StateDict{{"a", torch::ones(1)}}, {.strict = false}),
                    "load_weights: none of their 1 names is one of the model's 15: 13 missing (conv.weight, conv.bias, "
                    "norm.weight, …), 1 unexpected (a)");
}

TEST_CASE("load_weights takes DataParallel's prefix off, and any other that it is given") {
  for (const std::string prefix : {"module.", "backbone.net."}) {
    StateDict weights;
    for (const auto& [name, value] : filled()) {
      weights.add(prefix + name, value);
    }
    Net net;
    hearth::load_weights(net, weights, {.strip_prefix = prefix});
    CHECK(same(hearth::state_dict(net), filled()));
    CHECK_THROWS_AS(hearth::load_weights(net, weights, {.strip_prefix = ""}), hearth::Error);
  }
  struct Wrapped : torch::nn::Module {
    Wrapped() { register_module("module", torch::nn::Linear(2, 2)); }
  } wrapped;
  CHECK(hearth::load_weights(wrapped, snapshot(wrapped)).fits());
}

TEST_CASE("load_weights renames, leaves out, and refuses two names for one") {
  StateDict weights;
  for (const auto& [name, value] : filled()) {
    weights.add(name.starts_with("fc.") ? "classifier." + name.substr(3) : name, value);
  }
  weights.add("teacher.weight", torch::ones(1));
  const auto rename = [](const std::string& name) -> std::string {
    return name.starts_with("teacher.") ? "" : name.starts_with("classifier.") ? "fc." + name.substr(11) : name;
  };
  Net net;
  CHECK(hearth::load_weights(net, weights, {.rename = rename}).fits());
  CHECK(same(hearth::state_dict(net), filled()));

  const auto collapse = [](const std::string& name) { return name == "fc.bias" ? "fc.weight" : name; };
  CHECK_THROWS_WITH(hearth::load_weights(net, filled(), {.rename = collapse}),
                    "two of its names, one of them fc.bias, stand for fc.weight in the model");
}

TEST_CASE("load_weights keeps a new head's own values where the options allow it, and says so") {
  StateDict weights = without(without(filled(), "fc.weight"), "fc.bias");
  weights.add("fc.weight", torch::ones({1000, 5}));
  weights.add("fc.bias", torch::ones({1000}));
  Net net;
  const at::Tensor head = net.fc->weight.detach().clone();
  CHECK_THROWS_AS(hearth::load_weights(net, weights), hearth::Error);
  const LoadReport report = hearth::load_weights(net, weights, {.keep_mismatched = {"fc."}});
  CHECK(report.fits());
  CHECK(names_of(report.kept) == Names{"fc.weight", "fc.bias"});
  CHECK(torch::equal(net.fc->weight, head));
  CHECK(torch::equal(net.conv->weight, filled().at("conv.weight")));
  CHECK(to_string(report) ==
        "13 loaded, 2 kept, 0 missing, 0 unexpected, 0 mis-shaped\n"
        "      name       model   file\n"
        "kept  fc.weight  [2, 5]  [1000, 5]\n"
        "kept  fc.bias    [2]     [1000]\n");
  CHECK_THROWS_AS(hearth::load_weights(net, without(weights, "fc.bias"), {.keep_mismatched = {"fc."}}), hearth::Error);
}

TEST_CASE("load_weights takes files from before BatchNorm counted batches, as Python does") {
  const StateDict older = without(without(filled(), "norm.num_batches_tracked"), "blocks.1.num_batches_tracked");
  Net net;
  const LoadReport report = hearth::load_weights(net, older);
  CHECK(names_of(report.kept) == Names{"norm.num_batches_tracked", "blocks.1.num_batches_tracked"});
  CHECK(to_string(report).ends_with("kept  blocks.1.num_batches_tracked  []     -\n"));
  CHECK_THROWS_WITH(hearth::load_weights(net, without(filled(), "norm.num_batches_tracked")),
                    "load_weights: they do not fit the model: 1 missing (norm.num_batches_tracked)");
}

TEST_CASE("load_weights takes the state_dict of a checkpoint by its key") {
  const TemporaryFolder folder;
  torch::nn::Sequential module(torch::nn::Linear(3, 2), torch::nn::BatchNorm1d(2));
  CHECK(hearth::load_weights(*module, reference("checkpoint.pth")).loaded.size() == 7);
  CHECK(hearth::load_weights(*module, reference("checkpoint.pth"), {.key = "state_dict"}).loaded.size() == 7);
  CHECK_THROWS_AS(hearth::load_weights(*module, reference("checkpoint.pth"), {.key = "optimizer"}), hearth::Error);
}
