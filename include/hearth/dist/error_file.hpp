/// The file in which torchrun looks for the reason when a process of its has failed.
#pragma once

#include <string>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/dist/rendezvous.hpp>

namespace hearth::dist {

/// Writes the sentence to the file that TORCHELASTIC_ERROR_FILE names, as torchrun's own
/// (torch.distributed.elastic.multiprocessing.errors) would: its summary then has the sentence beside the rank. Returns
/// whether the file was written; without the variable nothing happens. Never throws.
bool write_error_file(std::string_view sentence, const Environment& environment = process_environment()) noexcept;

/// What is in the file: JSON with the sentence and the time, in seconds since 1970. Bytes of the sentence that are not
/// UTF-8 are written as printable text. The sentence stands in the place of Python's back-trace, too, which is all that
/// torchrun's summary shows.
std::string error_file_content(std::string_view sentence, long long time);

}  // namespace hearth::dist

#ifndef HEARTH_COMPILED
#include <hearth/dist/error_file.ipp>
#endif
