/// What the example programs share: their flags, the run's config.json, and how a user's mistake ends them.
///
/// The parser of the flags and the writer of JSON are in program.cpp alone, which is compiled once for all programs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/interrupt.hpp>
#include <hearth/core/save_request.hpp>
#include <hearth/data/loader_options.hpp>
#include <hearth/dist/world.hpp>
#include <hearth/models/pretrained.hpp>
#include <hearth/train/predictions.hpp>
#include <hearth/train/run_folder.hpp>
#include <hearth/train/run_log.hpp>
#include <hearth/train/trainer_options.hpp>

namespace program {

/// The flags that every program has. The initial values are the defaults that --help shows.
struct RunFlags {
  std::filesystem::path data = {};
  int epochs = 1;
  std::int64_t batch_size = 1;
  double lr = 0.001;
  int workers = 0;
  std::uint64_t seed = 0;
  std::string device = "auto";
  bool channels_last = false;
  std::int64_t limit = 0;
  std::string precision = "fp32";
  int accumulate = 1;
  bool deterministic = false;
  std::filesystem::path output_dir = {};
  bool resume = false;
  bool overwrite = false;
  double checkpoint_minutes = 10;
  std::int64_t checkpoint_steps = 0;
  int keep_checkpoints = 2;
  bool scale_by_gpus = false;

  // How several processes are started and meet.
  std::string nproc = {};
  std::string dist_url = {};
  std::string dist_backend = {};
  int world_size = -1;
  int rank = -1;
  bool multiprocessing_distributed = false;
  double dist_timeout = 600;

  // How they train together.
  bool sync_bn = false;
  bool shard_optimizer = false;
  bool find_unused_parameters = false;
  std::string grad_compression = "none";
  double bucket_cap_mb = 25;
};

/// What a whole number on the command line may be.
struct Range {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

/// The command line of a program: each flag belongs to a variable, whose value so far is the flag's default. A flag may
/// have several names, "-b,--batch-size", and stand without one, "DIR,--data"; the first long one names it in errors
/// and in config.json. Flags also come from the file of --config.
class Flags {
 public:
  Flags(const std::string& name, const std::string& description);
  ~Flags();

  void add(const std::string& flag, int& value, Range range, const std::string& help);
  void add(const std::string& flag, std::int64_t& value, Range range, const std::string& help);
  void add(const std::string& flag, std::uint64_t& value, const std::string& help);
  void add(const std::string& flag, double& value, const std::string& help);  ///< a finite number of at least 0
  void add(const std::string& flag, bool& value, const std::string& help);    ///< true when the flag is there
  void add(const std::string& flag, std::string& value, const std::string& help);
  void add(const std::string& flag, std::filesystem::path& value, const std::string& help);

  /// The number of a loader's workers, or the word auto.
  void add_workers(const std::string& flag, int& value, const std::string& help);
  /// The flags of RunFlags.
  void add(RunFlags& flags, const std::string& data_help);

  /// Of these, how a used folder is treated and when it is saved, and how processes are started and train together: for
  /// a program that has the others under names of its own.
  void add_run_folder(RunFlags& flags);
  void add_processes(RunFlags& flags);

  /// What stands on the command line without a flag: `predict --weights best.pth FILE...`
  void add_arguments(const std::string& name, std::vector<std::filesystem::path>& values, const std::string& help);

  /// Reads the command line, calls `body` and gives the exit code for main: what `body` returned, 0 after --help, or 1
  /// when a flag is wrong or when `body` throws; a line on stderr says what happened, with the rank where there are
  /// several processes, and these are told. Where the flags of RunFlags ask for processes on this host, this one starts
  /// them and gives their exit code, without calling `body`.
  int run(int argc, char** argv, const std::function<int()>& body);

  /// Whether the command line had the flag.
  bool given(const std::string& flag) const;

  /// What was typed, as a shell reads it, without --resume and --overwrite: it repeats the run.
  std::string command() const;

  /// Every flag with its value, and whether another value changes the result of a run that is resumed.
  std::vector<hearth::RunOption> run_options() const;

  /// The same as write_config writes, for logs.
  std::vector<hearth::Setting> settings() const;

  /// Writes config.json into the folder: every flag with the value in force, which is all that repeats the run; without
  /// --resume and --overwrite, and without those that only say how processes were started and met.
  void write_config(const std::filesystem::path& folder) const;

 private:
  friend class Commands;
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::vector<std::string> words_;  // of the command line, the program's name first
};

/// The command line of a program that does several things, each with flags of its own: `food11 train --lr 1e-4`.
class Commands {
 public:
  Commands(std::string name, std::string description);

  /// Adds a command; its flags are added to what this returns. `body` gives the exit code, as in Flags::run.
  Flags& add(const std::string& name, const std::string& description, std::function<int()> body);

  /// Runs the command that the first argument names, and gives the exit code for main; --help lists the commands.
  int run(int argc, char** argv);

 private:
  struct Command {
    std::string name;
    std::string description;
    std::function<int()> body;
    std::unique_ptr<Flags> flags;
  };
  std::string name_;
  std::string description_;
  std::vector<Command> commands_;
};

/// Reads a finite number of at least 0, the same in every locale. Throws Error, naming the flag, when it is none.
double number(const std::string& flag, const std::string& text);

[[noreturn]] void refuse_choice(const std::string& flag, const std::string& text,
                                const std::vector<std::string_view>& choices);

/// What the flag's text stands for. Throws Error, naming the choices, when it is none of them.
template <class T>
T choice(const std::string& flag, const std::string& text,
         std::initializer_list<std::pair<std::string_view, T>> choices) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : choices) {
    if (name == text) {
      return value;
    }
    names.push_back(name);
  }
  refuse_choice(flag, text, names);
}

/// The processes of this run, brought together as the flags and the environment say; this one alone where they say
/// nothing. On ranks other than 0, nothing is printed to stdout from here on.
hearth::dist::World connect(const RunFlags& flags);

/// The device of this process: alone that of --device, otherwise that of its rank.
at::Device device(const RunFlags& flags, const hearth::dist::World& world);

/// What --scale-by-gpus asks, as the tutorials do that drive all GPUs of a host from one process (DataParallel): the
/// learning rate times the number of processes, whose batches together are so many times larger; for a process alone,
/// batch and learning rate times the number of the host's GPUs. Gives a sentence that says so; empty: nothing was
/// scaled.
std::string scale_by_gpus(RunFlags& flags, const hearth::dist::World& world);

/// "global batch 256 = 2 processes x 128"; empty where this process is alone.
std::string global_batch(const RunFlags& flags, const hearth::dist::World& world);

/// The run's folder: new, to be resumed, or to be overwritten. Rank 0 locks it, the others know its name.
hearth::RunFolder run_folder(const RunFlags& flags, const hearth::dist::World& world);

/// What every program's Trainer is given: checkpoints in the folder, Ctrl-C that saves and ends, SIGUSR1 that saves and
/// goes on.
hearth::TrainerOptions trainer_options(const RunFlags& flags, const Flags& command_line,
                                       const hearth::RunFolder& folder, const hearth::InterruptSignal& interrupt,
                                       const hearth::SaveSignal& save, const hearth::dist::World& world);

/// Says how an interrupted run goes on, by the flag `resume`, and gives the exit code.
int tell_interrupted(const hearth::RunFolder& folder, const hearth::InterruptSignal& interrupt,
                     const std::string& resume = "--resume");

/// What logs are told beside the figures: every flag, and the curves as a picture.
hearth::RunLogOptions log_options(const Flags& command_line);

/// The loader's options for a run; `shuffle` is for training.
hearth::LoaderOptions loader_options(const RunFlags& flags, bool shuffle);

/// Weights to start from, a file or the name of an entry of torchvision's; a line says what became of them, and one for
/// each that was made anew, as a head for other classes is. An empty text: none.
hearth::models::Pretrained pretrained(const std::string& weights);

/// Tells on stderr how far a pass over images has come, and how fast: now and then, and at its end.
class PassProgress {
 public:
  explicit PassProgress(std::string what) : what_(std::move(what)) {}
  void operator()(std::size_t done, std::size_t total);

 private:
  std::string what_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_ = begun_;
};

/// Writes an array with an object for each outcome: its file, the most probable classes, and the true one where that is
/// known. Makes the file's folder.
void write_predictions(const std::filesystem::path& file, const std::vector<std::filesystem::path>& images,
                       const std::vector<hearth::Outcome>& outcomes, const std::vector<std::string>& classes);

/// The number of that name in the folder's config.json; `otherwise` where there is no such file or no such number.
std::int64_t read_config_number(const std::filesystem::path& folder, const std::string& name, std::int64_t otherwise);

/// How many images of each class a run uses at most: what --limit says, or all.
std::size_t images_per_class(const RunFlags& flags);

}  // namespace program
