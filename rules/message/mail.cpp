#include "rules/message/mail.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams {

void Mail::forget() {
  mime_.reset();
  text_.reset();
  fields_.clear();
  attached_.reset();
}

void Mail::replace(Message message) {
  message_ = std::move(message);
  forget();
}

bool Mail::believes(std::string_view name) const {
  return std::ranges::none_of(distrusted_, [&](const std::string& one) { return text::iequals(one, name); });
}

Headers& Mail::edit_headers() {
  // Content-* fields belong to the map, so it is made anew when it is asked for again.
  forget();
  return message_.headers;
}

const std::vector<FieldText>& Mail::fields(std::string_view name) const {
  const auto [place, is_new] = fields_.try_emplace(text::to_lower(name));
  if (is_new)
    for (const auto* field : message_.headers.find_all(name))
      place->second.push_back({field->name, ReadableText::of_field(field->decoded())});
  return place->second;
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

const Result<ReadableText>& Mail::text() const {
  if (!text_)
    text_ = mime().map([&](const MimeMap& map) {
      auto read = body_text(map, message_.body.view(), kMaxText);
      return ReadableText::of_body(std::move(read.text), read.is_complete);
    });
  return *text_;
}

const Result<std::vector<Attachment>>& Mail::attached() const {
  if (!attached_)
    attached_ = mime().map([&](const MimeMap& map) { return attachments(map, message_.body.view()); });
  return *attached_;
}

}  // namespace pams
