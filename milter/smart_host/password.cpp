#include "milter/smart_host/password.hpp"

#include <sys/stat.h>

#include "milter/config/files.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::smart_host {

Result<std::string> read_password(const rules::OutboundConnector& connector) {
  const auto& path = connector.password_file;
  const auto refuse = [&](const std::string& why) {
    return fail(Failure::Misconfigured, "password_file " + path + ": " + why);
  };
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && (status.st_mode & 077U) != 0)
    return refuse("others than its owner may use it; run: chmod 600 " + path);
  const auto content = read_file(path);
  if (!content) return tl::unexpected(Error{Failure::Misconfigured, "password_file " + content.error().what});
  const auto line = text::trim_right(*content, "\r\n");
  if (line.empty()) return refuse("it is empty");
  if (text::trim(line).size() != line.size()) return refuse("there are blanks around the password");
  if (text::printable(line, line.size()) != line)
    return refuse("it must hold the password alone, on one line, without control characters");
  return std::string(line);
}

}  // namespace pams::milter::smart_host
