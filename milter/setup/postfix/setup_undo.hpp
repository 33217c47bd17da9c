/// Takes out of main.cf or master.cf what the setup put in, as text: lines that the setup did not touch, its
/// comments and its order stay byte for byte. Pure; any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pams::milter::setup {

enum class PostfixFile { Main, Master };

/// The lines of each setting, with those that continue them: by parameter name, or "smtp/inet".
std::map<std::string, std::string> settings_in(PostfixFile kind, const std::string& text);

struct Undone {
  struct Change {
    std::string setting;
    std::string from;
    std::string to;  ///< "": it is gone
  };
  std::string text;
  std::vector<Change> changes;
  std::vector<std::string> notes;  ///< what somebody has edited since
};

/// `before` and `after`: the file around the setup. `current`: as it is now. Only settings that `wanted`
/// names are undone. What somebody has edited since keeps the edit, without our part.
Undone undo_setup(PostfixFile kind, const std::string& before, const std::string& after,
                  const std::string& current, const std::function<bool(const std::string& setting)>& wanted);

}  // namespace pams::milter::setup
