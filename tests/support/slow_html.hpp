/// A slow reader of HTML for tests: tokenizer and tree construction, written from the standard
/// (WHATWG 13.2.5, 13.2.6) state by state and step by step, and sharing nothing with rules/html. It knows no
/// svg, math, select, template, noscript, form, frames and ruby: tests that use it do without.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pams::test {

struct SlowToken {
  enum Kind { Text, Start, End, Other } kind = Other;
  std::string name;  ///< lower case
  std::map<std::string, std::string> attributes;
  std::string text;  ///< as written
};
std::vector<SlowToken> slow_tokens(std::string_view html);

struct SlowNode {
  std::string name;  ///< "" for text
  std::string text;
  std::map<std::string, std::string> attributes;
  SlowNode* parent = nullptr;
  std::vector<SlowNode*> kids;
};

/// The body of a document. Where it has no doctype (`is_quirky`) a table does not close a paragraph.
class SlowTree {
 public:
  SlowTree(std::string_view html, bool is_quirky);
  const SlowNode& body() const { return *stack_.front(); }

 private:
  using Nodes = std::vector<SlowNode*>;

  void feed(const SlowToken& token);
  void in_body(const SlowToken& token);
  void start_in_body(const SlowToken& token);
  void end_in_body(const SlowToken& token);
  void in_table(const SlowToken& token);
  void start_in_table(const SlowToken& token);
  bool in_cell(const SlowToken& token);
  void start_item(const SlowToken& token);
  void any_other_end(const std::string& name);
  void adopt(const std::string& name);
  bool adopt_once(const std::string& name);
  void move_formatting(SlowNode* formatting, SlowNode* block);
  void reconstruct();

  SlowNode* make(const SlowToken& token);
  SlowNode* insert(const SlowToken& token);
  void insert_text(const std::string& text);
  void put(SlowNode* node, SlowNode* target);
  bool has_in_scope(const std::string& name, std::string_view barriers) const;
  void pop_through(const std::string& name);
  void pop_until(std::string_view names);
  void clear_to_marker();
  void close_p();
  std::string mode() const;

  std::vector<std::unique_ptr<SlowNode>> all_;
  Nodes stack_;
  Nodes formatting_;  ///< nullptr is a marker
  bool is_quirky_, is_fostering_ = false, is_in_body_ = false;
};

}  // namespace pams::test
