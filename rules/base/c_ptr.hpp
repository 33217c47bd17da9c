/// Owning pointers for the C libraries. `free`, `*_unref` and `*_free` are named in types made here;
/// everywhere else a raw C pointer is a borrow.
#pragma once

#include <memory>
#include <utility>

#include <glib-object.h>

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

/// A counted reference to a GObject (every GMimeObject is one). Pick the constructor by the manual's words:
/// "transfer full" -> adopt, "transfer none" -> share.
template <class T>
class GRef {
 public:
  static GRef adopt(T* p) noexcept { return GRef(p); }
  static GRef share(T* p) noexcept { return GRef(p != nullptr ? static_cast<T*>(g_object_ref(p)) : nullptr); }

  GRef() = default;
  GRef(const GRef& other) noexcept : GRef(share(other.p_)) {}
  GRef(GRef&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
  GRef& operator=(GRef other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }
  ~GRef() {
    if (p_ != nullptr) g_object_unref(p_);
  }

  T* get() const noexcept { return p_; }
  explicit operator bool() const noexcept { return p_ != nullptr; }

 private:
  explicit GRef(T* p) noexcept : p_(p) {}
  T* p_ = nullptr;
};

}  // namespace pams
