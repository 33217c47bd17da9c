/// What is wrong with a configuration, and where. All findings are collected; the reader never stops at the
/// first. Values only; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pams {

/// One configuration file as it was read.
struct Source {
  std::string name;  ///< as the operator would type it
  std::string text;
};

/// A place in a Source; line and column count from 1. A null source means "no place" (a default, the command
/// line).
struct Location {
  std::shared_ptr<const Source> source;
  std::size_t line = 0;
  std::size_t column = 0;
};

enum class Severity { Error, Warning };

struct Diagnostic {
  Severity severity = Severity::Error;
  Location at;
  std::string text;
};

/// `file:line:column: error: text`, then the source line and a caret under the column.
std::string format(const Diagnostic& diagnostic);

class Diagnostics {
 public:
  void error(const Location& at, std::string text) { add({Severity::Error, at, std::move(text)}); }
  void warning(const Location& at, std::string text) { add({Severity::Warning, at, std::move(text)}); }
  void add(Diagnostic diagnostic) { all_.push_back(std::move(diagnostic)); }

  bool has_errors() const;
  std::size_t errors() const;
  const std::vector<Diagnostic>& all() const { return all_; }
  /// By file and line, each formatted, one after the other. Files keep the order in which they were first
  /// named.
  std::string text() const;

 private:
  std::vector<Diagnostic> all_;
};

}  // namespace pams
