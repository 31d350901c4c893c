/// The JSON header of a safetensors file, read strictly: nothing but what the format has is taken.
#pragma once

#if !__has_include(<nlohmann/json.hpp>)
#error "hearth/weights/safetensors/header.hpp needs nlohmann_json: install it (Debian: nlohmann-json3-dev)"
#endif

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/weights/stored_tensor.hpp>

namespace hearth::safetensors {

/// What the header says of one tensor; [begin, end) are bytes of the data after the header.
struct Entry {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// All that a header says.
struct Header {
  std::vector<Entry> entries;                   ///< in its order
  std::map<std::string, std::string> metadata;  ///< texts of any meaning, by key
};

namespace detail {

/// Takes the parser's events, so that the header is never a tree in memory, and ends it at the first that is out of
/// place.
class HeaderHandler {
 public:
  explicit HeaderHandler(Header& header) : entries_(header.entries), metadata_(header.metadata) {}

  bool start_object(std::size_t) {
    if (place_ == Place::file) {
      place_ = Place::names;
    } else if (place_ == Place::name) {
      place_ = is_metadata_ ? Place::metadata : Place::fields;
      fields_.clear();
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool key(std::string& text) {
    if (place_ == Place::names) {
      core::require(names_.insert(text).second, "safetensors: its header has the key {} twice", text);
      is_metadata_ = text == "__metadata__";
      if (!is_metadata_) {
        entries_.emplace_back().name = text;
      }
      place_ = Place::name;
    } else if (place_ == Place::metadata) {
      metadata_key_ = text;
    } else if (place_ == Place::fields) {
      place_ = text == "dtype"          ? Place::dtype
               : text == "shape"        ? Place::shape
               : text == "data_offsets" ? Place::offsets
                                        : Place::unknown;
      core::require(place_ != Place::unknown && fields_.insert(text).second,
                    "safetensors: the tensor {} has the key {} twice or against the format", entries_.back().name,
                    text);
    }
    return true;
  }

  bool string(std::string& text) {
    if (place_ == Place::dtype) {
      entries_.back().dtype = text;
      place_ = Place::fields;
    } else if (place_ == Place::metadata) {
      metadata_[metadata_key_] = text;
    } else {
      unexpected("a text");
    }
    return true;
  }

  bool start_array(std::size_t) {
    if (place_ == Place::shape) {
      place_ = Place::sizes;
    } else if (place_ == Place::offsets) {
      place_ = Place::begin;
    } else {
      unexpected("a list");
    }
    return true;
  }

  bool number_unsigned(std::uint64_t value) {
    if (place_ == Place::sizes) {
      auto& shape = entries_.back().shape;
      core::require(value <= static_cast<std::uint64_t>(INT64_MAX) && shape.size() < weights::StoredTensor::max_rank,
                    "safetensors: the tensor {} is larger than any memory", entries_.back().name);
      shape.push_back(static_cast<std::int64_t>(value));
    } else if (place_ == Place::begin) {
      entries_.back().begin = value;
      place_ = Place::end;
    } else if (place_ == Place::end) {
      entries_.back().end = value;
      place_ = Place::ended;
    } else {
      unexpected("a number");
    }
    return true;
  }

  bool end_array() {
    if (place_ != Place::sizes && place_ != Place::ended) {
      unexpected("the end of a list");
    }
    place_ = Place::fields;
    return true;
  }

  bool end_object() {
    if (place_ == Place::fields) {
      core::require(fields_.size() == 3, "safetensors: the tensor {} lacks its dtype, shape or data_offsets",
                    entries_.back().name);
      place_ = Place::names;
    } else {
      place_ = place_ == Place::metadata ? Place::names : Place::done;
    }
    return true;
  }

  bool null() { return unexpected("null"); }
  bool boolean(bool) { return unexpected("a boolean"); }
  bool number_integer(std::int64_t) { return unexpected("a number below 0"); }
  bool number_float(double, const std::string&) { return unexpected("a fraction"); }
  bool binary(nlohmann::json::binary_t&) { return unexpected("bytes"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    core::fail("safetensors: its header is no JSON from its byte {} on", position);
  }

 private:
  /// Where in the header the parser is.
  enum class Place {
    file,
    names,
    name,
    metadata,
    fields,
    dtype,
    shape,
    sizes,
    offsets,
    begin,
    end,
    ended,
    unknown,
    done
  };

  [[noreturn]] bool unexpected(std::string_view what) const {
    core::fail("safetensors: its header has {} where the format has none{}{}", what,
               entries_.empty() ? "" : ", at the tensor ", entries_.empty() ? "" : entries_.back().name);
  }

  std::vector<Entry>& entries_;
  std::map<std::string, std::string>& metadata_;
  std::string metadata_key_;
  Place place_ = Place::file;
  bool is_metadata_ = false;
  std::set<std::string> names_;
  std::set<std::string> fields_;
};

}  // namespace detail

/// The tensors that the header lists, and its `__metadata__`. Throws Error when the text is no JSON, or has keys or
/// values that the format does not have, or a key twice.
inline Header read_safetensors_header(std::string_view json) {
  Header header;
  detail::HeaderHandler handler(header);
  nlohmann::json::sax_parse(json.begin(), json.end(), &handler);
  return header;
}

/// The header that lists these tensors, in their order, padded with spaces to a multiple of 8 bytes. Throws Error when
/// a text is not UTF-8.
inline std::string write_safetensors_header(const Header& header) {
  nlohmann::ordered_json metadata{{"format", "pt"}};
  metadata.update(nlohmann::ordered_json(header.metadata));
  std::string text = R"({"__metadata__":)";
  try {
    text += metadata.dump();
  } catch (const nlohmann::json::exception&) {
    core::fail("safetensors: a text of the metadata is not UTF-8");
  }
  for (const Entry& entry : header.entries) {
    core::require(entry.name != "__metadata__", "safetensors: __metadata__ cannot be a tensor's name");
    try {
      text +=
          fmt::format(R"(,{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", nlohmann::json(entry.name).dump(),
                      entry.dtype, fmt::join(entry.shape, ","), entry.begin, entry.end);
    } catch (const nlohmann::json::exception&) {
      core::fail("safetensors: the name of a tensor is not UTF-8");
    }
  }
  text += '}';
  return text.append((8 - text.size() % 8) % 8, ' ');
}

}  // namespace hearth::safetensors
