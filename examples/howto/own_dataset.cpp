/// How do I read a dataset of my own? Here it is a CSV file with a path and a label on each line.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <hearth/hearth.hpp>

using namespace hearth;

/// A dataset has size() and read(); nothing is inherited. A label() lets first_per_class and samplers choose samples
/// without reading them, a num_classes() lets the trainer compare it with the model's head.
template <class Transform>
class CsvDataset {
 public:
  CsvDataset(const std::filesystem::path& csv, Transform transform) : transform_(std::move(transform)) {
    std::ifstream lines(csv);
    for (std::string path, label; std::getline(lines, path, ',') && std::getline(lines, label);) {
      paths_.push_back(csv.parent_path() / path);
      labels_.push_back(std::stoll(label));
    }
  }

  std::size_t size() const { return paths_.size(); }
  std::size_t num_classes() const { return 2; }
  std::int64_t label(std::size_t index) const { return labels_.at(index); }

  /// The loader's threads call it at once. The transform asks the sink for the sample's place in the batch.
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    transform_.write(read_image(paths_.at(index)).view(), random, sink);
    return label(index);
  }

 private:
  Transform transform_;
  std::vector<std::filesystem::path> paths_;
  std::vector<std::int64_t> labels_;
};

int main() {
  write_png("black.png", Image(8, 8, 3).view());
  write_png("white.png", Image(8, 8, 3, std::vector<std::uint8_t>(8 * 8 * 3, 255)).view());
  std::ofstream("images.csv") << "white.png,1\nblack.png,0\nwhite.png,1\n";

  DataLoader loader{CsvDataset{"images.csv", Compose{Resize{4}, ToTensor{}}}, {.batch_size = 2, .workers = 2}};
  for (const Batch& batch : loader) {
    for (std::int64_t i = 0; i < batch.targets.size(0); ++i) {
      fmt::print("batch {}: label {}, mean {}\n", batch.index, batch.targets[i].item<int>(),
                 batch.inputs[i].mean().item<float>());
    }
  }
}

// Output:
// batch 0: label 1, mean 1
// batch 0: label 0, mean 0
// batch 1: label 1, mean 1
