"""Another Postfix at the same milter, or with a copy of the queue: it gets nothing that it could read."""

import shutil

from support import messages
from support.attacks import RECIPIENTS
from support.postfix import Postfix
from support.sinks import Sinks
from support.waiting import wait_for


def second_postfix(gateway):
    """At the same milter's socket, with no word of ours in its settings."""
    other = Postfix(gateway.directory / "second", gateway.relayhost.port, gateway.mailboxes.port)
    other.tool("postconf", "-F", "*/*/chroot=n")
    other.set(smtpd_milters=f"unix:{gateway.milter.unix_socket}", non_smtpd_milters=f"unix:{gateway.milter.unix_socket}")
    return other


def brings_nothing_readable(gateway, hand_in):
    gateway.carriers_may_go_astray()
    with Sinks(gateway) as sinks:
        other = second_postfix(gateway)
        other.start()
        try:
            message = messages.flagged_with_attachment()
            if hand_in(other, message):
                wait_for("it comes to something", lambda: "status=" in other.log())
            shown = sinks.shown() + gateway.sealed_leaks() + [
                f"the second Postfix's log shows {mark}" for mark in messages.secrets_in(other.log().encode())]
            assert not shown, "LEAK: " + "; ".join(shown)
        finally:
            other.stop()
            shutil.rmtree(other.directory)


def flow_a_second_postfix_at_the_same_milter_by_smtp(gateway):
    brings_nothing_readable(gateway, lambda other, message: gateway.send(
        message, RECIPIENTS, port=other.outbound_port).code == 250)


def flow_a_second_postfix_at_the_same_milter_by_its_sendmail_program(gateway):
    def hand_in(other, message):
        other.sendmail(message.data, "alice@example.org", RECIPIENTS)
        return True
    brings_nothing_readable(gateway, hand_in)


def flow_a_queue_that_was_copied_to_another_postfix(gateway):
    """A backup of the queue, or a moved machine: the carrier is handed to whoever; it shows nothing there."""
    gateway.carriers_may_go_astray()
    gateway.smart_host.stop()
    assert gateway.send(messages.flagged_with_attachment(), RECIPIENTS).code == 250
    queue_id = gateway.wait_deferred("Connection refused")["queue_id"]
    raw, carrier = gateway.postfix.queue_files()[queue_id], gateway.carrier_of(queue_id)
    assert not {messages.FLAGGED, messages.FLAGGED_BASE64} & set(messages.secrets_in(raw))
    assert not messages.secrets_in(carrier)
