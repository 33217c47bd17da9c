#include "rules/schema/args.hpp"

#include <stdexcept>

namespace pams::schema {

const Args::Entry& Args::entry(std::string_view key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) throw std::out_of_range("no value for key '" + std::string(key) + "'");
  return found->second;
}

const std::string& Args::text(std::string_view key) const {
  const auto& datum = entry(key).datum;
  if (const auto* file = std::get_if<FileContent>(&datum)) return file->content;
  return std::get<std::string>(datum);
}

const std::string& Args::path(std::string_view key) const { return get<FileContent>(key).path; }

}  // namespace pams::schema
