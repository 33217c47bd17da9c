"""The smart host is not who it should be, does not offer TLS, or is away: flagged mail waits in the queue, sealed.

The relay's reply, which Postfix keeps as the reason, says what is wrong. When it is in order again, the message arrives,
once.
"""

from support import messages
from support.smtp_server import Behaviour

RECIPIENTS = ["bob@client.example", "carol@example.org"]


def waits_and_arrives_later(gateway, reason, behaviour):
    gateway.smart_host.behaviour = behaviour
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    gateway.wait_deferred(reason)
    assert not gateway.smart_host.with_text(message.unique) and not gateway.at_normal_route(message)

    gateway.smart_host.behaviour = Behaviour()
    gateway.postfix.flush()
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()
    assert not gateway.at_normal_route(message)


def flow_certificate_for_another_name(gateway):
    waits_and_arrives_later(gateway, "name: wanted is localhost", Behaviour(certificate="wrong-name"))


def flow_expired_certificate(gateway):
    waits_and_arrives_later(gateway, "expired at", Behaviour(certificate="expired"))


def flow_certificate_that_is_not_valid_yet(gateway):
    waits_and_arrives_later(gateway, "valid only from", Behaviour(certificate="not-yet-valid"))


def flow_the_name_only_in_the_subjects_cn(gateway):
    """Postfix itself took that; no authority vouches for it."""
    waits_and_arrives_later(gateway, "stands only in the subject's CN", Behaviour(certificate="cn-only"))


def flow_certificate_of_an_unknown_authority(gateway):
    waits_and_arrives_later(gateway, "leads to no authority", Behaviour(certificate="other-ca"))


def flow_self_signed_certificate(gateway):
    waits_and_arrives_later(gateway, "self-signed", Behaviour(certificate="self-signed"))


def flow_no_starttls(gateway):
    waits_and_arrives_later(gateway, "does not offer STARTTLS", Behaviour(starttls="absent"))


def flow_starttls_refused(gateway):
    waits_and_arrives_later(gateway, "refuses STARTTLS", Behaviour(starttls="refused"))


def flow_it_hangs_up_in_the_middle(gateway):
    waits_and_arrives_later(gateway, "closed the connection", Behaviour(hang_up_at="DATA"))


def flow_it_says_not_now(gateway):
    waits_and_arrives_later(gateway, "busy", Behaviour(data_reply="451 4.3.2 busy"))


def flow_it_is_down(gateway):
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    gateway.wait_deferred("Connection refused")
    assert not gateway.at_normal_route(message)
    gateway.smart_host.start()
    gateway.postfix.flush()
    gateway.wait_at(gateway.smart_host, message)
    assert not gateway.at_normal_route(message)
