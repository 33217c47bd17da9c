// Promise: whatever stands in the MTA's log, a line is understood as a whole or not at all: what is read of
// it is a part of it, bounded, and of a time that can be.
#include <chrono>
#include <cstdlib>
#include <string>
#include <variant>

#include "milter/trace/log_entry.hpp"
#include "milter/trace/postfix_log.hpp"
#include "milter/trace/text_limits.hpp"
#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace pams::milter::trace;
using namespace std::chrono_literals;
using pams::fuzz::promise;

namespace {

// 2026-11-27T12:00:00Z
constexpr Instant kNow{std::chrono::seconds(1795780800)};

void check_text(std::string_view text, std::size_t maximum, std::string_view line) {
  promise(text.size() <= maximum, "what is kept of a line is bounded");
  promise(line.find(text) != line.npos, "what is read of a line stands there");
}

void check_entry(const LogEntry& entry, std::string_view line) {
  promise(line.ends_with(entry.message), "the message is the end of the line");
  promise(entry.service.find('/') != std::string::npos, "only Postfix's services are heard");
  promise(line.find(entry.service + "[" + entry.process + "]: " + entry.message) != line.npos,
          "service, process and message stand side by side");
  if (pams::text::is_digit(line.front())) return;  // it says its year
  promise(entry.time <= kNow + 24h, "a line is not from the future");
  promise(entry.time > kNow - 24h * 370, "a line without a year is of the last one");
}

void check_fact(const LogFact& fact, std::string_view line) {
  const auto id = [&](const std::string& queue_id) {
    promise(is_queue_id(queue_id), "a fact is of a queue id");
    check_text(queue_id, 32, line);
  };
  std::visit(pams::overloaded{
                 [&](const Attempt& one) {
                   id(one.queue_id);
                   check_text(one.recipient, kMaxAddress, line);
                   check_text(one.original_recipient, kMaxAddress, line);
                   check_text(one.relay, kMaxAddress, line);
                   check_text(one.result, line.size(), line);
                   check_text(one.reply, kMaxReply, line);
                 },
                 [&](const TlsEstablished& one) {
                   check_text(one.peer, kMaxAddress, line);
                   check_text(one.level, 9, line);
                   check_text(one.protocol, 32, line);
                 },
                 [&](const Requeued& one) {
                   id(one.queue_id);
                   id(one.old_queue_id);
                 },
                 [&](const Queue& one) {
                   id(one.queue_id);
                   promise(one.text.size() <= kMaxReply, "what is kept of a line is bounded");
                 },
                 [](const SomeDeleted&) {},
                 [](const MessageIdSeen&) {},
             },
             fact);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  setenv("TZ", "Europe/Amsterdam", 1);  // syslog tells local time; findings must not depend on the machine
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto line = pams::fuzz::text_of(data, size);
  const auto entry = read_syslog_line(line, kNow);
  if (!entry) return 0;
  check_entry(*entry, line);
  const auto fact = read_postfix(entry->service, entry->message);
  if (fact) check_fact(*fact, entry->message);
  const auto program = program_of(entry->service);
  promise(!fact || (program != "smtpd" && program != "postscreen"), "strangers are not believed");
  promise(!transport_of(entry->service).empty() || entry->service.find("//") != std::string::npos ||
              entry->service.starts_with('/') || entry->service.ends_with('/'),
          "a transport has a name");
  return 0;
}
