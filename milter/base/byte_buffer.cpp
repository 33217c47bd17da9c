#include "milter/base/byte_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace pams::milter {

void ByteBuffer::reserve(std::size_t size) {
  if (size <= capacity_) return;
  auto* grown = static_cast<char*>(std::realloc(data_.get(), size));
  if (grown == nullptr) throw std::bad_alloc();
  static_cast<void>(data_.release());  // realloc has freed it, or it is `grown`
  data_.reset(grown);
  capacity_ = size;
}

void ByteBuffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > capacity_ - size_) reserve(std::max(size_ + bytes.size(), capacity_ + capacity_ / 2));
  std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

}  // namespace pams::milter
