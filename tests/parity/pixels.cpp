/// The C++ side of pixels.py: parity_pixels FOLDER reads the pictures in its class folders through each pipeline, as a
/// training does, and leaves what comes out in FOLDER.pth: a tensor for each pipeline and picture, in order.
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <string>

#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/transforms/affine.hpp>
#include <hearth/transforms/auto_augment.hpp>
#include <hearth/transforms/color_jitter.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/filter.hpp>
#include <hearth/transforms/five_crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/grayscale.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/perspective.hpp>
#include <hearth/transforms/rand_augment.hpp>
#include <hearth/transforms/random_apply.hpp>
#include <hearth/transforms/random_crop.hpp>
#include <hearth/transforms/random_erasing.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/rotation.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/weights/save.hpp>

using namespace hearth;

namespace {

template <class... Stages>
void read_all(const std::string& pipeline, const std::filesystem::path& folder, StateDict& results,
              const Compose<Stages...>& transform) {
  DataLoader pictures{ImageFolder{folder, transform}, {.batch_size = 1}};
  for (const Batch& batch : pictures) {
    results.add(fmt::format("{} {}", pipeline, batch.index), batch.inputs[0].clone());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: parity_pixels FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  try {
    StateDict results;
#ifdef HEARTH_WITH_LIBJPEG_TURBO
    results.add("libjpeg-turbo", at::ones({}));
#endif
    read_all("decoded", folder, results, Compose{ToTensor{}});
    read_all("evaluation", folder, results, Compose{Resize{256}, CenterCrop{224}, ToTensor{}});
    read_all("squashed", folder, results, Compose{Resize{image::Size{96, 160}}, RandomHorizontalFlip{1.0}, ToTensor{}});
    read_all("normalised", folder, results,
             Compose{Resize{64}, CenterCrop{64}, ToTensor{}, Normalize{imagenet::mean, imagenet::std}});
    read_all("contrastive", folder, results,
             Compose{RandomResizedCrop{112}, RandomHorizontalFlip{},
                     RandomApply{{.p = 0.8},
                                 ColorJitter{{.brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1}}},
                     RandomGrayscale{0.2}, RandomApply{GaussianBlur{11}}, ToTensor{}});
    read_all("recipe", folder, results,
             Compose{RandomResizedCrop{96}, RandomHorizontalFlip{},
                     RandomChoice{RandAugment{}, AutoAugment{}, TrivialAugmentWide{}}, ToTensor{},
                     Normalize{imagenet::mean, imagenet::std}, RandomErasing{}});
    read_all("food", folder, results,
             Compose{RandomResizedCrop{224}, RandomHorizontalFlip{}, RandomRotation{90}, ToTensor{},
                     Normalize{imagenet::mean, imagenet::std}});
    const auto nearest = Interpolation::nearest;
    const auto bilinear = Interpolation::bilinear;
    const auto bicubic = Interpolation::bicubic;
    read_all("padded", folder, results,
             Compose{Resize{image::Size{60, 72}, {.interpolation = bicubic}},
                     RandomCrop{64, {.padding = 8, .padding_mode = PaddingMode::reflect}},
                     RandomRotation{{-15, 30}, {.interpolation = bicubic, .expand = true, .fill = {9, 99, 199}}},
                     Resize{image::Size{50, 50}, {.interpolation = nearest}}, ToTensor{}});
    read_all("warped", folder, results,
             Compose{RandomResizedCrop{120, {.interpolation = bicubic}},
                     RandomAffine{30,
                                  {.translate = image::Point{0.1, 0.2},
                                   .scale = transforms::Interval{0.7, 1.2},
                                   .shear = transforms::Shear{-10, 10, -5, 15},
                                   .interpolation = bilinear,
                                   .fill = 128}},
                     RandomPerspective{{.distortion_scale = 0.4, .p = 0.9}}, ToTensor{}});
    read_all("ten crops", folder, results,
             Compose{Resize{64}, TenCrop{image::Size{56, 48}}, ToTensor{}, Normalize{imagenet::mean, imagenet::std}});
    save_weights(results, folder.string() + ".pth");
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
