#include "milter/archive/zip_writer.hpp"

#include <algorithm>
#include <array>

namespace pams::milter {
namespace {

constexpr std::uint64_t kMost32 = 0xFFFFFFFF;
constexpr std::uint64_t kMost16 = 0xFFFF;

/// Little-endian.
std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> static_cast<unsigned>(8 * i) & 0xFFU);
  return out;
}

constexpr auto kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? 0xEDB88320U ^ crc >> 1U : crc >> 1U;
    table.at(i) = crc;
  }
  return table;
}();

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) crc = kCrcTable.at((crc ^ static_cast<unsigned char>(c)) & 0xFFU) ^ crc >> 8U;
  return ~crc;
}

/// MS-DOS: two seconds at a time, from 1980 on (APPNOTE 4.4.6).
std::uint32_t dos_time(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  const auto year = std::clamp(static_cast<int>(date.year()), 1980, 2107) - 1980;
  const auto days = static_cast<unsigned>(year) << 9U | static_cast<unsigned>(date.month()) << 5U |
                    static_cast<unsigned>(date.day());
  const auto seconds = static_cast<unsigned>(clock.hours().count()) << 11U |
                       static_cast<unsigned>(clock.minutes().count()) << 5U |
                       static_cast<unsigned>(clock.seconds().count()) / 2U;
  return days << 16U | seconds;
}

}  // namespace

Status ZipWriter::write(const std::string& bytes) {
  offset_ += bytes.size();
  return sink_(bytes);
}

Status ZipWriter::add(const std::string& name, std::string_view content, std::chrono::sys_seconds time) {
  const Entry entry{name, crc32(content), dos_time(time), content.size(), offset_};
  const bool is_large = entry.size >= kMost32;
  auto header = "PK\x03\x04" + number(is_large ? 45 : 20, 2) + number(0x0800, 2) + number(0, 2) +
                number(entry.date_and_time, 4) + number(entry.crc, 4);
  const auto size = number(is_large ? kMost32 : entry.size, 4);
  header += size + size + number(name.size(), 2) + number(is_large ? 20 : 0, 2) + name;
  if (is_large) header += number(1, 2) + number(16, 2) + number(entry.size, 8) + number(entry.size, 8);
  entries_.push_back(entry);
  return write(header).and_then([&] {
    offset_ += content.size();
    return sink_(content);
  });
}

Status ZipWriter::finish() {
  const auto start = offset_;
  for (const auto& entry : entries_) {
    const bool is_large = entry.size >= kMost32 || entry.offset >= kMost32;
    const auto size = number(is_large ? kMost32 : entry.size, 4);
    auto row = "PK\x01\x02" + number(45, 2) + number(is_large ? 45 : 20, 2) + number(0x0800, 2) +
               number(0, 2) + number(entry.date_and_time, 4) + number(entry.crc, 4) + size + size +
               number(entry.name.size(), 2) + number(is_large ? 28 : 0, 2) + std::string(10, '\0') +
               number(is_large ? kMost32 : entry.offset, 4) + entry.name;
    if (is_large)
      row += number(1, 2) + number(24, 2) + number(entry.size, 8) + number(entry.size, 8) +
             number(entry.offset, 8);
    if (const auto written = write(row); !written) return written;
  }
  const auto size = offset_ - start;
  const auto count = entries_.size();
  std::string end;
  if (count >= kMost16 || start >= kMost32 || size >= kMost32)
    end = "PK\x06\x06" + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) + number(count, 8) +
          number(count, 8) + number(size, 8) + number(start, 8) + "PK\x06\x07" + number(0, 4) +
          number(offset_, 8) + number(1, 4);
  const auto short_count = number(std::min<std::uint64_t>(count, kMost16), 2);
  end += "PK\x05\x06" + number(0, 4) + short_count + short_count + number(std::min(size, kMost32), 4) +
         number(std::min(start, kMost32), 4) + number(0, 2);
  return write(end);
}

}  // namespace pams::milter
