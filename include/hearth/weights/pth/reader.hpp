/// A .pth file as torch.save writes it, in place, in the zip format or the older one, and the tensors in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/weights/pickle/reader.hpp>
#include <hearth/weights/pickle/tree.hpp>
#include <hearth/weights/pth/globals.hpp>
#include <hearth/weights/pth/state_dict.hpp>
#include <hearth/weights/pth/tensor.hpp>
#include <hearth/weights/stored_tensor.hpp>
#include <hearth/weights/zip/reader.hpp>

namespace hearth::pth {

/// What torch.save wrote: a pickle, and where the bytes of the storages are that it refers to.
struct File {
  pickle::Document document;
  StorageBytes storages;

  const pickle::Value& root() const { return *document.root; }
};

/// The tensors of the state_dict that `key` names in an unpickled file (see `find_state_dict`), in its order. Throws
/// Error when a name is there twice, or a tensor reaches beyond its storage.
inline std::vector<weights::StoredTensor> stored_tensors(const pickle::Value& root, std::string_view key,
                                                         const StorageBytes& storages) {
  std::vector<weights::StoredTensor> tensors;
  std::set<std::string_view> names;
  for (const auto& [name, value] : find_state_dict(root, key).items) {
    const auto& text = *name->as<std::string>();
    core::require(names.insert(text).second, "it has the key {} twice", text);
    tensors.push_back(stored_tensor(text, *value, storages));
  }
  return tensors;
}

/// The names of the classes that a file has beside its weights: in the attribute "classes" of the state_dict, where
/// `save_weights` puts them, or in an entry "classes" of a checkpoint. Empty when there is no such list of texts.
/// Throws Error when the list repeats its texts out of proportion to the file.
inline std::vector<std::string> stored_classes(const pickle::Document& document) {
  const auto* const top = document.root->as<pickle::Value::Dict>();
  if (top == nullptr) {
    return {};
  }
  const auto attribute = [](const pickle::Value::Dict* dict) -> const pickle::Value* {
    const auto* const attributes =
        dict != nullptr && dict->state != nullptr ? dict->state->as<pickle::Value::Dict>() : nullptr;
    return attributes != nullptr ? attributes->find("classes") : nullptr;
  };
  const pickle::Value* found = attribute(top) != nullptr ? attribute(top) : top->find("classes");
  for (auto item = top->items.begin(); found == nullptr && item != top->items.end(); ++item) {
    found = attribute(item->second->as<pickle::Value::Dict>());
  }
  const auto* const list = found != nullptr ? found->as<pickle::Value::List>() : nullptr;
  const auto* const tuple = found != nullptr ? found->as<pickle::Value::Tuple>() : nullptr;
  if (list == nullptr && tuple == nullptr) {
    return {};
  }
  pickle::check_tree(*found, document.size);
  std::vector<std::string> classes;
  for (const pickle::Value* const name : list != nullptr ? list->items : tuple->items) {
    if (name->as<std::string>() == nullptr) {
      return {};
    }
    classes.push_back(*name->as<std::string>());
  }
  return classes;
}

namespace detail {

/// torch/serialization.py, _load.
inline File open_zip_pth(std::span<std::byte> file) {
  constexpr std::string_view pickle_name = "/data.pkl";
  const std::vector<zip::Entry> entries = zip::list_zip(file);
  const zip::Entry* pickle = nullptr;
  for (const zip::Entry& entry : entries) {
    core::require(
        !entry.name.ends_with("/constants.pkl") && entry.name.find("/code/") == entry.name.npos,
        "it is a TorchScript archive or was written by torch::save; in Python, torch.jit.load opens it: save its "
        "state_dict() with torch.save");
    if (entry.name.ends_with(pickle_name) && entry.name.find('/') == entry.name.size() - pickle_name.size()) {
      pickle = &entry;
    }
  }
  zip::check_stored(entries);
  core::require(pickle != nullptr, "it is a zip archive without a data.pkl: torch.save did not write it");
  const std::string_view folder = pickle->name.substr(0, pickle->name.size() - pickle_name.size());
  StorageBytes storages;
  for (const zip::Entry& entry : entries) {
    if (!entry.name.starts_with(folder)) {
      continue;
    }
    const std::string_view name = entry.name.substr(folder.size());
    if (name.starts_with("/data/")) {
      storages.emplace(name.substr(6), entry.bytes);
    }
    core::require(name != "/byteorder" || core::as_text(entry.bytes) == "little",
                  "it was written on a big-endian machine, which is not read");
  }
  return {pickle::read_pickle(pickle->bytes, is_pth_global), std::move(storages)};
}

/// The number that opens the older format, as a pickle: torch/serialization.py, MAGIC_NUMBER.
inline constexpr std::string_view older_magic = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// torch/serialization.py, _legacy_load: pickles of the magic number, 1001, the machine, the object and the keys of the
/// storages; then each storage's element count in 64 bits and its bytes.
inline File open_older_pth(std::span<std::byte> file) {
  auto rest = file;
  const auto next = [&rest] {
    pickle::Document document = pickle::read_pickle(rest, is_pth_global);
    rest = rest.subspan(document.size);
    return document;
  };
  rest = rest.subspan(older_magic.size());
  const pickle::Document protocol = next();
  const auto* const version = protocol.root->as<std::int64_t>();
  core::require(version != nullptr && *version == 1001, "it is of an unknown version of torch.save's older format");
  const pickle::Document machine = next();
  const auto* const facts = machine.root->as<pickle::Value::Dict>();
  const pickle::Value* const little = facts != nullptr ? facts->find("little_endian") : nullptr;
  core::require(little != nullptr && little->as<bool>() != nullptr && *little->as<bool>(),
                "it was written on a big-endian machine, which is not read");
  pickle::Document object = next();
  const pickle::Document keys = next();

  std::map<std::string_view, std::size_t> element_sizes;
  for (const pickle::Value& value : object.values) {
    if (const auto* const persistent = value.as<pickle::Value::Persistent>()) {
      const StorageReference storage = storage_reference(*persistent);
      element_sizes.emplace(storage.key, storage.element_size());
    }
  }
  const auto* const list = keys.root->as<pickle::Value::List>();
  core::require(list != nullptr, "its list of storages is damaged");
  StorageBytes storages;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const std::string_view storage_key = pickle::pickled_item<std::string>(list->items, i);
    const auto size = element_sizes.find(storage_key);
    core::require(size != element_sizes.end(), "its list of storages names {}, which no tensor has", storage_key);
    const auto count = core::load_little_endian<std::uint64_t>(rest, 0);
    rest = rest.subspan(sizeof(count));
    core::require(count <= rest.size() / size->second,
                  "its storage {} reaches past the end of the file: it was cut short", storage_key);
    const auto bytes = static_cast<std::size_t>(count) * size->second;
    storages.emplace(size->first, rest.first(bytes));
    rest = rest.subspan(bytes);
  }
  return {std::move(object), std::move(storages)};
}

}  // namespace detail

/// Whether the bytes begin as torch.save's zip format does.
inline bool is_zip_pth(std::span<const std::byte> file) noexcept {
  return core::as_text(file).starts_with("PK\x03\x04");
}

/// Whether the bytes begin as torch.save's older format does.
inline bool is_older_pth(std::span<const std::byte> file) noexcept {
  return core::as_text(file).starts_with(detail::older_magic);
}

/// Opens a file of torch.save's. Nothing is copied: the storages are windows on `file`. Throws Error when the file is
/// of neither of its formats or is damaged.
inline File open_pth(std::span<std::byte> file) {
  if (is_zip_pth(file)) {
    return detail::open_zip_pth(file);
  }
  core::require(is_older_pth(file), "it does not begin as torch.save's formats do");
  return detail::open_older_pth(file);
}

/// The tensors of the state_dict in a .pth file (`find_state_dict` tells which one `key` names), in the file's order.
/// Throws Error as `open_pth` and `stored_tensors` do.
inline std::vector<weights::StoredTensor> read_pth(std::span<std::byte> file, std::string_view key = {}) {
  const File pth = open_pth(file);
  return stored_tensors(pth.root(), key, pth.storages);
}

}  // namespace hearth::pth
