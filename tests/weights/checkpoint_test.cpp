/// Checkpoints against what make_reference.py put into them, and back to Python.
#include <hearth/weights/checkpoint.hpp>

#include <torch/torch.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <hearth/weights/load.hpp>
#include <hearth/weights/output_file.hpp>
#include <hearth/weights/pickle/writer.hpp>
#include <hearth/weights/read.hpp>
#include <hearth/weights/save.hpp>
#include <hearth/weights/zip/writer.hpp>

#include "catch.hpp"
#include "weights/net.hpp"
#include "weights/reference.hpp"

using Catch::Matchers::ContainsSubstring;
using hearth::read_checkpoint;
using hearth::save_checkpoint;
using hearth::StateDict;
using hearth::Value;

namespace {

/// Python's repr of the value; tensors as their type and values, what could not be read in angle brackets.
std::string repr(const Value& value) {
  const auto joined = [](const Value::List& items) {
    std::string text;
    for (const Value& item : items) {
      text += (text.empty() ? "" : ", ") + repr(item);
    }
    return text;
  };
  return value.visit([&]<class T>(const T& content) -> std::string {
    if constexpr (std::same_as<T, Value::None>) {
      return "None";
    } else if constexpr (std::same_as<T, bool>) {
      return content ? "True" : "False";
    } else if constexpr (std::same_as<T, std::string>) {
      return "'" + content + "'";
    } else if constexpr (std::same_as<T, at::Tensor>) {
      std::string text = fmt::format("{}{}", c10::toString(content.scalar_type()), content.sizes().vec());
      for (std::int64_t i = 0; i < content.numel(); ++i) {
        text += fmt::format(" {}", content.flatten()[i].template item<double>());
      }
      return text;
    } else if constexpr (std::same_as<T, Value::List>) {
      return "[" + joined(content) + "]";
    } else if constexpr (std::same_as<T, Value::Tuple>) {
      return "(" + joined(content) + ")";
    } else if constexpr (std::same_as<T, Value::Dict>) {
      std::string text;
      for (const auto& [key, item] : content) {
        const std::string name = to_string(key);
        text += (text.empty() ? "" : ", ") + (key.text() != nullptr ? "'" + name + "'" : name) + ": " + repr(item);
      }
      return (content.is_ordered() ? "OrderedDict{" : "{") + text + "}";
    } else if constexpr (std::same_as<T, Value::Unread>) {
      return "<" + content.what + ">";
    } else {
      return fmt::to_string(content);
    }
  });
}

/// What `values` of make_reference.py makes.
const std::vector<std::pair<hearth::core::Key, std::string>> values{
    {"none", "None"},
    {"flags", "[True, False]"},
    {"integers", "(0, -5, 2147483648, -1099511627776)"},
    {"number", "0.1"},
    {"text", std::string("'\u00e9 \u2194 \0'", 10)},
    {"nested", "[[], (), {}, [(1, {'a': [2.5]})]]"},
    {"shared", "[[1, 2], [1, 2]]"},
    {-3, "'minus three'"},
    {"ordered", "OrderedDict{'b': 1, 'a': 2}"},
    {"size", "(2, 3)"},
    {"numpy", "[0.1, 0.5, -7, -7, 200, True]"},
    {"parameter", "Float[2] 1 1"},
    {"integer_tensor", "Long[] 7"},
    {"unread",
     "[<a __builtin__.set>, <bytes>, <an integer of more than 64 bits>, <the name torch.float16>, <a torch.device>, <a "
     "tensor of a "
     "kind that is not read (torch._utils._rebuild_sparse_tensor)>, <a __builtin__.complex>, <a dict with a key that "
     "is a "
     "number>, {'a': 1}, <a numpy._core.multiarray.scalar>]"},
};

/// Without what could not be read.
Value readable(const std::string& name) {
  const Value value = read_checkpoint(reference(name));
  Value::Dict rest;
  for (const auto& [key, item] : value.as<Value::Dict>()) {
    if (key != hearth::core::Key("unread")) {
      rest.set(key, item);
    }
  }
  return rest;
}

}  // namespace

TEST_CASE("read_checkpoint gives every value that Python saved, in both formats") {
  for (const std::string name : {"values.pth", "older_values.pth"}) {
    CAPTURE(name);
    const Value value = read_checkpoint(reference(name));
    CHECK(value.as<Value::Dict>().size() == values.size());
    for (const auto& [key, expected] : values) {
      CAPTURE(to_string(key));
      CHECK(repr(value[key]) == expected);
    }
  }
}

TEST_CASE("read_checkpoint gives a state_dict or a lone tensor that is the whole file, as it gives one inside") {
  const StateDict expected = hearth::read_weights(reference("state_dict.pth"));
  const Value whole = read_checkpoint(reference("state_dict.pth"));
  CHECK(whole.as<Value::Dict>().is_ordered());
  CHECK(same(StateDict(whole), expected));
  const Value checkpoint = read_checkpoint(reference("checkpoint.pth"));
  CHECK(same(StateDict(checkpoint["state_dict"]), hearth::read_weights(reference("checkpoint.pth"))));
  CHECK(checkpoint.as<int>("epoch") == 3);
  CHECK(checkpoint.as<double>("numpy") == 0.75);
  CHECK(checkpoint.as<double>("optimizer", "param_groups", 0, "lr") == 1e-3);
  CHECK(checkpoint.as<at::Tensor>("optimizer", "state", 0, "step").item<double>() == 1);
  CHECK_THROWS_WITH(StateDict(checkpoint), "StateDict: it takes names and tensors, but epoch is an integer");

  const TemporaryFolder folder;
  save_checkpoint(torch::ones(3), folder / "t.pth");
  CHECK(torch::equal(read_checkpoint(folder / "t.pth").as<at::Tensor>(), torch::ones(3)));
}

TEST_CASE("read_checkpoint refuses what it must not read, and names the file") {
  const auto refusal = [](const std::string& name) {
    try {
      read_checkpoint(reference(name));
      return std::string();
    } catch (const hearth::Error& error) {
      return std::string(error.what());
    }
  };
  CHECK(refusal("refused_text.pth") == "cannot read the checkpoint " + reference("refused_text.pth").string() +
                                           ": it does not begin as torch.save's formats do");
  CHECK_THAT(refusal("refused_outside_storage.pth"), ContainsSubstring("the tensor weight reaches to element 40"));
  CHECK_THAT(refusal("refused_key_twice.pth"), ContainsSubstring("it has the key weight twice"));
  const std::string deep = "its pickle holds itself, or lists and dicts inside each other more than 128 deep";
  CHECK_THAT(refusal("refused_holds_itself.pth"), ContainsSubstring(deep));
  CHECK_THAT(refusal("refused_deep.pth"), ContainsSubstring(deep));
  CHECK_THAT(refusal("refused_repeated.pth"), ContainsSubstring("its pickle repeats the same values"));
  CHECK_THAT(
      refusal("refused_repeated_text.pth"),
      ContainsSubstring("its pickle repeats the same values: its 24620 bytes stand for more than 164016 values"));
  CHECK(refusal("refused_no_weights.pth").empty());
  CHECK(refusal("refused_two_state_dicts.pth").empty());
}

TEST_CASE("read_checkpoint gives objects that it does not know as Unread, each by its name, and the rest as it is") {
  const Value checkpoint = read_checkpoint(reference("objects.pth"));
  const auto unread = [&](const auto&... keys) { return checkpoint.as<Value::Unread>(keys...).what; };
  CHECK(unread("args") == "an argparse.Namespace");
  CHECK(unread("path") == "a pathlib.PurePosixPath");
  CHECK(unread("when") == "a datetime.datetime");
  CHECK(unread("thing") == "a __main__.Thing");
  CHECK_THAT(unread("array"), ContainsSubstring("multiarray._reconstruct"));
  CHECK(unread("counts") == "a collections.defaultdict");
  CHECK(unread("function") == "the name posixpath.join");
  CHECK_THAT(unread("method"), ContainsSubstring("getattr"));
  CHECK(unread("partial") == "a functools.partial");
  CHECK(unread("kind") == "a signal.Signals");
  CHECK(unread("class") == "the name __main__.Thing");
  CHECK(unread("nested", "list", 0) == "an argparse.Namespace");
  CHECK(checkpoint.as<int>("nested", "list", 1) == 7);
  CHECK(checkpoint.as<int>("epoch") == 3);
  CHECK(StateDict(checkpoint["state_dict"]).size() == 7);
  CHECK(read_checkpoint(reference("refused_os_system.pth")).as<Value::Unread>("weight").what == "a posix.system");
  CHECK_FALSE(std::filesystem::exists("hearth-was-here"));
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(save_checkpoint(checkpoint, folder / "c.pth"),
                    "save_checkpoint: args is an argparse.Namespace, which hearth cannot save");
}

TEST_CASE("A name as long as the file is not repeated for every value that shares it") {
  const TemporaryFolder folder;
  const std::string long_name(1 << 20, 'x');
  hearth::pickle::Writer pickle;
  pickle.empty_list();
  pickle.begin();
  pickle.global("__main__", long_name);
  pickle.global("__main__", long_name);
  pickle.empty_tuple();
  pickle.call();
  pickle.end_list();
  {
    hearth::weights::OutputFile file(folder / "c.pth", folder / "c.pth");
    hearth::zip::Writer zip(file);
    const std::string bytes = pickle.finish();
    zip.add("archive/data.pkl", std::as_bytes(std::span(bytes)));
    zip.finish();
    file.close();
  }
  const Value checkpoint = read_checkpoint(folder / "c.pth");
  CHECK(checkpoint[0].as<Value::Unread>().what.size() < 256);
  CHECK(checkpoint[1].as<Value::Unread>().what.size() < 256);
}

TEST_CASE("What save_checkpoint writes, read_checkpoint reads") {
  const TemporaryFolder folder;
  const Value written = readable("values.pth");
  save_checkpoint(written, folder / "c.pth");
  CHECK(repr(read_checkpoint(folder / "c.pth")) == repr(written));
}

TEST_CASE("A checkpoint's tensors share memory where they shared it, and the file holds each storage once") {
  const TemporaryFolder folder;
  const auto base = torch::zeros(1 << 14);
  save_checkpoint(Value::Dict{{"model", StateDict{{"a", base}, {"b", base.slice(0, 5)}}}, {"ema", base}},
                  folder / "c.pth");
  CHECK(std::filesystem::file_size(folder / "c.pth") < (4 << 14) + 4096);
  const Value value = read_checkpoint(folder / "c.pth");
  value.as<at::Tensor>("model", "a").fill_(3);
  CHECK(value.as<at::Tensor>("ema").min().item<double>() == 3);
  CHECK(value.as<at::Tensor>("model", "b").min().item<double>() == 3);
  CHECK(read_checkpoint(folder / "c.pth").as<at::Tensor>("ema").abs().max().item<double>() == 0);
}

TEST_CASE("load_weights takes the model out of a checkpoint, as a value or by its file") {
  const TemporaryFolder folder;
  const Net net;
  fill(net);
  save_checkpoint(Value::Dict{{"model", hearth::state_dict(net)}, {"epoch", 7}}, folder / "c.pth");
  Net first;
  hearth::load_weights(first, StateDict(read_checkpoint(folder / "c.pth")["model"]));
  CHECK(same(hearth::state_dict(first), hearth::state_dict(net)));
  Net second;
  hearth::load_weights(second, folder / "c.pth");
  CHECK(same(hearth::state_dict(second), hearth::state_dict(net)));
}

TEST_CASE("save_checkpoint names the value that cannot be saved, and leaves what was there") {
  const TemporaryFolder folder;
  save_checkpoint(Value::Dict{{"epoch", 1}}, folder / "c.pth");
  CHECK_THROWS_WITH(save_checkpoint(Value::Dict{{"a", Value::List{1, torch::eye(2).to_sparse()}}}, folder / "c.pth"),
                    "save_checkpoint: a/1 is not a dense tensor of a type that weight files hold");
  CHECK_THROWS_WITH(save_checkpoint(read_checkpoint(reference("values.pth")), folder / "c.pth"),
                    "save_checkpoint: unread/0 is a __builtin__.set, which hearth cannot save");
  CHECK_THROWS_WITH(save_checkpoint(Value::Dict{{"a", Value::List{1, "\xff"}}}, folder / "c.pth"),
                    "save_checkpoint: a/1 is a text that is not UTF-8: Python could not open the file");
  CHECK_THROWS_WITH(save_checkpoint(Value::Dict{{"a", Value::Dict{{"caf\xe9", 1}}}}, folder / "c.pth"),
                    "save_checkpoint: a has a key that is not UTF-8: Python could not open the file");
  CHECK_THROWS_WITH(save_checkpoint("\xff", folder / "c.pth"), ContainsSubstring("the value is a text that is not"));
  Value deep = 1;
  for (int i = 0; i < 128; ++i) {
    deep = Value::List{deep};
  }
  save_checkpoint(deep, folder / "deep.pth");
  CHECK(read_checkpoint(folder / "deep.pth")[0][0][0].is<Value::List>());
  CHECK_THROWS_WITH(save_checkpoint(Value::List{deep}, folder / "c.pth"), ContainsSubstring("more than 128"));
  CHECK(read_checkpoint(folder / "c.pth").as<int>("epoch") == 1);
  CHECK_THROWS_WITH(save_checkpoint(Value(1), "/no/such/folder/c.pth"), ContainsSubstring("cannot write /no/such"));
}

TEST_CASE("Checkpoints cross to Python and back") {
  const char* const python = std::getenv("HEARTH_PYTHON");
  if (python == nullptr || *python == '\0') {
    WARN("skipped: HEARTH_PYTHON names no Python with torch");
    return;
  }
  const TemporaryFolder folder;
  const Value written = readable("values.pth");
  save_checkpoint(written, folder / "cpp.pth");
  const auto in = [&](const char* name) { return "'" + (folder / name).string() + "'"; };
  // What C++ wrote of Python's values, next to those; then C++'s as Python writes it again.
  const std::string script = fmt::format(
      "import torch\n"
      "found = torch.load({}, weights_only=True)\n"
      "torch.save(found, {})\n"
      "assert list(found) == ['none', 'flags', 'integers', 'number', 'text', 'nested', 'shared', -3, 'ordered', "
      "'size', "
      "'numpy', 'parameter', 'integer_tensor'], list(found)\n"
      "assert found['integers'] == (0, -5, 2**31, -2**40) and found['text'] == '\u00e9 \u2194 \\0', found\n"
      "assert found['nested'] == [[], (), dict(), [(1, dict(a=[2.5]))]] and found['number'] == 0.1, found\n"
      "assert type(found['ordered']).__name__ == 'OrderedDict' and type(found) is dict, found\n"
      "assert found['flags'] == [True, False] and found['flags'][0] is True and found['none'] is None, found\n"
      "assert torch.equal(found['parameter'], torch.ones(2)) and found['integer_tensor'].item() == 7, found\n",
      in("cpp.pth"), in("python.pth"));
  hearth::core::write_file(folder / "check.py", script);
  const int status = std::system(fmt::format("'{}' {} >{} 2>&1", python, in("check.py"), in("log")).c_str());
  const auto said = hearth::core::read_file(folder / "log");
  INFO(std::string(reinterpret_cast<const char*>(said.data()), said.size()));
  REQUIRE(status == 0);
  CHECK(repr(read_checkpoint(folder / "python.pth")) == repr(written));
}
