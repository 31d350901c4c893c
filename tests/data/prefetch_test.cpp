#include <hearth/data/prefetch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace hearth;

namespace {

struct Item {
  std::size_t index = 0;
  std::vector<int> memory;  // stays with the place
};

std::vector<Item> ring(std::size_t places) {
  return std::vector<Item>(places);
}

/// A maker of items that have no parts.
template <class Make>
data::ItemMaker<Item> whole(Make make) {
  return {.begin =
              [make](std::size_t index, Item& item, const std::atomic<bool>& stop) {
                make(index, item, stop);
                return data::Parts{};
              },
          .make = {},
          .end = [](std::size_t, Item&, const std::atomic<bool>&) {}};
}

/// Now and then another thread goes first.
void hesitate(std::size_t index) {
  std::this_thread::sleep_for(std::chrono::microseconds((index * 7919) % 5 * 50));
}

}  // namespace

TEST_CASE("Prefetch gives the items in order, whoever makes them", "[prefetch]") {
  for (const std::size_t workers : {0UL, 1UL, 4UL, 16UL}) {
    for (const std::size_t places : {1UL, 2UL, 5UL, 33UL}) {
      INFO(workers << " workers, " << places << " places");
      data::Prefetch<Item> prefetch(200, workers, ring(places), places,
                                    whole([](std::size_t index, Item& item, const std::atomic<bool>&) {
                                      hesitate(index);
                                      item.index = index;
                                    }));
      for (std::size_t i = 0; i < 200; ++i) {
        Item* const item = prefetch.next();
        REQUIRE(item != nullptr);
        REQUIRE(item->index == i);
      }
      CHECK(prefetch.next() == nullptr);
      CHECK(prefetch.next() == nullptr);
    }
  }
}

TEST_CASE("Prefetch makes no more items ahead than it has places", "[prefetch]") {
  for (const std::size_t workers : {0UL, 1UL, 8UL}) {
    std::atomic<std::size_t> begun = 0;
    data::Prefetch<Item> prefetch(100, workers, ring(4), 4,
                                  whole([&](std::size_t, Item&, const std::atomic<bool>&) { ++begun; }));
    for (std::size_t taken = 1; taken <= 100; ++taken) {
      prefetch.next();
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      const std::size_t most = workers == 0 ? taken : taken + 3;
      REQUIRE(begun >= taken);
      REQUIRE(begun <= most);
    }
  }
}

TEST_CASE("Every part of an item is made once, between its beginning and its end", "[prefetch]") {
  struct Made {
    std::size_t index = 0;
    bool is_ended = false;
    std::vector<int> parts;  // how often each was made
  };
  for (const std::size_t workers : {0UL, 1UL, 4UL, 16UL}) {
    for (const std::size_t places : {1UL, 2UL, 3UL, 9UL}) {
      INFO(workers << " workers, " << places << " places");
      std::atomic<bool> is_right = true;
      data::Prefetch<Made> prefetch(
          150, workers, std::vector<Made>(places), places,
          {.begin =
               [](std::size_t index, Made& item, const std::atomic<bool>&) {
                 item.index = index;
                 item.is_ended = false;
                 item.parts.assign(index % 9, 0);
                 return data::Parts{std::min(index % 3, index % 9), index % 9};  // also none
               },
           .make =
               [&](std::size_t index, std::size_t part, Made& item, const std::atomic<bool>&) {
                 hesitate(index + part);
                 is_right = is_right && item.index == index && !item.is_ended;
                 ++item.parts[part];
               },
           .end =
               [&](std::size_t index, Made& item, const std::atomic<bool>&) {
                 is_right = is_right && item.index == index && !item.is_ended;
                 item.is_ended = true;
               }});
      for (std::size_t i = 0; i < 150; ++i) {
        const Made* const item = prefetch.next();
        REQUIRE(item != nullptr);
        REQUIRE(item->index == i);
        REQUIRE(item->is_ended);
        std::vector<int> once(i % 9, 1);
        std::fill_n(once.begin(), std::min(i % 3, i % 9), 0);
        REQUIRE(item->parts == once);
      }
      CHECK(prefetch.next() == nullptr);
      CHECK(is_right);
    }
  }
}

TEST_CASE("All workers make parts of the oldest item", "[prefetch]") {
  std::atomic<std::size_t> begun = 0;
  data::Prefetch<Item> prefetch(1, 4, ring(1), 1,
                                {.begin =
                                     [](std::size_t, Item&, const std::atomic<bool>&) {
                                       return data::Parts{0, 4};
                                     },
                                 .make =
                                     [&](std::size_t, std::size_t, Item&, const std::atomic<bool>&) {
                                       ++begun;
                                       while (begun < 4) {  // ends only if each of them has a part
                                         std::this_thread::yield();
                                       }
                                     },
                                 .end = [](std::size_t, Item&, const std::atomic<bool>&) {}});
  CHECK(prefetch.next() != nullptr);
  CHECK(prefetch.next() == nullptr);
}

TEST_CASE("A worker that has begun an item makes parts of older ones first", "[prefetch]") {
  std::atomic<int> begun_of_first = 0;
  std::atomic<bool> is_right = true;
  const auto wait_for = [&](int parts, const std::atomic<bool>& stop) {
    while (begun_of_first < parts && !stop) {
      std::this_thread::yield();
    }
  };
  data::Prefetch<Item> prefetch(2, 2, ring(2), 2,
                                {.begin =
                                     [&](std::size_t index, Item&, const std::atomic<bool>& stop) {
                                       wait_for(index == 1 ? 1 : 0, stop);  // the first item's parts are there
                                       return data::Parts{0, 2};
                                     },
                                 .make =
                                     [&](std::size_t index, std::size_t, Item&, const std::atomic<bool>& stop) {
                                       if (index == 0) {
                                         ++begun_of_first;
                                         wait_for(2, stop);  // until the other worker has the other part
                                       } else {
                                         is_right = is_right && begun_of_first == 2;
                                       }
                                     },
                                 .end = [](std::size_t, Item&, const std::atomic<bool>&) {}});
  CHECK(prefetch.next() != nullptr);
  CHECK(prefetch.next() != nullptr);
  CHECK(is_right);
}

TEST_CASE("Where several parts fail it is the first that is told of, and those before it are made", "[prefetch]") {
  for (const std::size_t workers : {0UL, 1UL, 4UL, 16UL}) {
    for (int round = 0; round < 20; ++round) {
      std::atomic<std::size_t> made = 0;
      data::Prefetch<Item> prefetch(
          10, workers, ring(4), 4,
          {.begin =
               [](std::size_t, Item&, const std::atomic<bool>&) {
                 return data::Parts{0, 20};
               },
           .make =
               [&](std::size_t index, std::size_t part, Item&, const std::atomic<bool>&) {
                 hesitate(index + part + static_cast<std::size_t>(round));
                 if (index >= 2 && part % 4 == 3) {
                   throw std::runtime_error("part " + std::to_string(part) + " of " + std::to_string(index));
                 }
                 made += index == 2 && part < 3 ? 1 : 0;
               },
           .end = [](std::size_t, Item&, const std::atomic<bool>&) {}});
      CHECK(prefetch.next() != nullptr);
      CHECK(prefetch.next() != nullptr);
      CHECK_THROWS_WITH(prefetch.next(), "part 3 of 2");
      CHECK(made == 3);
      CHECK(prefetch.next() == nullptr);
    }
  }
}

TEST_CASE("What an item's end throws comes in its place", "[prefetch]") {
  for (const std::size_t parts : {0UL, 3UL}) {
    for (const std::size_t workers : {0UL, 3UL}) {
      data::Prefetch<Item> prefetch(4, workers, ring(2), 2,
                                    {.begin =
                                         [&](std::size_t, Item&, const std::atomic<bool>&) {
                                           return data::Parts{0, parts};
                                         },
                                     .make = [](std::size_t, std::size_t, Item&, const std::atomic<bool>&) {},
                                     .end =
                                         [](std::size_t index, Item&, const std::atomic<bool>&) {
                                           if (index == 1) {
                                             throw std::runtime_error("the end");
                                           }
                                         }});
      CHECK(prefetch.next() != nullptr);
      CHECK_THROWS_WITH(prefetch.next(), "the end");
      CHECK(prefetch.next() == nullptr);
    }
  }
}

TEST_CASE("Prefetch works ahead while an item is in use", "[prefetch]") {
  std::atomic<std::size_t> made = 0;
  data::Prefetch<Item> prefetch(10, 2, ring(4), 4,
                                whole([&](std::size_t, Item&, const std::atomic<bool>&) { ++made; }));
  prefetch.next();
  while (made < 4) {  // ends only if the other places are filled meanwhile
    std::this_thread::yield();
  }
  CHECK(made == 4);
}

TEST_CASE("An exception comes in the place of its item, and then there are no more", "[prefetch]") {
  for (const std::size_t workers : {0UL, 1UL, 4UL, 16UL}) {
    INFO(workers);
    data::Prefetch<Item> prefetch(100, workers, ring(8), 8,
                                  whole([](std::size_t index, Item& item, const std::atomic<bool>&) {
                                    hesitate(index);
                                    if (index == 17 || index == 19) {
                                      throw std::runtime_error("item " + std::to_string(index));
                                    }
                                    item.index = index;
                                  }));
    for (std::size_t i = 0; i < 17; ++i) {
      REQUIRE(prefetch.next()->index == i);
    }
    CHECK_THROWS_WITH(prefetch.next(), "item 17");
    CHECK(prefetch.next() == nullptr);
  }
}

TEST_CASE("Prefetch can be left at any item; its workers end, and a long make hears of it", "[prefetch]") {
  for (const std::size_t taken : {0UL, 1UL, 5UL}) {
    std::atomic<int> at_work = 0;
    {
      data::Prefetch<Item> prefetch(1000, 4, ring(9), 9,
                                    whole([&](std::size_t index, Item&, const std::atomic<bool>& stop) {
                                      ++at_work;
                                      while (index > 6 && !stop) {  // without the word it would stay for ever
                                        std::this_thread::yield();
                                      }
                                      --at_work;
                                    }));
      for (std::size_t i = 0; i < taken; ++i) {
        REQUIRE(prefetch.next() != nullptr);
      }
    }
    CHECK(at_work == 0);
  }
}

TEST_CASE("Places are used again with what they hold, and given back at the end", "[prefetch]") {
  std::vector<Item> places = ring(3);
  for (Item& place : places) {
    place.memory.assign(100, 1);
  }
  std::set<const int*> memory;
  for (const Item& place : places) {
    memory.insert(place.memory.data());
  }
  data::Prefetch<Item> prefetch(10, 2, std::move(places), 3,
                                whole([](std::size_t index, Item& item, const std::atomic<bool>&) {
                                  item.memory.assign(100, static_cast<int>(index));
                                }));
  for (std::size_t i = 0; i < 10; ++i) {
    const Item* const item = prefetch.next();
    CHECK(memory.contains(item->memory.data()));
    CHECK(item->memory.front() == static_cast<int>(i));
  }
  places = prefetch.take_ring();
  REQUIRE(places.size() == 3);
  for (const Item& place : places) {
    CHECK(memory.erase(place.memory.data()) == 1);
  }
  CHECK(prefetch.next() == nullptr);
}

TEST_CASE("Prefetch of nothing ends at once, and an empty ring is refused", "[prefetch]") {
  const auto make = whole([](std::size_t, Item&, const std::atomic<bool>&) {});
  data::Prefetch<Item> none(0, 4, ring(2), 2, make);
  CHECK(none.next() == nullptr);
  CHECK_THROWS_WITH(data::Prefetch<Item>(1, 1, ring(0), 0, make),
                    Catch::Matchers::ContainsSubstring("at least one place"));
}

TEST_CASE("The number of workers can change while items are taken, and they come in order", "[prefetch]") {
  std::atomic<std::size_t> at_work = 0;
  std::atomic<std::size_t> most_at_work = 0;
  data::Prefetch<Item> prefetch(600, 1, ring(17), 17,
                                whole([&](std::size_t index, Item& item, const std::atomic<bool>&) {
                                  const std::size_t now = ++at_work;
                                  std::size_t most = most_at_work;
                                  while (now > most && !most_at_work.compare_exchange_weak(most, now)) {
                                  }
                                  hesitate(index);
                                  item.index = index;
                                  --at_work;
                                }));
  const std::size_t counts[]{1, 4, 2, 8, 1, 3};
  for (std::size_t i = 0; i < 600; ++i) {
    if (i % 100 == 0) {
      const std::size_t workers = counts[i / 100];
      prefetch.set_workers(workers, 1 + 2 * workers);
    }
    if (i % 100 == 50) {
      most_at_work = 0;  // those that were too many have finished long ago
    }
    const Item* const item = prefetch.next();
    REQUIRE(item != nullptr);
    REQUIRE(item->index == i);
    if (i % 100 == 99) {
      CHECK(most_at_work <= counts[i / 100]);
    }
  }
  CHECK(prefetch.next() == nullptr);
}

TEST_CASE("No more places are touched than workers need", "[prefetch]") {
  std::atomic<std::size_t> begun = 0;
  std::atomic<bool> may_begin = false;
  data::Prefetch<Item> prefetch(100, 1, ring(33), 3, whole([&](std::size_t, Item& item, const std::atomic<bool>& stop) {
                                  ++begun;
                                  while (!may_begin && !stop) {
                                    std::this_thread::yield();
                                  }
                                  item.memory.assign(1, 1);
                                }));
  may_begin = true;
  for (std::size_t i = 1; i <= 50; ++i) {
    prefetch.next();
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    CHECK(begun <= i + 2);
  }
  const std::vector<Item> places = prefetch.take_ring();
  CHECK(std::count_if(places.begin(), places.end(), [](const Item& item) { return !item.memory.empty(); }) <= 3);
}

TEST_CASE("Prefetch is full when its workers have nothing to do", "[prefetch]") {
  std::atomic<bool> may_end = false;
  data::Prefetch<Item> prefetch(10, 2, ring(4), 4, whole([&](std::size_t index, Item&, const std::atomic<bool>& stop) {
                                  while (index == 3 && !may_end && !stop) {
                                    std::this_thread::yield();
                                  }
                                }));
  CHECK(prefetch.next() != nullptr);
  CHECK_FALSE(prefetch.is_full());  // item 3 is being made
  may_end = true;
  while (!prefetch.is_full()) {  // ends only if it becomes so
    std::this_thread::yield();
  }
  CHECK(prefetch.next() != nullptr);
}

TEST_CASE("Each worker says that it begins, on its own thread, before it makes anything", "[prefetch]") {
  std::mutex mutex;
  std::set<std::size_t> numbers;
  std::set<std::thread::id> threads;
  std::atomic<bool> all_begun = true;
  {
    data::Prefetch<Item> prefetch(50, 3, ring(7), 7, whole([&](std::size_t index, Item&, const std::atomic<bool>&) {
                                    hesitate(index);
                                    const std::lock_guard lock(mutex);
                                    all_begun = all_begun && threads.contains(std::this_thread::get_id());
                                  }),
                                  [&](std::size_t worker) {
                                    const std::lock_guard lock(mutex);
                                    numbers.insert(worker);
                                    threads.insert(std::this_thread::get_id());
                                  });
    while (prefetch.next() != nullptr) {
    }
  }
  CHECK(numbers == std::set<std::size_t>{0, 1, 2});
  CHECK(threads.size() == 3);
  CHECK(all_begun);
}

TEST_CASE("A short wait sees the flag, and gives up on one that stays false", "[prefetch]") {
  data::ShortWait wait;
  std::atomic<bool> flag = true;
  CHECK(wait.until(flag));
  flag = false;
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(wait.until(flag));  // each ends
  }
  flag = true;
  CHECK(wait.until(flag));  // also while it would not look for long
}
