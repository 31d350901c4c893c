#pragma once

#include <hearth/dist/watch.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace hearth::dist::detail {

/// What a process has last said of itself, as this one has read it.
struct Beat {
  std::string text;   // as it was read
  int unchanged = 0;  // readings in a row that found the same
  std::int64_t operations = 0;
  bool waits = false;
  double seconds = 0;  // for which it has done what it does
  std::string activity;

  std::string doing() const { return activity.empty() ? "" : fmt::format("; it was in {}", activity); }
};

/// What the two threads of a Watch and those who call it share.
struct Watch::State {
  State(std::shared_ptr<Guard> its_guard, c10::intrusive_ptr<c10d::Store> its_store, WatchOptions its_options)
      : guard(std::move(its_guard)),
        store(std::move(its_store)),
        options(std::move(its_options)),
        beats(static_cast<std::size_t>(options.size)) {}

  const std::shared_ptr<Guard> guard;
  const c10::intrusive_ptr<c10d::Store> store;
  const WatchOptions options;

  // Of the thread that talks to the store alone.
  std::vector<Beat> beats;
  std::int64_t count = 0;
  bool all_have_begun = false;  // every process has written a beat

  std::mutex mutex;  // of all that follows
  std::condition_variable changed;
  bool ending = false;                 // the process wants to end …
  std::optional<std::string> failure;  // … because of this
  bool has_ended = false;              // and the others have been told
  bool has_waited = false;             // for them to be told
  bool is_silent = false;              // the store has been closed in good order, or is not asked any more
  int without_answer = 0;              // intervals since the store last answered

  static constexpr int patience = 30;        // intervals after which a process without beats has gone
  static constexpr int short_patience = 3;   // the same, when an operation has failed
  static constexpr int longest_search = 12;  // intervals in which somebody at fault is looked for

  void answered() {
    const std::lock_guard lock(mutex);
    without_answer = 0;
  }
  bool exists(const std::string& key) {
    const bool found = store->check({key});
    answered();
    return found;
  }
  std::string read(const std::string& key) {
    const std::vector<std::uint8_t> value = store->get(key);
    answered();
    return {value.begin(), value.end()};
  }
  void write(const std::string& key, const std::string& text) {
    store->set(key, std::vector<std::uint8_t>(text.begin(), text.end()));
    answered();
  }

  /// Breaks the connection with what is wrong; with what another has said before, where one has.
  void publish(const std::string& text) {
    const std::vector<std::uint8_t> said =
        store->compareSet("failed", {}, std::vector<std::uint8_t>(text.begin(), text.end()));
    adopt({said.begin(), said.end()});
  }
  void adopt(const std::string& text) { guard->break_with("dist: " + text); }

  void beat();
  std::vector<std::string> texts_of_beats();
  void read_beats();
  std::optional<std::string> find_fault();
  std::string ranks_of(const std::vector<int>& ranks) const;
};

HEARTH_INLINE void Watch::State::beat() {
  const Guard::Progress progress = guard->progress();
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(Guard::Clock::now() - progress.since);
  write(fmt::format("beat/{}", options.rank), fmt::format("{} {} {} {} {}", ++count, progress.operations,
                                                          progress.waits ? 1 : 0, since.count(), progress.activity));
}

/// The beats as they stand in the store, by rank; none: empty, as this process's own. All at once where the store can,
/// for one by one takes many seconds with hundreds.
HEARTH_INLINE std::vector<std::string> Watch::State::texts_of_beats() {
  std::vector<std::string> keys;
  for (int rank = 0; rank < options.size; ++rank) {
    keys.push_back(fmt::format("beat/{}", rank));
  }
  std::vector<std::string> texts(keys.size());
  if (store->hasExtendedApi()) {
    all_have_begun = all_have_begun || store->check(keys);
    answered();
    if (all_have_begun) {  // otherwise it would wait for them
      const std::vector<std::vector<std::uint8_t>> values = store->multiGet(keys);
      answered();
      std::transform(values.begin(), values.end(), texts.begin(),
                     [](const std::vector<std::uint8_t>& value) { return std::string(value.begin(), value.end()); });
      texts[static_cast<std::size_t>(options.rank)].clear();
      return texts;
    }
  }
  for (std::size_t rank = 0; rank < keys.size(); ++rank) {
    if (rank != static_cast<std::size_t>(options.rank) && exists(keys[rank])) {
      texts[rank] = read(keys[rank]);
    }
  }
  return texts;
}

HEARTH_INLINE void Watch::State::read_beats() {
  std::vector<std::string> texts = texts_of_beats();
  for (std::size_t rank = 0; rank < texts.size(); ++rank) {
    Beat& beat = beats[rank];
    std::string& text = texts[rank];
    if (text == beat.text) {
      ++beat.unchanged;
      continue;
    }
    std::istringstream words(text);
    std::int64_t number = 0;
    std::int64_t milliseconds = 0;
    words >> number >> beat.operations >> beat.waits >> milliseconds;
    words.ignore(1);
    std::getline(words, beat.activity, '\0');
    beat.seconds = static_cast<double>(milliseconds) / 1000;
    beat.text = std::move(text);
    beat.unchanged = 0;
  }
}

HEARTH_INLINE std::string Watch::State::ranks_of(const std::vector<int>& ranks) const {
  return fmt::format("{} {}", ranks.size() == 1 ? "rank" : "ranks", fmt::join(ranks, ", "));
}

/// Who is at fault, as a sentence; none: nobody yet.
HEARTH_INLINE std::optional<std::string> Watch::State::find_fault() {
  const bool suspects = guard->suspicion().has_value();
  const int limit = suspects ? short_patience : patience;
  const double interval = std::chrono::duration<double>(options.interval).count();
  const double waiting = guard->waiting().value_or(0);
  const auto has_left = [&](int rank) { return exists(fmt::format("left/{}", rank)); };

  std::vector<int> gone;
  std::vector<int> others;
  for (int rank = 0; rank < options.size; ++rank) {
    if (rank == options.rank) {
      continue;
    }
    (beats[static_cast<std::size_t>(rank)].unchanged >= limit ? gone : others).push_back(rank);
  }
  // Several at once may only be slow, on a host with too much to do.
  if (gone.size() > 1) {
    std::erase_if(gone, [&](int rank) { return beats[static_cast<std::size_t>(rank)].unchanged < 2 * limit; });
  }
  std::vector<int> left;
  for (auto rank = gone.begin(); rank != gone.end();) {
    const bool ended = has_left(*rank);
    if (ended) {
      left.push_back(*rank);
    }
    rank = ended ? gone.erase(rank) : rank + 1;
  }
  if (!gone.empty()) {
    const Beat& beat = beats[static_cast<std::size_t>(gone.front())];
    return fmt::format("{} {} gone (no sign of life for {:.3g} s{})", ranks_of(gone), gone.size() == 1 ? "has" : "have",
                       interval * beat.unchanged, gone.size() == 1 ? beat.doing() : "");
  }
  if (!suspects) {
    return {};
  }
  if (!left.empty()) {
    return fmt::format("{} {} ended, but rank {} still waits for {}", ranks_of(left), left.size() == 1 ? "has" : "have",
                       options.rank, left.size() == 1 ? "it" : "them");
  }
  if (!guard->is_overdue()) {
    return {};
  }
  const auto behind = std::min_element(others.begin(), others.end(), [&](int a, int b) {
    const Beat& first = beats[static_cast<std::size_t>(a)];
    const Beat& second = beats[static_cast<std::size_t>(b)];
    return std::pair(first.operations, first.waits) < std::pair(second.operations, second.waits);
  });
  if (behind == others.end()) {
    return {};
  }
  const Beat& beat = beats[static_cast<std::size_t>(*behind)];
  if (beat.text.empty() || (beat.waits && beat.operations >= guard->progress().operations)) {
    return {};
  }
  return fmt::format("rank {} does not go on: it has been {} for {:.3g} s, and rank {} has waited for {:.3g} s",
                     *behind, beat.activity.empty() ? "at something else" : "in " + beat.activity,
                     beat.seconds + interval * beat.unchanged, options.rank, waiting);
}

/// How long a store stays for those who have not yet read what its process has said last.
inline std::chrono::milliseconds longest_goodbye(const WatchOptions& options) {
  return 4 * options.interval + std::chrono::milliseconds(500);
}

/// The thread that talks to the store.
HEARTH_INLINE void Watch::talk(const std::shared_ptr<State>& state) {
  State& self = *state;
  const WatchOptions& options = self.options;
  const auto pause = [&](std::chrono::milliseconds time) {
    std::unique_lock lock(self.mutex);
    self.changed.wait_for(lock, time, [&] { return self.ending; });
    return self.ending;
  };
  bool ending = false;
  bool is_closing = false;
  bool has_left = false;
  try {
    while (!ending && !is_closing && !self.guard->is_broken()) {
      self.beat();
      if (self.exists("failed")) {
        self.adopt(self.read("failed"));
        break;
      }
      is_closing = self.exists("closing");
      // Four observers are enough as long as nothing has failed: what one finds, all are told.
      if (options.rank < 4 || self.guard->suspicion()) {
        self.read_beats();
        if (const std::optional<std::string> fault = self.find_fault()) {
          self.publish(*fault);
          break;
        }
      }
      ending = pause(options.interval);
    }
    if (ending && !self.guard->is_broken()) {
      const std::optional<std::string> failure = [&] {
        const std::lock_guard lock(self.mutex);
        return self.failure;
      }();
      if (failure) {
        self.publish(*failure);
      } else {
        has_left = true;
        self.write(fmt::format("left/{}", options.rank), "1");
        if (options.serves) {
          self.write("closing", "1");
        }
      }
    }
    // Where the connection was broken from within, without a word in the store, the others are told now.
    if (const std::optional<std::string> reason = self.guard->reason(); reason && !has_left && !self.exists("failed")) {
      self.publish(reason->substr(reason->find(' ') + 1));
    }
    // The store of this process stays until all have read what it says; not for ever, for some have gone.
    std::int64_t informed = self.store->add("informed", 1);
    const auto until = Guard::Clock::now() + longest_goodbye(options);
    while (options.serves && informed < options.size && Guard::Clock::now() < until) {
      std::this_thread::sleep_for(options.interval / 4);
      informed = self.store->add("informed", 0);
      self.answered();
    }
  } catch (const std::exception&) {
    if (!is_closing && !ending) {
      self.guard->break_with(fmt::format("dist: {} has gone", options.keeper));
    }
  }
  const std::lock_guard lock(self.mutex);
  self.is_silent = true;
  self.has_ended = true;
  self.changed.notify_all();
}

/// The thread that looks after time-outs. It never waits for anybody.
HEARTH_INLINE void Watch::look_after(const std::shared_ptr<State>& state) {
  State& self = *state;
  int overdue = 0;
  int suspicious = 0;
  while (!self.guard->is_broken()) {
    bool is_mute = false;
    const auto before = Guard::Clock::now();
    {
      std::unique_lock lock(self.mutex);
      self.changed.wait_for(lock, self.options.interval, [&] { return self.ending; });
      if (self.ending) {
        return;
      }
      self.without_answer += self.is_silent ? 0 : 1;
      is_mute =
          self.without_answer > State::patience || (suspicious > 0 && self.without_answer > 2 * State::short_patience);
    }
    const auto late = Guard::Clock::now() - before - self.options.interval;
    if (late > 5 * self.options.interval) {  // the process itself was stopped for so long, perhaps with all others
      self.guard->postpone(late);
    }
    overdue = self.guard->is_overdue() ? overdue + 1 : 0;
    if (overdue >= 2) {
      self.guard->suspect(fmt::format("a collective operation has not ended within the time-out, {:.3g} s",
                                      self.guard->waiting().value_or(0)));
    }
    const std::optional<std::string> suspicion = self.guard->suspicion();
    suspicious += suspicion ? 1 : 0;
    if (is_mute && (suspicion || self.guard->waiting())) {
      self.guard->break_with(fmt::format("dist: {} does not answer", self.options.keeper));
    } else if (suspicious > State::longest_search) {
      self.guard->break_with(
          fmt::format("dist: the connection to another process broke, and none has said why: {}", *suspicion));
    }
  }
}

HEARTH_INLINE Watch::Watch(std::shared_ptr<Guard> guard, c10::intrusive_ptr<c10d::Store> store,
                           const WatchOptions& options)
    : state_(std::make_shared<State>(std::move(guard), std::move(store), options)) {
  talker_ = std::thread([state = state_] { talk(state); });
  clock_ = std::thread([state = state_] { look_after(state); });
}

HEARTH_INLINE void Watch::end(bool orderly, const std::string& reason) noexcept {
  try {
    std::unique_lock lock(state_->mutex);
    if (!state_->ending) {
      state_->ending = true;
      if (!orderly) {
        state_->failure = reason;
      }
      state_->changed.notify_all();
    }
    // A store that does not answer must not hold up a process that ends, and that only once.
    if (!std::exchange(state_->has_waited, true)) {
      const auto longest = longest_goodbye(state_->options) + 2 * state_->options.interval + std::chrono::seconds(1);
      state_->changed.wait_for(lock, longest, [&] { return state_->has_ended; });
    }
  } catch (const std::exception&) {  // nothing more can be done for the others
  }
}

HEARTH_INLINE void Watch::fail(const std::string& reason) noexcept {
  std::string text;
  try {
    const std::string_view own = "dist: ";
    text = fmt::format("rank {} failed: {}", state_->options.rank,
                       std::string_view(reason).substr(reason.starts_with(own) ? own.size() : 0));
  } catch (const std::exception&) {
    text = reason;
  }
  end(false, text);
  state_->guard->break_with("dist: " + text);
}

HEARTH_INLINE void Watch::leave() noexcept {
  end(true, "");
}

HEARTH_INLINE Watch::~Watch() {
  end(true, "");
  clock_.join();
  const bool has_ended = [&] {
    const std::lock_guard lock(state_->mutex);
    return state_->has_ended;
  }();
  if (has_ended) {
    talker_.join();
  } else {
    talker_.detach();  // it waits for a store that does not answer, and shares nothing but the state
  }
}

}  // namespace hearth::dist::detail
