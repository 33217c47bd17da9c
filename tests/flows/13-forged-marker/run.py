"""X-PAMS-Route, the milter's word to Postfix, in a message that comes from outside."""

from support import messages
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]


def token(gateway):
    return (gateway.settings / "route.token").read_text().strip()


def flow_with_a_wrong_token_the_message_goes_its_normal_way_without_it(gateway):
    message = messages.plain("X-PAMS-Route: 00000000000000000000000000000000")
    assert gateway.send(message, OUTSIDE).code == 250
    assert not messages.fields_named(gateway.wait_at(gateway.relayhost, message).data, "X-PAMS-Route")
    gateway.wait_empty_queue()
    assert not gateway.smart_host.with_text(message.unique)


def flow_with_the_right_token_it_gains_nothing(gateway):
    """Postfix obeys the token, so the message goes to the smart host at worst: over TLS, once, nowhere else."""
    message = messages.plain(f"X-PAMS-Route: {token(gateway)}")
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("the message arrives somewhere",
             lambda: gateway.smart_host.with_text(message.unique) + gateway.at_normal_route(message))
    gateway.wait_empty_queue()
    arrived = gateway.smart_host.with_text(message.unique) + gateway.at_normal_route(message)
    assert len(arrived) == 1
    assert not messages.fields_named(arrived[0].data, "X-PAMS-Route")


def flow_it_does_not_keep_a_flagged_message_from_its_route(gateway):
    for marker in ("X-PAMS-Route: 00000000000000000000000000000000", f"X-PAMS-Route: {token(gateway)}"):
        message = messages.flagged(marker)
        assert gateway.send(message, OUTSIDE).code == 250
        arrived = gateway.wait_at(gateway.smart_host, message)
        assert arrived.tls
        assert not messages.fields_named(arrived.data, "X-PAMS-Route")
        assert not gateway.at_normal_route(message)
