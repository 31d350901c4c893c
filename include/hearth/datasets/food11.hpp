/// Makes class folders for ImageFolder out of Food-11 as it is downloaded.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth {

/// Food-11 (EPFL), ready for `ImageFolder`: label i is the data set's class number i.
struct Food11 {
  /// The images of each class, by the class's number.
  struct Counts {
    std::vector<std::size_t> training;    ///< images of each class to train on
    std::vector<std::size_t> validation;  ///< of each class to validate on
    std::vector<std::size_t> evaluation;  ///< of each class to test on
  };

  std::filesystem::path training;    ///< training/CLASS/CLASS-NUMBER_NUMBER.jpg
  std::filesystem::path validation;  ///< validation/CLASS/*.jpg
  std::filesystem::path evaluation;  ///< evaluation/CLASS/*.jpg
  std::vector<std::string> classes;  ///< the names to show, in the order of the labels: `food11_classes()`
  Counts counts;                     ///< how many images there are
  std::string source;                ///< what it was made from, for the user; empty for folders sorted by hand
  std::string how;  ///< "hard links", "copies", "hard links and copies" or "extracted"; empty as `source` is
};

struct Food11Options {
  /// Called after each file with the files written so far and in all.
  std::function<void(std::size_t done, std::size_t total)> progress = {};
};

/// The names of the 11 classes as the data set's page writes them, by class number: "Bread", "Dairy product",
/// "Dessert", "Egg", "Fried food", "Meat", "Noodles/Pasta", "Rice", "Seafood", "Soup", "Vegetable/Fruit". The folder of
/// a class has this name with `_` for a space or a slash, as "Dairy_product" and "Noodles_Pasta"; in bytewise order,
/// which is ImageFolder's, the folders come by class number.
const std::vector<std::string>& food11_classes();

/// Makes training/CLASS, validation/CLASS and evaluation/CLASS below `target`, and returns where they are. `source` is
/// the data set as it is downloaded, an archive or a folder: {training,validation,evaluation}/CLASS-NUMBER_NUMBER.jpg,
/// at the top or below other folders such as Food-11/, with any of ImageFolder's extensions in upper or lower case; or
/// a folder with training/CLASS, validation/CLASS and evaluation/CLASS already, which is used as it is (nothing is
/// written then).
///
/// An archive's files are extracted. A folder's become hard links where the file system allows it, and copies where it
/// does not; `how` says which. A hard link is the same file under a second name: whoever changes the source's file
/// changes the prepared one, while a source that is removed takes nothing away.
///
/// Left out is what systems leave among files: names that begin with a dot (.DS_Store, ._0_0.jpg), what lies in
/// __MACOSX, Thumbs.db and desktop.ini; and all that lies beside the three folders.
///
/// `target` is absent or complete, and a repeated call is cheap, in the ways of `prepare_tiny_imagenet`.
///
/// Throws Error naming the file when the source does not exist, is cut short or damaged, has an entry that points
/// outside or one twice, has no folder for a split or several, a file that does not begin with a class number from 0 to
/// 10, files whose names differ in nothing but upper and lower case, a file in a folder within a split, or no image of
/// a class; when `target` cannot be written, has other files in it, or was made from another source; and as
/// `open_food11` does.
Food11 prepare_food11(const std::filesystem::path& source, const std::filesystem::path& target,
                      const Food11Options& options = {});

/// Opens a folder that `prepare_food11` has made, when its source may be gone, or one with the 11 class folders in
/// training, validation and evaluation that was sorted by hand, where a class may have a space or a hyphen for `_`.
/// Throws Error when `folder` is neither, when a class folder is missing, has another name or no image, and when image
/// files were added to a prepared folder or removed since (their names are compared, not what is in them).
Food11 open_food11(const std::filesystem::path& folder);

/// The number of images of each class in each split, as a table of lines, with the sums.
std::string to_string(const Food11::Counts& counts);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/datasets/food11.ipp>
#endif
