"""zivver-relay from a peer that trust.networks does not name (127.0.0.2; trusted is 127.0.0.1 only).

Postfix relays for all of 127.0.0.0/8 here: just the fault that the milter must notice.
"""

from support import messages

STRANGER = "127.0.0.2"


def flow_to_the_world_it_is_not_relayed(gateway):
    for port in (gateway.postfix.outbound_port, gateway.postfix.inbound_port):
        message = messages.flagged()
        answer = gateway.send(message, ["bob@client.example", "carol@example.org"], port=port, source=STRANGER)
        assert answer.code == 451 and "4.7.1" in answer.text, answer
        assert gateway.postfix.queue() == []
        assert not gateway.at_normal_route(message) and not gateway.smart_host.with_text(message.unique)
    assert "event=untrusted_flag" in gateway.milter.log()


def flow_to_the_organization_it_is_delivered_without_the_header(gateway):
    message = messages.plain("zivver-relay: f3b1c0de.example")
    answer = gateway.send(message, ["carol@example.org"], sender="bob@client.example",
                          port=gateway.postfix.inbound_port, source=STRANGER)
    assert answer.code == 250, answer
    arrived = gateway.wait_at(gateway.mailboxes, message)
    assert not messages.fields_named(arrived.data, "zivver-relay")
    assert not gateway.smart_host.with_text(message.unique)


def flow_through_the_outbound_listener_the_guard_rules_hold_it(gateway):
    """The guard rules are in force there, and no milter can undo them: nobody but trusted peers belongs on that listener."""
    message = messages.plain("zivver-relay: f3b1c0de.example")
    answer = gateway.send(message, ["carol@example.org"], sender="bob@client.example", source=STRANGER)
    if answer.code == 250:
        gateway.wait_deferred("pams-milter")
    assert not gateway.smart_host.with_text(message.unique)
