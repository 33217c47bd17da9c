"""Several messages over one connection: nothing of one message may stick to the next."""

from support import messages
from support.client import send_over

OUTSIDE = ["bob@client.example"]


def flow_flagged_then_ordinary(gateway):
    flagged, ordinary = messages.flagged(), messages.plain()
    with gateway.connection() as client:
        assert send_over(client, flagged, OUTSIDE).code == 250
        assert send_over(client, ordinary, OUTSIDE).code == 250
    assert_each_took_its_own_way(gateway, flagged, ordinary)


def flow_ordinary_then_flagged(gateway):
    flagged, ordinary = messages.flagged(), messages.plain()
    with gateway.connection() as client:
        assert send_over(client, ordinary, OUTSIDE).code == 250
        assert send_over(client, flagged, OUTSIDE).code == 250
    assert_each_took_its_own_way(gateway, flagged, ordinary)


def flow_an_envelope_that_was_given_up_leaves_nothing(gateway):
    """MAIL, RCPT, RSET, and then another message: the recipients of the first must not get the second."""
    flagged, ordinary = messages.flagged(), messages.plain()
    with gateway.connection() as client:
        client.mail("alice@example.org")
        client.rcpt("eve@elsewhere.example")
        client.rset()
        assert send_over(client, flagged, OUTSIDE).code == 250
        client.mail("alice@example.org")
        client.rcpt("eve@elsewhere.example")
        client.rset()
        assert send_over(client, ordinary, OUTSIDE).code == 250
    assert_each_took_its_own_way(gateway, flagged, ordinary)


def assert_each_took_its_own_way(gateway, flagged, ordinary):
    assert gateway.wait_at(gateway.smart_host, flagged).recipients == OUTSIDE
    assert gateway.wait_at(gateway.relayhost, ordinary).recipients == OUTSIDE
    gateway.wait_empty_queue()
    assert not gateway.at_normal_route(flagged)
    assert not gateway.smart_host.with_text(ordinary.unique)
