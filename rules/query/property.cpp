#include "rules/query/property.hpp"

#include <algorithm>
#include <array>

#include "rules/base/text.hpp"

namespace pams::query {
namespace {

constexpr std::array kProperties{
    Property{"from", Field::From, Kind::Text},
    Property{"to", Field::To, Kind::Text},
    Property{"cc", Field::Cc, Kind::Text},
    Property{"bcc", Field::Bcc, Kind::Text},
    Property{"recipients", Field::Recipients, Kind::Text},
    Property{"participants", Field::Participants, Kind::Text},
    Property{"subject", Field::Subject, Kind::Text},
    Property{"body", Field::Body, Kind::Text},
    Property{"attachment", Field::Attachment, Kind::Text},
    Property{"attachmentnames", Field::AttachmentNames, Kind::Text},
    Property{"category", Field::Category, Kind::Text},
    Property{"messageid", Field::MessageId, Kind::MessageId},
    Property{"importance", Field::Importance, Kind::Importance},
    Property{"kind", Field::Kind, Kind::MessageKind},
    Property{"hasattachment", Field::HasAttachment, Kind::YesNo},
    Property{"sent", Field::Sent, Kind::Time},
    Property{"received", Field::Received, Kind::Time},
    Property{"size", Field::Size, Kind::Bytes},
};

}  // namespace

std::span<const Property> properties() { return kProperties; }

const Property* property_of(std::string_view name) {
  const auto* const found =
      std::ranges::find_if(kProperties, [&](const Property& one) { return text::iequals(one.name, name); });
  return found == kProperties.end() ? nullptr : found;
}

std::string_view name_of(Field field) {
  const auto* const found = std::ranges::find(kProperties, field, &Property::field);
  return found == kProperties.end() ? std::string_view{} : found->name;
}

}  // namespace pams::query
