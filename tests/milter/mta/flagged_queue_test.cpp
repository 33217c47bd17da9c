#include "milter/mta/flagged_queue.hpp"

#include <boost/test/unit_test.hpp>

namespace pams::test {
namespace {

using milter::mta::FlaggedQueue;
using milter::mta::QueuedMessage;

QueuedMessage queued(const std::string& id, const std::string& queue = "deferred",
                     const std::string& reason = "") {
  return {id, queue, {}, "a@example.org", {"b@client.example"}, reason};
}

BOOST_AUTO_TEST_SUITE(flagged_queue)

BOOST_AUTO_TEST_CASE(a_message_is_found_by_the_beginning_of_its_id_when_no_other_has_it) {
  const FlaggedQueue queue{{queued("4ABC"), queued("4ABD1")}, {queued("4ABD"), queued("5X")}};
  const auto found = [&](std::string_view id) {
    const auto one = find_queued(queue, id);
    return one ? one->message->id + (one->is_sealed ? " sealed" : "") : one.error().what;
  };
  BOOST_TEST(found("4ABC") == "4ABC");
  BOOST_TEST(found("5") == "5X sealed");
  BOOST_TEST(found("4ABD") == "4ABD sealed");  // a whole id goes before the beginning of another
  BOOST_TEST(found("4AB") == "more than one id begins so: 4ABC, 4ABD1, 4ABD");
  for (const auto* none : {"", "ALL", "4ABCD", "abc", "*"})
    BOOST_TEST(found(none) == "there is no flagged message of this id in the queue", none);
}

BOOST_AUTO_TEST_CASE(its_queue_tells_what_it_waits_for) {
  using State = QueuedMessage::State;
  BOOST_TEST((queued("1", "hold").state() == State::OnHold));
  BOOST_TEST((queued("1", "deferred").state() == State::Deferred));
  BOOST_TEST((queued("1", "active").state() == State::Active));
  BOOST_TEST((queued("1", "incoming").state() == State::New));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pams::test
