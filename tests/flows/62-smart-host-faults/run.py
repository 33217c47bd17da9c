"""Whatever the smart host does: the message waits, and arrives once.

Once, or twice where nobody can know (RFC 5321, 4.5.3.2.6 and 6.1): the smart host took it and its answer was lost.
"""

from support import messages
from support.relay_faults import OUTSIDE, THREE, arrives_once
from support.smtp_server import Behaviour, Server
from support.waiting import wait_for

SOONER = ("lmtp_data_init_timeout", "lmtp_data_xfer_timeout", "lmtp_data_done_timeout")
# At these the smart host has not taken the message: a second try is the first delivery.
BEFORE_TAKEN = ("greeting", "EHLO", "STARTTLS", "handshake", "EHLO over TLS", "MAIL", "RCPT", "DATA", "body", "end")


BEFORE_THE_BODY = BEFORE_TAKEN[:BEFORE_TAKEN.index("body")]


def hangs_up(gateway, stage):
    gateway.smart_host.behaviour = Behaviour(hang_up_at=stage)
    message = messages.flagged_with_attachment()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("")
    assert not gateway.smart_host.transactions
    gateway.smart_host.behaviour = Behaviour()
    gateway.postfix.flush()
    arrives_once(gateway, message)


def stalls(gateway, stage):
    """Postfix gives up first. The relay then lets go of its connection, too, or, when the smart host has all of it, waits
    for the answer: the next try hears of it."""
    postfix_gives_up_soon(gateway)
    gateway.smart_host.behaviour = Behaviour(stall_at=stage)
    message = messages.flagged_with_attachment()
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("the smart host stalls", lambda: gateway.smart_host.stalled)
    gateway.wait_deferred("")
    assert not gateway.smart_host.transactions
    gateway.smart_host.let_go_on()
    gateway.postfix.flush()
    arrives_once(gateway, message)


def postfix_gives_up_soon(gateway):
    for name in SOONER:
        gateway.postfix.tool("postconf", "-P", f"pams/unix/{name}=3s")
    gateway.postfix.restart()


def promise_of(what, stage):
    return lambda gateway: what(gateway, stage)


for where in BEFORE_TAKEN:
    globals()["flow_the_smart_host_hangs_up_at_" + where.replace(" ", "_")] = promise_of(hangs_up, where)
    globals()["flow_the_smart_host_stalls_at_" + where.replace(" ", "_")] = promise_of(stalls, where)


def flow_the_smart_host_hangs_up_after_the_message_is_sent_already(gateway):
    """At QUIT: everything has been said."""
    gateway.smart_host.behaviour = Behaviour(hang_up_at="QUIT")
    for _ in range(3):
        message = messages.flagged()
        assert gateway.send(message, OUTSIDE).code == 250
        arrives_once(gateway, message)


def flow_the_answer_is_lost(gateway):
    """The one case in which it may come twice: the smart host has it, and nobody else knows. It must not be lost."""
    gateway.smart_host.behaviour = Behaviour(hang_up_at="taken")
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("")
    gateway.smart_host.behaviour = Behaviour()
    gateway.postfix.flush()
    gateway.wait_empty_queue()
    copies = len(gateway.smart_host.with_text(message.unique))
    lost = gateway.postfix.log_since_mark().count("its answer to the message is lost")
    assert copies == lost + 1 and lost > 0, f"{copies} copies, {lost} answers lost"


def flow_the_mta_hangs_up_while_the_smart_host_answers(gateway):
    """The relay hears the answer that Postfix did not wait for: what Postfix brings again is answered, not sent."""
    postfix_gives_up_soon(gateway)
    gateway.smart_host.behaviour = Behaviour(stall_at="taken")
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("the smart host has it", lambda: gateway.smart_host.stalled and gateway.smart_host.with_text(message.unique))
    gateway.wait_deferred("timed out")
    gateway.smart_host.let_go_on()
    gateway.postfix.flush()
    gateway.wait_empty_queue()
    gateway.wait_at(gateway.smart_host, message)


def flow_two_smart_hosts_and_the_first_fails_at_each_stage(gateway):
    """Until it takes the body, which the relay has no copy of: then the message waits for the next try."""
    first = Server("first smart host", gateway.certificates)
    own = f'"localhost:{gateway.smart_host.port}"'
    gateway.use_settings(replace=[(f"smart_hosts = [{own}]", f'smart_hosts = ["localhost:{first.port}", {own}]')])
    try:
        for stage in BEFORE_THE_BODY:
            first.behaviour = Behaviour(hang_up_at=stage)
            message = messages.flagged()
            assert gateway.send(message, OUTSIDE).code == 250, stage
            wait_for("it arrives", lambda: gateway.smart_host.with_text(message.unique), 60)
            gateway.wait_empty_queue()
            assert len(gateway.smart_host.with_text(message.unique)) == 1, stage
            assert not first.transactions, stage
    finally:
        first.stop()
    assert not first.clear_commands, first.clear_commands


def flow_a_refusal_of_the_first_smart_host_is_an_answer(gateway):
    """550 is not a fault of the host: the second one is not asked."""
    first = Server("first smart host", gateway.certificates)
    own = f'"localhost:{gateway.smart_host.port}"'
    gateway.use_settings(replace=[(f"smart_hosts = [{own}]", f'smart_hosts = ["localhost:{first.port}", {own}]')])
    try:
        first.behaviour = Behaviour(rcpt_reply="550 5.1.1 no such recipient")
        message = messages.flagged()
        assert gateway.send(message, OUTSIDE).code == 250
        wait_for("the bounce", lambda: any(one.sender == "" for one in gateway.mailboxes.transactions))
        gateway.wait_empty_queue()
        assert not gateway.smart_host.transactions
    finally:
        first.stop()


def flow_each_recipient_gets_its_own_reply(gateway):
    """One 550, one 450, one 250: one is bounced, one waits, one is delivered, each once."""
    gateway.smart_host.behaviour = Behaviour(rcpt_replies={THREE[0]: "550 5.1.1 no such recipient",
                                                           THREE[1]: "450 4.2.1 mailbox busy"})
    message = messages.flagged()
    assert gateway.send(message, THREE).code == 250
    gateway.wait_deferred("mailbox busy")
    wait_for("one waits", lambda: [[one["address"] for one in entry["recipients"]] for entry in gateway.postfix.queue()]
             == [[THREE[1]]])
    bounce, = wait_for("the bounce", lambda: [one for one in gateway.mailboxes.transactions if one.sender == ""])
    assert THREE[0].encode() in bounce.data and THREE[2].encode() not in bounce.data
    assert gateway.wait_at(gateway.smart_host, message).recipients == [THREE[2]]
    gateway.smart_host.behaviour = Behaviour()
    gateway.postfix.flush()
    gateway.wait_empty_queue()
    arrived = [one.recipients for one in gateway.smart_host.with_text(message.unique)]
    assert arrived == [[THREE[2]], [THREE[1]]], arrived


def flow_a_smart_host_that_cannot_take_eight_bits_is_told_of_and_nothing_is_converted(gateway):
    gateway.smart_host.behaviour = Behaviour(features=("SIZE 104857600",))
    message = messages.flagged("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")
    message.data += "café\r\n".encode()
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("a notice, or it waits", lambda: "8BITMIME" in gateway.postfix.log_since_mark())
    assert not gateway.smart_host.transactions
    gateway.postfix.delete_all()
    plain = messages.flagged()
    assert gateway.send(plain, OUTSIDE).code == 250
    gateway.wait_at(gateway.smart_host, plain)


def flow_a_message_that_the_smart_host_finds_too_large(gateway):
    gateway.smart_host.behaviour = Behaviour(features=("SIZE 10000", "8BITMIME", "DSN"))
    message = messages.flagged()
    message.data += (b"0123456789" * 7 + b"\r\n") * 1000
    assert gateway.send(message, OUTSIDE).code == 250
    bounce, = wait_for("the bounce", lambda: [one for one in gateway.mailboxes.transactions if one.sender == ""])
    assert b"10000" in bounce.data, "the sender is not told the limit"
    assert not gateway.smart_host.transactions
    gateway.wait_empty_queue()
