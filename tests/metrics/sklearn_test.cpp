/// What scikit-learn prints, to the printed digit: reports, matrices and areas of uneven and absent classes and of
/// ties. make_reference.py has written the inputs with the answers.
#include <fmt/format.h>
#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/metrics/classification_report.hpp>
#include <hearth/metrics/confusion_matrix.hpp>
#include <hearth/metrics/most_confused.hpp>
#include <hearth/metrics/roc_auc.hpp>
#include <hearth/metrics/roc_auc_score.hpp>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The cases of a file: each is the lines from one that begins with "case" to the next, as first word and rest.
struct Case {
  std::string name;
  std::vector<std::pair<std::string, std::string>> lines;

  std::vector<std::string> all(std::string_view word) const {
    std::vector<std::string> found;
    for (const auto& [first, rest] : lines) {
      if (first == word) {
        found.push_back(rest);
      }
    }
    return found;
  }

  /// The lines that begin with the word, each with its end.
  std::string text(std::string_view word) const {
    std::string text;
    for (const std::string& line : all(word)) {
      text += line + '\n';
    }
    return text;
  }

  std::vector<double> numbers(std::string_view word) const {
    std::istringstream words(all(word).at(0));
    std::vector<double> numbers;
    for (std::string one; words >> one;) {
      numbers.push_back(std::stod(one));
    }
    return numbers;
  }
};

std::vector<Case> cases_of(const std::string& file) {
  std::ifstream lines(HEARTH_TEST_DIR "/metrics/reference/" + file);
  std::vector<Case> cases;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.find(' ');
    const std::string first = line.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    if (first == "case") {
      cases.push_back({rest, {}});
    } else {
      cases.at(cases.size() - 1).lines.emplace_back(first, rest);
    }
  }
  REQUIRE(cases.size() > 10);
  return cases;
}

torch::Tensor tensor_of(const std::vector<double>& numbers) {
  return torch::tensor(numbers, torch::kDouble);
}

/// Brings the case's predictions into a metric as outputs, in batches of 7.
template <class Metric>
Metric filled(Metric metric, const Case& one, std::int64_t classes) {
  const torch::Tensor labels = tensor_of(one.numbers("labels")).to(torch::kLong);
  const torch::Tensor predicted = tensor_of(one.numbers("predicted")).to(torch::kLong);
  for (std::int64_t begin = 0; begin < labels.size(0); begin += 7) {
    metric.update(torch::one_hot(predicted.slice(0, begin, begin + 7), classes).to(torch::kFloat),
                  labels.slice(0, begin, begin + 7));
  }
  return metric;
}

}  // namespace

TEST_CASE("The classification report is the text that scikit-learn prints, with 2 digits and with 4", "[sklearn]") {
  for (const Case& one : cases_of("predictions.txt")) {
    INFO(one.name);
    const std::vector<std::string> names = one.all("class");
    const auto report = filled(ClassificationReport{{.classes = names}}, one, static_cast<std::int64_t>(names.size()));
    const std::string two = one.text("2");
    REQUIRE_FALSE(two.empty());
    CHECK(report.value().to_string() == two);
    CHECK(report.value().to_string(4) == one.text("4"));
  }
}

TEST_CASE("The confusion matrix is scikit-learn's, with classes that are absent on either side", "[sklearn]") {
  std::size_t seen = 0;
  for (const Case& one : cases_of("predictions.txt")) {
    if (one.all("matrix").empty()) {
      continue;
    }
    INFO(one.name);
    const std::vector<std::string> names = one.all("class");
    const ConfusionCounts counts =
        filled(ConfusionMatrix{{.classes = names}}, one, static_cast<std::int64_t>(names.size())).value();
    CHECK(std::vector<double>(counts.counts().begin(), counts.counts().end()) == one.numbers("matrix"));
    CHECK(counts.classes() == names);
    ++seen;
  }
  CHECK(seen > 15);
}

TEST_CASE("The exact area is scikit-learn's, with ties and with classes that have none", "[sklearn]") {
  for (const Case& one : cases_of("areas.txt")) {
    INFO(one.name);
    std::vector<double> numbers = one.numbers("scores");
    const auto columns = static_cast<std::int64_t>(numbers.front());
    numbers.erase(numbers.begin());
    torch::Tensor scores = tensor_of(numbers).reshape({-1, columns});
    torch::Tensor targets = tensor_of(one.numbers("targets"));
    if (one.name.starts_with("classes")) {
      targets = targets.to(torch::kLong);
    } else {
      targets = targets.reshape({-1, columns});
      if (one.name.starts_with("binary")) {
        scores = scores.squeeze(1);
        targets = targets.squeeze(1);
      }
    }
    std::vector<double> expected = one.numbers("areas");
    double mean = expected.back();
    expected.pop_back();
    const std::vector<double> areas = roc_auc_scores(scores, targets);
    REQUIRE(areas.size() == expected.size());
    double sum = 0;
    double having = 0;
    for (std::size_t c = 0; c < areas.size(); ++c) {
      CHECK(std::isnan(areas[c]) == std::isnan(expected[c]));
      if (!std::isnan(expected[c])) {
        CHECK(std::abs(areas[c] - expected[c]) <= 1e-15);
        CHECK(fmt::format("{:.4f}", areas[c]) == fmt::format("{:.4f}", expected[c]));
        sum += expected[c];
        ++having;
      }
    }
    // sklearn's mean is no number as soon as one area is none; hearth's is the mean of the others.
    CHECK(std::isnan(mean) == (having < static_cast<double>(areas.size())));
    mean = std::isnan(mean) ? sum / having : mean;
    const double ours = roc_auc_score(scores, targets);
    if (having == 0) {
      CHECK(std::isnan(ours));
    } else {
      CHECK(std::abs(ours - mean) <= 1e-15);
      CHECK(fmt::format("{:.4f}", ours) == fmt::format("{:.4f}", mean));
    }
    if (one.name.starts_with("classes")) {  // multiples of 1/16: as exact, and with the same ties, in single precision
      CHECK(std::to_string(roc_auc_score(scores.to(torch::kFloat), targets)) == std::to_string(ours));
    } else if (having > 0) {  // of whole logits, the histogram's value is within its bound
      RocAuc counted;
      counted.update(scores, targets);
      CHECK(std::abs(counted.value() - ours) <= counted.error_bound() + 1e-12);
    }
  }
}

TEST_CASE("The exact area of other shapes, types and scores", "[sklearn]") {
  const torch::Tensor scores = torch::tensor({1.f, 2.f, 2.f, 3.f});
  const torch::Tensor targets = torch::tensor({0, 0, 1, 1});
  CHECK(roc_auc_score(scores, targets) == (1 + 0.5 + 1 + 1) / 4.0);
  CHECK(roc_auc_score(scores.unsqueeze(1), targets) == 0.875);
  CHECK(roc_auc_score(scores.to(torch::kBFloat16), targets.to(torch::kFloat)) == 0.875);
  CHECK(roc_auc_score(scores.requires_grad_(), targets) == 0.875);
  const float infinite = std::numeric_limits<float>::infinity();
  CHECK(roc_auc_score(torch::tensor({-infinite, 0.f, infinite, infinite}), torch::tensor({0, 1, 0, 1})) == 0.625);
  CHECK(std::isnan(roc_auc_score(torch::zeros({0}), torch::zeros({0}))));
  CHECK_THROWS_WITH(roc_auc_score(torch::tensor({0.f, std::nanf("")}), torch::tensor({0, 1})),
                    "roc_auc_score: a score is not a number");
  CHECK_THROWS_WITH(roc_auc_score(torch::zeros({2, 3}), torch::tensor({0, 3})),
                    ContainsSubstring("label 3 (sample 1 of its batch) is out of range"));
  CHECK_THROWS_WITH(roc_auc_score(torch::zeros({2, 3}), torch::tensor({0, -100})), ContainsSubstring("label -100"));
  CHECK_THROWS_AS(roc_auc_score(torch::zeros({2, 3}), torch::tensor({0, 1, 2})), Error);
  CHECK_THROWS_AS(roc_auc_score(torch::zeros({2, 3}), torch::zeros({2, 4})), Error);
  CHECK_THROWS_AS(roc_auc_score(torch::zeros({2, 3, 4}), torch::zeros({2, 3, 4})), Error);
}

TEST_CASE("The most confused pairs come by their count, then their share, then the order of the classes") {
  const ConfusionCounts counts{{"cat", "dog", "Bär", "owl"},
                               {10, 3, 0, 5,  //
                                5, 0, 3, 0,   //
                                0, 3, 47, 0,  //
                                0, 0, 0, 0}};
  const std::vector<ConfusedPair> pairs = most_confused(counts, 10);
  REQUIRE(pairs.size() == 5);
  const auto is = [&](std::size_t i, const char* truth, const char* predicted, std::int64_t count, double share) {
    CHECK(pairs[i].truth == truth);
    CHECK(pairs[i].predicted == predicted);
    CHECK(counts.classes()[pairs[i].truth_class] == truth);
    CHECK(counts.classes()[pairs[i].predicted_class] == predicted);
    CHECK(pairs[i].count == count);
    CHECK(pairs[i].share == share);
  };
  is(0, "dog", "cat", 5, 5 / 8.0);
  is(1, "cat", "owl", 5, 5 / 18.0);
  is(2, "dog", "Bär", 3, 3 / 8.0);
  is(3, "cat", "dog", 3, 3 / 18.0);
  is(4, "Bär", "dog", 3, 3 / 50.0);
  CHECK(most_confused(counts, 2).size() == 2);
  CHECK(most_confused(counts, 2)[1].truth == "cat");
  CHECK(most_confused(counts, 0).empty());
  CHECK(most_confused(ConfusionCounts(), 3).empty());
  CHECK(to_string(most_confused(counts, 3)) ==
        "truth  taken for  samples   share\n"
        "  dog        cat        5   62.5%\n"
        "  cat        owl        5   27.8%\n"
        "  dog        Bär        3   37.5%\n");
  CHECK(to_string(most_confused(ConfusionCounts{{"a", "b"}, {3, 0, 0, 4}}, 3)) ==
        "no sample was taken for another class\n");

  std::vector<std::int64_t> same(25, 1);
  const std::vector<ConfusedPair> tied = most_confused(ConfusionCounts{{"a", "b", "c", "d", "e"}, same}, 20);
  REQUIRE(tied.size() == 20);
  for (std::size_t i = 1; i < tied.size(); ++i) {
    CHECK(std::pair(tied[i - 1].truth_class, tied[i - 1].predicted_class) <
          std::pair(tied[i].truth_class, tied[i].predicted_class));
  }
}
