/// Reads damaged weight files, each a function of its number, and stops at the first that does anything but be read or
/// be refused: fuzz_weights [COUNT [FIRST]]. A crash is the sanitizers' to find; a hang is ended by a timer;
/// allocations are counted here and must be in proportion to the file.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <hearth/core/file.hpp>
#include <hearth/weights/pickle/tree.hpp>
#include <hearth/weights/pth/numpy_scalar.hpp>
#include <hearth/weights/pth/reader.hpp>
#include <hearth/weights/pth/tensor.hpp>
#include <hearth/weights/safetensors/reader.hpp>

#include "counted_memory.hpp"
#include "weights/fuzz/damage.hpp"

namespace {

/// A file to damage; of a zip archive also the pickle and the storages in it, so that damage to the pickle is met
/// inside a sound archive.
struct Sample {
  std::string name;
  Bytes file;
  Bytes pickle;
  hearth::pth::StorageBytes storages;
};

std::vector<Sample> read_samples(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") {
      paths.push_back(entry.path());
    }
  }
  // The sound files first: they are damaged more often than those that are refused as they are.
  std::sort(paths.begin(), paths.end(), [](const auto& a, const auto& b) {
    const auto rank = [](const std::filesystem::path& path) {
      const std::string name = path.filename().string();
      return std::pair(name.starts_with("refused"), name);
    };
    return rank(a) < rank(b);
  });
  std::vector<Sample> samples(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    Sample& sample = samples[i];
    sample.name = paths[i].filename().string();
    sample.file = hearth::core::read_file(paths[i]);
    if (!hearth::pth::is_zip_pth(sample.file) || sample.name.starts_with("refused")) {
      continue;
    }
    for (const hearth::zip::Entry& entry : hearth::zip::read_zip(sample.file)) {
      const std::size_t data = entry.name.find("/data/");
      if (data != entry.name.npos) {
        sample.storages.emplace(entry.name.substr(data + 6), entry.bytes);
      } else if (entry.name.ends_with("/data.pkl")) {
        sample.pickle.assign(entry.bytes.begin(), entry.bytes.end());
      }
    }
  }
  return samples;
}

/// The first and the last byte that each tensor reaches: outside its storage, the sanitizer would tell.
unsigned touch(const std::vector<hearth::weights::StoredTensor>& tensors) {
  unsigned sum = 0;
  for (const hearth::weights::StoredTensor& tensor : tensors) {
    std::int64_t last = tensor.offset;
    bool empty = false;
    for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
      last += (tensor.sizes[i] - 1) * tensor.strides[i];
      empty = empty || tensor.sizes[i] == 0;
    }
    if (!empty) {
      const std::byte* const data = tensor.storage.data();
      const auto bytes = static_cast<std::int64_t>(tensor.dtype->bytes);
      sum += static_cast<unsigned>(data[tensor.offset * bytes]) + static_cast<unsigned>(data[(last + 1) * bytes - 1]);
    }
  }
  return sum;
}

/// Damage to the pickle alone, to the header of a safetensors file with its size put right, or to the whole file.
Bytes make_damage(const Sample& sample, const Sample& other, hearth::RandomStream& random, bool& is_pickle) {
  is_pickle = !sample.pickle.empty() && random.bernoulli(0.75);
  if (is_pickle) {
    return damage(sample.pickle, other.pickle.empty() ? other.file : other.pickle, random);
  }
  if (hearth::safetensors::is_safetensors(sample.file) && random.bernoulli(0.75)) {
    const auto size = hearth::core::load_little_endian<std::uint64_t>(sample.file, 0);
    const std::size_t end = 8 + static_cast<std::size_t>(std::min<std::uint64_t>(size, sample.file.size() - 8));
    const auto place = [&](std::size_t at) { return sample.file.begin() + static_cast<std::ptrdiff_t>(at); };
    const Bytes header = damage(Bytes(place(8), place(end)), other.file, random);
    Bytes file(8);
    const std::uint64_t new_size = header.size();
    std::memcpy(file.data(), &new_size, sizeof(new_size));
    file.insert(file.end(), header.begin(), header.end());
    file.insert(file.end(), place(end), sample.file.end());
    return file;
  }
  return damage(sample.file, other.file, random);
}

/// A value as `read_checkpoint` makes it, which takes no less memory than hearth::Value.
struct Copy {
  std::string text;
  std::vector<Copy> items;
  std::vector<std::string> keys;
  std::map<std::string, std::size_t> places;

  unsigned count() const {
    unsigned sum = 1;
    for (const Copy& item : items) {
      sum += item.count();
    }
    return sum;
  }
};

/// Copies all values, texts and keys as `read_checkpoint` does, which makes tensors too: their `touch` is added to
/// `sum`.
Copy copy(const hearth::pickle::Value& value, const hearth::pth::StorageBytes& storages, unsigned& sum) {
  constexpr std::size_t tensor_bytes = 512;
  Copy made;
  const auto add = [&](const hearth::pickle::Value& item) { made.items.push_back(copy(item, storages, sum)); };
  if (const auto* const dict = value.as<hearth::pickle::Value::Dict>()) {
    for (const auto& [key, item] : dict->items) {
      const auto* const text = key->as<std::string>();
      const std::string name = text != nullptr ? *text : fmt::format("a key {}", made.items.size());
      hearth::core::require(made.places.emplace(name, made.items.size()).second, "it has the key {} twice", name);
      made.keys.push_back(name);
      add(*item);
    }
  } else if (const auto* const list = value.as<hearth::pickle::Value::List>()) {
    made.items.reserve(list->items.size());
    for (const hearth::pickle::Value* const item : list->items) {
      add(*item);
    }
  } else if (const auto* const tuple = value.as<hearth::pickle::Value::Tuple>()) {
    made.items.reserve(tuple->items.size());
    for (const hearth::pickle::Value* const item : tuple->items) {
      add(*item);
    }
  } else if (const auto* const text = value.as<std::string>()) {
    made.text = *text;
  } else if (hearth::pth::is_pickled_tensor(value)) {
    sum += hearth::pth::is_dense_tensor(value) ? touch({hearth::pth::stored_tensor("", value, storages)}) : 0;
    made.text.resize(tensor_bytes);
  } else if (const auto sizes = hearth::pth::torch_size(value)) {
    made.items.resize(sizes->size());
  } else {
    sum += static_cast<unsigned>(hearth::pth::numpy_scalar(value).index());
  }
  return made;
}

unsigned read_values(const hearth::pickle::Document& document, const hearth::pth::StorageBytes& storages) {
  hearth::pickle::check_tree(*document.root, document.size);
  auto sum = static_cast<unsigned>(hearth::pth::stored_classes(document).size());
  return copy(*document.root, storages, sum).count() + sum;
}

/// As weights, or as a checkpoint.
unsigned read(Bytes& bytes, bool is_pickle, bool is_checkpoint, const hearth::pth::StorageBytes& storages) {
  if (is_pickle) {
    const auto document = hearth::pickle::read_pickle(bytes, hearth::pth::is_pth_global);
    return is_checkpoint ? read_values(document, storages)
                         : touch(hearth::pth::stored_tensors(*document.root, "", storages));
  }
  if (hearth::safetensors::is_safetensors(bytes)) {
    return touch(hearth::safetensors::read_safetensors(bytes)) +
           static_cast<unsigned>(hearth::safetensors::stored_classes(bytes).size());
  }
  if (is_checkpoint) {
    const hearth::pth::File file = hearth::pth::open_pth(bytes);
    return read_values(file.document, file.storages);
  }
  return touch(hearth::pth::read_pth(bytes));
}

}  // namespace

int main(int count_of_arguments, char** arguments) {
  const auto argument = [&](int place, std::uint64_t otherwise) {
    return place < count_of_arguments ? std::strtoull(arguments[place], nullptr, 10) : otherwise;
  };
  const std::uint64_t count = argument(1, 20000);
  const std::uint64_t first = argument(2, 0);
  const std::vector<Sample> samples = read_samples(std::filesystem::path(HEARTH_TEST_DIR) / "weights" / "reference");
  const auto sound = static_cast<std::uint64_t>(std::count_if(
      samples.begin(), samples.end(), [](const Sample& sample) { return !sample.name.starts_with("refused"); }));
  std::uint64_t accepted = 0;
  std::array<double, 2> largest_shares{};
  unsigned sum = 0;
  for (std::uint64_t number = first; number < first + count; ++number) {
    ::alarm(20);
    hearth::RandomStream random(0, 0, number);
    const Sample& sample = samples[random.below(random.bernoulli(0.75) ? sound : samples.size())];
    const Sample& other = samples[random.below(samples.size())];
    bool is_pickle = false;
    Bytes bytes = make_damage(sample, other, random, is_pickle);
    const bool is_checkpoint = random.bernoulli(0.5);
    const std::size_t before = live;
    most_live = live;
    try {
      sum += read(bytes, is_pickle, is_checkpoint, sample.storages);
      ++accepted;
    } catch (const hearth::Error&) {
    } catch (const std::exception& error) {
      fmt::print(stderr, "damaged file {} of {}: {}\n", number, sample.name, error.what());
      return 1;
    }
    // So much, and so many bytes for each byte of the file; a checkpoint may repeat what is in it.
    const double allowed = is_checkpoint ? 1 << 24 : 1 << 13;
    const double share = (static_cast<double>(most_live - before) - allowed) / static_cast<double>(bytes.size() + 1);
    double& largest_share = largest_shares[is_checkpoint ? 1 : 0];
    largest_share = std::max(largest_share, share);
    if (share > (is_checkpoint ? 1024 : 128)) {
      fmt::print(stderr, "damaged file {} of {}: {} bytes allocated for a file of {}\n", number, sample.name,
                 most_live - before, bytes.size());
      return 1;
    }
  }
  fmt::print(
      "{} damaged files: {} read, {} refused; at most {:.1f} bytes allocated a byte of a file of weights, {:.1f} "
      "a byte of a checkpoint beyond the first 16 MB (checksum {})\n",
      count, accepted, count - accepted, largest_shares[0], largest_shares[1], sum);
}
