#include "program.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/version.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <csignal>
#include <exception>
#include <limits>
#include <locale>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include <hearth/core/console.hpp>
#include <hearth/core/device.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/shell_command.hpp>
#include <hearth/dist/connect.hpp>
#include <hearth/dist/error_file.hpp>
#include <hearth/dist/launcher.hpp>
#include <hearth/dist/rendezvous.hpp>
#include <hearth/train/curves.hpp>

namespace program {

using hearth::Console;
using hearth::core::require;
using Json = nlohmann::ordered_json;

namespace {

/// "a, b or c"
std::string either(const std::vector<std::string_view>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

/// Reads a whole number within the range. The type's own parsers wrap "-1" and take "" for 0.
std::uint64_t whole_number(const std::string& flag, const std::string& text, Range range) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  require(error == std::errc{} && stop == end && number >= range.least && number <= range.most,
          "{} must be a whole number from {} to {}, but got \"{}\"", flag, range.least, range.most, text);
  return number;
}

hearth::Precision precision(const std::string& name, const at::Device& device) {
  using hearth::Precision;
  return choice<Precision>("--precision", name,
                           {{"auto", device.is_cuda() ? Precision::fp16 : Precision::fp32},
                            {"fp32", Precision::fp32},
                            {"bf16", Precision::bf16},
                            {"fp16", Precision::fp16}});
}

/// The connection of this process, for what an error must tell the others.
hearth::dist::World& connected() {
  static hearth::dist::World world;
  return world;
}

hearth::dist::RendezvousOptions rendezvous_options(const RunFlags& flags) {
  return {.dist_url = flags.dist_url,
          .backend = flags.dist_backend,
          .world_size = flags.world_size,
          .rank = flags.rank,
          .multiprocessing_distributed = flags.multiprocessing_distributed};
}

/// The processes that the flags ask this one to start, if any.
std::optional<hearth::dist::LaunchOptions> launch_plan(const RunFlags& flags) {
  int processes = 0;
  if (flags.nproc == "gpu") {
    processes = hearth::cuda_device_count();
    require(processes > 0, "--nproc is gpu, but this host has no GPU: give a number of processes");
  } else if (!flags.nproc.empty()) {
    processes = static_cast<int>(whole_number("--nproc", flags.nproc, {1, 4096}));
  }
  return hearth::dist::launch_plan(rendezvous_options(flags), processes, [] { return hearth::cuda_device_count(); });
}

/// "rank 2: " where there are several processes and their launcher does not say it already.
std::string rank_text() {
  const hearth::dist::World& world = connected();
  return world.is_alone() || hearth::dist::is_launched() ? "" : fmt::format("rank {}: ", world.rank());
}

/// Tells the other processes and torchrun why this one ends.
void tell_others(const std::string& reason) {
  if (!connected().is_alone()) {
    connected().communicator().fail(reason);
  }
  hearth::dist::write_error_file(reason);
}

/// Flags that say how processes were started and met, and nothing of what they do.
bool is_start_flag(const std::string& flag) {
  static const std::set<std::string> flags{"--nproc",       "--dist-url", "--dist-backend",
                                           "--world-size",  "--rank",     "--multiprocessing-distributed",
                                           "--dist-timeout"};
  return flags.contains(flag);
}

}  // namespace

namespace {

/// "--batch-size" of "-b,--batch-size"; the first of several long names.
std::string long_name(const std::string& spec) {
  const std::size_t begin = spec.find("--");
  return spec.substr(begin, spec.find(',', begin) - begin);
}

/// Reads the file of --config: flags with their values as TOML, or the config.json of a run. Names may have _ for -.
class ConfigFile : public CLI::ConfigTOML {
 public:
  explicit ConfigFile(const CLI::App& app) : app_(app) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    const std::string text{std::istreambuf_iterator<char>(input), {}};
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    std::vector<CLI::ConfigItem> read =
        first != std::string::npos && text[first] == '{' ? from_json(text) : from_toml(text);
    for (CLI::ConfigItem& item : read) {
      require(item.parents.empty(), "--config: {} is in a section [{}], but flags are in none", item.name,
              fmt::join(item.parents, "."));
      item.name = flag_of(item.name);
    }
    return read;
  }

 private:
  std::vector<CLI::ConfigItem> from_toml(const std::string& text) const {
    std::istringstream stream(text);
    return CLI::ConfigTOML::from_config(stream);
  }

  std::vector<CLI::ConfigItem> from_json(const std::string& text) const {
    const Json config = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    require(config.is_object(), "--config: the file is damaged: it is no JSON object");
    std::vector<CLI::ConfigItem> read;
    for (const auto& [key, value] : config.items()) {
      if (key == "program") {
        require(value == app_.get_name(), "--config: the file is of a run of {}, and this is {}", value.dump(),
                app_.get_name());
      }
      if (key == "program" || key == "torch") {
        continue;
      }
      require(value.is_primitive() && !value.is_null(),
              "--config: {} must be a text, a number, true or false, but is {}", key, value.dump());
      read.emplace_back();
      read.back().name = key;
      read.back().inputs = {value.is_string() ? value.get<std::string>() : value.dump()};
    }
    return read;
  }

  std::string flag_of(const std::string& key) const {
    std::string dashes = key;
    std::replace(dashes.begin(), dashes.end(), '_', '-');
    for (const std::string& name : {key, dashes}) {
      if (name != "config" && app_.get_option_no_throw("--" + name) != nullptr) {
        return name;
      }
    }
    hearth::core::fail("--config: there is no flag --{} (--help shows the flags)", dashes);
  }

  const CLI::App& app_;
};

}  // namespace

/// CLI11's parser, and for each flag how its text becomes the variable's value and what config.json says of it.
struct Flags::Parser {
  struct Flag {
    std::string name;                             // --batch-size
    std::string text;                             // as it was given, or the default
    std::function<void(const std::string&)> set;  // absent where CLI11 sets the variable
    std::function<Json()> value;
    CLI::Option* option = nullptr;
  };

  Parser(const std::string& name, const std::string& description) : app(description, name) {
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app.allow_extras();  // they are named here, before what else is wrong
    app.set_config("--config", "",
                   "a file with flags: TOML (batch-size = 64), or the config.json of an earlier run; the "
                   "command line goes first");
    app.config_formatter(std::make_shared<ConfigFile>(app));
  }

  void add(const std::string& name, const std::string& type, std::string text, const std::string& help,
           std::function<void(const std::string&)> set, std::function<Json()> value) {
    Flag& flag = *flags.emplace_back(std::make_unique<Flag>());
    flag = {long_name(name), std::move(text), std::move(set), std::move(value)};
    flag.option = app.add_option(name, flag.text, help)->type_name(type)->capture_default_str();
  }

  template <class Integer>
  void add_integer(const std::string& name, Integer& value, Range range, const std::string& help) {
    add(
        name, "INT", std::to_string(value), help,
        [flag = long_name(name), &value, range](const std::string& text) {
          value = static_cast<Integer>(whole_number(flag, text, range));
        },
        [&value] { return Json(value); });
  }

  void parse(int argc, char** argv) {
    app.parse(argc, argv);
    const std::vector<std::string> unknown = app.remaining();
    require(unknown.empty(), "there is no flag {} (--help shows the flags)", unknown.empty() ? "" : unknown.front());
    for (const auto& flag : flags) {
      if (flag->set && flag->option->count() > 0) {
        flag->set(flag->text);
      }
    }
  }

  Json config() const;

  CLI::App app;
  const RunFlags* run_flags = nullptr;       // where the program has them
  std::vector<std::unique_ptr<Flag>> flags;  // their addresses stay, for CLI11 writes to them
};

Flags::Flags(const std::string& name, const std::string& description)
    : parser_(std::make_unique<Parser>(name, description)) {}

Flags::~Flags() = default;

void Flags::add(const std::string& flag, int& value, Range range, const std::string& help) {
  parser_->add_integer(flag, value, range, help);
}

void Flags::add_workers(const std::string& flag, int& value, const std::string& help) {
  constexpr int automatic = hearth::LoaderOptions::automatic;
  const auto text_of = [](int workers) { return workers == automatic ? "auto" : std::to_string(workers); };
  parser_->add(
      flag, "INT|auto", text_of(value), help + "; auto: as many as the step leaves cores for",
      [name = long_name(flag), &value](const std::string& text) {
        if (text == "auto") {
          value = automatic;
          return;
        }
        constexpr Range range{0, 1024};
        std::uint64_t number = range.most + 1;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        require(error == std::errc{} && stop == text.data() + text.size() && number <= range.most,
                "{} must be a whole number from {} to {}, or auto, but got \"{}\"", name, range.least, range.most,
                text);
        value = static_cast<int>(number);
      },
      [&value, text_of] { return value == automatic ? Json(text_of(value)) : Json(value); });
}

void Flags::add(const std::string& flag, std::int64_t& value, Range range, const std::string& help) {
  parser_->add_integer(flag, value, range, help);
}

void Flags::add(const std::string& flag, std::uint64_t& value, const std::string& help) {
  parser_->add_integer(flag, value, {0, std::numeric_limits<std::uint64_t>::max()}, help);
}

void Flags::add(const std::string& flag, double& value, const std::string& help) {
  parser_->add(
      flag, "NUMBER", fmt::format("{}", value), help,
      [name = long_name(flag), &value](const std::string& text) { value = number(name, text); },
      [&value] { return Json(value); });
}

void Flags::add(const std::string& flag, bool& value, const std::string& help) {
  parser_->app.add_flag(flag, value, help);
  parser_->flags.push_back(
      std::make_unique<Parser::Flag>(Parser::Flag{long_name(flag), {}, {}, [&value] { return Json(value); }}));
}

void Flags::add(const std::string& flag, std::string& value, const std::string& help) {
  parser_->add(
      flag, "TEXT", value, help, [&value](const std::string& text) { value = text; }, [&value] { return Json(value); });
}

void Flags::add(const std::string& flag, std::filesystem::path& value, const std::string& help) {
  parser_->add(
      flag, "PATH", value.string(), help, [&value](const std::string& text) { value = text; },
      [&value] { return Json(value.string()); });
}

void Flags::add(RunFlags& flags, const std::string& data_help) {
  add("--data", flags.data, data_help);
  add("--epochs", flags.epochs, {1, 1'000'000}, "how often to go through the training images");
  add("--batch-size", flags.batch_size, {1, 1'000'000}, "images a step, in each process");
  add("--lr", flags.lr, "learning rate");
  add_workers("--workers", flags.workers, "threads that load images; the results do not depend on it");
  add("--seed", flags.seed, "of the initial weights, the order and the augmentation");
  add("--device", flags.device, "auto (CUDA, then MPS, then CPU), cpu, cuda, cuda:N or mps");
  add("--channels-last", flags.channels_last, "keep images as NHWC in memory: faster convolutions");
  add("--limit", flags.limit, {0, 1'000'000'000}, "use only the first N images of each class (0: all)");
  add("--precision", flags.precision,
      "fp32, bf16 or fp16: the type in which the network computes (autocast); auto: fp16 on CUDA, fp32 elsewhere");
  add("--accumulate", flags.accumulate, {1, 1'000'000}, "batches for each optimizer step");
  add("--deterministic", flags.deterministic, "ask LibTorch for deterministic algorithms");
  add("--output-dir", flags.output_dir, "the run's folder: config, metrics, weights, checkpoints, curves");
  add("--resume", flags.resume, "go on from the last checkpoint in the run's folder, if it has one");
  add("--scale-by-gpus", flags.scale_by_gpus,
      "the learning rate times the number of processes, as their batches together are; without --nproc, batch size and "
      "learning rate times the number of GPUs, as tutorials for DataParallel have it, on one of them");
  add_run_folder(flags);
  add_processes(flags);
}

void Flags::add_run_folder(RunFlags& flags) {
  add("--overwrite", flags.overwrite, "begin anew in a folder that holds an earlier run, whose files are removed");
  add("--checkpoint-minutes", flags.checkpoint_minutes, "from one checkpoint to the next in an epoch (0: at its end)");
  add("--checkpoint-steps", flags.checkpoint_steps, {0, 1'000'000'000},
      "optimizer steps from one checkpoint to the next (0: by time alone)");
  add("--keep-checkpoints", flags.keep_checkpoints, {1, 1'000'000}, "how many of the last are kept");
}

void Flags::add_processes(RunFlags& flags) {
  add("--nproc", flags.nproc, "train in so many processes on this host: a number, or gpu: one for each GPU");
  add("--dist-url", flags.dist_url,
      "where processes meet: tcp://HOST:PORT, file:///PATH or env:// (none: as torchrun, Open MPI or Slurm says)");
  add("--dist-backend", flags.dist_backend, "nccl or gloo (none: nccl between GPUs, gloo elsewhere)");
  add("--world-size", flags.world_size, {1, 1'000'000},
      "the number of processes, or of hosts with --multiprocessing-distributed (-1: not said)");
  add("--rank", flags.rank, {0, 999'999}, "of this process, or of this host, counted from 0 (-1: not said)");
  add("--multiprocessing-distributed", flags.multiprocessing_distributed,
      "each host starts --nproc processes, or one for each of its GPUs; --world-size and --rank count hosts");
  add("--dist-timeout", flags.dist_timeout, "seconds after which processes give up waiting for each other");
  add("--sync-bn", flags.sync_bn, "BatchNorm over the batches of all processes");
  add("--shard-optimizer", flags.shard_optimizer, "each process keeps a part of the optimizer's state (ZeRO-1)");
  add("--find-unused-parameters", flags.find_unused_parameters,
      "for networks of which a batch may leave parameters without a gradient");
  add("--grad-compression", flags.grad_compression, "none, bf16 or fp16: the type in which gradients travel");
  add("--bucket-cap-mb", flags.bucket_cap_mb, "MiB of gradients that travel at once");
  parser_->run_flags = &flags;
}

void Flags::add_arguments(const std::string& name, std::vector<std::filesystem::path>& values,
                          const std::string& help) {
  const auto take = [&values](const std::vector<std::string>& texts) {
    values.assign(texts.begin(), texts.end());
    return true;
  };
  parser_->app.add_option_function<std::vector<std::string>>(name, take, help)
      ->type_name("PATH")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

int Flags::run(int argc, char** argv, const std::function<int()>& body) {
  const std::string& name = parser_->app.get_name();
  int code = 1;
  if (words_.empty()) {
    words_.assign(argv, argv + argc);
  }
  try {
    parser_->parse(argc, argv);
    const RunFlags* const flags = parser_->run_flags;
    const auto plan = flags != nullptr ? launch_plan(*flags) : std::nullopt;
    code = plan ? hearth::dist::launch(*plan, words_) : body();
  } catch (const CLI::CallForHelp&) {
    Console::print("{}", parser_->app.help());
    code = 0;
  } catch (const CLI::ParseError& error) {
    Console::print_error("{}: {} (--help shows the flags)\n", name, error.what());
  } catch (const std::exception& error) {
    const std::string text = error.what();
    Console::print_error("{}: {}{}\n", name, rank_text(), text.substr(0, text.find('\n')));
    tell_others(text);
  }
  connected() = {};
  return code;
}

bool Flags::given(const std::string& flag) const {
  return parser_->app.get_option(flag)->count() > 0;
}

std::string Flags::command() const {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const std::string flag = words_[i].substr(0, words_[i].find('='));
    if (flag != "--resume" && flag != "--overwrite") {
      words.push_back(words_[i]);
    } else if (flag == words_[i] && parser_->app.get_option(flag)->get_items_expected_max() > 0) {
      ++i;  // with its value
    }
  }
  return hearth::core::shell_command(words);
}

std::vector<hearth::RunOption> Flags::run_options() const {
  using Effect = hearth::RunOption::Effect;
  static const std::map<std::string, Effect> effects{
      {"--workers", Effect::none},         {"--data", Effect::none},
      {"--download", Effect::none},        {"--prepared", Effect::none},
      {"--lr", Effect::restored},                                              // it is in the optimizer's state
      {"--pretrained", Effect::restored},                                      // the checkpoint has all weights
      {"--weights", Effect::restored},     {"--scale-by-gpus", Effect::none},  // what it scales is compared
      {"--shard-optimizer", Effect::none},                                     // a checkpoint has the whole state
      {"--bucket-cap-mb", Effect::none},   {"--find-unused-parameters", Effect::none},
  };
  // Where and how often files are written and lines printed; and what Trainer compares by itself.
  static const std::set<std::string> not_compared{
      "--output-dir", "--output_dir",    "--resume",       "--overwrite", "--keep-checkpoints", "--checkpoint-steps",
      "--evaluate",   "--print-freq",    "--enable_wandb", "--epochs",    "--start-epoch",      "--checkpoint-minutes",
      "--batch-size", "--device",        "--gpu",          "--no-accel",  "--precision",        "--amp",
      "--accumulate", "--channels-last", "--deterministic"};
  std::vector<hearth::RunOption> options;
  for (const auto& flag : parser_->flags) {
    if (!not_compared.contains(flag->name) && !is_start_flag(flag->name)) {
      const auto effect = effects.find(flag->name);
      options.push_back({flag->name, flag->value().dump(-1, ' ', false, Json::error_handler_t::replace),
                         effect == effects.end() ? Effect::changes : effect->second});
    }
  }
  return options;
}

/// What config.json has.
Json Flags::Parser::config() const {
  Json config;
  config["program"] = app.get_name();
  for (const auto& flag : flags) {
    if (flag->name == "--resume" || flag->name == "--overwrite" || is_start_flag(flag->name)) {
      continue;  // how the run was begun, and nothing of what it is
    }
    std::string key = flag->name.substr(2);
    std::replace(key.begin(), key.end(), '-', '_');
    config[key] = flag->value();
  }
  config["torch"] = TORCH_VERSION;
  return config;
}

std::vector<hearth::Setting> Flags::settings() const {
  std::vector<hearth::Setting> settings;
  const Json config = parser_->config();
  for (const auto& [name, value] : config.items()) {
    if (value.is_boolean()) {
      settings.emplace_back(name, value.get<bool>());
    } else if (value.is_number_float()) {
      settings.emplace_back(name, value.get<double>());
    } else if (value.is_number()) {
      settings.emplace_back(name, value.get<std::int64_t>());
    } else {
      settings.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  return settings;
}

void Flags::write_config(const std::filesystem::path& folder) const {
  const Json config = parser_->config();
  hearth::core::make_folder(folder);
  // A path may hold bytes that are no UTF-8, which JSON cannot: each becomes a replacement character.
  hearth::core::write_file(folder / "config.json", config.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Commands::Commands(std::string name, std::string description)
    : name_(std::move(name)), description_(std::move(description)) {}

Flags& Commands::add(const std::string& name, const std::string& description, std::function<int()> body) {
  commands_.push_back({name, description, std::move(body), std::make_unique<Flags>(name_ + " " + name, description)});
  return *commands_.back().flags;
}

int Commands::run(int argc, char** argv) {
  const std::string wanted = argc > 1 ? argv[1] : "--help";
  for (const Command& command : commands_) {
    if (command.name == wanted) {
      command.flags->words_.assign(argv, argv + argc);
      return command.flags->run(argc - 1, argv + 1, command.body);
    }
  }
  if (wanted != "--help" && wanted != "-h") {
    std::vector<std::string_view> names;
    for (const Command& command : commands_) {
      names.push_back(command.name);
    }
    Console::print_error("{}: there is no command {}; it is {}\n", name_, wanted, either(names));
    return 1;
  }
  Console::print("{}\nUsage: {} COMMAND [OPTIONS]\n\n", description_, name_);
  for (const Command& command : commands_) {
    Console::print("  {:<10}  {}\n", command.name, command.description);
  }
  Console::print("\n{} COMMAND --help shows the flags of each.\n", name_);
  return argc > 1 ? 0 : 1;
}

double number(const std::string& flag, const std::string& text) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  double value = 0;
  stream >> std::noskipws >> value;
  require(
      !stream.fail() && stream.peek() == std::istringstream::traits_type::eof() && std::isfinite(value) && value >= 0,
      "{} must be a number of at least 0, but got \"{}\"", flag, text);
  return value;
}

void refuse_choice(const std::string& flag, const std::string& text, const std::vector<std::string_view>& choices) {
  hearth::core::fail("{} must be {}, but got \"{}\"", flag, either(choices), text);
}

hearth::dist::World connect(const RunFlags& flags) {
  const hearth::dist::Rendezvous rendezvous = hearth::dist::find_rendezvous(rendezvous_options(flags));
  const at::Device device = hearth::parse_device(flags.device);
  hearth::dist::ConnectOptions options{.timeout = std::chrono::milliseconds(std::llround(flags.dist_timeout * 1000))};
  require(rendezvous.is_alone() || options.timeout.count() > 0, "--dist-timeout must be more than 0, but is {}",
          flags.dist_timeout);
  if (flags.device != "auto" && flags.device != "cuda") {  // with these, the GPU of its local rank where there is one
    options.device = device;
  }
  connected() = hearth::dist::connect(rendezvous, options);
  Console::silence(!connected().is_main());
  return connected();
}

at::Device device(const RunFlags& flags, const hearth::dist::World& world) {
  return world.is_alone() ? hearth::parse_device(flags.device) : world.device();
}

std::string scale_by_gpus(RunFlags& flags, const hearth::dist::World& world) {
  const bool is_cuda = hearth::parse_device(flags.device).is_cuda();
  const int gpus = !world.is_alone() ? world.size() : is_cuda ? hearth::cuda_device_count() : 1;
  if (!flags.scale_by_gpus || gpus < 2) {
    return "";
  }
  const double lr = flags.lr;
  flags.lr *= gpus;
  if (!world.is_alone()) {
    return fmt::format("{} processes: a learning rate of {} in the place of {}", gpus, flags.lr, lr);
  }
  const std::int64_t batch_size = flags.batch_size;
  flags.batch_size *= gpus;
  return fmt::format(
      "{} GPUs: batches of {} images in the place of {}, a learning rate of {} in the place of {}; one GPU trains "
      "(--nproc gpu: all of them)",
      gpus, flags.batch_size, batch_size, flags.lr, lr);
}

std::string global_batch(const RunFlags& flags, const hearth::dist::World& world) {
  if (world.is_alone()) {
    return "";
  }
  const std::string steps = flags.accumulate > 1 ? fmt::format(" x {} batches a step", flags.accumulate) : "";
  return fmt::format("global batch {} = {} processes x {}{}", flags.batch_size * world.size() * flags.accumulate,
                     world.size(), flags.batch_size, steps);
}

hearth::RunFolder run_folder(const RunFlags& flags, const hearth::dist::World& world) {
  require(!flags.resume || !flags.overwrite, "--resume and --overwrite exclude each other");
  using hearth::RunStart;
  const RunStart start = flags.resume ? RunStart::resume : flags.overwrite ? RunStart::overwrite : RunStart::fresh;
  return world.is_main() ? hearth::RunFolder(flags.output_dir, start)
                         : hearth::RunFolder::of_another_process(flags.output_dir, start);
}

hearth::TrainerOptions trainer_options(const RunFlags& flags, const Flags& command_line,
                                       const hearth::RunFolder& folder, const hearth::InterruptSignal& interrupt,
                                       const hearth::SaveSignal& save, const hearth::dist::World& world) {
  using hearth::dist::Compression;
  const at::Device device = program::device(flags, world);
  if (!world.is_alone()) {
    interrupt.allow_saving(std::chrono::minutes(10));  // a stop is answered at a step's end, by all
  }
  return {
      .epochs = flags.epochs,
      .device = device,
      .channels_last = flags.channels_last,
      .stop = interrupt.token(),
      .precision = precision(flags.precision, device),
      .accumulate = flags.accumulate,
      .checkpoints =
          hearth::CheckpointOptions{.folder = folder,
                                    .keep = flags.keep_checkpoints,
                                    .every = std::chrono::milliseconds(std::llround(flags.checkpoint_minutes * 60'000)),
                                    .every_steps = flags.checkpoint_steps,
                                    .request = save.request(),
                                    .options = command_line.run_options()},
      .deterministic = flags.deterministic,
      .world = world,
      .data_parallel = {.bucket_cap_mb = flags.bucket_cap_mb,
                        .find_unused_parameters = flags.find_unused_parameters,
                        .compression = choice<Compression>(
                            "--grad-compression", flags.grad_compression,
                            {{"none", Compression::none}, {"bf16", Compression::bf16}, {"fp16", Compression::fp16}}),
                        .sync_batch_norm = flags.sync_bn,
                        .shard_optimizer = flags.shard_optimizer}};
}

int tell_interrupted(const hearth::RunFolder& folder, const hearth::InterruptSignal& interrupt,
                     const std::string& resume) {
  Console::print("Interrupted; the same command with {} goes on from {}\n", resume, folder.path().string());
  return interrupt.exit_code() != 0 ? interrupt.exit_code() : 128 + SIGTERM;  // another process may have had the signal
}

hearth::RunLogOptions log_options(const Flags& command_line) {
  const auto curves = [](const hearth::EpochEnd& event) { return hearth::Curves::draw_curves(event.history); };
  return {.config = command_line.settings(), .pictures = {{"curves", curves}}};
}

hearth::LoaderOptions loader_options(const RunFlags& flags, bool shuffle) {
  return {.batch_size = flags.batch_size,
          .shuffle = shuffle,
          .workers = flags.workers,
          .seed = flags.seed,
          .layout = flags.channels_last ? hearth::Layout::channels_last : hearth::Layout::contiguous,
          .pin_memory = hearth::parse_device(flags.device).is_cuda()};
}

hearth::models::Pretrained pretrained(const std::string& weights) {
  const auto tell = [](const hearth::models::PretrainedReport& report) { Console::print("{}", to_string(report)); };
  return {weights, {.download = {}, .report = tell}};
}

void PassProgress::operator()(std::size_t done, std::size_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (done == total || now - shown_ > std::chrono::seconds(1)) {
    shown_ = now;
    const double seconds = std::chrono::duration<double>(now - begun_).count();
    Console::print_error("{}: {} of {}, {:.0f} a second\n", what_, done, total, static_cast<double>(done) / seconds);
  }
}

void write_predictions(const std::filesystem::path& file, const std::vector<std::filesystem::path>& images,
                       const std::vector<hearth::Outcome>& outcomes, const std::vector<std::string>& classes) {
  Json all = Json::array();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const hearth::Outcome& outcome = outcomes[i];
    Json one{{"file", images[i].string()}};
    if (outcome.has_label()) {
      one["label"] = classes.at(static_cast<std::size_t>(outcome.label));
      one["right"] = outcome.is_right();
    }
    for (const hearth::Prediction& prediction : outcome.predictions) {
      one["predictions"].push_back(
          {{"class", prediction.name}, {"index", prediction.index}, {"probability", prediction.probability}});
    }
    all.push_back(std::move(one));
  }
  hearth::core::make_folder(file.parent_path());
  hearth::core::write_file(file, all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::int64_t read_config_number(const std::filesystem::path& folder, const std::string& name, std::int64_t otherwise) {
  const std::filesystem::path file = folder / "config.json";
  if (std::error_code error; !std::filesystem::exists(file, error)) {
    return otherwise;
  }
  const std::vector<std::byte> bytes = hearth::core::read_file(file);
  const char* const text = reinterpret_cast<const char*>(bytes.data());
  const Json config = Json::parse(text, text + bytes.size(), nullptr, /*allow_exceptions=*/false);
  const auto value = config.is_object() ? config.find(name) : config.end();
  return value != config.end() && value->is_number_integer() ? value->get<std::int64_t>() : otherwise;
}

std::size_t images_per_class(const RunFlags& flags) {
  return flags.limit == 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(flags.limit);
}

}  // namespace program
