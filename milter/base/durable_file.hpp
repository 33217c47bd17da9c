/// Files that are on the disk when the call returns. Failures: permissions, a missing or read-only place ->
/// Misconfigured; everything else (a full disk) -> Temporary. Any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "milter/base/disk.hpp"
#include "milter/base/fd.hpp"
#include "rules/base/result.hpp"

namespace pams::milter {

/// "cannot DEED NAME: reason" with the Failure that fits. Reads errno, so nothing may come between the call
/// that failed and this.
tl::unexpected<Error> disk_error(std::string_view deed, const std::string& name);

/// Takes bytes, in pieces.
using Sink = std::function<Status(std::string_view)>;
/// Gives all its bytes to a Sink, in pieces.
using Producer = std::function<Status(const Sink&)>;

/// Makes `name` in `directory` (it must not be there; links are not followed), mode 0600, and syncs the file.
/// On failure nothing stays. The directory's entry is not synced.
Status write_new_file(Disk& disk, int directory, const std::string& name, const Producer& producer);

/// Puts `content` in place of `name`: either the old or the new content is there, whatever happens.
Status replace_file(Disk& disk, int directory, const std::string& name, std::string_view content);

/// Opens the directory, and makes it (mode 0700) when it is missing; `made` then says so. Links are not
/// followed.
Result<Fd> open_directory(Disk& disk, int above, const std::string& name, bool& made);

Status sync_file(Disk& disk, int file, const std::string& name);

}  // namespace pams::milter
