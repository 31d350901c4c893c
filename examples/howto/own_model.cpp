/// How do I train a model of my own? Here it is a small convolutional network.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>

#include <hearth/hearth.hpp>

using namespace hearth;

/// Any module of LibTorch whose forward() turns a batch of images into logits.
struct SmallNetImpl : torch::nn::Module {
  explicit SmallNetImpl(std::int64_t num_classes)
      : conv(register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 8, 3).padding(1)))),
        fc(register_module("fc", torch::nn::Linear(8, num_classes))) {}

  at::Tensor forward(const at::Tensor& images) {                  // [N, 1, H, W]
    const at::Tensor features = at::relu(conv->forward(images));  // [N, 8, H, W]
    return fc->forward(features.mean({2, 3}));                    // [N, num_classes]
  }

  torch::nn::Conv2d conv;
  torch::nn::Linear fc;
};
TORCH_MODULE(SmallNet);

/// Images of two classes: dark and bright ones.
TensorDataset images(std::int64_t count) {
  const at::Tensor labels = at::arange(count, at::kLong) % 2;
  const at::Tensor noise = at::rand({count, 1, 8, 8}) * 0.2;
  return {noise + labels.to(at::kFloat).view({count, 1, 1, 1}) * 0.8, labels};
}

int main() {
  at::manual_seed(0);
  DataLoader train{images(128), {.batch_size = 16, .shuffle = true}};
  DataLoader val{images(64), {.batch_size = 64}};

  SmallNet model(2);
  optim::Adam optimizer{model->parameters(), {.lr = 0.03}};
  Trainer trainer{model, optimizer, {.epochs = 4, .device = at::kCPU}};
  const History history = trainer.fit(train, val);

  save_weights(*model, "small_net.pth");  // Python: model.load_state_dict(torch.load("small_net.pth"))
  fmt::print("{} parameters, accuracy {:.4f}\n", count_parameters(model).total, history.best().accuracy);
  for (const auto& [name, tensor] : read_weights("small_net.pth")) {
    fmt::print("{} {}\n", name, fmt::join(tensor.sizes(), " x "));
  }
}

// Output:
// 98 parameters, accuracy 1.0000
// conv.weight 8 x 1 x 3 x 3
// conv.bias 8
// fc.weight 2 x 8
// fc.bias 2
