#include "milter/ctl/trace/evidence.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>

#include <nlohmann/json.hpp>

#include "milter/archive/cms_signature.hpp"
#include "milter/ctl/command.hpp"
#include "milter/evidence/evidence.hpp"

namespace pams::milter::ctl {
namespace {

using json = nlohmann::ordered_json;

int complain(const std::string& what) {
  std::cerr << what << '\n';
  return kFoundWrong;
}

trace::Instant now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string text_of(const json& document) {
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

/// The reader sees first whether it can be proved.
void put_in_front(json& document, const std::string& sentence) {
  document["summary"].insert(document["summary"].begin(), sentence);
}

int print_unsigned(evidence::Evidence found) {
  put_in_front(found.document,
               "NOT SIGNED: nothing proves that this text was not changed; --output FILE signs it.");
  std::cout << text_of(found.document) << std::flush;
  return std::cout ? kFine : complain("standard output cannot be written");
}

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  return out ? Status{} : fail(Failure::Misconfigured, path + ": cannot be written");
}

/// All three or none.
Status write_files(const std::string& path, const std::string& text, const archive::CmsSignature& made) {
  auto done = write_file(path, text);
  if (done) done = write_file(path + ".p7s", made.signature);
  if (done) done = write_file(path + ".pem", made.certificate);
  std::error_code ignored;
  if (!done)
    for (const auto* suffix : {"", ".p7s", ".pem"}) std::filesystem::remove(path + suffix, ignored);
  return done;
}

std::string what_to_compare(const std::string& key_file, const std::string& file) {
  return "The signature proves that the holder of the gateway's checkpoint key has signed this file. Compare `openssl x509 -in " +
         std::filesystem::path(file).filename().string() +
         ".pem -noout -pubkey` with the public key that you have from the gateway's owner (there: `openssl pkey -in " +
         key_file + " -pubout`).";
}

int write_signed(evidence::Evidence found, const std::string& output) {
  if (found.checkpoint_key.empty())
    return complain(
        "evidence is signed with an archive's checkpoint_key, and no [[archive]] has one: make one with `openssl genpkey -algorithm ed25519 -out /etc/pams-milter/checkpoint.pem`, set checkpoint_key = \"checkpoint.pem\" in [[archive]], and reload; without --output the text is printed unsigned");
  const auto command = evidence::verify_command(output);
  const auto key = archive::sign_document(found.checkpoint_key, "");
  if (!key) return complain(key.error().what);
  put_in_front(found.document, "Signed: check it, in the directory of this file, with: " + command);
  found.document["signature"] = {{"command", command},
                                 {"key_sha256", key->key_digest},
                                 {"trust", what_to_compare(found.checkpoint_key, output)}};
  const auto text = text_of(found.document);
  const auto made = archive::sign_document(found.checkpoint_key, text);
  if (!made) return complain(made.error().what);
  if (const auto written = write_files(output, text, *made); !written) return complain(written.error().what);
  std::cout << output << ", " << output << ".p7s (signature), " << output << ".pem (certificate)\n"
            << "check with: " << command << '\n';
  return std::cout.flush() ? kFine : complain("standard output cannot be written");
}

}  // namespace

std::string evidence_help() {
  return "With --output FILE: FILE (JSON), FILE.p7s (CMS signature by the archive's checkpoint_key) and FILE.pem (the key's certificate).\n"
         "Anybody proves them, offline, in their directory, with\n  " +
         evidence::verify_command("FILE") +
         "\nand compares the key: openssl x509 -in FILE.pem -noout -pubkey\nwith that of the gateway: openssl pkey -in CHECKPOINT_KEY -pubout";
}

int give_evidence(const Config& config, trace::TraceQuery& query, const std::string& id,
                  const std::string& output) {
  auto found = evidence::collect(config, query, id, now());
  if (!found) return complain(found.error().what);
  if (!*found) return complain("there is no message with this id; `pamsctl trace` lists them");
  return output.empty() ? print_unsigned(std::move(**found)) : write_signed(std::move(**found), output);
}

}  // namespace pams::milter::ctl
