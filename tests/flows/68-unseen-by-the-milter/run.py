"""Flagged mail that the milter never saw: the guard rules hold it, and notices tell of it without its body."""

from support import messages
from support.attacks import RECIPIENTS, bounced
from support.ports import free_port
from support.sinks import Sinks
from support.waiting import wait_for


def unseen(gateway, edit, hand_in=None):
    """It waits in Postfix, unsealed. Then it expires: the notice has no body, nor has any copy of it."""
    with Sinks(gateway) as sinks:
        edit(gateway)
        gateway.postfix.restart()
        message = messages.flagged_with_attachment(subject="Held")
        (hand_in or by_smtp)(gateway, message)
        gateway.wait_deferred("pams-milter")
        gateway.use_postfix(maximal_queue_lifetime="0", notify_classes="bounce, 2bounce, delay, resource, software",
                            bounce_notice_recipient="eve@elsewhere.example")
        gateway.postfix.flush()
        wait_for("the notice", lambda: bounced(gateway))
        gateway.wait_empty_queue()
        assert not sinks.shown(), sinks.shown()
        assert not gateway.smart_host.with_text(message.unique)


def by_smtp(gateway, message):
    with gateway.connection() as client:
        client.mail("alice@example.org", ["RET=FULL"])
        client.rcpt(RECIPIENTS[0], ["NOTIFY=FAILURE,DELAY"])
        code, text = client.data(message.data)
        assert code == 250, text


def by_program(gateway, message):
    gateway.postfix.sendmail(message.data, "alice@example.org", RECIPIENTS)


def flow_no_milter_on_the_listener(gateway):
    unseen(gateway, lambda gateway: gateway.postfix.set(smtpd_milters=""))


def flow_no_milter_for_the_sendmail_program(gateway):
    unseen(gateway, lambda gateway: gateway.postfix.set(non_smtpd_milters=""), by_program)


def flow_the_milter_is_down_and_its_entry_says_accept(gateway):
    def edit(gateway):
        path = gateway.postfix.config / "main.cf"
        path.write_text(path.read_text().replace("default_action=tempfail", "default_action=accept"))
        gateway.milter.stop()
    unseen(gateway, edit)


def flow_milter_maps_that_disable(gateway):
    unseen(gateway, lambda gateway: gateway.postfix.set(smtpd_milter_maps="static:DISABLE"))


def flow_requeued_and_expired(gateway):
    def hand_in(gateway, message):
        by_smtp(gateway, message)
        gateway.wait_deferred("pams-milter")
        gateway.postfix.requeue_all()
    unseen(gateway, lambda gateway: gateway.postfix.set(smtpd_milters="", non_smtpd_milters=""), hand_in)


def flow_at_a_reinjection_listener_the_last_guard_holds_it(gateway):
    """No milter and no header checks there: the clients of Postfix, smtp and lmtp, look once more."""
    with Sinks(gateway) as sinks:
        port = free_port()
        gateway.postfix.tool("postconf", "-M", f"127.0.0.1:{port}/inet=127.0.0.1:{port} inet n - y - - smtpd "
                             "-o receive_override_options=no_milters,no_header_body_checks")
        for nexthop in ("smtp:[127.0.0.1]:@SMTP@", "lmtp:inet:127.0.0.1:@LMTP@", "lmtp:unix:@SOCKET@"):
            gateway.use_postfix(transport_maps="static:" + sinks.fill(nexthop))
            message = messages.flagged_with_attachment(subject="Held")
            assert gateway.send(message, RECIPIENTS[:1], port=port).code == 250
            gateway.wait_deferred("local data error")
            assert not sinks.shown(), (nexthop, sinks.shown())
            gateway.postfix.delete_all()


def flow_more_than_fifty_received_fields_by_the_sendmail_program(gateway):
    """Postfix refuses it itself, without asking anybody, and tells the sender."""
    with Sinks(gateway) as sinks:
        fields = [f"Received: from a{number}.example by b{number}.example; Mon, 05 Jan 2026 10:00:00 +0100"
                  for number in range(60)]
        message = messages.flagged(*fields, subject="Held")
        gateway.postfix.sendmail(message.data, "alice@example.org", RECIPIENTS[:1])
        wait_for("the notice, or it waits", lambda: bounced(gateway) or gateway.postfix.queue())
        assert not sinks.shown(), sinks.shown()
