#include "rules/schema/datum.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

#include <re2/re2.h>

#include "rules/base/ip_range.hpp"
#include "rules/base/number.hpp"
#include "rules/base/text.hpp"
#include "rules/unicode/address.hpp"

namespace pams::schema {
namespace {

using Datum = tl::expected<Args::Datum, std::string>;

tl::unexpected<std::string> wrong(std::string text) { return tl::unexpected(std::move(text)); }

tl::unexpected<std::string> wrong_type(std::string_view wanted, const Value& value) {
  return wrong("must be " + std::string(wanted) + ", not a value of type " + std::string(value.type_name()));
}

/// A month counts as 31 days and a year as 366: nothing is kept for a shorter time than the calendar's.
constexpr std::uint64_t kDay = 86400;
constexpr Unit kDurations[] = {{"s", 1},
                               {"min", 60},
                               {"h", 3600},
                               {"day", kDay},
                               {"days", kDay},
                               {"week", 7 * kDay},
                               {"weeks", 7 * kDay},
                               {"month", 31 * kDay},
                               {"months", 31 * kDay},
                               {"year", 366 * kDay},
                               {"years", 366 * kDay}};

Datum number(const Value& value, std::span<const Unit> units, std::string_view example) {
  if (const auto* n = value.as<std::int64_t>(); n != nullptr && (units.empty() || units.data() == kByteUnits))
    return *n < 0 ? Datum(wrong("must not be negative")) : Datum(static_cast<std::uint64_t>(*n));
  const auto* text = value.as<std::string>();
  if (text == nullptr || units.empty()) return wrong_type(example, value);
  const auto read = parse_quantity(*text, units);
  if (!read) return wrong("'" + *text + "' is not of the form " + std::string(example));
  return *read;
}

bool is_domain(std::string_view domain) {
  if (domain.starts_with("*.")) domain.remove_prefix(2);
  if (domain.size() > 1 && domain.ends_with('.')) domain.remove_suffix(1);
  return !domain.empty() && domain.size() <= 253 && domain.front() != '.' && domain.back() != '.' &&
         std::ranges::all_of(domain, [](char c) {
           return text::is_alnum(c) || c == '-' || c == '.' || c == '_' || !text::is_ascii(c);
         });
}

bool is_address(std::string_view address) {
  const auto at = address.rfind('@');
  return at != std::string_view::npos && at > 0 && is_domain(address.substr(at + 1)) &&
         std::ranges::none_of(
             address, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '<' || c == '>'; });
}

/// What a word of this type must be.
std::string_view wanted_word(Type type) {
  switch (type) {
    case Type::Addresses:
      return "an address like anna@example.org";
    case Type::Domains:
      return "a domain like example.org or *.example.org";
    default:
      return "an address, a range a-b or a network like 192.0.2.0/24";
  }
}

/// Why `word` does not fit.
std::optional<std::string> flaw(Type type, const std::string& word) {
  const auto unless = [&](bool fits) {
    return fits ? std::nullopt : std::optional("'" + word + "' is not " + std::string(wanted_word(type)));
  };
  switch (type) {
    case Type::Addresses:
      return unless(is_address(word));
    case Type::Domains:
      return unless(is_domain(word));
    case Type::Networks:
      return unless(IpRange::parse(word).has_value());
    case Type::Patterns:
      if (const RE2 pattern(word, RE2::Quiet); !pattern.ok())
        return "'" + word + "' is not a pattern that RE2 knows: " + pattern.error();
      return std::nullopt;
    default:
      return word.empty() ? std::optional<std::string>("an empty word would match everything") : std::nullopt;
  }
}

/// Every element that does not fit is told, each at its own place.
tl::expected<Args::Datum, std::vector<Flaw>> words(const Param& param, const Value& value) {
  std::vector<std::string> words;
  std::vector<Flaw> flaws;
  const auto take = [&](const Value& element) {
    const auto* word = element.as<std::string>();
    auto why = word == nullptr ? wrong_type("a list of strings", element).value() : flaw(param.type, *word);
    if (why) return flaws.push_back({element.at(), std::move(*why)});
    words.push_back(param.type == Type::Domains ? canonical_domain(*word) : *word);
  };
  if (const auto* array = value.as<Array>())
    for (const auto& element : *array) take(element);
  else
    take(value);
  if (!flaws.empty()) return tl::unexpected(std::move(flaws));
  return words;
}

Datum choice(const Param& param, const std::string& text) {
  if (std::ranges::find(param.choices, text) != param.choices.end()) return text;
  std::vector<std::string> choices(param.choices.begin(), param.choices.end());
  const auto near = text::did_you_mean(text, choices);
  return wrong("'" + text + "' is none of: " + text::join(choices, ", ") +
               (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

Datum file(const std::string& path, const Location& at, const Files& files) {
  if (path.empty()) return wrong("must not be empty; leave the key out");
  const auto resolved = files.resolve(path, at.source.get());
  auto content = files.read(resolved);
  if (!content) return wrong(content.error().what);
  return Args::FileContent{resolved, std::move(*content)};
}

Datum from_text(const Param& param, const Value& value, const Files& files) {
  const auto* text = value.as<std::string>();
  if (text == nullptr) return wrong_type("a string", value);
  if (text->find('\0') != std::string::npos) return wrong("must not hold a NUL byte");
  switch (param.type) {
    case Type::Choice:
      return choice(param, *text);
    case Type::File:
      return file(*text, value.at(), files);
    case Type::Path:
      return text->empty() ? Datum(*text) : Datum(files.resolve(*text, value.at().source.get()));
    default:
      return *text;
  }
}

/// Every type but the lists.
Datum single(const Param& param, const Value& value, const Files& files) {
  switch (param.type) {
    case Type::Bool:
      if (const auto* flag = value.as<bool>()) return *flag;
      return wrong_type("true or false", value);
    case Type::Integer:
      return number(value, {}, "a whole number");
    case Type::Size:
      return number(value, kByteUnits, "\"50 MB\" (B, KB, MB, GB)");
    case Type::Duration:
      return number(value, kDurations, "\"30 s\" (s, min, h, days, weeks, months, years)");
    case Type::DateTime:
      if (const auto* instant = value.as<Instant>()) return *instant;
      return wrong_type("a date-time like 2026-01-01T00:00:00Z", value);
    default:
      return from_text(param, value, files);
  }
}

bool is_list(Type type) {
  return type == Type::Words || type == Type::Patterns || type == Type::Addresses || type == Type::Domains ||
         type == Type::Networks;
}

Args::Datum read_fallback(const Param& param) {
  Diagnostics diagnostics;
  const auto source =
      std::make_shared<const Source>(Source{"default", "x = " + std::string(param.fallback) + "\n"});
  const auto table = parse(source, diagnostics);
  const auto* value = table.find("x");
  if (value == nullptr) throw std::logic_error("the default of '" + std::string(param.key) + "' is not TOML");
  auto datum = to_datum(param, *value, no_files());
  if (!datum)
    throw std::logic_error("the default of '" + std::string(param.key) + "': " + datum.error().front().text);
  return std::move(*datum);
}

}  // namespace

tl::expected<Args::Datum, std::vector<Flaw>> to_datum(const Param& param, const Value& value,
                                                      const Files& files) {
  if (is_list(param.type)) return words(param, value);
  return single(param, value, files).map_error([&](std::string text) {
    return std::vector<Flaw>{{value.at(), std::move(text)}};
  });
}

Args::Datum fallback_datum(const Param& param) {
  static std::mutex mutex;
  static std::map<const Param*, Args::Datum> known;
  const std::scoped_lock lock(mutex);
  if (const auto found = known.find(&param); found != known.end()) return found->second;
  return known.emplace(&param, read_fallback(param)).first->second;
}

bool same(const Args::Datum& a, const Args::Datum& b) {
  if (a.index() != b.index() || std::holds_alternative<Args::FileContent>(a)) return false;
  return std::visit(
      [&](const auto& left) {
        using T = std::decay_t<decltype(left)>;
        if constexpr (std::is_same_v<T, Args::FileContent>)
          return false;
        else
          return left == std::get<T>(b);
      },
      a);
}

}  // namespace pams::schema
