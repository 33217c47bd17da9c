#include "milter/seal/base64_lines.hpp"

#include <array>

#include <openssl/evp.h>

#include "rules/mime/base64.hpp"

namespace pams::milter::seal {
namespace {

constexpr std::size_t kBytesOfLine = 57;
constexpr std::size_t kBlock = 65536;

void encode_line(std::string_view bytes, std::string& out) {
  std::array<unsigned char, kBytesOfLine / 3 * 4 + 1> line{};
  const int size = EVP_EncodeBlock(line.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.append(reinterpret_cast<const char*>(line.data()), static_cast<std::size_t>(size)).append("\r\n");
}

}  // namespace

Status Base64Writer::add(std::string_view bytes) {
  if (!rest_.empty() || bytes.size() < kBytesOfLine) {
    const auto part = bytes.substr(0, kBytesOfLine - rest_.size());
    rest_ += part;
    bytes.remove_prefix(part.size());
    if (rest_.size() < kBytesOfLine) return {};
    if (auto written = write(rest_); !written) return written;
    rest_.clear();
  }
  const auto whole = bytes.size() / kBytesOfLine * kBytesOfLine;
  rest_ = bytes.substr(whole);
  return write(bytes.substr(0, whole));
}

Status Base64Writer::finish() { return write(rest_); }

Status Base64Writer::write(std::string_view bytes) {
  std::string block;
  while (!bytes.empty()) {
    const auto line = bytes.substr(0, kBytesOfLine);
    encode_line(line, block);
    bytes.remove_prefix(line.size());
    if (!bytes.empty() && block.size() < kBlock) continue;
    if (auto written = out_(block); !written) return written;
    block.clear();
  }
  return {};
}

Status Base64Reader::add_line(std::string_view line) {
  if (is_padded_ || line.empty() || line.size() % 4 != 0)
    return fail(Failure::Refused, "the carrier was changed: a line of its seal is not base64 of its own");
  lines_ += line;
  is_padded_ = line.back() == '=';
  return lines_.size() < kBlock ? Status() : give();
}

Status Base64Reader::give() {
  const auto bytes = mime::decode_base64(lines_);
  if (!bytes) return fail(Failure::Refused, "the carrier was changed: its seal is not base64");
  lines_.clear();
  return bytes->empty() ? Status() : out_(*bytes);
}

}  // namespace pams::milter::seal
