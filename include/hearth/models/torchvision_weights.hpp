/// The weights that torchvision offers, by their names there: `models::ResNet50_Weights::IMAGENET1K_V2`.
#pragma once

// Written by tests/models/make_torchvision_weights.py from torchvision 0.28.0. Do not edit: run the script.

#include <hearth/core/inline.hpp>
#include <hearth/models/weights_entry.hpp>

// clang-format off
namespace hearth::models {

/// The weights of `alexnet`.
struct AlexNet_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 56.522, 224 pixels, 233 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `convnext_base`.
struct ConvNeXt_Base_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 84.062, 224 pixels, 338 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `convnext_large`.
struct ConvNeXt_Large_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 84.414, 224 pixels, 755 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `convnext_small`.
struct ConvNeXt_Small_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 83.616, 224 pixels, 192 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `convnext_tiny`.
struct ConvNeXt_Tiny_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 82.52, 224 pixels, 109 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `densenet121`.
struct DenseNet121_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 74.434, 224 pixels, 31 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `densenet161`.
struct DenseNet161_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 77.138, 224 pixels, 110 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `densenet169`.
struct DenseNet169_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 75.6, 224 pixels, 55 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `densenet201`.
struct DenseNet201_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 76.896, 224 pixels, 77 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `efficientnet_b0`.
struct EfficientNet_B0_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 77.692, 224 pixels, 20 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `efficientnet_b1`.
struct EfficientNet_B1_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 78.642, 240 pixels, 30 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 79.838, 240 pixels, 30 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `efficientnet_b2`.
struct EfficientNet_B2_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 80.608, 288 pixels, 35 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `efficientnet_b3`.
struct EfficientNet_B3_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 82.008, 300 pixels, 47 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `efficientnet_b4`.
struct EfficientNet_B4_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 83.384, 380 pixels, 74 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `efficientnet_b5`.
struct EfficientNet_B5_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 83.444, 456 pixels, 117 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `efficientnet_b6`.
struct EfficientNet_B6_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 84.008, 528 pixels, 165 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `efficientnet_b7`.
struct EfficientNet_B7_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 84.122, 600 pixels, 255 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `efficientnet_v2_l`.
struct EfficientNet_V2_L_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 85.808, 480 pixels, 455 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `efficientnet_v2_m`.
struct EfficientNet_V2_M_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 85.112, 480 pixels, 208 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `efficientnet_v2_s`.
struct EfficientNet_V2_S_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 84.228, 384 pixels, 83 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `googlenet`.
struct GoogLeNet_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 69.778, 224 pixels, 50 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `inception_v3`.
struct Inception_V3_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 77.294, 299 pixels, 104 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `maxvit_t`.
struct MaxVit_T_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 83.7, 224 pixels, 119 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `mnasnet0_5`.
struct MNASNet0_5_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 67.734, 224 pixels, 9 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `mnasnet0_75`.
struct MNASNet0_75_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 71.18, 224 pixels, 12 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `mnasnet1_0`.
struct MNASNet1_0_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 73.456, 224 pixels, 17 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `mnasnet1_3`.
struct MNASNet1_3_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 76.506, 224 pixels, 24 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `mobilenet_v2`.
struct MobileNet_V2_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 71.878, 224 pixels, 14 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 72.154, 224 pixels, 14 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `mobilenet_v3_large`.
struct MobileNet_V3_Large_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 74.042, 224 pixels, 21 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 75.274, 224 pixels, 21 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `mobilenet_v3_small`.
struct MobileNet_V3_Small_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 67.668, 224 pixels, 10 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `regnet_x_16gf`.
struct RegNet_X_16GF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 80.058, 224 pixels, 208 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 82.716, 224 pixels, 208 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_x_1_6gf`.
struct RegNet_X_1_6GF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 77.04, 224 pixels, 35 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 79.668, 224 pixels, 35 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_x_32gf`.
struct RegNet_X_32GF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 80.622, 224 pixels, 412 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 83.014, 224 pixels, 412 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_x_3_2gf`.
struct RegNet_X_3_2GF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 78.364, 224 pixels, 59 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 81.196, 224 pixels, 59 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_x_400mf`.
struct RegNet_X_400MF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 72.834, 224 pixels, 21 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 74.864, 224 pixels, 21 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_x_800mf`.
struct RegNet_X_800MF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 75.212, 224 pixels, 28 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 77.522, 224 pixels, 28 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_x_8gf`.
struct RegNet_X_8GF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 79.344, 224 pixels, 151 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 81.682, 224 pixels, 151 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_y_128gf`.
struct RegNet_Y_128GF_Weights {
  static const WeightsEntry& IMAGENET1K_SWAG_E2E_V1;  ///< acc@1 88.228, 384 pixels, 2462 MB
  static const WeightsEntry& IMAGENET1K_SWAG_LINEAR_V1;  ///< acc@1 86.068, 224 pixels, 2462 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_SWAG_E2E_V1
};

/// The weights of `regnet_y_16gf`.
struct RegNet_Y_16GF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 80.424, 224 pixels, 319 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 82.886, 224 pixels, 319 MB
  static const WeightsEntry& IMAGENET1K_SWAG_E2E_V1;  ///< acc@1 86.012, 384 pixels, 319 MB
  static const WeightsEntry& IMAGENET1K_SWAG_LINEAR_V1;  ///< acc@1 83.976, 224 pixels, 319 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_y_1_6gf`.
struct RegNet_Y_1_6GF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 77.95, 224 pixels, 43 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 80.876, 224 pixels, 43 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_y_32gf`.
struct RegNet_Y_32GF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 80.878, 224 pixels, 554 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 83.368, 224 pixels, 554 MB
  static const WeightsEntry& IMAGENET1K_SWAG_E2E_V1;  ///< acc@1 86.838, 384 pixels, 554 MB
  static const WeightsEntry& IMAGENET1K_SWAG_LINEAR_V1;  ///< acc@1 84.622, 224 pixels, 554 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_y_3_2gf`.
struct RegNet_Y_3_2GF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 78.948, 224 pixels, 75 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 81.982, 224 pixels, 75 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_y_400mf`.
struct RegNet_Y_400MF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 74.046, 224 pixels, 17 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 75.804, 224 pixels, 17 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_y_800mf`.
struct RegNet_Y_800MF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 76.42, 224 pixels, 25 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 78.828, 224 pixels, 25 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `regnet_y_8gf`.
struct RegNet_Y_8GF_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 80.032, 224 pixels, 151 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 82.828, 224 pixels, 151 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `resnet101`.
struct ResNet101_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 77.374, 224 pixels, 171 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 81.886, 224 pixels, 171 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `resnet152`.
struct ResNet152_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 78.312, 224 pixels, 230 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 82.284, 224 pixels, 230 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `resnet18`.
struct ResNet18_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 69.758, 224 pixels, 45 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `resnet34`.
struct ResNet34_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 73.314, 224 pixels, 83 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `resnet50`.
struct ResNet50_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 76.13, 224 pixels, 98 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 80.858, 224 pixels, 98 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `resnext101_32x8d`.
struct ResNeXt101_32X8D_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 79.312, 224 pixels, 340 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 82.834, 224 pixels, 340 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `resnext101_64x4d`.
struct ResNeXt101_64X4D_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 83.246, 224 pixels, 319 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `resnext50_32x4d`.
struct ResNeXt50_32X4D_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 77.618, 224 pixels, 96 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 81.198, 224 pixels, 96 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `shufflenet_v2_x0_5`.
struct ShuffleNet_V2_X0_5_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 60.552, 224 pixels, 5 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `shufflenet_v2_x1_0`.
struct ShuffleNet_V2_X1_0_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 69.362, 224 pixels, 9 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `shufflenet_v2_x1_5`.
struct ShuffleNet_V2_X1_5_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 72.996, 224 pixels, 14 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `shufflenet_v2_x2_0`.
struct ShuffleNet_V2_X2_0_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 76.23, 224 pixels, 28 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `squeezenet1_0`.
struct SqueezeNet1_0_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 58.092, 224 pixels, 5 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `squeezenet1_1`.
struct SqueezeNet1_1_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 58.178, 224 pixels, 5 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `swin_b`.
struct Swin_B_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 83.582, 224 pixels, 335 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `swin_s`.
struct Swin_S_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 83.196, 224 pixels, 190 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `swin_t`.
struct Swin_T_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 81.474, 224 pixels, 108 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `swin_v2_b`.
struct Swin_V2_B_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 84.112, 256 pixels, 336 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `swin_v2_s`.
struct Swin_V2_S_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 83.712, 256 pixels, 191 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `swin_v2_t`.
struct Swin_V2_T_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 82.072, 256 pixels, 109 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vgg11`.
struct VGG11_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 69.02, 224 pixels, 507 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vgg11_bn`.
struct VGG11_BN_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 70.37, 224 pixels, 507 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vgg13`.
struct VGG13_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 69.928, 224 pixels, 508 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vgg13_bn`.
struct VGG13_BN_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 71.586, 224 pixels, 508 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vgg16`.
struct VGG16_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 71.592, 224 pixels, 528 MB
  static const WeightsEntry& IMAGENET1K_FEATURES;  ///< the layers before the classifier alone, 224 pixels, 528 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vgg16_bn`.
struct VGG16_BN_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 73.36, 224 pixels, 528 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vgg19`.
struct VGG19_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 72.376, 224 pixels, 548 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vgg19_bn`.
struct VGG19_BN_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 74.218, 224 pixels, 548 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vit_b_16`.
struct ViT_B_16_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 81.072, 224 pixels, 330 MB
  static const WeightsEntry& IMAGENET1K_SWAG_E2E_V1;  ///< acc@1 85.304, 384 pixels, 331 MB
  static const WeightsEntry& IMAGENET1K_SWAG_LINEAR_V1;  ///< acc@1 81.886, 224 pixels, 330 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vit_b_32`.
struct ViT_B_32_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 75.912, 224 pixels, 337 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vit_h_14`.
struct ViT_H_14_Weights {
  static const WeightsEntry& IMAGENET1K_SWAG_E2E_V1;  ///< acc@1 88.552, 518 pixels, 2417 MB
  static const WeightsEntry& IMAGENET1K_SWAG_LINEAR_V1;  ///< acc@1 85.708, 224 pixels, 2411 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_SWAG_E2E_V1
};

/// The weights of `vit_l_16`.
struct ViT_L_16_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 79.662, 224 pixels, 1161 MB
  static const WeightsEntry& IMAGENET1K_SWAG_E2E_V1;  ///< acc@1 88.064, 512 pixels, 1164 MB
  static const WeightsEntry& IMAGENET1K_SWAG_LINEAR_V1;  ///< acc@1 85.146, 224 pixels, 1161 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `vit_l_32`.
struct ViT_L_32_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 76.972, 224 pixels, 1169 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V1
};

/// The weights of `wide_resnet101_2`.
struct Wide_ResNet101_2_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 78.848, 224 pixels, 243 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 82.51, 224 pixels, 485 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

/// The weights of `wide_resnet50_2`.
struct Wide_ResNet50_2_Weights {
  static const WeightsEntry& IMAGENET1K_V1;  ///< acc@1 78.468, 224 pixels, 132 MB
  static const WeightsEntry& IMAGENET1K_V2;  ///< acc@1 81.602, 224 pixels, 263 MB
  static const WeightsEntry& DEFAULT;  ///< the same as IMAGENET1K_V2
};

}  // namespace hearth::models
// clang-format on

#ifndef HEARTH_COMPILED
#include <hearth/models/torchvision_weights.ipp>
#endif
