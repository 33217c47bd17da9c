"""Bounces and warnings about sealed mail, however much Postfix is told to put into them, do not show it."""

from support import messages
from support.attacks import RECIPIENTS, UNVERIFIED
from support.sinks import Sinks
from support.smtp_server import Behaviour
from support.waiting import wait_for


def notices(gateway, behaviour=None, sender="alice@example.org", **settings):
    """Postfix has every reason to tell, to everybody, at length."""
    with Sinks(gateway) as sinks:
        gateway.use_setting_by_reload(*UNVERIFIED)
        gateway.use_postfix(bounce_size_limit="1000000", delay_warning_time="1s", confirm_delay_cleared="yes",
                            notify_classes="bounce, 2bounce, data, delay, policy, protocol, resource, software",
                            bounce_notice_recipient="eve@elsewhere.example", delay_notice_recipient="eve@elsewhere.example",
                            **{"2bounce_notice_recipient": "eve@elsewhere.example"}, **settings)
        if behaviour:
            gateway.smart_host.behaviour = behaviour
        else:
            gateway.smart_host.stop()
        message = messages.flagged_with_attachment()
        answer = gateway.send(message, RECIPIENTS[:1], sender=sender)
        if answer.code != 250:
            return
        wait_for("a notice that names the message", lambda: sinks.has(message.message_id))
        assert not sinks.shown(), sinks.shown()


def flow_notice_of_a_refused_recipient(gateway):
    notices(gateway, Behaviour(rcpt_reply="550 5.1.1 no such recipient"))


def flow_notice_of_refused_content(gateway):
    notices(gateway, Behaviour(data_reply="554 5.6.0 not like this"))


def flow_notice_of_a_delay(gateway):
    notices(gateway)


def flow_notice_of_an_expired_message(gateway):
    notices(gateway, maximal_queue_lifetime="0")


def flow_notice_of_a_message_with_a_null_sender(gateway):
    """It cannot bounce: postmaster gets it, by 2bounce."""
    notices(gateway, Behaviour(rcpt_reply="550 5.1.1 no such recipient"), sender="")


def flow_notice_of_a_bounce_that_bounces(gateway):
    gateway.mailboxes.behaviour = Behaviour(rcpt_reply="550 5.1.1 the sender is gone")
    notices(gateway, Behaviour(rcpt_reply="550 5.1.1 no such recipient"))
