#pragma once

#include <hearth/weights/checkpoint.hpp>

#include <fmt/format.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/key.hpp>
#include <hearth/core/mapped_file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/weights/mapped_tensors.hpp>
#include <hearth/weights/output_file.hpp>
#include <hearth/weights/pickle/tree.hpp>
#include <hearth/weights/pickle/value.hpp>
#include <hearth/weights/pth/numpy_scalar.hpp>
#include <hearth/weights/pth/reader.hpp>
#include <hearth/weights/pth/state_dict.hpp>
#include <hearth/weights/pth/tensor.hpp>
#include <hearth/weights/pth/writer.hpp>

namespace hearth {

namespace detail {

/// Makes values of what a file's pickle says; `check_tree` has bounded how deep and how many they are.
class CheckpointValues {
 public:
  CheckpointValues(const pth::File& pth, weights::MappedTensors& tensors) : pth_(pth), tensors_(tensors) {}

  /// `name` is the path to the value: its keys, joined by '/'.
  Value make(const pickle::Value& value, const std::string& name = {}) {
    return std::visit(
        [&]<class T>(const T& content) -> Value {
          if constexpr (std::same_as<T, pickle::Value::None>) {
            return {};
          } else if constexpr (std::same_as<T, bool> || std::same_as<T, std::int64_t> || std::same_as<T, double> ||
                               std::same_as<T, std::string>) {
            return content;
          } else if constexpr (std::same_as<T, pickle::Value::List>) {
            return list(content.items, name);
          } else if constexpr (std::same_as<T, pickle::Value::Tuple>) {
            return Value::Tuple(list(content.items, name));
          } else if constexpr (std::same_as<T, pickle::Value::Dict>) {
            return dict(content, name);
          } else if constexpr (std::same_as<T, pickle::Value::Call>) {
            return pth::is_pickled_tensor(value) ? tensor(value, name) : called(value);
          } else if constexpr (std::same_as<T, pickle::Value::BigInteger>) {
            return Value::Unread{"an integer of more than 64 bits"};
          } else if constexpr (std::same_as<T, pickle::Value::Global>) {
            return Value::Unread{"the name " + content.name.substr(0, pickle::longest_name)};
          } else {
            return Value::Unread{value.kind()};
          }
        },
        value.data);
  }

 private:
  Value::List list(const std::vector<const pickle::Value*>& items, const std::string& name) {
    Value::List list;
    list.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      list.push_back(make(*items[i], core::join_keys(name, i)));
    }
    return list;
  }

  Value dict(const pickle::Value::Dict& pickled, const std::string& name) {
    Value::Dict dict = pickled.is_ordered ? Value::Dict::ordered() : Value::Dict();
    for (const auto& [pickled_key, value] : pickled.items) {
      const auto* const text = pickled_key->as<std::string>();
      const auto* const number = pickled_key->as<std::int64_t>();
      if (text == nullptr && number == nullptr) {
        return Value::Unread{"a dict with a key that is " + pickled_key->kind()};
      }
      const core::Key key = text != nullptr ? core::Key(*text) : core::Key(*number);
      const std::string path = core::join_keys(name, key);
      core::require(!dict.contains(key), "it has the key {} twice", path);
      dict.set(key, make(*value, path));
    }
    return dict;
  }

  Value tensor(const pickle::Value& value, const std::string& name) {
    if (!pth::is_dense_tensor(value)) {
      return Value::Unread{fmt::format("a tensor of a kind that is not read ({})",
                                       pth::detail::tensor_call(value).first.substr(0, pickle::longest_name))};
    }
    return tensors_.make(pth::stored_tensor(name, value, pth_.storages));
  }

  /// torch.Size as a tuple of integers, numpy's numbers as plain ones.
  static Value called(const pickle::Value& value) {
    if (const auto sizes = pth::torch_size(value)) {
      return Value::Tuple(sizes->begin(), sizes->end());
    }
    if (pth::called_function(value) == "_codecs.encode") {  // protocol 2 has no other form for bytes
      return Value::Unread{"bytes"};
    }
    return std::visit(
        [&]<class T>(const T& number) -> Value {
          if constexpr (std::same_as<T, std::monostate>) {
            return Value::Unread{value.kind()};
          } else {
            return number;
          }
        },
        pth::numpy_scalar(value));
  }

  const pth::File& pth_;
  weights::MappedTensors& tensors_;
};

}  // namespace detail

HEARTH_INLINE Value read_checkpoint(const std::filesystem::path& path) {
  weights::MappedTensors tensors(std::make_shared<core::MappedFile>(path));
  try {
    const pth::File pth = pth::open_pth(tensors.bytes());
    pickle::check_tree(pth.root(), pth.document.size);
    return detail::CheckpointValues(pth, tensors).make(pth.root());
  } catch (const Error& error) {
    core::fail("cannot read the checkpoint {}: {}", core::printable(path), core::printable(error.what(), 5000));
  }
}

HEARTH_INLINE void save_checkpoint(const Value& checkpoint, const std::filesystem::path& path) {
  core::replace_file(path, [&](const std::filesystem::path& aside) {
    weights::OutputFile file(aside, path);
    pth::write_pth(checkpoint, file, "save_checkpoint");
    file.close();
  });
}

}  // namespace hearth
