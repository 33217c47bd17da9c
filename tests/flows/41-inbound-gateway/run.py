"""One Postfix for both ways: an outbound listener with the guard rules, an inbound one without (`setup postfix --outbound`)."""

from support import messages

STRANGER = "127.0.0.2"
INSIDE = ["carol@example.org"]
OUTSIDE = ["bob@client.example"]
FLAG = "zivver-relay: f3b1c0de.example"


def send_inbound(gateway, message, recipients=None):
    return gateway.send(message, recipients or INSIDE, sender="bob@client.example",
                        port=gateway.postfix.inbound_port, source=STRANGER)


def flow_inbound_mail_arrives_stripped_and_nothing_else_is_changed(gateway):
    message = messages.plain(FLAG, "X-Site-Internal: 1")
    assert send_inbound(gateway, message).code == 250
    arrived = gateway.wait_at(gateway.mailboxes, message).data
    expected = message.data.replace(FLAG.encode() + b"\r\n", b"").replace(b"X-Site-Internal: 1\r\n", b"")
    assert messages.without_trace_fields(arrived) == expected, arrived


def flow_outbound_mail_is_routed_beside_it(gateway):
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    assert gateway.wait_at(gateway.smart_host, message).tls


def flow_a_forwarded_inbound_message_leaves_without_the_header(gateway):
    """virtual_alias_maps sends it on to the world after the milter: it is not ours to secure, and not flagged."""
    gateway.use_postfix(virtual_alias_maps="inline:{ carol@example.org=dave@elsewhere.example }")
    message = messages.plain(FLAG)
    assert send_inbound(gateway, message).code == 250
    arrived = gateway.wait_at(gateway.relayhost, message)
    assert arrived.recipients == ["dave@elsewhere.example"]
    assert not messages.fields_named(arrived.data, "zivver-relay")
    assert not gateway.smart_host.with_text(message.unique)


def flow_our_own_flagged_mail_for_an_alias_goes_to_the_smart_host_as_it_was_addressed(gateway):
    """Postfix expands the alias after the milter; the seal has the address that the sender wrote."""
    gateway.use_postfix(virtual_alias_maps="inline:{ carol@example.org=dave@elsewhere.example }")
    message = messages.flagged()
    assert gateway.send(message, INSIDE).code == 250
    assert gateway.wait_at(gateway.smart_host, message).recipients == INSIDE


def flow_without_the_milter_nothing_is_taken_on_either_side(gateway):
    gateway.milter.kill()
    assert gateway.send(messages.flagged(), OUTSIDE).code == 451
    assert send_inbound(gateway, messages.plain(FLAG)).code == 451


def flow_with_the_milter_forgotten_outbound_mail_waits_and_inbound_mail_arrives(gateway):
    gateway.use_postfix(smtpd_milters="")
    secret, inbound = messages.flagged(), messages.plain("X-Other: 1")
    assert gateway.send(secret, OUTSIDE).code == 250
    gateway.wait_deferred("not sealed by pams-milter yet")
    assert send_inbound(gateway, inbound).code == 250
    gateway.wait_at(gateway.mailboxes, inbound)
    assert not gateway.at_normal_route(secret)


def flow_with_the_route_forgotten_outbound_mail_is_refused_or_waits(gateway):
    gateway.use_settings(replace=[("verify_route = true", "verify_route = false")])
    gateway.use_postfix(milter_header_checks="")
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("not sealed by pams-milter yet")


def flow_a_requeued_inbound_message_finds_its_way(gateway):
    """postsuper -r brings it to pickup, whose cleanup has the guard rules: nothing is left for them to hold."""
    gateway.mailboxes.stop()
    message = messages.plain(FLAG)
    assert send_inbound(gateway, message).code == 250
    gateway.wait_deferred("Connection refused")
    gateway.postfix.requeue_all()
    gateway.mailboxes.start()
    gateway.postfix.flush()
    gateway.wait_at(gateway.mailboxes, message)
