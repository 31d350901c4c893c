#pragma once

#include <hearth/models/pretrained.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/models/weights_entries.hpp>
#include <hearth/weights/find.hpp>
#include <hearth/weights/load.hpp>

namespace hearth::models {

namespace detail {

/// Whether a text is the name of an entry, and not of a file: "DEFAULT", "IMAGENET1K_V2", "ResNet50_Weights.DEFAULT". A
/// file of such a name is "./DEFAULT".
HEARTH_INLINE bool is_entry_name(std::string_view text) {
  constexpr std::string_view name_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  constexpr std::string_view ending = "_Weights";
  const std::size_t dot = text.find('.');
  const std::string_view of = text.substr(0, dot);
  const std::string_view name = dot == std::string_view::npos ? text : text.substr(dot + 1);
  const bool has_class = dot == std::string_view::npos || (of.ends_with(ending) && of.find('/') == of.npos);
  return has_class && !name.empty() && name.find_first_not_of(name_letters) == name.npos &&
         name_letters.substr(0, 26).find(name.front()) != name.npos;
}

/// Where an entry's file is downloaded from and to.
HEARTH_INLINE std::filesystem::path entry_file(const WeightsEntry& entry, DownloadWeightsOptions options) {
  const char* const mirror = std::getenv("HEARTH_WEIGHTS_MIRROR");
  if (options.mirror.empty() && mirror != nullptr) {
    options.mirror = mirror;
  }
  return weights::download_checked(std::string(entry.url), options.check_hash ? std::string(entry.hash) : "", options);
}

/// How the file of that name could be had, where it is torchvision's; else nothing.
HEARTH_INLINE std::string entry_advice(const std::filesystem::path& file) {
  for (const WeightsEntry& entry : weights_entries()) {
    if (file.filename() == weights::url_file_name(std::string(entry.url))) {
      return fmt::format("; \"{}\" in its place downloads it", entry.full_name);
    }
  }
  return {};
}

HEARTH_INLINE PretrainedReport load_pretrained(torch::nn::Module& module, const std::vector<NamedHead>& heads,
                                               const Pretrained& pretrained,
                                               const std::function<std::string(const std::string&)>& rename) {
  PretrainedReport report;
  report.file = pretrained.file();
  if (pretrained.entry() != nullptr) {
    report.entry = *pretrained.entry();
  }
  LoadOptions options{.rename = rename};
  for (const NamedHead& head : heads) {
    options.keep_mismatched.push_back(head.name + ".");
  }
  report.names = load_weights(module, report.file, options);
  if (pretrained.options().report) {
    pretrained.options().report(report);
  }
  return report;
}

}  // namespace detail

HEARTH_INLINE std::string to_string(const PretrainedReport& report) {
  std::string text =
      fmt::format("weights: {} tensors of {}{}\n", report.names.loaded.size(),
                  report.entry ? fmt::format("{}, from ", report.entry->full_name) : "", core::printable(report.file));
  for (const LoadedKey& key : report.names.kept) {
    if (key.model && key.file) {  // the others are counts that files of old have not
      text += fmt::format("{}: [{}] in the model, [{}] in the file: made anew\n", core::printable(key.name),
                          fmt::join(*key.model, ", "), fmt::join(*key.file, ", "));
    }
  }
  return text;
}

HEARTH_INLINE Pretrained Pretrained::of(std::string_view architecture) const {
  Pretrained of_it = *this;
  if (entry_) {
    core::require(entry_->architecture == architecture, "{} are weights of {}, not of {}{}{}", entry_->full_name,
                  entry_->architecture, architecture, weights_entries(architecture).empty() ? "" : ", whose are ",
                  detail::entry_names(architecture));
  } else if (detail::is_entry_name(text_.native())) {
    of_it.entry_ = find_weights_entry(architecture, text_.native());
    of_it.text_.clear();
  }
  return of_it;
}

HEARTH_INLINE std::filesystem::path Pretrained::file() const {
  if (entry_) {
    return detail::entry_file(*entry_, options_.download);
  }
  if (detail::is_entry_name(text_.native())) {
    return detail::entry_file(find_weights_entry(text_.native()), options_.download);
  }
  try {
    return find_weights(text_);
  } catch (const Error& error) {
    core::fail("{}{}", error.what(), detail::entry_advice(text_));
  }
}

}  // namespace hearth::models
