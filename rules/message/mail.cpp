#include "rules/message/mail.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams {
namespace {
constexpr std::size_t kMaxText = 1U << 20U;
}  // namespace

void Mail::replace(Message message) {
  message_ = std::move(message);
  mime_.reset();
  text_.reset();
  attached_.reset();
}

bool Mail::believes(std::string_view name) const {
  return std::ranges::none_of(distrusted_, [&](const std::string& one) { return text::iequals(one, name); });
}

Headers& Mail::edit_headers() {
  // Content-* fields belong to the map, so it is made anew when it is asked for again.
  mime_.reset();
  text_.reset();
  attached_.reset();
  return message_.headers;
}

std::string Mail::subject() const {
  const auto* field = message_.headers.find("Subject");
  return field == nullptr ? "" : field->decoded();
}

std::vector<std::string> Mail::from() const {
  std::vector<std::string> all;
  for (const auto* field : message_.headers.find_all("From"))
    for (auto& address : addresses_in(field->unfolded())) all.push_back(std::move(address));
  return all;
}

const Result<MimeMap>& Mail::mime() const {
  if (!mime_) mime_ = map_mime(message_, limits_);
  return *mime_;
}

const Result<std::string>& Mail::text() const {
  if (!text_)
    text_ = mime().map([&](const MimeMap& map) { return body_text(map, message_.body.view(), kMaxText); });
  return *text_;
}

const Result<std::vector<Attachment>>& Mail::attached() const {
  if (!attached_)
    attached_ = mime().map([&](const MimeMap& map) { return attachments(map, message_.body.view()); });
  return *attached_;
}

}  // namespace pams
