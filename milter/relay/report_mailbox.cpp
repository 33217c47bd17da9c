#include "milter/relay/report_mailbox.hpp"

#include <algorithm>

namespace pams::milter::relay {

std::size_t mailbox_to_try(std::size_t asked, const std::vector<seal::Contents::Recipient>& mailboxes,
                           const std::vector<std::string>& refused_by) {
  const auto turn = [&](std::size_t place) -> std::ptrdiff_t {
    const auto at = std::ranges::find(refused_by, mailboxes[place].address);
    return at == refused_by.end() ? 0 : 1 + (at - refused_by.begin());
  };
  auto best = asked;
  for (std::size_t place = 0; place < mailboxes.size(); ++place)
    if (turn(place) < turn(best)) best = place;
  return best;
}

Answer deferred(Answer answer) {
  if (!answer.is_final() || answer.is_success()) return answer;
  answer.code = 451;
  answer.status.front() = '4';
  return answer;
}

}  // namespace pams::milter::relay
