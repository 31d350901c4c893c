/// How do I use weights that Python saved? This program is given the path of from_python.pth, which Python wrote so:
///
///     model = torch.nn.Sequential(torch.nn.Linear(2, 2))
///     with torch.no_grad():
///         model[0].weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
///         model[0].bias.copy_(torch.tensor([0.5, -0.5]))
///     torch.save({"model": model.state_dict(), "epoch": 7}, "from_python.pth")
#include <fmt/format.h>

#include <cstdint>
#include <string>

#include <hearth/hearth.hpp>

using namespace hearth;

int main(int, char** argv) {
  auto model = models::mlp({.in_features = 2, .hidden = {}, .num_classes = 2});

  // The names of Python's Sequential differ from those of the MLP; without `rename`, names must be the same.
  const LoadReport report =
      load_weights(*model, argv[1], {.rename = [](const std::string& name) { return "linear_relu_stack." + name; }});
  fmt::print("{}", to_string(report));

  const at::Tensor logits = model->forward(at::ones({1, 2}));
  fmt::print("logits {} and {}\n", logits[0][0].item<float>(), logits[0][1].item<float>());

  // What else is in the file.
  fmt::print("epoch {}\n", read_checkpoint(argv[1]).as<int>("epoch"));

  save_weights(*model, "for_python.pth");  // torch.load("for_python.pth", weights_only=True)
}

// Output:
// 2 loaded, 0 kept, 0 missing, 0 unexpected, 0 mis-shaped
// logits 3.5 and 6.5
// epoch 7
