/// Models that start from torchvision's weights: found, downloaded, refused. No test reaches the network: servers are
/// the tests' own.
#include <hearth/download/fetch.hpp>
#include <hearth/models/googlenet.hpp>
#include <hearth/models/inception.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/models/mobilenet_v3.hpp>
#include <hearth/models/pretrained.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/models/vision_transformer.hpp>
#include <hearth/models/zoo.hpp>
#include <hearth/weights/save.hpp>
#include <hearth/weights/state_dict.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "environment.hpp"
#include "loopback_server.hpp"
#include "models/formula.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::Environment;
using hearth_test::error_of;
using hearth_test::LoopbackServer;
using hearth_test::read_text;
using hearth_test::Reply;
using hearth_test::Request;
using hearth_test::serve_file;
using hearth_test::TemporaryFolder;

namespace {

const std::string small_file = "mobilenet_v3_small-047dcff4.pth";

/// A cache of weights of the test's own, and no way to torchvision's server.
struct Cache {
  TemporaryFolder folder;
  Environment torch_home{"TORCH_HOME", folder.path().string()};
  Environment no_proxy{"no_proxy", "127.0.0.1"};
  Environment no_proxy_either{"NO_PROXY", "127.0.0.1"};
  Environment mirror{"HEARTH_WEIGHTS_MIRROR", "http://127.0.0.1:9/nothing"};  // the port of the discard protocol
  std::filesystem::path checkpoints = folder / "hub" / "checkpoints";

  Cache() { std::filesystem::create_directories(checkpoints); }

  bool is_empty() const { return std::filesystem::is_empty(checkpoints); }
};

/// Are these the same weights, the head's aside where that is asked?
bool same_weights(const torch::nn::Module& a, const torch::nn::Module& b, const std::string& but = "-") {
  const StateDict others = state_dict(b);
  for (const auto& [name, value] : state_dict(a)) {
    if (!name.starts_with(but) && !torch::equal(value, *others.find(name))) {
      return false;
    }
  }
  return true;
}

/// An entry as somebody may have for weights of their own.
models::WeightsEntry own_entry(std::string_view url, std::string_view hash) {
  return {.architecture = "mlp", .full_name = "MLP_Weights.MINE", .url = url, .hash = hash};
}

models::MLP small_mlp(const models::Pretrained& pretrained, std::int64_t classes = 3) {
  return models::mlp({.in_features = 6, .hidden = {4}, .num_classes = classes, .pretrained = pretrained});
}

}  // namespace

TEST_CASE_METHOD(Cache, "An entry's file is found in torch.hub's cache, by its handle and by its names",
                 "[pretrained]") {
  const models::MobileNetV3 trained = models::mobilenet_v3_small();
  save_weights(*trained, checkpoints / small_file);
  using Weights = models::MobileNet_V3_Small_Weights;
  const std::vector<models::Pretrained> ways{Weights::DEFAULT,
                                             Weights::IMAGENET1K_V1,
                                             "DEFAULT",
                                             "IMAGENET1K_V1",
                                             std::string("MobileNet_V3_Small_Weights.IMAGENET1K_V1"),
                                             small_file};
  for (const models::Pretrained& way : ways) {
    CHECK(same_weights(*models::mobilenet_v3_small({.pretrained = way}), *trained));
  }
  CHECK(same_weights(*models::make_model("mobilenet_v3_small", {.pretrained = "DEFAULT"}), *trained));
  // A file of the current folder or elsewhere is no entry.
  save_weights(*trained, folder / "DEFAULT");
  CHECK(same_weights(*models::mobilenet_v3_small({.pretrained = folder / "DEFAULT"}), *trained));
}

TEST_CASE_METHOD(Cache, "Who asks for it is told what became of the weights, and of a head for other classes",
                 "[pretrained]") {
  const models::MobileNetV3 trained = models::mobilenet_v3_small();
  save_weights(*trained, checkpoints / small_file);
  std::vector<models::PretrainedReport> reports;
  const auto note = [&](const models::PretrainedReport& report) { reports.push_back(report); };

  const models::MobileNetV3 other =
      models::mobilenet_v3_small({.num_classes = 200, .pretrained = {"DEFAULT", {.report = note}}});
  CHECK(same_weights(*other, *trained, "classifier.3."));
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].file == checkpoints / small_file);
  REQUIRE(reports[0].entry);
  CHECK(reports[0].entry->full_name == "MobileNet_V3_Small_Weights.IMAGENET1K_V1");
  CHECK(reports[0].names.kept.size() == 2);
  CHECK(to_string(reports[0]) ==
        "weights: 242 tensors of MobileNet_V3_Small_Weights.IMAGENET1K_V1, from " +
            (checkpoints / small_file).string() +
            "\nclassifier.3.weight: [200, 1024] in the model, [1000, 1024] in the file: made anew\n"
            "classifier.3.bias: [200] in the model, [1000] in the file: made anew\n");

  models::MobileNetV3 into = models::mobilenet_v3_small();
  const models::PretrainedReport report = models::load_pretrained_into(into, checkpoints / small_file);
  CHECK(same_weights(*into, *trained));
  CHECK_FALSE(report.entry);
  CHECK(to_string(report) == "weights: 244 tensors of " + (checkpoints / small_file).string() + "\n");
  CHECK(reports.size() == 1);
}

TEST_CASE_METHOD(Cache, "An entry that is not in the cache is downloaded there, checked by its hash, once",
                 "[pretrained]") {
  const models::MLP trained = small_mlp({});
  save_weights(*trained, folder / "mlp.pth");
  const std::string bytes = read_text(folder / "mlp.pth");
  const LoopbackServer server([&](const Request& request) { return serve_file(request, bytes); });
  const Environment own("HEARTH_WEIGHTS_MIRROR", server.url("/mirror"));

  // SHA-256 of these bytes: not known beforehand, so a wrong hash tells it.
  const models::WeightsEntry wrong = own_entry("https://example.com/a/mlp-0000.pth", "0000");
  const std::string error = error_of([&] { small_mlp(wrong); });
  CHECK_THAT(error,
             ContainsSubstring("cannot download " + server.url("/mirror/mlp-0000.pth")) &&
                 ContainsSubstring("which does not begin with 0000: the address has another file than expected"));
  CHECK(is_empty());

  const std::string said = "the SHA-256 of what came is ";
  const std::string hash = error.substr(error.find(said) + said.size(), 8);
  const models::WeightsEntry entry = own_entry("https://example.com/a/mlp-mine.pth", hash);
  CHECK(same_weights(*small_mlp(entry), *trained));
  CHECK(std::filesystem::exists(checkpoints / "mlp-mine.pth"));
  CHECK(same_weights(*small_mlp(entry, 5), *trained, "linear_relu_stack.2"));
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].target == "/mirror/mlp-mine.pth");
}

TEST_CASE_METHOD(Cache, "A mirror may be named for one model, and need not have torchvision's own files",
                 "[pretrained]") {
  const models::MobileNetV3 trained = models::mobilenet_v3_small();
  save_weights(*trained, folder / "small.pth");
  const std::string bytes = read_text(folder / "small.pth");
  const LoopbackServer server([&](const Request& request) { return serve_file(request, bytes); });
  const DownloadWeightsOptions download{.check_hash = false, .folder = folder / "own", .mirror = server.url("/m/")};
  CHECK(same_weights(*models::mobilenet_v3_small({.pretrained = {"DEFAULT", {.download = download}}}), *trained));
  CHECK(std::filesystem::exists(folder / "own" / small_file));
  CHECK(server.requests().at(0).target == "/m/" + small_file);
}

TEST_CASE_METHOD(Cache, "A file with another hash than the entry's is an error, and nothing stays", "[pretrained]") {
  const LoopbackServer server([](const Request&) { return Reply{.body = "no weights"}; });
  const Environment own("HEARTH_WEIGHTS_MIRROR", server.url("/"));
  CHECK_THROWS_WITH(models::resnet18({.pretrained = models::ResNet18_Weights::DEFAULT}),
                    ContainsSubstring(server.url("/resnet18-f37072fd.pth")) &&
                        ContainsSubstring("which does not begin with f37072fd"));
  CHECK(is_empty());
}

TEST_CASE_METHOD(Cache, "A server that falls silent is an error that says so", "[pretrained]") {
  const LoopbackServer server([](const Request&) { return Reply{.body = "weights", .cut_after = 0, .stalls = true}; });
  const DownloadWeightsOptions download{.mirror = server.url("/"), .stall_timeout = std::chrono::milliseconds(200)};
  CHECK_THROWS_WITH(
      models::resnet18({.pretrained = {"DEFAULT", {.download = download}}}),
      ContainsSubstring(server.url("/resnet18-f37072fd.pth")) && ContainsSubstring("nothing has come for"));
  CHECK(is_empty());
}

TEST_CASE_METHOD(Cache, "An unknown entry is an error that lists those that there are", "[pretrained]") {
  CHECK_THROWS_WITH(
      models::resnet50({.pretrained = "IMAGENET1K_V3"}),
      "there are no weights \"IMAGENET1K_V3\" of resnet50; there are IMAGENET1K_V1, IMAGENET1K_V2 (DEFAULT)");
  CHECK_THROWS_WITH(models::make_model("resnet50", {.pretrained = "ResNet50_Weights.NONE"}),
                    ContainsSubstring("those of resnet50 are IMAGENET1K_V1, IMAGENET1K_V2 (DEFAULT)"));
  CHECK_THROWS_WITH(small_mlp("DEFAULT"),
                    ContainsSubstring("torchvision has none of an architecture mlp; name a file"));
}

TEST_CASE_METHOD(Cache, "Weights of another architecture are an error that names both", "[pretrained]") {
  const std::string expected =
      "ResNet18_Weights.IMAGENET1K_V1 are weights of resnet18, not of resnet50, whose are IMAGENET1K_V1, IMAGENET1K_V2 "
      "(DEFAULT)";
  CHECK_THROWS_WITH(models::resnet50({.pretrained = models::ResNet18_Weights::DEFAULT}), expected);
  CHECK_THROWS_WITH(models::make_model("resnet50", {.pretrained = "ResNet18_Weights.DEFAULT"}), expected);
  CHECK_THROWS_WITH(small_mlp(models::ResNet18_Weights::DEFAULT),
                    "ResNet18_Weights.IMAGENET1K_V1 are weights of resnet18, not of mlp");
}

TEST_CASE_METHOD(Cache, "The name of a file that is torchvision's says how to get it where it is not there",
                 "[pretrained]") {
  CHECK_THROWS_WITH(models::mobilenet_v3_small({.pretrained = small_file}),
                    ContainsSubstring(checkpoints.string()) &&
                        ContainsSubstring("\"MobileNet_V3_Small_Weights.IMAGENET1K_V1\" in its place downloads it"));
}

TEST_CASE_METHOD(Cache, "A program that cannot download names the URL and the folder", "[pretrained]") {
  const download::Downloader before = download::downloader();
  download::downloader() = nullptr;
  const Environment none("HEARTH_WEIGHTS_MIRROR");
  const std::string error = error_of([] { models::mobilenet_v3_small({.pretrained = "DEFAULT"}); });
  download::downloader() = before;
  CHECK_THAT(error, ContainsSubstring("this program cannot download") &&
                        ContainsSubstring("Get https://download.pytorch.org/models/" + small_file) &&
                        ContainsSubstring("put it into " + checkpoints.string()));
}

TEST_CASE_METHOD(Cache, "A vision transformer is made for the images of its entry, as torchvision makes it",
                 "[pretrained]") {
  CHECK_THROWS_WITH(
      models::vit_b_16({.pretrained = models::ViT_B_16_Weights::IMAGENET1K_SWAG_E2E_V1, .image_size = 224}),
      "vit_b_16: ViT_B_16_Weights.IMAGENET1K_SWAG_E2E_V1 is for images of 384 pixels, but image_size is 224");
  // The position embedding of 24 x 24 patches and the class token fits only a model for 384 pixels.
  const models::VisionTransformer trained = models::vit_b_16({.num_classes = 2, .image_size = 384});
  save_weights(*trained, checkpoints / "vit_b_16_swag-9ac1b537.pth");
  const models::VisionTransformer model =
      models::vit_b_16({.num_classes = 2, .pretrained = models::ViT_B_16_Weights::IMAGENET1K_SWAG_E2E_V1});
  CHECK(same_weights(*model, *trained));
  CHECK(state_dict(*model).find("encoder.pos_embedding")->size(1) == 577);
}

TEST_CASE_METHOD(Cache, "torchvision's weights make GoogLeNet and Inception v3 what these were trained as, unless told",
                 "[pretrained]") {
  const torch::NoGradGuard no_grad;
  const auto check = [&](auto make, auto options, const std::string& file, std::size_t heads, std::int64_t side) {
    INFO(file);
    options.init_weights = false;
    auto trained = make(options);
    formula::fill(*trained);
    save_weights(*trained, checkpoints / file);
    const torch::Tensor images = formula::tensor(9999, {1, 3, side, side}, 4.0);
    const auto logits = [&](auto model) {
      model->eval();
      return model->forward(images);
    };

    auto of_file = options;
    of_file.pretrained = checkpoints / file;  // of which nothing is known
    options.pretrained = "DEFAULT";
    const auto model = make(options);
    CHECK(same_weights(*model, *trained));
    CHECK(model->auxiliary_heads().size() == heads);
    const auto plain = make(of_file);
    CHECK(plain->auxiliary_heads().size() == trained->auxiliary_heads().size());
    CHECK(torch::equal(logits(plain), logits(trained)));
    CHECK_FALSE(torch::equal(logits(model), logits(trained)));
    of_file.transform_input = true;
    CHECK(torch::equal(logits(make(of_file)), logits(model)));

    options.transform_input = false;
    options.aux_logits = true;
    CHECK(torch::equal(logits(make(options)), logits(trained)));
    CHECK(make(options)->auxiliary_heads().size() == trained->auxiliary_heads().size());
  };
  check(models::googlenet, models::GoogLeNetOptions{}, "googlenet-1378be20.pth", 0, 32);
  check(models::inception_v3, models::Inception3Options{}, "inception_v3_google-0cc3c7bd.pth", 1, 80);
}
