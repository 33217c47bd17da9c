#include "milter/ctl/output/terminal.hpp"

#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace pams::milter::ctl::output {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool has_colours() {
  return is_terminal() && environment("NO_COLOR").empty() && environment("TERM") != "dumb" &&
         !environment("TERM").empty();
}

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::Green:
      return "\033[32m";
    case Colour::Yellow:
      return "\033[33m";
    case Colour::Red:
      return "\033[31m";
    case Colour::None:
      break;
  }
  return "";
}

}  // namespace

bool is_terminal() { return ::isatty(STDOUT_FILENO) != 0; }

std::optional<std::size_t> terminal_width() {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  if (!is_terminal()) return std::nullopt;
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

std::string coloured(std::string_view text, Colour colour) {
  if (colour == Colour::None || !has_colours()) return std::string(text);
  return std::string(code_of(colour)) + std::string(text) + "\033[0m";
}

}  // namespace pams::milter::ctl::output
