/// Which files of a folder count as images.
#pragma once

#include <string>
#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth::datasets {

/// Does the name end, in upper or lower case, as one of torchvision's IMG_EXTENSIONS? A file counts as an image by its
/// name; whether it can be read shows when it is read: JPEG, PNG and BMP can, and a file in another of these formats is
/// then an Error that names it.
bool has_image_extension(std::string_view name);

/// ".jpg, .jpeg, .png" and so on, for messages.
std::string image_extensions();

}  // namespace hearth::datasets

#ifndef HEARTH_COMPILED
#include <hearth/datasets/image_extension.ipp>
#endif
