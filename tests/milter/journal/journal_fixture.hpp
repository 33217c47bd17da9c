/// A journal in a temporary directory, an MTA that answers what the test says, and messages.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "milter/journal/durable_journal.hpp"
#include "milter/seal/carrier.hpp"
#include "tests/support/faulty_disk.hpp"
#include "tests/support/temporary_directory.hpp"

namespace pams::test {
using namespace pams::milter;

using Outcome = journal::Submitted::SubmissionStatus;

/// Records what it got.
struct FakeMta {
  struct Taken {
    std::string recipient, content;
  };
  std::vector<Taken> taken;
  std::function<journal::Submitted(const journal::Submission&)> answer = [](const journal::Submission&) {
    return journal::Submitted{Outcome::Taken, "250 fine"};
  };

  journal::JournalDelivery::Submit submit() {
    return [this](const journal::Submission& submission) {
      auto submitted = answer(submission);
      if (submitted.outcome != Outcome::Taken) return submitted;
      Taken one{submission.recipient, ""};
      const auto read = submission.content([&](std::string_view bytes) -> Status {
        one.content += bytes;
        return {};
      });
      if (!read) return journal::Submitted{Outcome::Later, read.error().what};
      taken.push_back(std::move(one));
      return submitted;
    };
  }
};

class GuardSays : public routing::RouteGuard {
 public:
  bool fine = true;
  Status verified(const rules::OutboundConnector&) override { return answer(); }
  Status flag_survives(const rules::OutboundConnector&) override { return answer(); }

 private:
  Status answer() const {
    if (fine) return {};
    return fail(Failure::Misconfigured, "the way is not proven");
  }
};

struct JournalFixture {
  pams::test::TemporaryDirectory directory;
  std::shared_ptr<Config> config = std::make_shared<Config>();
  std::shared_ptr<GuardSays> guard = std::make_shared<GuardSays>();
  std::shared_ptr<FaultyDisk> disk = std::make_shared<FaultyDisk>();
  FakeMta mta;
  Message message{parse_message("From: ann@example.org\r\nSubject: offer\r\n\r\n").headers,
                  SharedBytes("hello\r\n")};
  std::chrono::sys_seconds time{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

  JournalFixture() {
    config->policy.organization.accepted_domains = {"*.example.org", "example.org"};
    config->policy.journal.path = directory / "journal";
    config->policy.journal.submit_to = "127.0.0.1:895";
    config->policy.journal.deliver_to = {rules::ReportDestination::Kind::UnixSocket, "/run/lmtp", "", 0, ""};
    rules::OutboundConnector connector;
    connector.name = "Zivver";
    config->policy.connectors = {connector};
    config->policy.pams.connector = "Zivver";
    config->settings.seal_key_file = directory / "seal.key";
    seal::ensure_key_file(directory / "seal.key", time, static_cast<unsigned>(-1), static_cast<unsigned>(-1))
        .value();
  }
  std::shared_ptr<seal::KeyFile> keys = std::make_shared<seal::KeyFile>(directory / "seal.key");
  journal::ReportRoute route() const { return {config, guard, keys}; }
  /// What a carrier holds.
  std::string opened(const std::string& carrier) const {
    std::string inside;
    seal::CarrierReader reader(
        *keys->read().value(), [](const auto&, const auto&) { return Status{}; },
        [&](std::string_view bytes) -> Status {
          inside += bytes;
          return {};
        });
    const auto read = reader.add(carrier).and_then([&] { return reader.finish(); });
    return read ? inside : "cannot be opened: " + read.error().what;
  }
  /// Keeps, and does not deliver by itself: no thread is started.
  journal::DurableJournal store() { return {config, route(), disk, mta.submit()}; }
  journal::JournalEntry entry(std::vector<std::string> mailboxes = {"journal@example.org"},
                              bool is_confidential = false) const {
    return {message,
            {"ann@example.org", {"bob@example.net"}},
            std::move(mailboxes),
            true,
            is_confidential,
            "4Zq1",
            time};
  }
  journal::JournalSpool spool() const { return {config->policy.journal.path, disk}; }
  std::size_t waiting() const {
    return journal::JournalSpool(config->policy.journal.path, std::make_shared<Disk>())
        .waiting()
        .value()
        .size();
  }
  /// Everything below the journal's directory that is no directory.
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    const std::filesystem::path root(config->policy.journal.path);
    if (!std::filesystem::exists(root)) return found;
    for (const auto& one : std::filesystem::recursive_directory_iterator(root))
      if (!one.is_directory()) found.push_back(one.path().filename());
    return found;
  }
};

}  // namespace pams::test
