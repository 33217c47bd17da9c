/// What the fuzz targets share: the entry that libFuzzer (or standalone_main.cpp) calls, and a promise that
/// aborts when it is broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace pams::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void promise(bool is_kept, std::string_view what) {
  if (is_kept) return;
  std::cerr << "broken promise: " << what << '\n';
  std::abort();
}

}  // namespace pams::fuzz
