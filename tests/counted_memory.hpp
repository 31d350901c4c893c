/// Replaces operator new and delete by ones that count the bytes in use. For a program of one source file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::size_t live = 0;
std::size_t most_live = 0;

void* counted(std::size_t size) {
  auto* const block = static_cast<std::size_t*>(std::malloc(size + sizeof(std::max_align_t)));
  if (block == nullptr) {
    throw std::bad_alloc();
  }
  *block = size;
  live += size;
  most_live = std::max(most_live, live);
  return reinterpret_cast<std::byte*>(block) + sizeof(std::max_align_t);
}

void release(void* memory) noexcept {
  if (memory != nullptr) {
    auto* const block = reinterpret_cast<std::size_t*>(static_cast<std::byte*>(memory) - sizeof(std::max_align_t));
    live -= *block;
    std::free(block);
  }
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
