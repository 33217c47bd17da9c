/// A body while it arrives: one block that grows in place. glibc moves large blocks by changing page tables
/// (mremap), so growing copies nothing; pages that were reserved and never written cost nothing. Belongs to
/// one session.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

namespace pams::milter {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::move(other.data_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&&) = delete;

  /// Room for `size` bytes in all. Throws std::bad_alloc.
  void reserve(std::size_t size);
  /// Throws std::bad_alloc; the bytes that are there stay.
  void append(std::string_view bytes);
  std::string_view view() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(char* p) const { std::free(p); }
  };
  std::unique_ptr<char, Free> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace pams::milter
