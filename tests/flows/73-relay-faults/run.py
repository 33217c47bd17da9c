"""Whatever happens to the relay and between Postfix and the relay: the message waits, and arrives once."""

import collections
import itertools
import os
import random
import re
import signal
import threading
import time

from support import messages
from support.client import send_over
from support.endurance import now
from support.postfix import pids_of_service
from support.relay_faults import OUTSIDE, THREE, arrives_once
from support.smtp_server import Behaviour
from support.waiting import wait_for

LONG = ("killed_at_random_points_with_two_hundred_messages",
        "a_message_of_fifty_megabytes_and_a_hundred_at_once_stay_within_bounds")

# -- the MTA -----------------------------------------------------------------------------------------------------------------

def flow_postfixs_client_is_killed_while_the_smart_host_thinks(gateway):
    gateway.use_postfix(service_throttle_time="1s")
    gateway.smart_host.behaviour = Behaviour(stall_at="end")
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("the smart host thinks", lambda: gateway.smart_host.stalled)
    for pid in pids_of_service(gateway.postfix, "lmtp"):
        os.kill(pid, signal.SIGKILL)
    gateway.smart_host.let_go_on()
    arrives_once(gateway, message)


def flow_a_client_of_the_relay_stops_in_the_middle_of_a_message(gateway):
    """Cut at many bytes: nothing of it is completed at the smart host, and the relay goes on."""
    carrier, message = waiting_carrier(gateway)
    for part in (0, 1, 100, len(carrier) // 3, len(carrier) // 2, len(carrier) - 40, len(carrier) - 1):
        with gateway.relay.connection() as client:
            client.lhlo()
            client.docmd("MAIL", "FROM:<alice@example.org>")
            client.docmd("RCPT", f"TO:<{OUTSIDE[0]}>")
            assert client.docmd("DATA")[0] == 354
            client.send(carrier[:part])
            client.close()
    assert gateway.relay.hand_over(carrier, OUTSIDE)[OUTSIDE[0]].startswith("250")
    assert len(gateway.smart_host.transactions) == 1 and gateway.smart_host.with_text(message.unique)


def waiting_carrier(gateway, message=None, recipients=tuple(OUTSIDE)):
    message = message or messages.flagged_with_attachment()
    gateway.smart_host.stop()
    assert gateway.send(message, list(recipients)).code == 250
    queue_id = gateway.wait_deferred("Connection refused")["queue_id"]
    carrier = gateway.carrier_of(queue_id)
    gateway.postfix.tool("postsuper", "-d", queue_id)
    gateway.smart_host.start()
    return carrier, message


def flow_what_is_brought_again_is_answered_again_and_not_sent_again(gateway):
    carrier, message = waiting_carrier(gateway, recipients=THREE)
    first = gateway.relay.hand_over(carrier, THREE)
    assert all(reply.startswith("250") for reply in first.values()), first
    for recipients in (THREE, THREE[:1], list(reversed(THREE))):
        again = gateway.relay.hand_over(carrier, recipients)
        assert all(again[one].startswith("250") for one in recipients), again
    assert len(gateway.smart_host.with_text(message.unique)) == 1
    gateway.relay.kill()
    gateway.relay.start()
    assert gateway.relay.hand_over(carrier, THREE)[THREE[0]].startswith("250")
    assert len(gateway.smart_host.with_text(message.unique)) == 1, "the relay forgot it when it was killed"


def flow_brought_in_parts_each_recipient_gets_it_once(gateway):
    carrier, message = waiting_carrier(gateway, recipients=THREE)
    for recipients in (THREE[:1], THREE[:2], THREE, THREE):
        replies = gateway.relay.hand_over(carrier, recipients)
        assert all(replies[one].startswith("250") for one in recipients), replies
    arrived = collections.Counter(one for transaction in gateway.smart_host.with_text(message.unique)
                                  for one in transaction.recipients)
    assert arrived == {one: 1 for one in THREE}, arrived


def flow_two_at_once_bring_the_same_carrier(gateway):
    """Two queue managers, or a copy of the queue: the smart host gets it once, and both hear 250 or "later"."""
    carrier, message = waiting_carrier(gateway)
    gateway.smart_host.behaviour = Behaviour(stall_at="end")
    replies = []
    both = [threading.Thread(target=lambda: replies.append(gateway.relay.hand_over(carrier, OUTSIDE)[OUTSIDE[0]]))
            for _ in range(2)]
    for one in both:
        one.start()
    wait_for("one is at the smart host", lambda: gateway.smart_host.stalled)
    gateway.smart_host.let_go_on()
    for one in both:
        one.join(60)
    assert len(replies) == 2 and all(reply[0] in "24" for reply in replies), replies
    assert len(gateway.smart_host.with_text(message.unique)) == 1


# -- the relay ----------------------------------------------------------------------------------------------------------------

def flow_more_messages_than_sessions(gateway):
    gateway.use_settings(replace=[("[organization]", "[relay]\nmax_sessions = 3\n\n[organization]")])
    mail = send_many(gateway, 40)
    all_arrive(gateway, mail, maximum=1)


def flow_stopped_while_it_sends(gateway):
    """SIGTERM: what is on its way is ended and told, or waits; then everything else arrives."""
    gateway.smart_host.behaviour = Behaviour(stall_at="end")
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("it is on its way", lambda: gateway.smart_host.stalled)
    stopping = threading.Thread(target=gateway.relay.stop)
    stopping.start()
    gateway.smart_host.let_go_on()
    stopping.join(90)
    assert not gateway.relay.is_running()
    gateway.relay.start()
    gateway.postfix.flush()
    wait_for("it arrives", lambda: gateway.smart_host.with_text(message.unique))
    gateway.wait_empty_queue()
    assert len(gateway.smart_host.with_text(message.unique)) == 1


def flow_stopped_with_a_message_half_received(gateway):
    """A client that says no more in the middle of a message, and one that said nothing: the relay waits for neither."""
    carrier, message = waiting_carrier(gateway)
    with gateway.relay.connection() as silent, gateway.relay.connection() as client:
        silent.lhlo()
        client.lhlo()
        client.docmd("MAIL", "FROM:<alice@example.org>")
        client.docmd("RCPT", f"TO:<{OUTSIDE[0]}>")
        assert client.docmd("DATA")[0] == 354
        client.send(carrier[:len(carrier) // 2])
        gateway.relay.stop(seconds=30)
        assert client.getreply()[0] == 421 and silent.getreply()[0] == 421
    assert not gateway.smart_host.with_text(message.unique)
    gateway.relay.start()
    assert gateway.relay.hand_over(carrier, OUTSIDE)[OUTSIDE[0]].startswith("250")
    assert len(gateway.smart_host.with_text(message.unique)) == 1


def flow_pams_is_switched_off_while_mail_waits(gateway):
    """What is queued already waits too, and says so; it leaves when PAMS is on again."""
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("Connection refused")
    gateway.use_settings(replace=[("[pams]\n", "[pams]\nenabled = false\n")])
    gateway.smart_host.start()
    gateway.postfix.flush()
    gateway.wait_deferred("[pams] enabled is false: flagged mail is not sent on")
    assert not gateway.smart_host.with_text(message.unique)
    gateway.use_settings()
    gateway.postfix.flush()
    arrives_once(gateway, message)


def flow_reloaded_while_it_sends(gateway):
    gateway.smart_host.behaviour = Behaviour(stall_at="body")
    first, second = messages.flagged(), messages.flagged()
    assert gateway.send(first, OUTSIDE).code == 250
    wait_for("it is on its way", lambda: gateway.smart_host.stalled)
    process = gateway.relay.process.pid
    for _ in range(5):
        gateway.relay.reload()
    gateway.smart_host.let_go_on()
    assert gateway.send(second, OUTSIDE).code == 250
    for message in (first, second):
        wait_for("it arrives", lambda: gateway.smart_host.with_text(message.unique))
    gateway.wait_empty_queue()
    assert len(gateway.smart_host.transactions) == 2 and gateway.relay.process.pid == process


def flow_killed_at_random_points_with_two_hundred_messages(gateway):
    """SIGKILL again and again while they are on their way; each arrives, doubles are counted and explained."""
    chance = random.Random()
    gateway.postfix.set(default_process_limit="50", pams_destination_concurrency_limit="20")
    gateway.postfix.restart()
    mail = []
    sending = threading.Thread(target=lambda: mail.extend(send_many(gateway, 200)))
    sending.start()
    kills = []
    while sending.is_alive() or gateway.postfix.queue():
        target = len(gateway.smart_host.transactions) + chance.randint(1, 15)
        with_deadline = time.monotonic() + 5  # nothing may come meanwhile: all wait for a second
        wait_for("some more have come, or none is left", lambda: len(gateway.smart_host.transactions) >= target
                 or time.monotonic() > with_deadline or not (sending.is_alive() or gateway.postfix.queue()))
        if len(kills) < 25:
            began = now()
            gateway.relay.kill()
            kills.append((began, now()))
            gateway.relay.start()
            gateway.postfix.flush()
    sending.join()
    all_arrive(gateway, mail, maximum=1 + len(kills))
    more = [pair for message in mail for pair in itertools.pairwise(gateway.smart_host.with_text(message.unique))]
    unexplained = [pair for pair in more
                   if not any(began <= pair[1].time and pair[0].begun <= ended for began, ended in kills)]
    assert not unexplained, f"{len(unexplained)} came again, and the relay was not killed in between"
    assert len(more) <= len(kills) * 20, f"{len(more)} copies too many of {len(kills)} kills"
    print(f"     {len(mail)} messages, {len(kills)} kills, {len(more)} copies too many: the smart host had taken it, the relay "
          "was killed before its note")


def send_many(gateway, count):
    mail = []
    with gateway.connection() as client:
        for _ in range(count):
            message = messages.flagged()
            answer = send_over(client, message, OUTSIDE)
            assert answer.code == 250, answer
            mail.append(message)
    return mail


def all_arrive(gateway, mail, maximum):
    """Each at least once and at most that often; returns those that came more than once."""
    gateway.postfix.flush()
    wait_for("the queue is empty", lambda: not gateway.postfix.queue(), 120)
    found = collections.Counter(re.search(rb"FLAGGED-[0-9a-f]{16}", one.data).group().decode()
                                for one in gateway.smart_host.transactions)
    missing = [one.unique for one in mail if not found[one.unique]]
    assert not missing, f"{len(missing)} were answered 250 and have not arrived"
    often = {name: count for name, count in found.items() if count > maximum}
    assert not often, often
    return [name for name, count in found.items() if count > 1]


# -- how much it takes -----------------------------------------------------------------------------------------------------------

def flow_a_message_of_fifty_megabytes_and_a_hundred_at_once_stay_within_bounds(gateway):
    gateway.postfix.set(default_process_limit="120", pams_destination_concurrency_limit="100",
                        pams_initial_destination_concurrency="100")
    gateway.postfix.restart()
    relay, milter = gateway.relay.resident_megabytes(), gateway.milter.resident_megabytes()
    large = messages.flagged()
    large.data += (b"0123456789" * 7 + b"\r\n") * (49 * 2**20 // 72)
    assert gateway.send(large, OUTSIDE).code == 250
    gateway.wait_at(gateway.smart_host, large, seconds=120)
    after_large = gateway.relay.resident_megabytes(), gateway.milter.resident_megabytes()
    gateway.wait_empty_queue()
    gateway.smart_host.reset()

    gateway.smart_host.behaviour = Behaviour(stall_at="end")
    mail = []
    for _ in range(100):
        message = messages.flagged()
        message.data += (b"0123456789" * 7 + b"\r\n") * 14_000  # 1 MB
        assert gateway.send(message, OUTSIDE).code == 250
        mail.append(message)
    wait_for("many are on their way at once", lambda: gateway.smart_host.stalled >= 50, 120)
    at_once = gateway.smart_host.stalled
    at_peak = gateway.relay.resident_megabytes(), gateway.milter.resident_megabytes()
    gateway.smart_host.let_go_on()
    all_arrive(gateway, mail, maximum=1)
    print(f"     resident MB of relay and milter: {relay} and {milter} before, {after_large[0]} and {after_large[1]} after "
          f"49 MB, {at_peak[0]} and {at_peak[1]} with {at_once} of 1 MB at once")
    if not gateway.relay.has_sanitizer():
        assert after_large[0] <= relay + 32 and at_peak[0] <= relay + 128, (relay, after_large, at_peak)
