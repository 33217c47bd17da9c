/// Owning pointers for the C libraries. `free` and `*_free` are named in types made here;
/// everywhere else a raw C pointer is a borrow.
#pragma once

#include <memory>

#include <glib.h>

namespace pams {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};

/// CPtr<EVP_MD_CTX, EVP_MD_CTX_free>, CPtr<char, g_free>, ...
template <class T, auto Free>
using CPtr = std::unique_ptr<T, FreeWith<Free>>;

using GChars = CPtr<char, g_free>;

}  // namespace pams
