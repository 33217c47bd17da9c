#include "tests/support/milter_client.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace pams::test {
using namespace pams::milter;
namespace {

enum Step : std::uint32_t {
  kNoConnect = 1,
  kNoMail = 4,
  kNoRecipient = 8,
  kNoBody = 0x10,
  kNoHeaders = 0x20,
  kNoEndOfHeader = 0x40,
  kNoReplyHeader = 0x80,
  kNoData = 0x200,
  kNoReplyConnect = 0x1000,
  kNoReplyMail = 0x4000,
  kNoReplyRecipient = 0x8000,
  kNoReplyData = 0x10000,
  kNoReplyEndOfHeader = 0x40000,
  kNoReplyBody = 0x80000,
  kLeadingSpace = 0x100000,
};

std::string number(std::uint32_t value) {
  const std::uint32_t wire = htonl(value);
  return {reinterpret_cast<const char*>(&wire), sizeof wire};
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t wire = 0;
  if (bytes.size() < at + sizeof wire) throw HangUp("a packet is too short");
  std::memcpy(&wire, bytes.data() + at, sizeof wire);
  return ntohl(wire);
}

std::string terminated(const std::string& text) { return text + '\0'; }

void read_all(int socket, char* out, std::size_t size) {
  while (size > 0) {
    const auto got = ::recv(socket, out, size, 0);
    if (got <= 0) throw HangUp("the milter has closed the connection");
    out += got;
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace

std::string Ending::body() const {
  std::string all;
  for (const auto& modification : modifications)
    if (modification.kind == 'b') all += modification.data;
  return all;
}

const Modification* Ending::first(char wanted) const {
  const auto found = std::ranges::find(modifications, wanted, &Modification::kind);
  return found == modifications.end() ? nullptr : &*found;
}

MilterClient::MilterClient(const std::string& socket_path, Offer offer)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) throw HangUp("the path is too long");
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw HangUp("cannot connect");
  raw('O', number(6) + number(offer.actions) + number(offer.steps));
  const auto [command, data] = receive();
  if (command != 'O') throw HangUp("no negotiation");
  actions_ = number_at(data, 4);
  steps_ = number_at(data, 8);
  macros_asked_for_ = data.substr(12);
}

char MilterClient::connect(const std::string& address) {
  macros('C', {{"j", "gw.example.org"}});
  const char family = address.find(':') == std::string::npos ? '4' : '6';
  return step('C', terminated("client.example.org") + family + std::string("\x9c\x40") + terminated(address),
              kNoConnect, kNoReplyConnect);
}

char MilterClient::mail(const std::string& sender, const std::string& parameter,
                        const std::vector<std::pair<std::string, std::string>>& more_macros) {
  auto values = more_macros;
  values.emplace_back("{mail_addr}", sender);
  macros('M', values);
  auto data = terminated("<" + sender + ">");
  if (!parameter.empty()) data += terminated(parameter);
  return step('M', data, kNoMail, kNoReplyMail);
}

char MilterClient::recipient(const std::string& address) {
  return step('R', terminated("<" + address + ">"), kNoRecipient, kNoReplyRecipient);
}

char MilterClient::header(const std::string& name, const std::string& value) {
  const std::string blank = (steps_ & kLeadingSpace) != 0 ? " " : "";
  return step('L', terminated(name) + terminated(blank + value), kNoHeaders, kNoReplyHeader);
}

char MilterClient::end_of_header() { return step('N', {}, kNoEndOfHeader, kNoReplyEndOfHeader); }

char MilterClient::body(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto answer = step('B', bytes.substr(0, 65535), kNoBody, kNoReplyBody);
    if (answer != 'c') return answer;
    bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 65535));
  }
  return 'c';
}

Ending MilterClient::end_of_message() {
  macros('E', {{"i", "4Zq1"}});
  raw('E');
  Ending ending;
  while (true) {
    auto [command, data] = receive();
    if (command == 'p') continue;  // progress
    if (std::string_view("hmb+eq").find(command) == std::string_view::npos) {
      ending.kind = command;
      ending.text = data.substr(0, data.find('\0'));
      return ending;
    }
    if (command != 'b') {
      if (command == 'm') data = std::to_string(number_at(data, 0)) + '\0' + data.substr(4);
      if (!data.empty() && data.back() == '\0') data.pop_back();
      std::ranges::replace(data, '\0', '|');
    }
    ending.modifications.push_back({command, data});
  }
}

void MilterClient::abort() { raw('A'); }
void MilterClient::quit() { raw('Q'); }

Ending MilterClient::send(const std::string& sender, const std::vector<std::string>& recipients,
                          std::string_view eml) {
  mail(sender);
  for (const auto& address : recipients) recipient(address);
  step('T', {}, kNoData, kNoReplyData);
  while (!eml.empty() && !eml.starts_with('\n')) {
    auto end = eml.find('\n');
    while (end + 1 < eml.size() && (eml[end + 1] == ' ' || eml[end + 1] == '\t'))
      end = eml.find('\n', end + 1);
    const auto field = eml.substr(0, end);
    const auto colon = field.find(':');
    const auto value = field.substr(colon + 1);
    header(std::string(field.substr(0, colon)),
           std::string(value.starts_with(' ') ? value.substr(1) : value));
    eml.remove_prefix(std::min(eml.size(), end + 1));
  }
  end_of_header();
  std::string wire;
  for (const char c : eml.substr(std::min<std::size_t>(eml.size(), 1)))
    wire += c == '\n' ? "\r\n" : std::string(1, c);
  body(wire);
  return end_of_message();
}

void MilterClient::raw(char command, std::string_view data) {
  auto packet = number(static_cast<std::uint32_t>(data.size() + 1)) + command;
  packet += data;
  std::string_view rest = packet;
  while (!rest.empty()) {
    const auto sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw HangUp("the milter takes nothing more");
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::pair<char, std::string> MilterClient::receive() {
  std::string size(4, '\0');
  read_all(socket_.get(), size.data(), size.size());
  std::string packet(number_at(size, 0), '\0');
  if (packet.empty()) throw HangUp("an empty packet");
  read_all(socket_.get(), packet.data(), packet.size());
  return {packet[0], packet.substr(1)};
}

char MilterClient::step(char command, std::string_view data, std::uint32_t not_sent,
                        std::uint32_t not_answered) {
  if ((steps_ & not_sent) != 0) return 'c';
  raw(command, data);
  return (steps_ & not_answered) != 0 ? 'c' : receive().first;
}

void MilterClient::macros(char command, const std::vector<std::pair<std::string, std::string>>& values) {
  std::string data(1, command);
  for (const auto& [name, value] : values) data += terminated(name) + terminated(value);
  raw('D', data);
}

}  // namespace pams::test
