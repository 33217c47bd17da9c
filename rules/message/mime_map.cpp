#include "rules/message/mime_map.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <unordered_map>

#include "rules/base/text.hpp"
#include "rules/message/header_block.hpp"
#include "rules/message/part_fields.hpp"

namespace pams {
namespace {

constexpr auto kNone = std::string_view::npos;

/// Where the next line begins that starts with "--", from the line that begins at `from` on. Base64 holds no
/// "-", so attachments are passed at the speed of memchr.
std::size_t find_dashes(std::string_view bytes, std::size_t from) {
  for (;;) {
    const auto dash = bytes.find('-', from);
    if (dash == kNone) return kNone;
    const bool is_at_line_start = dash == from || bytes[dash - 1] == '\n';
    if (is_at_line_start && bytes.substr(dash, 2) == "--") return dash;
    const auto feed = bytes.find('\n', dash);
    if (feed == kNone) return kNone;
    from = feed + 1;
  }
}

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};

/// One forward pass. The multiparts that are open at a place form a stack; a line can only be a delimiter of
/// one of them, and the outermost wins (RFC 2046 5.1.2: outer boundaries end inner parts).
class Scanner {
 public:
  Scanner(const Message& message, const MimeLimits& limits)
      : message_(message), body_(message.body.view()), limits_(limits) {}

  Result<MimeMap> run();

 private:
  struct OpenMultipart {
    std::size_t part;
    std::size_t last_child = kNone;
  };
  struct Delimiter {
    std::size_t level;
    bool is_close;
  };

  void begin_root();
  void begin_part(std::size_t level, std::size_t at);
  void open(std::size_t index);
  std::optional<Delimiter> delimiter_at(const Line& line) const;
  void pass(const Line& line, const Delimiter& delimiter);
  std::size_t end_before(std::size_t level, std::size_t delimiter) const;
  void end_children(std::size_t level, std::size_t end);
  void close_from(std::size_t level);
  std::size_t header_reach(std::size_t begin) const;
  void note_ambiguity(const std::optional<std::string>& why);
  void refuse(const char* what, std::size_t limit);

  const Message& message_;
  std::string_view body_;
  MimeLimits limits_;
  MimeMap map_;
  std::vector<OpenMultipart> open_;
  std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> levels_;  ///< boundary -> in open_
  std::size_t at_ = 0;
  std::optional<std::string> refusal_;  ///< the limit that was exceeded
};

void Scanner::note_ambiguity(const std::optional<std::string>& why) {
  if (!map_.ambiguity) map_.ambiguity = why;
}

void Scanner::refuse(const char* what, std::size_t limit) {
  refusal_ = std::string(what) + ": more than " + std::to_string(limit);
}

void Scanner::begin_root() {
  MimePart root;
  for (const auto& field : message_.headers.fields())
    if (text::istarts_with(field.name, "Content-") || text::istarts_with(field.name, "MIME-Version"))
      root.fields.append(field);
  note_ambiguity(read_part_fields(root, "text/plain"));
  root.content = {0, body_.size()};
  map_.parts.push_back(std::move(root));
  open(0);
}

/// The header of a part ends at a blank line, at a line that is no field, or at a delimiter: this is a place
/// after the first of these, or before the delimiter.
std::size_t Scanner::header_reach(std::size_t begin) const {
  auto end = begin;
  while (end < body_.size() && end - begin <= limits_.part_header_bytes) {
    const auto line = line_at(body_, end);
    const auto content = line.text(body_);
    if (delimiter_at(line)) break;
    end = line.next;
    const bool continues = content.starts_with(' ') || content.starts_with('\t');
    if (!continues && !is_field_line(content)) break;
  }
  return end;
}

void Scanner::begin_part(std::size_t level, std::size_t at) {
  if (map_.parts.size() >= limits_.parts) return refuse("MIME parts", limits_.parts);
  const auto reach = header_reach(at);
  auto block = read_header_block(body_.substr(at, reach - at));
  if (block.body > limits_.part_header_bytes)
    return refuse("bytes in the header of a MIME part", limits_.part_header_bytes);
  const auto index = map_.parts.size();
  const auto parent = open_[level].part;
  MimePart part;
  part.parent = parent;
  part.header = {at, at + block.end};
  part.content = {at + block.body, body_.size()};
  part.fields = Headers(std::move(block.fields));
  const bool is_in_digest = map_.parts[parent].type == "multipart/digest";  // RFC 2046 5.1.5
  note_ambiguity(read_part_fields(part, is_in_digest ? "message/rfc822" : "text/plain"));
  at_ = part.content.begin;
  map_.parts.push_back(std::move(part));
  map_.parts[parent].children.push_back(index);
  open_[level].last_child = index;
  open(index);
}

/// Starts to look for the part's delimiters, if it is a multipart that can be split.
void Scanner::open(std::size_t index) {
  auto& part = map_.parts[index];
  if (!part.is_multipart()) return;
  if (!is_identity_encoding(part.encoding)) {  // RFC 2045 6.4 forbids it; some readers decode it, most do not
    part.defect = "a multipart with a transfer encoding";
    return note_ambiguity(part.defect);
  }
  if (part.boundary.empty()) {
    part.defect = "a multipart without boundary";
    return;
  }
  if (levels_.contains(part.boundary)) {
    // Readers that go down first give the outer one's later parts to this one: the same parts, so no
    // ambiguity.
    part.defect = "a multipart with the boundary of an outer one";
    return;
  }
  if (open_.size() >= limits_.depth) return refuse("levels of nested MIME parts", limits_.depth);
  levels_.emplace(part.boundary, open_.size());
  open_.push_back({index});
  part.closed = false;
}

std::optional<Scanner::Delimiter> Scanner::delimiter_at(const Line& line) const {
  auto text = line.text(body_);
  if (!text.starts_with("--")) return std::nullopt;
  text = text::trim_right(text.substr(2), " \t");  // RFC 2046 5.1.1: transport padding
  const auto opening = levels_.find(text);
  const auto closing = text.ends_with("--") ? levels_.find(text.substr(0, text.size() - 2)) : levels_.end();
  // "--a--" may close "a" or begin a part of "a--".
  if (opening != levels_.end() && (closing == levels_.end() || opening->second < closing->second))
    return Delimiter{opening->second, false};
  if (closing != levels_.end()) return Delimiter{closing->second, true};
  return std::nullopt;
}

/// RFC 2046 5.1.1: the line break before a delimiter belongs to the delimiter.
std::size_t Scanner::end_before(std::size_t level, std::size_t delimiter) const {
  const auto child = open_[level].last_child;
  const auto floor = child == kNone ? delimiter : map_.parts[child].header.begin;
  auto end = delimiter;
  if (end > floor && body_[end - 1] == '\n') --end;
  if (end > floor && end < delimiter && body_[end - 1] == '\r') --end;
  return end;
}

/// The last child of the multipart at `level`, and all that is open inside it, ends at `end`.
void Scanner::end_children(std::size_t level, std::size_t end) {
  for (auto i = level; i < open_.size(); ++i) {
    if (open_[i].last_child == kNone) continue;
    auto& part = map_.parts[open_[i].last_child];
    part.header = {std::min(part.header.begin, end), std::min(part.header.end, end)};
    part.content = {std::min(part.content.begin, end), end};
    if (part.header.end == part.content.begin && part.content.size() > 0 && !part.defect)
      part.defect = "no blank line after the header";
  }
  close_from(level + 1);
}

/// No delimiter is looked for any more of the multiparts at `level` and inside it.
void Scanner::close_from(std::size_t level) {
  while (open_.size() > level) {
    auto& part = map_.parts[open_.back().part];
    if (part.children.empty()) {
      part.closed = true;  // a leaf, after all
      if (!part.defect) part.defect = "a multipart whose boundary never begins a part";
    }
    levels_.erase(part.boundary);
    open_.pop_back();
  }
}

void Scanner::pass(const Line& line, const Delimiter& delimiter) {
  end_children(delimiter.level, end_before(delimiter.level, line.begin));
  at_ = line.next;
  if (!delimiter.is_close) return begin_part(delimiter.level, line.next);
  map_.parts[open_[delimiter.level].part].closed = true;
  close_from(delimiter.level);  // the epilogue follows
}

Result<MimeMap> Scanner::run() {
  begin_root();
  while (!open_.empty() && !refusal_) {
    const auto dashes = find_dashes(body_, at_);
    if (dashes == kNone) break;
    const auto line = line_at(body_, dashes);
    at_ = line.next;
    if (const auto delimiter = delimiter_at(line)) pass(line, *delimiter);
  }
  if (refusal_) return fail(Failure::Refused, *refusal_);
  if (!open_.empty()) end_children(0, body_.size());
  close_from(0);
  return std::move(map_);
}

}  // namespace

Result<MimeMap> map_mime(const Message& message, const MimeLimits& limits) {
  return Scanner(message, limits).run();
}

}  // namespace pams
