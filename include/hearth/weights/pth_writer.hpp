/// Weights as torch.save writes an OrderedDict of them: a pickle and the storages in a zip archive.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/weights/output_file.hpp>
#include <hearth/weights/pickle_writer.hpp>
#include <hearth/weights/scalar_type.hpp>
#include <hearth/weights/state_dict.hpp>
#include <hearth/weights/zip_writer.hpp>

namespace hearth {

namespace detail {

/// Puts tensors into a pickle, and numbers the storages that they lie in: each once, in the order of their first use.
class TensorPickler {
 public:
  explicit TensorPickler(PickleWriter& pickle) : pickle_(pickle) {}

  /// As torch._utils._rebuild_tensor_v2 makes it again, or _v3 for the types without a storage class of their own.
  void add(const std::string& name, const at::Tensor& tensor) {
    const Dtype* const dtype = tensor.defined() ? find_dtype(tensor.scalar_type()) : nullptr;
    require(dtype != nullptr && tensor.layout() == at::kStrided && !tensor.is_meta(),
            "save_weights: {} is not a dense tensor of a type that weight files hold", name);
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
  void add_storage(const at::Tensor& tensor, const Dtype& dtype) {
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

  PickleWriter& pickle_;
  std::map<std::pair<const void*, std::string_view>, std::size_t> keys_;
  std::vector<at::Tensor> storages_;
};

/// The whole storage of a tensor as bytes on the CPU: [bytes].
inline at::Tensor storage_bytes(const at::Tensor& tensor) {
  at::Tensor bytes = at::empty({0}, tensor.options().dtype(at::kByte).requires_grad(false));
  bytes.set_(tensor.storage(), 0, {static_cast<std::int64_t>(tensor.storage().nbytes())}, {1});
  return bytes.cpu();
}

}  // namespace detail

/// Writes torch.save's zip format. Throws Error naming the tensor that is not dense, or the file when it cannot be
/// written.
inline void write_pth(const StateDict& state, OutputFile& file) {
  PickleWriter pickle;
  detail::TensorPickler tensors(pickle);
  pickle.ordered_dict();
  pickle.begin();
  for (const auto& [name, tensor] : state) {
    pickle.text(name);
    tensors.add(name, tensor);
  }
  pickle.end_dict();
  const std::string bytes = pickle.finish();

  ZipWriter zip(file);
  const auto add_text = [&zip](const std::string& name, std::string_view text) {
    zip.add("archive/" + name, std::as_bytes(std::span(text)));
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

}  // namespace hearth
