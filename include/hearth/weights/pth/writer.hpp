/// Values as torch.save writes them: a pickle, and the storages of the tensors in a zip archive.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/key.hpp>
#include <hearth/core/value.hpp>
#include <hearth/weights/output_file.hpp>
#include <hearth/weights/pickle/tree.hpp>
#include <hearth/weights/pickle/writer.hpp>
#include <hearth/weights/scalar_type.hpp>
#include <hearth/weights/zip/writer.hpp>

namespace hearth::pth {

namespace detail {

/// Puts tensors into a pickle, and numbers the storages that they lie in: each once, in the order of their first use.
class TensorPickler {
 public:
  /// Sentences are said in the name of `writer`.
  TensorPickler(pickle::Writer& pickle, std::string_view writer) : pickle_(pickle), writer_(writer) {}

  /// As torch._utils._rebuild_tensor_v2 makes it again, or _v3 for the types without a storage class of their own.
  void add(const std::string& name, const at::Tensor& tensor) {
    const weights::Dtype* const dtype = weights::find_dtype(tensor.scalar_type());
    core::require(dtype != nullptr && tensor.layout() == at::kStrided && !tensor.is_meta(),
                  "{}: {} is not a dense tensor of a type that weight files hold", writer_, name);
    const at::Tensor plain = tensor.resolve_conj().resolve_neg();
    const bool is_typed = !dtype->storage.empty();
    pickle_.global("torch._utils", is_typed ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3");
    pickle_.begin();
    add_storage(plain, *dtype);
    pickle_.integer(plain.storage_offset());
    add_integers(plain.sizes());
    add_integers(plain.strides());
    pickle_.boolean(false);  // requires_grad
    pickle_.ordered_dict();  // backward hooks
    if (!is_typed) {
      pickle_.global("torch", dtype->name);
    }
    pickle_.end_tuple();
    pickle_.call();
  }

  /// One tensor of each storage, in the order of their keys 0, 1, ….
  const std::vector<at::Tensor>& storages() const noexcept { return storages_; }

 private:
  void add_storage(const at::Tensor& tensor, const weights::Dtype& dtype) {
    const std::pair<const void*, std::string_view> identity{tensor.storage().unsafeGetStorageImpl(), dtype.name};
    const auto [place, is_new] = keys_.emplace(identity, storages_.size());
    if (is_new) {
      storages_.push_back(tensor);
    }
    const bool is_typed = !dtype.storage.empty();
    pickle_.begin();
    pickle_.text("storage");
    pickle_.global(is_typed ? "torch" : "torch.storage", is_typed ? dtype.storage : "UntypedStorage");
    pickle_.text(fmt::to_string(place->second));
    pickle_.text("cpu");
    pickle_.integer(static_cast<std::int64_t>(tensor.storage().nbytes() / (is_typed ? dtype.bytes : 1)));
    pickle_.end_tuple();
    pickle_.persistent();
  }

  void add_integers(at::IntArrayRef values) {
    pickle_.begin();
    for (const std::int64_t value : values) {
      pickle_.integer(value);
    }
    pickle_.end_tuple();
  }

  pickle::Writer& pickle_;
  std::string_view writer_;
  std::map<std::pair<const void*, std::string_view>, std::size_t> keys_;
  std::vector<at::Tensor> storages_;
};

/// Puts values into a pickle: each value has the name of the path to it: its keys, joined by '/'.
class ValuePickler {
 public:
  ValuePickler(pickle::Writer& pickle, TensorPickler& tensors, std::string_view writer)
      : pickle_(pickle), tensors_(tensors), writer_(writer) {}

  void add(const Value& value, const std::string& name = {}, std::size_t depth = 0) {
    core::require(depth <= pickle::max_nesting, "{}: {} lies more than {} lists and dicts deep", writer_, name,
                  pickle::max_nesting);
    value.visit([&]<class T>(const T& content) {
      if constexpr (std::same_as<T, Value::None>) {
        pickle_.none();
      } else if constexpr (std::same_as<T, bool>) {
        pickle_.boolean(content);
      } else if constexpr (std::same_as<T, std::int64_t>) {
        pickle_.integer(content);
      } else if constexpr (std::same_as<T, double>) {
        pickle_.number(content);
      } else if constexpr (std::same_as<T, std::string>) {
        core::require(pickle::is_pickled_text(content),
                      "{}: {} is a text that is not UTF-8: Python could not open the file", writer_,
                      name.empty() ? "the value" : name);
        pickle_.text(content);
      } else if constexpr (std::same_as<T, at::Tensor>) {
        tensors_.add(name, content);
      } else if constexpr (std::same_as<T, Value::Dict>) {
        add_dict(content, name, depth);
      } else if constexpr (std::same_as<T, Value::Unread>) {
        core::fail("{}: {} is {}, which hearth cannot save", writer_, name, content.what);
      } else {
        add_sequence(content, name, depth);
      }
    });
  }

 private:
  void add_dict(const Value::Dict& dict, const std::string& name, std::size_t depth) {
    if (dict.is_ordered()) {
      pickle_.ordered_dict();
    } else {
      pickle_.empty_dict();
    }
    pickle_.begin();
    for (const auto& [key, item] : dict) {
      if (key.text() != nullptr) {
        core::require(pickle::is_pickled_text(*key.text()),
                      "{}: {} has a key that is not UTF-8: Python could not open the file", writer_,
                      name.empty() ? "the value" : name);
        pickle_.text(*key.text());
      } else {
        pickle_.integer(*key.number());
      }
      add(item, core::join_keys(name, key), depth + 1);
    }
    pickle_.end_dict();
    if (dict.is_ordered() && dict.version() != 1) {
      add_version(dict.version());
    }
  }

  /// The version of a module, where Module.load_state_dict looks for it: _metadata = {"": {"version": …}}.
  void add_version(std::int64_t version) {
    auto metadata = Value::Dict::ordered();
    metadata.set("", Value::Dict{{"version", version}});
    add(Value::Dict{{"_metadata", metadata}});
    pickle_.build();
  }

  template <class Sequence>
  void add_sequence(const Sequence& items, const std::string& name, std::size_t depth) {
    constexpr bool is_list = std::same_as<Sequence, Value::List>;
    if (is_list) {
      pickle_.empty_list();
    }
    pickle_.begin();
    for (std::size_t i = 0; i < items.size(); ++i) {
      add(items[i], core::join_keys(name, i), depth + 1);
    }
    if (is_list) {
      pickle_.end_list();
    } else {
      pickle_.end_tuple();
    }
  }

  pickle::Writer& pickle_;
  TensorPickler& tensors_;
  std::string_view writer_;
};

/// The whole storage of a tensor as bytes on the CPU: [bytes].
inline at::Tensor storage_bytes(const at::Tensor& tensor) {
  at::Tensor bytes = at::empty({0}, tensor.options().dtype(at::kByte).requires_grad(false));
  bytes.set_(tensor.storage(), 0, {static_cast<std::int64_t>(tensor.storage().nbytes())}, {1});
  return bytes.cpu();
}

}  // namespace detail

/// Writes torch.save's zip format; `attributes` are set on the value, which must be an ordered dict where there are
/// some. Python's torch.load reads them too, and load_state_dict passes over them. Throws Error, in the name of
/// `writer`, naming the tensor that is not dense, the value that is Unread or the text that is not UTF-8; or the file
/// when it cannot be written.
inline void write_pth(const Value& value, weights::OutputFile& file, std::string_view writer,
                      const Value::Dict& attributes = {}) {
  pickle::Writer pickle;
  detail::TensorPickler tensors(pickle, writer);
  detail::ValuePickler values(pickle, tensors, writer);
  values.add(value);
  if (!attributes.empty()) {
    values.add(attributes);
    pickle.build();
  }
  const std::string bytes = pickle.finish();

  zip::Writer zip(file);
  const auto add_text = [&zip](const std::string& name, std::string_view text) {
    zip.add("archive/" + name, std::as_bytes(std::span(text.data(), text.size())));
  };
  add_text("data.pkl", bytes);
  add_text("byteorder", "little");
  for (std::size_t i = 0; i < tensors.storages().size(); ++i) {
    const at::Tensor content = detail::storage_bytes(tensors.storages()[i]);
    zip.add("archive/data/" + fmt::to_string(i),
            {static_cast<const std::byte*>(content.const_data_ptr()), content.nbytes()});
  }
  add_text("version", "3\n");
  zip.finish();
}

}  // namespace hearth::pth
