#include "milter/smart_host/certificate_name.hpp"

#include <algorithm>

#include <openssl/x509v3.h>

#include "rules/base/c_ptr.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::smart_host {
namespace {

constexpr std::size_t kShownNames = 10;
constexpr std::size_t kLongestLabel = 63;  // RFC 1035 2.3.4

void free_names(GENERAL_NAMES* names) noexcept { GENERAL_NAMES_free(names); }

/// As they are: they may hold any byte.
std::vector<std::string> raw_names(const X509* certificate) {
  std::vector<std::string> out;
  const CPtr<GENERAL_NAMES, free_names> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    out.emplace_back(bytes, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return out;
}

bool is_whole_label(std::string_view label) {
  if (label == "*") return true;
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return text::is_alnum(c) || c == '-' || c == '_'; });
}

/// `parent`: ".partner.example"
bool is_one_label_before(std::string_view name, std::string_view parent) {
  if (name.size() <= parent.size()) return false;
  const auto label = name.substr(0, name.size() - parent.size());
  return text::iequals(name.substr(label.size()), parent) && is_whole_label(label);
}

bool has_host(X509* certificate, const std::string& name, unsigned flags) {
  return X509_check_host(certificate, name.c_str(), name.size(), flags, nullptr) == 1;
}

}  // namespace

bool vouches_for(X509* certificate, const std::string& name) {
  if (!name.starts_with("*."))
    return has_host(certificate, name,
                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const auto parent = std::string_view(name).substr(1);
  return std::ranges::any_of(raw_names(certificate),
                             [&](const std::string& one) { return is_one_label_before(one, parent); });
}

bool has_as_common_name(X509* certificate, const std::string& name) {
  return has_host(certificate, name, X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT);
}

std::vector<std::string> dns_names(const X509* certificate) {
  auto names = raw_names(certificate);
  if (names.size() > kShownNames) names.resize(kShownNames);
  for (auto& name : names) name = text::printable(name);
  return names;
}

}  // namespace pams::milter::smart_host
