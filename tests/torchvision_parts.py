"""Import this before torchvision: where its compiled operators cannot load, its models, transforms and data sets, which
need none of them, still do."""

import torch

try:
    torch.ops.torchvision.nms
except (AttributeError, RuntimeError):
    stand_in = torch.library.Library("torchvision", "DEF")
    stand_in.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    stand_in.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
