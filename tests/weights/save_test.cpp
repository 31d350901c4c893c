#include <hearth/core/file.hpp>
#include <hearth/weights/checkpoint.hpp>
#include <hearth/weights/find.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/read.hpp>
#include <hearth/weights/save.hpp>
#include <hearth/weights/scalar_type.hpp>

#include <torch/torch.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "weights/net.hpp"
#include "weights/reference.hpp"

using hearth::StateDict;

namespace {

std::vector<std::string> names_of(const StateDict& state) {
  std::vector<std::string> names;
  for (const auto& [name, value] : state) {
    names.push_back(name);
  }
  return names;
}

/// What `state_of_kinds` of parity.py makes.
StateDict state_of_kinds() {
  StateDict state;
  for (const auto type : {torch::kFloat, torch::kDouble, torch::kHalf, torch::kBFloat16, torch::kByte, torch::kChar,
                          torch::kShort, torch::kInt, torch::kLong, torch::kBool, torch::kComplexFloat,
                          torch::kComplexDouble, torch::kUInt16, torch::kUInt32, torch::kUInt64, torch::kFloat8_e5m2,
                          torch::kFloat8_e4m3fn, torch::kFloat8_e5m2fnuz, torch::kFloat8_e4m3fnuz}) {
    state.add(std::string(hearth::weights::find_dtype(type)->name),
              torch::arange(6, torch::kFloat).reshape({2, 3}).to(type));
  }
  const auto base = torch::arange(24, torch::kFloat);
  state.add("whole", base);
  state.add("transposed", base.reshape({4, 6}).t());
  state.add("window", base.slice(0, 4, 10));
  state.add("scalar", torch::tensor(3, torch::kLong));
  state.add("empty", torch::empty({0, 3}));
  state.add("conjugate", torch::complex(torch::tensor({1.0F}), torch::tensor({2.0F})).conj());
  return state;
}

/// The bytes of the values in order, as the reference lines have them.
std::string value_bytes(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.resolve_conj().resolve_neg().contiguous();
  return {static_cast<const char*>(dense.const_data_ptr()), dense.nbytes()};
}

std::vector<std::string> lines_of(const StateDict& state) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : state) {
    lines.push_back(reference_line(name, hearth::weights::find_dtype(value.scalar_type())->name, value.sizes().vec(),
                                   value_bytes(value)));
  }
  return lines;
}

}  // namespace

TEST_CASE("state_dict has Python's names in Python's order, and shares the module's memory") {
  const Net net;
  const StateDict state = hearth::state_dict(net);
  CHECK(names_of(state) == net_names);
  CHECK_FALSE(state.at("fc.weight").requires_grad());
  state.at("fc.bias").fill_(7);
  CHECK(net.fc->bias[0].item<float>() == 7);
  CHECK(state.find("fc.wait") == nullptr);
  CHECK_THROWS_WITH(state.at("fc.wait"), "StateDict: there is no fc.wait among the 15 names");
  CHECK_THROWS_WITH(StateDict({{"a", torch::ones(1)}, {"a", torch::ones(1)}}),
                    "StateDict: the name a is there already");
}

TEST_CASE("LibTorch's types have the names and sizes that the table says") {
  for (const hearth::weights::Dtype& dtype : hearth::weights::dtypes) {
    CAPTURE(dtype.name);
    CHECK(c10::elementSize(hearth::weights::scalar_type(dtype)) == dtype.bytes);
    CHECK(*hearth::weights::find_dtype(hearth::weights::scalar_type(dtype)) == dtype);
    CHECK(c10::getDtypeNames(hearth::weights::scalar_type(dtype)).first == dtype.name);
  }
  CHECK(hearth::weights::find_dtype(c10::ScalarType::QInt8) == nullptr);
}

TEST_CASE("read_weights gives the values that Python saved") {
  for (const std::string name :
       {"state_dict", "dtypes", "shared", "older", "older_with_view", "protocol_4", "checkpoint"}) {
    CAPTURE(name);
    CHECK(lines_of(hearth::read_weights(reference(name + ".pth"))) == reference_lines(name + ".txt"));
  }
  CHECK(lines_of(hearth::read_weights(reference("dtypes.safetensors"))) == reference_lines("dtypes.safetensors.txt"));
}

TEST_CASE("Tensors of read_weights share memory where they shared it, keep their strides, and leave the file alone") {
  const auto bytes = hearth::core::read_file(reference("shared.pth"));
  const StateDict state = hearth::read_weights(reference("shared.pth"));
  state.at("whole").fill_(9);
  CHECK(torch::equal(state.at("window"), torch::full({6}, 9.0)));
  CHECK(torch::equal(state.at("transposed"), torch::full({6, 4}, 9.0)));
  CHECK(state.at("channels_last").is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(state.at("conjugate").is_conj());
  CHECK((hearth::core::read_file(reference("shared.pth")) == bytes));
}

TEST_CASE("read_weights names the file and what is wrong with it") {
  const std::string text = reference("refused_text.pth").string();
  CHECK_THROWS_WITH(hearth::read_weights(text), "cannot read the weights of " + text +
                                                    ": it is no file of weights: neither torch.save nor safetensors "
                                                    "begins one like this");
  CHECK_THROWS_WITH(hearth::read_weights("no/such.pth"), "cannot open no/such.pth: No such file or directory");
  CHECK_THROWS_WITH(hearth::read_weights("/dev"), "cannot read /dev: it is a folder, not a regular file");
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(hearth::read_weights(reference("refused_os_system.pth")),
                    ContainsSubstring("'weight' (a posix.system, of which nothing is run)"));
  CHECK_THROWS_WITH(hearth::read_weights(reference("dtypes.safetensors"), {.key = "model"}),
                    ContainsSubstring("a safetensors file has no entry 'model'"));
}

TEST_CASE("What save_weights writes, read_weights reads: types, values, order, sharing and strides") {
  const TemporaryFolder folder;
  hearth::save_weights(state_of_kinds(), folder / "kinds.pth");
  const StateDict state = hearth::read_weights(folder / "kinds.pth");
  CHECK(lines_of(state) == lines_of(state_of_kinds()));
  CHECK(state.at("whole").storage().data() == state.at("window").storage().data());
  CHECK(state.at("transposed").strides() == at::IntArrayRef({1, 6}));
}

TEST_CASE("save_weights writes a storage once, however many tensors lie in it") {
  const TemporaryFolder folder;
  const auto base = torch::zeros(1 << 16);
  hearth::save_weights(StateDict{{"a", base}, {"b", base.slice(0, 5)}, {"c", base.reshape({256, 256}).t()}},
                       folder / "s.pth");
  CHECK(std::filesystem::file_size(folder / "s.pth") < (4 << 16) + 4096);
}

TEST_CASE("save_weights writes the same bytes for the same weights") {
  const TemporaryFolder folder;
  const Net net;
  hearth::save_weights(net, folder / "a.pth");
  hearth::save_weights(net, folder / "b.pth");
  CHECK((hearth::core::read_file(folder / "a.pth") == hearth::core::read_file(folder / "b.pth")));
}

TEST_CASE("save_weights writes safetensors to a path of that suffix, dense and in order") {
  const TemporaryFolder folder;
  StateDict written;
  for (const auto& [name, value] : state_of_kinds()) {
    if (name != "complex128") {
      written.add(name, value);
    }
  }
  hearth::save_weights(written, folder / "kinds.safetensors");
  const StateDict state = hearth::read_weights(folder / "kinds.safetensors");
  CHECK(lines_of(state) == lines_of(written));
  CHECK(state.at("transposed").is_contiguous());
  CHECK_THROWS_WITH(hearth::save_weights(state_of_kinds(), folder / "kinds.safetensors"),
                    "save_weights: complex128 is not a dense tensor of a type that safetensors files hold");
}

TEST_CASE("save_weights refuses tensors that are not dense, by name, and leaves what was there") {
  const TemporaryFolder folder;
  hearth::save_weights(StateDict{{"a", torch::ones(1)}}, folder / "w.pth");
  const auto before = hearth::core::read_file(folder / "w.pth");
  const std::string sentence = "save_weights: b is not a dense tensor of a type that weight files hold";
  CHECK_THROWS_WITH(hearth::save_weights(StateDict{{"b", torch::eye(2).to_sparse()}}, folder / "w.pth"), sentence);
  CHECK_THROWS_WITH(hearth::save_weights(StateDict{{"b", torch::empty({2}, torch::kMeta)}}, folder / "w.pth"),
                    sentence);
  CHECK_THROWS_WITH(hearth::save_weights(StateDict{{"b", at::Tensor()}}, folder / "w.pth"),
                    "StateDict: the tensor b is undefined");
  CHECK((hearth::core::read_file(folder / "w.pth") == before));
}

TEST_CASE("A disk that is full while save_weights writes leaves the file as it was, and nothing beside it") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "w.pth";
  hearth::save_weights(StateDict{{"a", torch::ones(1)}}, path);
  const auto before = hearth::core::read_file(path);

  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit small{64 * 1024, limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  CHECK_THROWS_WITH(hearth::save_weights(StateDict{{"a", torch::ones(1 << 20)}}, path),
                    "cannot write " + path.string() + ": File too large");
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  std::signal(SIGXFSZ, ignored);

  CHECK((hearth::core::read_file(path) == before));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("Class names travel with the weights, in either format") {
  const TemporaryFolder folder;
  const std::vector<std::string> classes{"n01443537", "a \"quoted\" name", "naïve ↔", ""};
  const Net net;
  for (const std::string name : {"net.pth", "net.safetensors"}) {
    CAPTURE(name);
    hearth::save_weights(net, folder / name, {.classes = classes});
    CHECK(hearth::read_classes(folder / name) == classes);
    CHECK(same(hearth::read_weights(folder / name), hearth::state_dict(net)));
    CHECK_THROWS_WITH(hearth::save_weights(net, folder / name, {.classes = {"a", "caf\xe9"}}),
                      "save_weights: the name of class 1 is not UTF-8");
    CHECK(hearth::read_classes(folder / name) == classes);
    hearth::save_weights(net, folder / name);
    CHECK(hearth::read_classes(folder / name).empty());
  }
  hearth::save_checkpoint(hearth::Value::Dict{{"model", hearth::state_dict(net)},
                                              {"classes", hearth::Value::List(classes.begin(), classes.end())}},
                          folder / "c.pth");
  CHECK(hearth::read_classes(folder / "c.pth") == classes);
  CHECK(hearth::read_classes(reference("checkpoint.pth")).empty());  // its "classes" are a set of integers
  CHECK(hearth::read_classes(reference("refused_whole_module.pth")).empty());
  CHECK_THROWS_WITH(hearth::read_classes(reference("refused_text.pth")),
                    Catch::Matchers::StartsWith("cannot read the classes of "));
}

TEST_CASE("A pipe or a device is no weights file: a sentence says so, and nothing waits for it") {
  const TemporaryFolder folder;
  const std::filesystem::path pipe = folder / "pipe.pth";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto sentence = Catch::Matchers::ContainsSubstring("not a regular file");
  CHECK_THROWS_WITH(hearth::read_weights(pipe), sentence);
  CHECK_THROWS_WITH(hearth::read_classes(pipe), sentence);
  CHECK_THROWS_WITH(hearth::read_checkpoint(pipe), sentence);
  CHECK_THROWS_WITH(hearth::read_weights("/dev/null"), sentence);
  CHECK_THROWS_WITH(hearth::save_weights(StateDict{{"a", torch::ones(1)}}, pipe),
                    Catch::Matchers::ContainsSubstring("cannot write"));
  CHECK(std::filesystem::is_fifo(pipe));
  CHECK_THROWS_WITH(hearth::save_weights(StateDict{{"a", torch::ones(1)}}, "/dev/null"),
                    Catch::Matchers::ContainsSubstring("cannot write"));
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("Weights are written through a symbolic link, which stays") {
  const TemporaryFolder folder;
  hearth::save_weights(StateDict{{"a", torch::ones(1)}}, folder / "first.pth");
  std::filesystem::create_symlink("first.pth", folder / "last.pth");
  hearth::save_weights(StateDict{{"b", torch::ones(1)}}, folder / "last.pth");
  CHECK(std::filesystem::is_symlink(folder / "last.pth"));
  CHECK(names_of(hearth::read_weights(folder / "first.pth")) == std::vector<std::string>{"b"});
}

TEST_CASE("Names of a file and its path stay on one line of a sentence, whatever their bytes") {
  using Catch::Matchers::ContainsSubstring;
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "a\nb\xff.pth";
  hearth::save_weights(StateDict{{"evil\x1b[2J\nname", torch::ones(1)}, {"more", torch::ones(1)}}, path);
  Net net;
  CHECK_THROWS_WITH(hearth::load_weights(net, path), ContainsSubstring(R"(a\nb\xff.pth)"));
  CHECK_THROWS_WITH(hearth::load_weights(net, path), ContainsSubstring(R"(evil\x1b[2J\nname, more)"));
  CHECK_THROWS_WITH(hearth::read_weights(path, {.key = "x"}),
                    ContainsSubstring(R"('evil\x1b[2J\nname' (a tensor), 'more')"));
  CHECK_THROWS_WITH(hearth::find_weights(folder / "no\nsuch\xff.pth"), ContainsSubstring(R"(no\nsuch\xff.pth)"));
}

TEST_CASE("Weights cross to Python and back") {
  const char* const python = std::getenv("HEARTH_PYTHON");
  if (python == nullptr || *python == '\0') {
    WARN("skipped: HEARTH_PYTHON names no Python with torch");
    return;
  }
  const TemporaryFolder folder;
  const Net net;
  fill(net);
  hearth::save_weights(net, folder / "cpp_net.pth");
  hearth::save_weights(net, folder / "cpp_classes.pth", {.classes = {"cat", "naïve"}});
  hearth::save_weights(state_of_kinds(), folder / "cpp_kinds.pth");

  const std::string script = (std::filesystem::path(HEARTH_TEST_DIR) / "weights" / "parity.py").string();
  const std::string log = (folder / "log").string();
  const int status =
      std::system(fmt::format("'{}' '{}' '{}' >'{}' 2>&1", python, script, folder.path().string(), log).c_str());
  const auto said = hearth::core::read_file(log);
  INFO(std::string(reinterpret_cast<const char*>(said.data()), said.size()));
  REQUIRE(status == 0);

  CHECK(same(hearth::read_weights(folder / "python_net.pth"), hearth::state_dict(net)));
  CHECK(same(hearth::read_weights(folder / "python_classes.pth"), hearth::state_dict(net)));
  CHECK(hearth::read_classes(folder / "python_classes.pth") == std::vector<std::string>{"cat", "naïve"});
  CHECK(lines_of(hearth::read_weights(folder / "python_kinds.pth")) == lines_of(state_of_kinds()));
  const StateDict parallel = hearth::read_weights(folder / "python_parallel.pth");
  CHECK(names_of(parallel).front() == "module.conv.weight");
  CHECK(torch::equal(parallel.at("module.fc.weight"), net.fc->weight));
}
