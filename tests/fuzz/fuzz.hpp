/// What the fuzz targets share: the entry that libFuzzer (or standalone_main.cpp) calls, and a promise that
/// aborts when it is broken, and what several of them promise.
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

/// Of a field: CR and LF stand in folds only, NUL nowhere, and no line is longer than RFC 5322 2.1.1 allows.
inline bool is_safe_value(std::string_view value) {
  std::size_t line = 0;
  for (std::size_t i = 0; i < value.size(); ++i, ++line) {
    if (value[i] == '\0' || value[i] == '\n' || line > 990) return false;
    if (value[i] != '\r') continue;
    if (value.substr(i, 3) != "\r\n ") return false;
    ++i;
    line = 0;
  }
  return true;
}

}  // namespace pams::fuzz
