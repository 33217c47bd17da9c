"""`postsuper -r`: Postfix forgets the milter's routing and asks no milter again (mta-routing: run 1.31 leaked).

The rules that `pamsctl setup postfix` puts into header_checks must bring the message to the smart host all the same.
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
    assert not messages.fields_named(arrived.data, "X-PAMS-Route")
    assert not gateway.at_normal_route(message)


def flow_what_the_net_holds_stays_held(gateway):
    gateway.use_postfix(smtpd_milters="")
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    queue_id = gateway.wait_deferred("pams-milter")["queue_id"]
    requeued_and_tried_again(gateway, queue_id, "pams-milter")
    assert not gateway.at_normal_route(message) and not gateway.smart_host.with_text(message.unique)
