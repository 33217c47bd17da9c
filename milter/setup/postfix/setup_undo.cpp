#include "milter/setup/postfix/setup_undo.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "milter/mta/postfix/postfix_text.hpp"
#include "milter/setup/postfix/postfix_site.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::setup {
namespace {

struct Lines {
  std::string setting;  ///< "" for comments and empty lines
  std::string text;
};

std::string setting_of(PostfixFile kind, std::string_view line) {
  if (kind == PostfixFile::Main) return std::string(text::trim(line.substr(0, line.find('='))));
  const auto words = mta::split_list(line);
  return words.size() < 2 ? words.front() : words[0] + "/" + words[1];
}

/// postconf(5): a line that begins with a blank continues the setting above, also across comments.
std::vector<Lines> parse(PostfixFile kind, std::string_view rest) {
  std::vector<Lines> all;
  std::string last;
  while (!rest.empty()) {
    const auto line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
    rest.remove_prefix(line.size());
    const auto words = text::trim(line, " \t\r\n");
    const bool is_comment = words.empty() || words.starts_with('#');
    const bool continues = line.starts_with(' ') || line.starts_with('\t');
    if (!is_comment && !continues) last = setting_of(kind, words);
    all.push_back({is_comment ? "" : last, std::string(line)});
  }
  return all;
}

std::string value_of(PostfixFile kind, const std::string& lines) {
  const auto value =
      kind == PostfixFile::Main ? lines.substr(std::min(lines.find('=') + 1, lines.size())) : lines;
  return std::string(text::trim(value, " \t\r\n"));
}

/// Lists in which others may have entries too.
bool is_shared(const std::string& name) {
  constexpr std::array<std::string_view, 6> kShared{"smtpd_milters",        "non_smtpd_milters",
                                                    "milter_header_checks", "header_checks",
                                                    "smtp_header_checks",   "lmtp_header_checks"};
  return std::ranges::find(kShared, name) != kShared.end();
}

/// A list that somebody has edited since: without what the setup put in; nullopt when nothing of it is there.
std::optional<std::string> without_ours(const std::string& name, const std::string& before,
                                        const std::string& after, const std::string& current) {
  const auto list = [](const std::string& lines) {
    return mta::split_list(value_of(PostfixFile::Main, lines));
  };
  const auto was = list(before);
  const auto ours = list(after);
  auto rest = list(current);
  const auto gone = std::erase_if(rest, [&](const std::string& element) {
    return std::ranges::find(ours, element) != ours.end() && std::ranges::find(was, element) == was.end();
  });
  if (gone == 0) return std::nullopt;
  return rest.empty() && before.empty() ? "" : name + " = " + text::join(rest, ", ") + "\n";
}

/// A service that somebody has edited since, without the cleanup that the setup gave it.
std::optional<std::string> without_cleanup(std::string lines) {
  static const std::string kOption = std::string("cleanup_service_name=") + kInboundCleanup;
  const auto at = lines.find(kOption);
  if (at == std::string::npos) return std::nullopt;
  const auto option = lines.rfind("-o", at);
  const auto begin = lines.find_last_not_of(" \t\n", option - 1) + 1;
  lines.erase(begin, at + kOption.size() - begin);
  return lines;
}

class Undoing {
 public:
  Undoing(PostfixFile kind, const std::string& before, const std::string& after, const std::string& current)
      : kind_(kind),
        before_(settings_in(kind, before)),
        after_(settings_in(kind, after)),
        current_(settings_in(kind, current)),
        lines_(parse(kind, current)) {}

  Undone run(const std::function<bool(const std::string&)>& wanted) {
    for (const auto& [setting, now] : current_) {
      const auto was = at(before_, setting);
      const auto made = at(after_, setting);
      if (was == made || made.empty() || !wanted(setting)) continue;
      if (auto lines = now == made ? std::optional(was) : edited(setting, was, made, now))
        replace(setting, now, std::move(*lines));
    }
    write();
    return std::move(undone_);
  }

 private:
  using Settings = std::map<std::string, std::string>;

  static std::string at(const Settings& settings, const std::string& name) {
    const auto found = settings.find(name);
    return found == settings.end() ? "" : found->second;
  }

  std::optional<std::string> edited(const std::string& setting, const std::string& was,
                                    const std::string& made, const std::string& now) {
    const bool is_own_service = kind_ == PostfixFile::Master && was.empty();
    auto lines = is_own_service                 ? std::optional<std::string>("")
                 : kind_ == PostfixFile::Master ? without_cleanup(now)
                 : is_shared(setting)           ? without_ours(setting, was, made, now)
                                                : std::nullopt;
    undone_.notes.push_back(setting + " was edited after the setup: " +
                            (is_own_service ? "it goes with the setup"
                             : lines        ? "the edit stays, our part goes"
                                            : "it stays as it is"));
    return lines;
  }

  void replace(const std::string& setting, const std::string& now, std::string lines) {
    undone_.changes.push_back({setting, value_of(kind_, now), value_of(kind_, lines)});
    replaced_[setting] = std::move(lines);
  }

  void write() {
    std::map<std::string, bool> written;
    for (const auto& [setting, text] : lines_) {
      const auto found = replaced_.find(setting);
      if (setting.empty() || found == replaced_.end())
        undone_.text += text;
      else if (!std::exchange(written[setting], true))
        undone_.text += found->second;
    }
  }

  PostfixFile kind_;
  Settings before_, after_, current_, replaced_;
  std::vector<Lines> lines_;
  Undone undone_;
};

}  // namespace

std::map<std::string, std::string> settings_in(PostfixFile kind, const std::string& text) {
  std::map<std::string, std::string> settings;
  for (auto& [setting, lines] : parse(kind, text))
    if (!setting.empty()) settings[setting] += lines;
  return settings;
}

Undone undo_setup(PostfixFile kind, const std::string& before, const std::string& after,
                  const std::string& current, const std::function<bool(const std::string& setting)>& wanted) {
  auto undone = Undoing(kind, before, after, current).run(wanted);
  // Where nothing else was changed and all of it goes, not even a missing newline at the end is lost.
  if (current == after && settings_in(kind, undone.text) == settings_in(kind, before)) undone.text = before;
  return undone;
}

}  // namespace pams::milter::setup
