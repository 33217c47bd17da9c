"""A flagged message that cannot be delivered: the sender is told by the normal route, and what Postfix has to tell shows
nothing. The Message-ID says which message it was; the subject is that of the carrier."""

from support import messages
from support.smtp_server import Behaviour
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]


def sender_gets_a_bounce_without_the_content(gateway, message, reason):
    def bounce():
        return [one for one in list(gateway.mailboxes.transactions)
                if one.sender == "" and one.recipients == ["alice@example.org"] and reason.encode() in one.data]
    told, = wait_for("the bounce in the sender's mailbox", bounce)
    assert message.message_id.encode() in told.data, "the bounce does not say which message"
    assert not messages.secrets_in(told.data), "LEAK: the bounce shows the message"
    assert b"filename=" not in told.data and len(told.data) < 20_000, "the bounce carries the sealed message"
    gateway.wait_empty_queue()


def flow_refused_recipient(gateway):
    gateway.smart_host.behaviour = Behaviour(rcpt_reply="550 5.1.1 no such recipient")
    message = messages.flagged_with_attachment()
    assert gateway.send(message, OUTSIDE).code == 250
    sender_gets_a_bounce_without_the_content(gateway, message, "no such recipient")


def flow_refused_content(gateway):
    gateway.smart_host.behaviour = Behaviour(data_reply="550 5.7.1 content refused")
    message = messages.flagged_with_attachment()
    assert gateway.send(message, OUTSIDE).code == 250
    sender_gets_a_bounce_without_the_content(gateway, message, "content refused")


def flow_sender_who_asks_for_the_whole_message_does_not_get_it(gateway):
    """MAIL ... RET=FULL is the sender's wish; what Postfix could return is sealed, and bounces carry no bodies."""
    gateway.smart_host.behaviour = Behaviour(rcpt_reply="550 5.1.1 no such recipient")
    message = messages.flagged_with_attachment()
    with gateway.connection() as client:
        client.mail("alice@example.org", ["RET=FULL", "ENVID=abc"])
        client.rcpt(OUTSIDE[0])
        assert client.data(message.data)[0] == 250
    sender_gets_a_bounce_without_the_content(gateway, message, "no such recipient")


def flow_expired_in_the_queue(gateway):
    gateway.use_postfix(maximal_queue_lifetime="0")
    gateway.smart_host.stop()
    message = messages.flagged_with_attachment()
    assert gateway.send(message, OUTSIDE).code == 250
    sender_gets_a_bounce_without_the_content(gateway, message, "Connection refused")


def flow_requeued_and_then_refused(gateway):
    """Whatever became of the envelope: there is nothing to show."""
    gateway.smart_host.stop()
    message = messages.flagged_with_attachment()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("Connection refused")
    gateway.smart_host.behaviour = Behaviour(rcpt_reply="550 5.1.1 no such recipient")
    gateway.postfix.requeue_all()
    gateway.smart_host.start()
    gateway.postfix.flush()
    sender_gets_a_bounce_without_the_content(gateway, message, "no such recipient")


def flow_the_subject_is_shown_where_the_operator_wants_it(gateway):
    gateway.use_settings(replace=[("[pams]\n", '[pams]\ncarrier_subject = "keep"\n')])
    gateway.smart_host.behaviour = Behaviour(rcpt_reply="550 5.1.1 no such recipient")
    message = messages.flagged(subject="Quarterly figures")
    assert gateway.send(message, OUTSIDE).code == 250
    sender_gets_a_bounce_without_the_content(gateway, message, "no such recipient")
    assert any(b"Subject: Quarterly figures" in one.data for one in gateway.mailboxes.transactions)
