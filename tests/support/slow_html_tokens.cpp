// slow_tokens() of slow_html.hpp: one function for each state of WHATWG 13.2.5 that matters here.
#include <cctype>
#include <set>

#include "tests/support/slow_html.hpp"

namespace pams::test {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

class Machine {
 public:
  explicit Machine(std::string_view html) : html_(html) {}
  std::vector<SlowToken> run();

 private:
  bool more() const { return at_ < html_.size(); }
  bool sees(std::string_view s) const { return html_.substr(at_, s.size()) == s; }
  void text(char c);
  void data();
  void raw();
  void tag_open();
  void tag(SlowToken::Kind kind);
  void comment();
  void bogus();
  bool attributes(SlowToken& token);
  bool value(std::string& out);

  std::string_view html_;
  std::size_t at_ = 0;
  std::string raw_;  ///< the element whose end tag alone is a tag
  std::vector<SlowToken> out_;
};

std::vector<SlowToken> Machine::run() {
  while (more()) raw_.empty() ? data() : raw();
  return out_;
}

void Machine::text(char c) {
  if (out_.empty() || out_.back().kind != SlowToken::Text) out_.push_back({SlowToken::Text, "", {}, ""});
  out_.back().text += c;
}

void Machine::data() {
  if (html_[at_] != '<') return text(html_[at_++]);
  ++at_;
  tag_open();
}

void Machine::tag_open() {
  if (!more()) return text('<');
  if (sees("!--")) return at_ += 3, comment();
  if (sees("!") || sees("?")) return bogus();
  if (is_letter(html_[at_])) return tag(SlowToken::Start);
  if (!sees("/")) return text('<');
  if (at_ + 1 == html_.size()) return text('<');
  ++at_;
  if (is_letter(html_[at_])) return tag(SlowToken::End);
  if (sees(">")) {
    ++at_;
    return;
  }
  bogus();
}

void Machine::bogus() {
  while (more() && html_[at_] != '>') ++at_;
  if (more()) ++at_;
  out_.push_back({});
}

void Machine::comment() {
  out_.push_back({});
  enum { Start, StartDash, Comment, EndDash, End, EndBang } state = Start;
  while (more()) {
    const char c = html_[at_++];
    if (c == '>' && state != Comment && state != EndDash) return;
    switch (state) {
      case Start:
        state = c == '-' ? StartDash : Comment;
        break;
      case StartDash:
      case EndDash:
        state = c == '-' ? End : Comment;
        break;
      case Comment:
        state = c == '-' ? EndDash : Comment;
        break;
      case End:
        state = c == '!' ? EndBang : c == '-' ? End : Comment;
        break;
      case EndBang:
        state = c == '-' ? EndDash : Comment;
        break;
    }
  }
}

void Machine::tag(SlowToken::Kind kind) {
  static const std::set<std::string> kRaw = {"title",   "textarea", "style",  "xmp",      "iframe",
                                             "noembed", "noframes", "script", "plaintext"};
  SlowToken token{kind, "", {}, ""};
  while (more() && !is_space(html_[at_]) && html_[at_] != '/' && html_[at_] != '>')
    token.name += lower(html_[at_++]);
  if (!attributes(token)) return;
  if (kind == SlowToken::Start && kRaw.contains(token.name)) raw_ = token.name;
  out_.push_back(std::move(token));
}

/// False at the end of the text.
bool Machine::attributes(SlowToken& token) {
  for (;;) {
    while (more() && (is_space(html_[at_]) || html_[at_] == '/')) ++at_;
    if (!more()) return false;
    if (html_[at_] == '>') return ++at_, true;
    std::string name(1, lower(html_[at_++]));
    while (more() && !is_space(html_[at_]) && html_[at_] != '/' && html_[at_] != '>' && html_[at_] != '=')
      name += lower(html_[at_++]);
    auto next = at_;
    while (next < html_.size() && is_space(html_[next])) ++next;
    std::string written;
    if (next < html_.size() && html_[next] == '=') {
      at_ = next + 1;
      if (!value(written)) return false;
    }
    token.attributes.emplace(name, written);
  }
}

bool Machine::value(std::string& out) {
  while (more() && is_space(html_[at_])) ++at_;
  if (!more()) return false;
  if (html_[at_] == '>') return true;
  if (const char quote = html_[at_]; quote == '"' || quote == '\'') {
    for (++at_; more() && html_[at_] != quote; ++at_) out += html_[at_];
    return more() && ++at_ > 0;
  }
  while (more() && !is_space(html_[at_]) && html_[at_] != '>') out += html_[at_++];
  return more();
}

/// RCDATA, RAWTEXT, script data without its escaped states, PLAINTEXT.
void Machine::raw() {
  if (raw_ != "plaintext" && sees("</")) {
    std::string name;
    auto i = at_ + 2;
    for (; i < html_.size() && name.size() < raw_.size(); ++i) name += lower(html_[i]);
    if (name == raw_ && i < html_.size() && (is_space(html_[i]) || html_[i] == '/' || html_[i] == '>')) {
      raw_.clear();
      at_ += 2;
      return tag(SlowToken::End);
    }
  }
  text(html_[at_++]);
}

}  // namespace

std::vector<SlowToken> slow_tokens(std::string_view html) { return Machine(html).run(); }

}  // namespace pams::test
