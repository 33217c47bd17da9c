#include "rules/message/charset.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <iconv.h>

#include "rules/base/text.hpp"

namespace pams {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Labels that mail uses for more than they say, or that iconv does not know. (GMime has a table too, but
/// keeps every name it was ever asked for: a sender could fill the memory with it.)
constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"x-gbk", "GB18030"},
    {"ks_c_5601-1987", "CP949"},
    {"ks_c_5601", "CP949"},
    {"euc-kr", "CP949"},
    {"x-windows-949", "CP949"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso-8859-8-e", "ISO-8859-8"},
    {"x-sjis", "CP932"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"windows-31j", "CP932"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"cp-850", "CP850"},
    {"utf8", "UTF-8"},
    {"ansi_x3.4-1968", "US-ASCII"},
    {"ascii", "US-ASCII"},
    {"x-mac-roman", "MACINTOSH"},
    {"macroman", "MACINTOSH"},
};

class Converter {
 public:
  Converter(const char* to, const char* from) : iconv_(::iconv_open(to, from)) {}
  ~Converter() {
    if (is_open()) ::iconv_close(iconv_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool is_open() const { return iconv_ != reinterpret_cast<iconv_t>(-1); }
  std::string convert(std::string_view bytes);

 private:
  iconv_t iconv_;
};

std::string Converter::convert(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  std::array<char, 4096> buffer{};
  // iconv never writes to its input; its prototype is older than const.
  auto* in = const_cast<char*>(bytes.data());
  auto left = bytes.size();
  while (left > 0) {
    auto* to = buffer.data();
    auto room = buffer.size();
    const bool failed = ::iconv(iconv_, &in, &left, &to, &room) == static_cast<std::size_t>(-1);
    const int error = errno;
    out.append(buffer.data(), buffer.size() - room);
    if (!failed || error == E2BIG) continue;
    out += kReplacement;
    if (error != EILSEQ) break;  // an unfinished character at the end
    ++in;
    --left;
  }
  return out;
}

/// Whether iconv knows the set. One descriptor of each known one stays open: glibc unloads a module that
/// nobody uses and needs 0.4 ms to load it again, which a field that changes its set with every word would
/// make it do thousands of times. Only what glibc knows is kept, so the table is bounded.
bool is_known(const std::string& name) {
  static std::mutex mutex;
  static std::unordered_map<std::string, Converter> open_sets;
  const std::scoped_lock lock(mutex);
  const auto [set, is_new] = open_sets.try_emplace(name, "UTF-8", name.c_str());
  if (!is_new || set->second.is_open()) return true;
  open_sets.erase(set);
  return false;
}

/// No "+": glibc leaves it out of a name, so that one set would have as many names as a sender can write.
bool is_charset_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && text::is_alnum(name.front()) &&
         std::ranges::all_of(name, [](char c) {
           return text::is_alnum(c) || std::string_view("._:-").find(c) != std::string_view::npos;
         });
}

}  // namespace

std::string iconv_name(std::string_view charset) {
  const auto name = text::to_lower(text::trim(charset, " \t\"'"));
  if (!is_charset_name(name)) return {};
  const auto* alias = std::ranges::find(kAliases, std::string_view(name),
                                        &std::pair<std::string_view, std::string_view>::first);
  const std::string known(alias != std::end(kAliases) ? alias->second : name);
  return is_known(known) ? known : std::string();
}

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  const auto name = charset.empty() ? std::string() : iconv_name(charset);
  if (name.empty() || text::iequals(name, "UTF-8") || text::iequals(name, "US-ASCII"))
    return repair_utf8(bytes);
  return repair_utf8(Converter("UTF-8", name.c_str()).convert(bytes));
}

std::string repair_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto length = utf8_length(bytes);
    out += length > 0 ? bytes.substr(0, length) : kReplacement;
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace pams
