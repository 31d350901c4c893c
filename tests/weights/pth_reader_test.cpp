#include <hearth/weights/pth/reader.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/mapped_file.hpp>

#include "catch.hpp"
#include "weights/reference.hpp"

using hearth::weights::StoredTensor;

namespace {

/// Every line that differs between the tensors and what Python said of them; the values of conj and neg views apart,
/// which lie in the file without it.
std::vector<std::string> differences(const std::vector<hearth::weights::StoredTensor>& tensors,
                                     const std::string& name) {
  const std::vector<std::string> expected = reference_lines(name);
  std::vector<std::string> different;
  for (std::size_t i = 0; i < std::max(tensors.size(), expected.size()); ++i) {
    if (i >= tensors.size() || i >= expected.size()) {
      different.push_back(i < expected.size() ? "missing: " + expected[i] : "unexpected: " + tensors[i].name);
      continue;
    }
    const hearth::weights::StoredTensor& tensor = tensors[i];
    const std::string line = reference_line(tensor.name, tensor.dtype->name, tensor.sizes, gather(tensor));
    const bool is_view = tensor.conjugate || tensor.negative;
    const auto comparable = [&](const std::string& text) { return is_view ? text.substr(0, text.rfind(' ')) : text; };
    if (comparable(line) != comparable(expected[i])) {
      different.push_back(line + " instead of " + expected[i]);
    }
  }
  return different;
}

std::vector<std::string> differences_of_pth(const std::string& name) {
  hearth::core::MappedFile file(reference(name + ".pth"));
  return differences(hearth::pth::read_pth(file.bytes()), name + ".txt");
}

/// What the file is refused with, or "" when it is read.
std::string refusal(const std::string& name) {
  hearth::core::MappedFile file(reference("refused_" + name + ".pth"));
  try {
    hearth::pth::read_pth(file.bytes());
    return "";
  } catch (const hearth::Error& error) {
    return error.what();
  }
}

const hearth::weights::StoredTensor& find(const std::vector<hearth::weights::StoredTensor>& tensors,
                                          const std::string& name) {
  return *std::find_if(tensors.begin(), tensors.end(),
                       [&](const hearth::weights::StoredTensor& tensor) { return tensor.name == name; });
}

}  // namespace

TEST_CASE("read_pth finds the tensors of a module's state_dict, which Python gives _metadata") {
  CHECK(differences_of_pth("state_dict").empty());
}

TEST_CASE("read_pth knows every element type of torch.save") {
  CHECK(reference_lines("dtypes.txt").size() == hearth::weights::dtypes.size());
  CHECK(differences_of_pth("dtypes").empty());
}

TEST_CASE("read_pth keeps offsets, strides and shared storages") {
  CHECK(differences_of_pth("shared").empty());
  hearth::core::MappedFile file(reference("shared.pth"));
  const auto tensors = hearth::pth::read_pth(file.bytes());
  const hearth::weights::StoredTensor& whole = find(tensors, "whole");
  for (const std::string name : {"window", "transposed", "strided"}) {
    CHECK(find(tensors, name).storage.data() == whole.storage.data());
    CHECK(find(tensors, name).storage.size() == whole.storage.size());
  }
  CHECK(find(tensors, "window").offset == 4);
  CHECK(find(tensors, "transposed").strides == std::vector<std::int64_t>{1, 6});
  CHECK(find(tensors, "channels_last").strides == std::vector<std::int64_t>{16, 1, 8, 2});
  CHECK(find(tensors, "expanded").strides == std::vector<std::int64_t>{0, 0});
  CHECK((find(tensors, "conjugate").conjugate && !find(tensors, "conjugate").negative));
  CHECK((find(tensors, "negative").negative && !find(tensors, "negative").conjugate));
  CHECK(!whole.conjugate);
}

TEST_CASE("read_pth lays storages where 64 bytes align them, without a copy") {
  hearth::core::MappedFile file(reference("shared.pth"));
  for (const hearth::weights::StoredTensor& tensor : hearth::pth::read_pth(file.bytes())) {
    if (!tensor.storage.empty()) {
      CHECK(tensor.storage.data() >= file.bytes().data());
      CHECK(tensor.storage.data() < file.bytes().data() + file.bytes().size());
      CHECK((tensor.storage.data() - file.bytes().data()) % 64 == 0);
    }
  }
}

TEST_CASE("read_pth reads the older format, and storages in it that are views of others") {
  CHECK(differences_of_pth("older").empty());
  CHECK(differences_of_pth("older_with_view").empty());
}

TEST_CASE("read_pth reads pickles of protocol 4") {
  CHECK(differences_of_pth("protocol_4").empty());
}

TEST_CASE("read_pth finds the state_dict of a checkpoint among other things") {
  CHECK(differences_of_pth("checkpoint").empty());
  hearth::core::MappedFile file(reference("checkpoint.pth"));
  CHECK(differences(hearth::pth::read_pth(file.bytes(), "state_dict"), "checkpoint.txt").empty());
}

TEST_CASE("read_pth finds the state_dict beside objects of any kind, of which nothing is run") {
  CHECK(differences_of_pth("objects").empty());
}

TEST_CASE("read_pth prefers the entries that training scripts keep the model in") {
  CHECK(differences_of_pth("two_state_dicts").empty());
}

TEST_CASE("read_pth reads the state_dict that its key names") {
  hearth::core::MappedFile file(reference("refused_two_state_dicts.pth"));
  CHECK(hearth::pth::read_pth(file.bytes(), "ema").front().name == "weight");
  CHECK_THROWS_WITH(hearth::pth::read_pth(file.bytes(), "emma"),
                    "it has no entry 'emma' on the path 'emma'; it holds 'ema' (a dict), 'raw' (a dict)");
  CHECK_THROWS_WITH(hearth::pth::read_pth(file.bytes(), "ema/weight"),
                    "its entry 'ema/weight' is no state_dict but a tensor");
  hearth::core::MappedFile checkpoint(reference("checkpoint.pth"));
  CHECK_THROWS_WITH(hearth::pth::read_pth(checkpoint.bytes(), "optimizer/state/x"),
                    "it has no entry 'x' on the path 'optimizer/state/x'; it holds '0' (a dict), '1' (a dict), '2' (a "
                    "dict), '3' (a dict)");
}

TEST_CASE("read_pth refuses what it must not read, each with its sentence") {
  using Catch::Matchers::ContainsSubstring;
  const auto [name, sentence] = GENERATE(table<std::string, std::string>({
      {"os_system", "it holds no state_dict; its entries are 'weight' (a posix.system, of which nothing is run)"},
      {"whole_module",
       "it holds a torch.nn.modules.container.Sequential, of which nothing is run, not a state_dict: save the "
       "state_dict alone: torch.save(model.state_dict(), path)"},
      {"subclass", "the tensor weight is of a kind that is not read (__main__.Subclass): only dense tensors are"},
      {"unknown_storage", "its storages of the type __main__.FloatStorage are not understood"},
      {"small_storage", "its storage 0 is too small: it has 3 elements, not 4"},
      {"outside_storage", "the tensor weight reaches to element 40 of a storage that is too small: it holds 40"},
      {"no_storage", "its storage 0 is missing"},
      {"key_twice", "it has the key weight twice"},
      {"big_endian", "it was written on a big-endian machine"},
      {"compressed", "its entry archive/data.pkl is compressed"},
      {"torchscript", "it is a TorchScript archive"},
      {"torchscript_stored", "it is a TorchScript archive"},
      {"truncated", "zip archive: it has no end record: it was cut short"},
      {"older_truncated", "reaches past the end of the file: it was cut short"},
      {"no_weights", "it holds no state_dict; its entries are 'epoch' (an integer), 'loss' (a number)"},
      {"two_state_dicts", "it holds 2 state_dicts; say which one by its key"},
      {"sparse", "the tensor weight is of a kind that is not read (torch._utils._rebuild_sparse_tensor)"},
      {"text", "it does not begin as torch.save's formats do"},
      {"empty", "it does not begin as torch.save's formats do"},
  }));
  CAPTURE(name);
  CHECK_THAT(refusal(name), ContainsSubstring(sentence));
  CHECK_FALSE(std::filesystem::exists("hearth-was-here"));
}
