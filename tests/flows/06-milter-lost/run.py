"""The milter is away: not started, stopped, or killed in the middle of a message. Mail waits at the sender.

When the relay is away, it waits in Postfix's queue, sealed."""

import threading

from support import messages
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]


def nothing_was_taken(gateway, message, answer):
    assert 400 <= answer.code < 500, answer
    assert gateway.postfix.queue() == []
    assert not gateway.at_normal_route(message) and not gateway.smart_host.with_text(message.unique)


def flow_stopped_milter_flagged_mail_is_not_taken(gateway):
    gateway.milter.stop()
    message = messages.flagged()
    nothing_was_taken(gateway, message, gateway.send(message, OUTSIDE))


def flow_stopped_milter_ordinary_mail_waits_too(gateway):
    """Without the milter nobody knows what is flagged, and no rule is applied."""
    gateway.milter.stop()
    message = messages.plain()
    nothing_was_taken(gateway, message, gateway.send(message, OUTSIDE))


def flow_killed_between_header_and_end_of_message(gateway):
    """SIGKILL while the milter reads the body of a large flagged message; the retry then arrives, once."""
    message = messages.flagged()
    message.data += (b"0123456789" * 7 + b"\r\n") * 400_000
    answers = []
    before = gateway.milter.bytes_read()
    sender = threading.Thread(target=lambda: answers.append(gateway.send(message, OUTSIDE)))
    sender.start()
    wait_for("the milter reads the body", lambda: gateway.milter.bytes_read() > before + 1_000_000)
    gateway.milter.kill()
    sender.join()
    nothing_was_taken(gateway, message, answers[0])
    assert not gateway.archive.with_text(message.unique)

    gateway.milter.start()  # over the stale socket
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_at(gateway.smart_host, message, seconds=60)
    assert not gateway.at_normal_route(message)


def flow_killed_while_the_sender_still_sends_the_header(gateway):
    message = messages.flagged()
    with gateway.connection() as client:
        client.mail("alice@example.org")
        client.rcpt(OUTSIDE[0])
        assert client.docmd("DATA")[0] == 354
        header, _, body = message.data.partition(b"\r\n\r\n")
        client.send(header[:100])
        gateway.milter.kill()
        client.send(header[100:] + b"\r\n\r\n" + body + b".\r\n")
        code, _ = client.getreply()
    assert 400 <= code < 500, code
    assert gateway.postfix.queue() == []
    assert not gateway.at_normal_route(message)


def flow_a_queued_message_needs_the_milter_no_more(gateway):
    """Once taken, it leaves by its route whatever becomes of the milter."""
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("Connection refused")
    gateway.milter.kill()
    gateway.smart_host.start()
    gateway.postfix.flush()
    assert gateway.wait_at(gateway.smart_host, message).tls


def flow_stopped_relay_flagged_mail_waits_sealed_and_goes_when_it_is_back(gateway):
    gateway.relay.stop()
    message, ordinary = messages.flagged(), messages.plain()
    assert gateway.send(message, OUTSIDE).code == 250
    assert gateway.send(ordinary, OUTSIDE).code == 250
    gateway.wait_at(gateway.relayhost, ordinary)
    gateway.wait_deferred("relay.sock")
    gateway.relay.start()
    gateway.postfix.flush()
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()


def flow_killed_relay_leaves_a_stale_socket_and_starts_over_it(gateway):
    gateway.relay.kill()
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("relay.sock")
    gateway.relay.start()
    gateway.postfix.flush()
    gateway.wait_at(gateway.smart_host, message)
    gateway.wait_empty_queue()


def flow_milter_and_relay_are_both_killed_while_mail_waits(gateway):
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("Connection refused")
    gateway.milter.kill()
    gateway.relay.kill()
    gateway.smart_host.start()
    gateway.relay.start()
    gateway.postfix.flush()
    assert gateway.wait_at(gateway.smart_host, message).tls
