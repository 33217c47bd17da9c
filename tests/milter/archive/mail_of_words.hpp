/// Messages of a few words and people, for which it can be said without a parser what a reader sees.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/base/text.hpp"
#include "rules/query/query.hpp"

namespace pams::test {

/// What a text shows, and the words that a reader sees in it.
inline const std::map<std::string, std::vector<std::string>> kWords{
    {"report", {"report"}},
    {"R\xC3\xA9port", {"report"}},
    {"\xEF\xBC\xB2\xEF\xBC\xA5\xEF\xBC\xB0\xEF\xBC\xAF\xEF\xBC\xB2\xEF\xBC\xB4", {"report"}},
    {"re\xC2\xADport", {"report"}},
    {"rep", {"rep"}},
    {"merger", {"merger"}},
    {"e-mail", {"e", "mail"}},
    {"mail", {"mail"}},
    {"\xE4\xBC\x9A\xE8\xAD\xB0", {"\xE4\xBC\x9A", "\xE8\xAD\xB0"}},
    {"\xE8\xAD\xB0", {"\xE8\xAD\xB0"}},
};
struct Person {
  std::string name, address;
};
inline const std::vector<Person> kPeople{{"Anna Bell", "anna@example.org"},
                                         {"Eve Bell", "x-anna@example.org"},
                                         {"Bob Stone", "bob@sub.example.org"},
                                         {"Bob Anna", "Bob@Example.NET"}};
inline const std::vector<std::string> kAsked{"anna",
                                             "bell",
                                             "example.org",
                                             "@example.org",
                                             "anna@example.org",
                                             "x-anna@example.org",
                                             "bob",
                                             "BOB@example.net",
                                             "stone",
                                             "@example.net"};

using Text = std::vector<std::string>;  // what stands in it, by kWords

struct MailOfWords {
  std::size_t from = 0, envelope_from = 0;
  std::vector<std::size_t> to, cc, blind;
  Text subject, body, attached, attachment_name, category;
  std::int64_t received = 0;
  std::optional<std::int64_t> date;
  query::Importance importance = query::Importance::Medium;
  std::string id;
  std::int64_t size = 0;  // as archived

  bool has_attachment() const { return !attachment_name.empty(); }
  std::vector<std::size_t> recipients() const {
    auto all = to;
    all.insert(all.end(), cc.begin(), cc.end());
    all.insert(all.end(), blind.begin(), blind.end());
    return all;
  }
};

inline std::string people_in(const std::vector<std::size_t>& people) {
  std::string out;
  for (const auto one : people)
    out += (out.empty() ? "" : ", ") + kPeople[one].name + " <" + kPeople[one].address + ">";
  return out;
}

inline std::string eml_of(const MailOfWords& mail) {
  using namespace std::chrono;
  std::string out = "From: " + people_in({mail.from}) + "\r\n";
  if (!mail.to.empty()) out += "To: " + people_in(mail.to) + "\r\n";
  if (!mail.cc.empty()) out += "Cc: " + people_in(mail.cc) + "\r\n";
  out += "Subject: " + text::join(mail.subject, " ") + "\r\nMessage-ID: " + mail.id + "\r\n";
  if (mail.date) {
    const sys_seconds time{seconds(*mail.date)};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day + hours{1}};
    out += "Date: " + std::to_string(static_cast<unsigned>(date.day())) + " Nov 2026 0" +
           std::to_string(clock.hours().count()) + ":0" + std::to_string(clock.minutes().count()) + ":0" +
           std::to_string(clock.seconds().count()) + " +0100\r\n";
  }
  if (mail.importance != query::Importance::Medium)
    out += mail.importance == query::Importance::High ? "X-Priority: 1\r\n" : "Importance: low\r\n";
  if (!mail.category.empty()) out += "Keywords: " + text::join(mail.category, ", ") + "\r\n";
  const auto body = text::join(mail.body, "\r\n> ") + "\r\n";
  const std::string text = "Content-Type: text/plain; charset=utf-8\r\n\r\n";
  if (!mail.has_attachment()) return out + text + body;
  return out + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + text + body +
         "\r\n--b\r\nContent-Type: text/csv; charset=utf-8\r\nContent-Disposition: attachment; filename=\"" +
         text::join(mail.attachment_name, " ") + "\"\r\n\r\n" + text::join(mail.attached, " ") +
         "\r\n--b--\r\n";
}

}  // namespace pams::test
