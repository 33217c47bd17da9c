#include "rules/message/compose.hpp"

#include <algorithm>

#include <gmime/gmime.h>

#include "rules/base/c_ptr.hpp"
#include "rules/base/g_ref.hpp"
#include "rules/base/text.hpp"
#include "rules/message/charset.hpp"

namespace pams {
namespace {

constexpr std::size_t kMaxBytes = 998;
constexpr std::ptrdiff_t kMaxNesting = 16;  // an IPv6 literal has eight colons

/// GMime's types are registered once, whoever comes first.
void start_gmime() {
  static const bool is_started = (g_mime_init(), true);
  static_cast<void>(is_started);
}

GRef<GMimeDataWrapper> content(std::string_view bytes) {
  const auto stream = GRef<GMimeStream>::adopt(g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
  return GRef<GMimeDataWrapper>::adopt(
      g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
}

/// As it stands: GMime would take a value that looks like an encoded word for one, and encode it anew.
void append_field(GMimeObject* object, const std::string& name, const std::string& wire_value) {
  auto* fields = g_mime_object_get_header_list(object);
  g_mime_header_list_append(fields, name.c_str(), "", nullptr);
  auto* field = g_mime_header_list_get_header_at(fields, g_mime_header_list_get_count(fields) - 1);
  g_mime_header_set_raw_value(field, (wire_value + "\r\n").c_str());
}

/// The address field of GMime's making, or none: GMime would read whatever it was given for one.
void add_address(GMimeMessage* message, GMimeAddressType type, const std::string& name,
                 const std::string& address) {
  if (is_fit_for_gmime(name) && is_fit_for_gmime(address))
    g_mime_message_add_mailbox(message, type, name.empty() ? nullptr : name.c_str(), address.c_str());
}

/// The fields that add_address() left out, with the address escaped.
std::string unfit_addresses(const NewMail& mail) {
  const auto field = [](const char* name, const std::string& address) {
    return name + make_header_value("<" + text::printable(address, kMaxBytes) + ">") + "\r\n";
  };
  std::string out;
  if (!is_fit_for_gmime(mail.from_name) || !is_fit_for_gmime(mail.from)) out += field("From:", mail.from);
  if (!is_fit_for_gmime(mail.to)) out += field("To:", mail.to);
  return out;
}

GMimeContentEncoding identity(bool is_8bit) {
  return is_8bit ? GMIME_CONTENT_ENCODING_8BIT : GMIME_CONTENT_ENCODING_7BIT;
}

GRef<GMimePart> text_part(const std::string& text) {
  const auto whole = GRef<GMimeTextPart>::adopt(g_mime_text_part_new_with_subtype("plain"));
  g_mime_text_part_set_charset(whole.get(), "utf-8");
  auto part = GRef<GMimePart>::share(GMIME_PART(whole.get()));
  g_mime_part_set_content(part.get(), content(text).get());
  // Encoded only where a line is longer than SMTP carries.
  const auto best = g_mime_part_get_best_content_encoding(part.get(), GMIME_ENCODING_CONSTRAINT_8BIT);
  g_mime_part_set_content_encoding(
      part.get(), best == GMIME_CONTENT_ENCODING_DEFAULT ? identity(!text::is_ascii(text)) : best);
  return part;
}

GRef<GMimePart> attached_part(bool is_8bit) {
  auto part = GRef<GMimePart>::adopt(g_mime_part_new_with_type("message", "rfc822"));
  g_mime_object_set_disposition(GMIME_OBJECT(part.get()), GMIME_DISPOSITION_ATTACHMENT);
  g_mime_part_set_content(part.get(), content("").get());
  g_mime_part_set_content_encoding(part.get(), identity(is_8bit));
  return part;
}

GRef<GMimeMessage> message_of(const NewMail& mail, GMimeObject* content_part) {
  auto message = GRef<GMimeMessage>::adopt(g_mime_message_new(FALSE));
  add_address(message.get(), GMIME_ADDRESS_TYPE_FROM, mail.from_name, mail.from);
  add_address(message.get(), GMIME_ADDRESS_TYPE_TO, "", mail.to);
  auto* object = GMIME_OBJECT(message.get());
  append_field(object, "Subject", make_header_value(mail.subject));
  append_field(object, "Date", " " + mail_date(mail.date));
  append_field(object, "Message-ID", " <" + mail.message_id + ">");
  for (const auto& field : mail.fields) append_field(object, field.name, field.value);
  g_mime_message_set_mime_part(message.get(), content_part);
  return message;
}

std::string written(GMimeMessage* message) {
  const CPtr<GMimeFormatOptions, g_mime_format_options_free> crlf(g_mime_format_options_new());
  g_mime_format_options_set_newline_format(crlf.get(), GMIME_NEWLINE_FORMAT_DOS);
  const auto stream = GRef<GMimeStream>::adopt(g_mime_stream_mem_new());
  g_mime_object_write_to_stream(GMIME_OBJECT(message), crlf.get(), stream.get());
  const auto* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

}  // namespace

std::string mail_date(std::chrono::sys_seconds time) {
  const CPtr<GDateTime, g_date_time_unref> utc(
      g_date_time_new_from_unix_utc(time.time_since_epoch().count()));
  return GChars(g_mime_utils_header_format_date(utc.get())).get();
}

std::string compose(const NewMail& mail) {
  start_gmime();
  return unfit_addresses(mail) + written(message_of(mail, GMIME_OBJECT(text_part(mail.text).get())).get());
}

Around compose_around(const NewMail& mail, const std::string& boundary, bool attached_is_8bit) {
  start_gmime();
  const auto text = text_part(mail.text);
  const bool is_8bit =
      attached_is_8bit || g_mime_part_get_content_encoding(text.get()) == GMIME_CONTENT_ENCODING_8BIT;
  const auto parts = GRef<GMimeMultipart>::adopt(g_mime_multipart_new_with_subtype("mixed"));
  g_mime_multipart_set_boundary(parts.get(), boundary.c_str());
  append_field(GMIME_OBJECT(parts.get()), "Content-Transfer-Encoding", is_8bit ? " 8bit" : " 7bit");
  g_mime_multipart_add(parts.get(), GMIME_OBJECT(text.get()));
  g_mime_multipart_add(parts.get(), GMIME_OBJECT(attached_part(attached_is_8bit).get()));
  auto head = unfit_addresses(mail) + written(message_of(mail, GMIME_OBJECT(parts.get())).get());
  const auto end = head.rfind("\r\n--" + boundary + "--");
  auto tail = head.substr(end);
  head.resize(end);
  return {std::move(head), std::move(tail), is_8bit};
}

bool is_fit_for_gmime(std::string_view value) {
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; };
  return value.size() <= kMaxBytes && std::ranges::none_of(value, is_control) &&
         repair_utf8(value) == value && std::ranges::count(value, ':') <= kMaxNesting &&
         std::ranges::count(value, '(') <= kMaxNesting;
}

}  // namespace pams
