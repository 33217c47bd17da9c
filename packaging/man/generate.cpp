// pams-manual PAGE COMMANDS: a page of packaging/man with its tables, as man(7), on standard output.
// COMMANDS: the file with what `pamsctl describe` printed. Part of the build, not installed.
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "packaging/man/markup.hpp"
#include "packaging/man/tables.hpp"

namespace {

std::string content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file || !content) throw std::runtime_error(std::string("cannot read ") + path);
  return content.str();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: pams-manual PAGE COMMANDS\n";
    return 2;
  }
  try {
    const auto page =
        pams::manual::with_tables(content_of(argv[1]), nlohmann::json::parse(content_of(argv[2])));
    std::cout << pams::manual::to_roff(page, PAMS_VERSION);
    std::cout.flush();
    return std::cout ? 0 : 1;
  } catch (const std::exception& e) {
    std::cerr << "pams-manual: " << argv[1] << ": " << e.what() << '\n';
    return 1;
  }
}
