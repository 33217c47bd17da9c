/// What keeps this process, as its user and within the sandbox that it has, from a file or a directory: in
/// words for an operator. Any thread.
#pragma once

#include <optional>
#include <string>

namespace pams::milter {

struct Obstacle {
  std::string problem;  ///< "user pams-milter cannot enter /var/lib/x (root:root, mode 0700)"
  std::string remedy;   ///< a command to paste
};

/// Files can be made in the directory.
std::optional<Obstacle> obstacle_to_writing_in(const std::string& directory);
/// The file can be read.
std::optional<Obstacle> obstacle_to_reading(const std::string& file);
/// The file can be read and written.
std::optional<Obstacle> obstacle_to_changing(const std::string& file);

/// The user that this process is, by name; its number when it has none.
std::string own_user();

}  // namespace pams::milter
