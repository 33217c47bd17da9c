"""`postsuper -r`: Postfix forgets the milter's routing and asks no milter again.

What is requeued is the carrier, worth nothing to others; the rules that `pamsctl setup postfix` puts into header_checks
bring it to the relay all the same.
"""

from support import messages
from support.waiting import wait_for

RECIPIENTS = ["bob@client.example", "carol@example.org"]


def requeued_and_tried_again(gateway, old_queue_id, reason):
    """Requeues everything and waits until the message, under its new queue id, was tried and held back."""
    gateway.postfix.requeue_all()

    def tried_again():
        for entry in gateway.postfix.queue():
            if entry["queue_id"] != old_queue_id and all(
                    reason in one.get("delay_reason", "") for one in entry["recipients"]):
                return entry["queue_id"]
    return wait_for(f"the requeued message waits again for {reason!r}", tried_again)


def flow_a_requeued_flagged_message_still_goes_to_the_smart_host(gateway):
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    queue_id = gateway.wait_deferred("Connection refused")["queue_id"]
    queue_id = requeued_and_tried_again(gateway, queue_id, "Connection refused")
    requeued_and_tried_again(gateway, queue_id, "Connection refused")  # and once more
    assert not gateway.at_normal_route(message)

    gateway.smart_host.start()
    gateway.postfix.flush()
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert arrived.tls
    assert sorted(arrived.recipients) == sorted(RECIPIENTS)
    assert not messages.is_carrier(arrived.data)
    assert messages.fields_named(arrived.data, "zivver-relay")
    assert not gateway.at_normal_route(message)


def flow_what_the_guard_rules_hold_stays_held(gateway):
    gateway.use_postfix(smtpd_milters="")
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    queue_id = gateway.wait_deferred("pams-milter")["queue_id"]
    requeued_and_tried_again(gateway, queue_id, "pams-milter")
    assert not gateway.at_normal_route(message) and not gateway.smart_host.with_text(message.unique)


def flow_requeued_without_the_rules_a_carrier_shows_nothing_to_whoever_gets_it(gateway):
    """No header_checks at all: the normal route gets it, and cannot read it."""
    gateway.carriers_may_go_astray()
    gateway.smart_host.stop()
    message = messages.flagged_with_attachment()
    assert gateway.send(message, RECIPIENTS).code == 250
    gateway.wait_deferred("Connection refused")
    gateway.use_postfix(header_checks="", milter_header_checks="", smtp_header_checks="")
    gateway.postfix.requeue_all()
    wait_for("the carrier on the normal route", lambda: gateway.relayhost.transactions and gateway.mailboxes.transactions)
    for one in gateway.relayhost.transactions + gateway.mailboxes.transactions:
        assert messages.is_carrier(one.data) and not messages.secrets_in(one.data)
