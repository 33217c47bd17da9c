"""X-PAMS-Sealed in a message that comes from outside: whoever did not hold the key cannot make one.

What does not authenticate is refused, by the milter and by the relay. A true carrier that comes again (an operator
resubmits it, an attacker replays it) keeps its route and reaches its own recipients once, whoever hands it in.
"""

import re
import secrets

from support import messages
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]
STRANGER = "127.0.0.2"
GUESSES = ["v1", "yes", "", "v1; id=0; key=0; via=pams", f"v1; id={'0' * 32}; key={'0' * 16}; via=pams",
           f"v2; id={'0' * 32}; key={'0' * 16}; via=smtp", f"v1; id={'0' * 32}; key={'0' * 16}; via=pams\r\n (folded)"]


def waiting_carrier(gateway, message, recipients=OUTSIDE):
    """The sealed form of the message, as the queue has it; the queue is empty afterwards and the smart host back."""
    gateway.smart_host.stop()
    answer = gateway.send(message, recipients)
    assert answer.code == 250, answer
    queue_id = gateway.wait_deferred("Connection refused")["queue_id"]
    carrier = gateway.carrier_of(queue_id)
    assert messages.is_carrier(carrier) and not messages.secrets_in(carrier), carrier[:2000]
    gateway.postfix.tool("postsuper", "-d", queue_id)
    gateway.smart_host.start()
    return messages.Message(carrier, message.unique)


def spoilt(carrier):
    """What an attacker may try with one that he has seen: name of the change -> the bytes."""
    data = carrier.data
    sealed = re.search(rb"\r\n\r\n((?:[A-Za-z0-9+/=]{70,}\r\n)+)", data)
    begin, end = sealed.span(1)
    lines = data[begin:end].split(b"\r\n")[:-1]
    other_letter = b"A" if data[begin + 40:begin + 41] != b"A" else b"B"
    return {
        "a letter near the beginning": data[:begin + 40] + other_letter + data[begin + 41:],
        "a letter in the middle": changed_at(data, (begin + end) // 2),
        "a letter near the end": changed_at(data, end - 90),
        "the last line is missing": data[:end - len(lines[-1]) - 2] + data[end:],
        "the first line is missing": data[:begin] + data[begin + len(lines[0]) + 2:],
        "two lines are exchanged": data[:begin] + b"\r\n".join([lines[1], lines[0], *lines[2:]]) + b"\r\n" + data[end:],
        "a line is there twice": data[:begin] + b"\r\n".join([lines[0], *lines]) + b"\r\n" + data[end:],
        "another seal's id": re.sub(rb"id=[0-9a-f]{32}", b"id=" + secrets.token_hex(16).encode(), data, count=1),
        "nothing inside": data[:begin] + data[end:],
    }


def changed_at(data, place):
    while data[place:place + 1] in b"\r\n=":
        place += 1
    return data[:place] + (b"A" if data[place:place + 1] != b"A" else b"B") + data[place + 1:]


def is_refused(gateway, message, **how):
    answer = gateway.send(message, OUTSIDE, **how)
    assert answer.code == 550, answer
    assert gateway.postfix.queue() == [] and not gateway.at_normal_route(message)
    assert not gateway.smart_host.transactions


def flow_a_guess_is_refused(gateway):
    for guess in GUESSES:
        for make in (messages.plain, messages.flagged):
            is_refused(gateway, make(f"X-PAMS-Sealed: {guess}"))
    is_refused(gateway, messages.plain(f"x-pams-sealed: {GUESSES[4]}"))


def flow_a_guess_of_a_stranger_is_refused_on_every_listener(gateway):
    for port in (gateway.postfix.outbound_port, gateway.postfix.inbound_port):
        message = messages.plain(f"X-PAMS-Sealed: {GUESSES[4]}")
        answer = gateway.send(message, ["carol@example.org"], sender="bob@client.example", port=port, source=STRANGER)
        assert answer.code == 550, answer
        assert not gateway.at_normal_route(message)


def flow_a_changed_carrier_is_refused_by_the_milter_and_by_the_relay(gateway):
    carrier = waiting_carrier(gateway, messages.flagged_with_attachment())
    for what, data in spoilt(carrier).items():
        answer = gateway.send(messages.Message(data, carrier.unique), OUTSIDE)
        assert answer.code == 550, (what, answer)
        replies = gateway.relay.hand_over(data, OUTSIDE)
        assert replies[OUTSIDE[0]].startswith("5"), (what, replies)
        assert not gateway.smart_host.transactions, what
    assert gateway.postfix.queue() == []


def flow_a_message_that_is_no_carrier_gets_nothing_from_the_relay(gateway):
    for message in (messages.plain(), messages.flagged(), messages.plain(f"X-PAMS-Sealed: {GUESSES[4]}")):
        replies = gateway.relay.hand_over(message.data, OUTSIDE)
        assert replies[OUTSIDE[0]].startswith("5"), replies
    assert not gateway.smart_host.transactions


def flow_a_true_carrier_keeps_its_route_and_is_not_sent_twice(gateway):
    message = messages.flagged()
    carrier = waiting_carrier(gateway, message)
    for _ in range(3):
        answer = gateway.send(carrier, OUTSIDE)
        assert answer.code == 250, answer
        gateway.wait_at(gateway.smart_host, message)
        gateway.wait_empty_queue()
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert arrived.recipients == OUTSIDE and arrived.sender == "alice@example.org"
    assert arrived.data.count(b"registered at the Chamber of Commerce") == 1, "the rules were applied to the carrier too"
    assert len(gateway.archive.with_text(message.unique)) == 1
    assert not gateway.at_normal_route(message)


def flow_replayed_to_others_it_reaches_nobody(gateway):
    """By whom, to whom and from whom it is handed in: the seal knows its own envelope."""
    message = messages.flagged()
    carrier = waiting_carrier(gateway, message)
    for how in ({}, {"sender": "eve@elsewhere.example"}, {"source": STRANGER}):
        gateway.send(carrier, ["eve@elsewhere.example"], **how)
        gateway.wait_empty_queue()
        assert not gateway.smart_host.transactions, how
        assert not gateway.at_normal_route(message)
    gateway.relay.hand_over(carrier.data, ["eve@elsewhere.example", "mallory@other.example"])
    assert not gateway.smart_host.transactions


def flow_the_sealed_part_in_another_message_is_no_carrier(gateway):
    """Attached, or with the flag of another message on top of it."""
    carrier = waiting_carrier(gateway, messages.flagged())
    body = messages.body_of(carrier.data)
    boundary = re.search(rb'boundary="?([^"\r\n;]+)', carrier.data).group(1)
    mime = [f"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{boundary.decode()}\""]
    ordinary = messages.plain(*mime)
    ordinary.data += body
    assert gateway.send(ordinary, OUTSIDE).code == 250
    gateway.wait_at(gateway.relayhost, ordinary)
    flagged = messages.flagged(*mime)
    flagged.data = messages.header_of(flagged.data) + b"\r\n" + f"{flagged.unique}\r\n".encode() + body
    assert gateway.send(flagged, OUTSIDE).code == 250
    arrived = wait_for("the flagged one, sealed for itself", lambda: gateway.smart_host.with_text(flagged.unique))[0]
    assert not messages.is_carrier(arrived.data)
