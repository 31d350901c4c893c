#include <hearth/data/prefetch.hpp>

#include <atomic>
#include <chrono>
#include <memory>
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

/// Now and then another thread goes first.
void hesitate(std::size_t index) {
  std::this_thread::sleep_for(std::chrono::microseconds((index * 7919) % 5 * 50));
}

}  // namespace

TEST_CASE("Prefetch gives the items in order, whoever makes them", "[prefetch]") {
  for (const std::size_t workers : {0UL, 1UL, 4UL, 16UL}) {
    for (const std::size_t places : {1UL, 2UL, 5UL, 33UL}) {
      INFO(workers << " workers, " << places << " places");
      data::Prefetch<Item> prefetch(200, workers, ring(places),
                                    [](std::size_t index, Item& item, const std::atomic<bool>&) {
                                      hesitate(index);
                                      item.index = index;
                                    });
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
    data::Prefetch<Item> prefetch(100, workers, ring(4),
                                  [&](std::size_t, Item&, const std::atomic<bool>&) { ++begun; });
    for (std::size_t taken = 1; taken <= 100; ++taken) {
      prefetch.next();
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      const std::size_t most = workers == 0 ? taken : taken + 3;
      REQUIRE(begun >= taken);
      REQUIRE(begun <= most);
    }
  }
}

TEST_CASE("Prefetch works ahead while an item is in use", "[prefetch]") {
  std::atomic<std::size_t> made = 0;
  data::Prefetch<Item> prefetch(10, 2, ring(4), [&](std::size_t, Item&, const std::atomic<bool>&) { ++made; });
  prefetch.next();
  while (made < 4) {  // ends only if the other places are filled meanwhile
    std::this_thread::yield();
  }
  CHECK(made == 4);
}

TEST_CASE("An exception comes in the place of its item, and then there are no more", "[prefetch]") {
  for (const std::size_t workers : {0UL, 1UL, 4UL, 16UL}) {
    INFO(workers);
    data::Prefetch<Item> prefetch(100, workers, ring(8), [](std::size_t index, Item& item, const std::atomic<bool>&) {
      hesitate(index);
      if (index == 17 || index == 19) {
        throw std::runtime_error("item " + std::to_string(index));
      }
      item.index = index;
    });
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
      data::Prefetch<Item> prefetch(1000, 4, ring(9), [&](std::size_t index, Item&, const std::atomic<bool>& stop) {
        ++at_work;
        while (index > 6 && !stop) {  // without the word it would stay for ever
          std::this_thread::yield();
        }
        --at_work;
      });
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
  std::vector<const int*> memory;
  for (const Item& place : places) {
    memory.push_back(place.memory.data());
  }
  data::Prefetch<Item> prefetch(10, 2, std::move(places), [](std::size_t index, Item& item, const std::atomic<bool>&) {
    item.memory.assign(100, static_cast<int>(index));
  });
  for (std::size_t i = 0; i < 10; ++i) {
    const Item* const item = prefetch.next();
    CHECK(item->memory.data() == memory[i % 3]);
    CHECK(item->memory.front() == static_cast<int>(i));
  }
  places = prefetch.take_ring();
  REQUIRE(places.size() == 3);
  CHECK(places[1].memory.data() == memory[1]);
  CHECK(prefetch.next() == nullptr);
}

TEST_CASE("Prefetch of nothing ends at once, and an empty ring is refused", "[prefetch]") {
  const auto make = [](std::size_t, Item&, const std::atomic<bool>&) {};
  data::Prefetch<Item> none(0, 4, ring(2), make);
  CHECK(none.next() == nullptr);
  CHECK_THROWS_WITH(data::Prefetch<Item>(1, 1, ring(0), make),
                    Catch::Matchers::ContainsSubstring("at least one place"));
}
