// addresses_in() of envelope.hpp: one pass over the bytes with counters where RFC 5322's grammar recurses
// (comments in comments, groups), so that no input can exhaust the stack as it does in GMime 3.2.13.
#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/message/envelope.hpp"

namespace pams {
namespace {

constexpr std::size_t kMaxAddresses = 1000;

class AddressReader {
 public:
  explicit AddressReader(std::string_view value) : value_(value) {}
  std::vector<std::string> read();

 private:
  void step();
  std::size_t end_of_comment();
  std::size_t end_of_quoted(char close);
  void copy_until(std::size_t end);
  void end_mailbox();
  void begin_group();

  std::string_view value_;
  std::size_t at_ = 0;
  std::string outside_, inside_;  ///< of the current mailbox: what stands outside and inside its brackets
  bool in_brackets_ = false, had_brackets_ = false;
  bool in_group_ = false, in_nested_group_ = false;
  bool comments_end_ = true, quotes_end_ = true, literals_end_ = true;  ///< false: one was open to the end
  std::vector<std::string> found_;
};

/// After the ")" that closes the comment at `at_`; npos when nothing does.
std::size_t AddressReader::end_of_comment() {
  std::size_t depth = 0;
  for (auto i = at_; i < value_.size(); ++i) {
    if (value_[i] == '\\') {
      ++i;
    } else if (value_[i] == '(') {
      ++depth;
    } else if (value_[i] == ')' && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t AddressReader::end_of_quoted(char close) {
  for (auto i = at_ + 1; i < value_.size(); ++i) {
    if (value_[i] == '\\') {
      ++i;
    } else if (value_[i] == close) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

void AddressReader::copy_until(std::size_t end) {
  (in_brackets_ ? inside_ : outside_) += value_.substr(at_, end - at_);
  at_ = end;
}

/// Blanks around "@" and "." are allowed (RFC 5322 4.4) and mean nothing; elsewhere they part words.
std::string without_inner_blanks(std::string_view s) {
  std::string out;
  bool is_quoted = false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '"') is_quoted = !is_quoted;
    if (is_quoted || (s[i] != ' ' && s[i] != '\t')) {
      out += s[i];
      if (is_quoted && s[i] == '\\' && i + 1 < s.size()) out += s[++i];
      continue;
    }
    const auto next = std::min(s.find_first_not_of(" \t", i), s.size());
    const bool is_joint =
        (next < s.size() && (s[next] == '@' || s[next] == '.')) || out.ends_with('@') || out.ends_with('.');
    if (!is_joint) out += ' ';
    i = next - 1;
  }
  return out;
}

/// The last word with an "@"; blanks inside quotes part no words.
std::string address_word(std::string_view words) {
  std::string best;
  std::size_t begin = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i <= words.size(); ++i) {
    if (i < words.size() && is_quoted && words[i] == '\\') {
      ++i;
      continue;
    }
    if (i < words.size() && words[i] == '"') is_quoted = !is_quoted;
    if (i < words.size() && (is_quoted || words[i] != ' ')) continue;
    const auto word = words.substr(begin, i - begin);
    const auto sign = word.rfind('@');
    if (sign != std::string_view::npos && word.front() != '@' && sign + 1 < word.size()) best = word;
    begin = i + 1;
  }
  return best;
}

void AddressReader::end_mailbox() {
  auto text = without_inner_blanks(text::trim(had_brackets_ ? inside_ : outside_));
  // RFC 5322 4.4, route: <@one.example,@two.example:user@example.org>
  if (const auto colon = text.find(':'); had_brackets_ && text.starts_with('@') && colon != std::string::npos)
    text.erase(0, colon + 1);
  auto address = address_word(text);
  if (!address.empty() && !in_nested_group_) found_.push_back(std::move(address));
  outside_.clear();
  inside_.clear();
  in_brackets_ = had_brackets_ = false;
}

void AddressReader::begin_group() {
  outside_.clear();  // the group's name
  in_nested_group_ = in_group_;
  in_group_ = true;
}

void AddressReader::step() {
  const char c = value_[at_];
  const auto skip = [&](bool& they_end, std::size_t end) {
    return (they_end = end != std::string_view::npos);
  };
  if (c == '(' && comments_end_) {
    if (const auto end = end_of_comment(); skip(comments_end_, end)) {
      at_ = end;
      return;
    }
  } else if (c == '"' && quotes_end_) {
    if (const auto end = end_of_quoted('"'); skip(quotes_end_, end)) return copy_until(end);
  } else if (c == '[' && literals_end_) {
    if (const auto end = end_of_quoted(']'); skip(literals_end_, end)) return copy_until(end);
  } else if (c == '<') {  // a second one inside begins anew
    in_brackets_ = had_brackets_ = true;
    inside_.clear();
    ++at_;
    return;
  } else if (c == '>' && in_brackets_) {
    in_brackets_ = false;
    ++at_;
    return;
  } else if (const bool in_route = in_brackets_ && text::trim_left(inside_).starts_with('@'); !in_route) {
    if (c == ',' || c == ';') {  // also inside brackets that nobody closed
      end_mailbox();
      if (c == ';') in_group_ = in_nested_group_ = false;
      ++at_;
      return;
    }
    if (c == ':' && !in_brackets_) {
      begin_group();
      ++at_;
      return;
    }
  }
  copy_until(at_ + 1);
}

std::vector<std::string> AddressReader::read() {
  while (at_ < value_.size() && found_.size() < kMaxAddresses) step();
  if (found_.size() < kMaxAddresses) end_mailbox();
  return std::move(found_);
}

}  // namespace

std::vector<std::string> addresses_in(std::string_view unfolded_value) {
  return AddressReader(unfolded_value).read();
}

}  // namespace pams
