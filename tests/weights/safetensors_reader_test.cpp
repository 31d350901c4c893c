#include <hearth/weights/safetensors/reader.hpp>

#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/mapped_file.hpp>

#include "catch.hpp"
#include "weights/reference.hpp"

namespace {

std::string refusal(const std::string& name) {
  hearth::core::MappedFile file(reference("refused_" + name + ".safetensors"));
  try {
    hearth::safetensors::read_safetensors(file.bytes());
    return "";
  } catch (const hearth::Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("read_safetensors reads every type that the library writes") {
  hearth::core::MappedFile file(reference("dtypes.safetensors"));
  std::vector<std::string> lines;
  for (const hearth::weights::StoredTensor& tensor : hearth::safetensors::read_safetensors(file.bytes())) {
    lines.push_back(reference_line(tensor.name, tensor.dtype->name, tensor.sizes, gather(tensor)));
  }
  CHECK(lines == reference_lines("dtypes.safetensors.txt"));
  CHECK(lines.size() == 21);
}

TEST_CASE("read_safetensors refuses what the format does not allow, each with its sentence") {
  using Catch::Matchers::ContainsSubstring;
  const auto [name, sentence] = GENERATE(table<std::string, std::string>({
      {"huge_header", "its header should have 1152921504606846976 bytes, but the most is 100000000"},
      {"long_header", "its header should have 2000 bytes, but the file has 70: it was cut short"},
      {"key_twice", "its header has the key a twice"},
      {"field_twice", "the tensor a has the key dtype twice or against the format"},
      {"overlap", "the tensor b overlaps a"},
      {"gap", "there is a gap between a and the tensor b"},
      {"short_data", "the tensor a has the bytes 0 to 8 of 4: it is damaged or was cut short"},
      {"long_data", "1 bytes after a belong to no tensor"},
      {"wrong_size", "the tensor a reaches to element 2 of a storage that is too small: it holds 2"},
      {"negative", "its header has a number below 0 where the format has none, at the tensor a"},
      {"vast_shape", "the tensor a is larger than any memory"},
      {"unknown_type", "the tensor a has the type Q4, which is not understood"},
      {"no_json", "its header is no JSON"},
      {"nested", "its header has a list where the format has none, at the tensor a"},
  }));
  CAPTURE(name);
  CHECK_THAT(refusal(name), ContainsSubstring(sentence));
}

TEST_CASE("The header that is written is read again, whatever the names") {
  const std::vector<hearth::safetensors::Entry> entries{{"a \"quoted\"\n\\ name", "F32", {2, 3}, 0, 24},
                                                        {"naïve", "I64", {}, 24, 32}};
  const std::map<std::string, std::string> metadata{{"classes", R"(["a","b"])"}, {"made \"by\"", "us\n"}};
  const std::string header = hearth::safetensors::write_safetensors_header({entries, metadata});
  CHECK(header.size() % 8 == 0);
  const auto [read, texts] = hearth::safetensors::read_safetensors_header(header);
  CHECK(texts.size() == 3);
  CHECK(texts.at("format") == "pt");  // what the safetensors library for PyTorch looks for
  CHECK(texts.at("classes") == R"(["a","b"])");
  CHECK(texts.at("made \"by\"") == "us\n");
  REQUIRE(read.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(read[i].name == entries[i].name);
    CHECK(read[i].dtype == entries[i].dtype);
    CHECK(read[i].shape == entries[i].shape);
    CHECK(read[i].begin == entries[i].begin);
    CHECK(read[i].end == entries[i].end);
  }
  CHECK_THROWS_WITH(hearth::safetensors::write_safetensors_header({{{"\xff", "F32", {}, 0, 4}}, {}}),
                    "safetensors: the name of a tensor is not UTF-8");
  CHECK_THROWS_WITH(hearth::safetensors::write_safetensors_header({{}, {{"made", "caf\xe9"}}}),
                    "safetensors: a text of the metadata is not UTF-8");
}

TEST_CASE("stored_classes takes a JSON list of texts from the metadata, and nothing else") {
  const auto classes = [](const std::string& text) {
    const std::string header = hearth::safetensors::write_safetensors_header({{}, {{"classes", text}}});
    std::string file;
    hearth::core::append_little_endian(file, std::uint64_t{header.size()});
    file += header;
    return hearth::safetensors::stored_classes(std::as_writable_bytes(std::span(file)));
  };
  CHECK(classes(R"(["b","a \"quoted\" name","ä"])") == std::vector<std::string>{"b", "a \"quoted\" name", "ä"});
  for (const std::string text : {"", "no JSON", R"({"a": 1})", R"(["a", 1])", R"(["a)", "7"}) {
    CAPTURE(text);
    CHECK(classes(text).empty());
  }
  hearth::core::MappedFile without(reference("dtypes.safetensors"));
  CHECK(hearth::safetensors::stored_classes(without.bytes()).empty());
}
