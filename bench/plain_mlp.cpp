/// What examples/fashion_mnist.cpp does, written with LibTorch alone: the program that bench/compile.py compares
/// compile times with. It trains the same network on the same files, which LibTorch reads only when they are unpacked.
#include <torch/torch.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace {

struct MlpImpl : torch::nn::Module {
  MlpImpl()
      : first(register_module("first", torch::nn::Linear(28 * 28, 512))),
        second(register_module("second", torch::nn::Linear(512, 512))),
        last(register_module("last", torch::nn::Linear(512, 10))) {}

  torch::Tensor forward(const torch::Tensor& images) {
    torch::Tensor x = images.flatten(1);
    x = torch::relu(first->forward(x));
    x = torch::relu(second->forward(x));
    return last->forward(x);
  }

  torch::nn::Linear first;
  torch::nn::Linear second;
  torch::nn::Linear last;
};
TORCH_MODULE(Mlp);

template <class Loader>
void train(Mlp& model, Loader& loader, torch::optim::Optimizer& optimizer, torch::Device device, std::size_t samples) {
  model->train();
  std::size_t batch_number = 0;
  std::size_t done = 0;
  for (auto& batch : loader) {
    const torch::Tensor images = batch.data.to(device);
    const torch::Tensor targets = batch.target.to(device);
    optimizer.zero_grad();
    const torch::Tensor loss = torch::nn::functional::cross_entropy(model->forward(images), targets);
    loss.backward();
    optimizer.step();
    done += static_cast<std::size_t>(images.size(0));
    if (batch_number++ % 100 == 0) {
      std::printf("loss: %7f  [%5zu/%5zu]\n", loss.item<double>(), done, samples);
    }
  }
}

template <class Loader>
double test(Mlp& model, Loader& loader, torch::Device device, std::size_t samples) {
  const torch::NoGradGuard no_grad;
  model->eval();
  double loss = 0;
  std::int64_t correct = 0;
  for (auto& batch : loader) {
    const torch::Tensor targets = batch.target.to(device);
    const torch::Tensor logits = model->forward(batch.data.to(device));
    loss += torch::nn::functional::cross_entropy(
                logits, targets, torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum))
                .template item<double>();
    correct += logits.argmax(1).eq(targets).sum().template item<std::int64_t>();
  }
  const double accuracy = static_cast<double>(correct) / static_cast<double>(samples);
  std::printf("Test Error:\n Accuracy: %.1f%%, Avg loss: %8f\n\n", 100 * accuracy, loss / static_cast<double>(samples));
  return accuracy;
}

int run(const std::string& data, int epochs, double lr, const std::string& output) {
  torch::manual_seed(0);
  const torch::Device device = torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
  auto training_images = torch::data::datasets::MNIST(data).map(torch::data::transforms::Stack<>());
  auto test_images = torch::data::datasets::MNIST(data, torch::data::datasets::MNIST::Mode::kTest)
                         .map(torch::data::transforms::Stack<>());
  const std::size_t training_size = training_images.size().value();
  const std::size_t test_size = test_images.size().value();
  auto training_loader =
      torch::data::make_data_loader<torch::data::samplers::RandomSampler>(std::move(training_images), 32);
  auto test_loader =
      torch::data::make_data_loader<torch::data::samplers::SequentialSampler>(std::move(test_images), 32);

  Mlp model;
  model->to(device);
  torch::optim::SGD optimizer(model->parameters(), torch::optim::SGDOptions(lr));
  double best = 0;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    std::printf("Epoch %d\n-------------------------------\n", epoch);
    train(model, *training_loader, optimizer, device, training_size);
    const double accuracy = test(model, *test_loader, device, test_size);
    if (accuracy > best) {
      best = accuracy;
      torch::save(model, output);
    }
  }
  std::printf("Test accuracy: %.4f\n", best);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s FOLDER_OF_IDX_FILES EPOCHS LR MODEL_FILE\n", argv[0]);
    return 2;
  }
  try {
    return run(argv[1], std::atoi(argv[2]), std::atof(argv[3]), argv[4]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
