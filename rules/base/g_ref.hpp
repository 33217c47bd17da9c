/// Owning references to GObjects, as c_ptr.hpp has them for other C objects. Apart from it because
/// glib-object.h is long, and few need it.
#pragma once

#include <utility>

#include <glib-object.h>

namespace pams {

/// A counted reference; every GMimeObject is a GObject. What the manual says of a function's result chooses
/// how it is taken over: "transfer full" -> adopt, "transfer none" -> share.
template <class T>
class GRef {
 public:
  static GRef adopt(T* object) noexcept { return GRef(object); }
  static GRef share(T* object) noexcept {
    return GRef(object == nullptr ? nullptr : static_cast<T*>(g_object_ref(object)));
  }

  GRef(const GRef& other) noexcept : GRef(share(other.object_)) {}
  GRef(GRef&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  GRef& operator=(GRef other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~GRef() {
    if (object_ != nullptr) g_object_unref(object_);
  }

  T* get() const noexcept { return object_; }

 private:
  explicit GRef(T* object) noexcept : object_(object) {}
  T* object_;
};

}  // namespace pams
