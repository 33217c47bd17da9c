"""A server of the organization that trust.networks does not name (127.0.0.2) hands in mail with zivver-relay for an address
inside, and the address is an alias for one outside. Its flag is not believed: the mail is inbound and ordinary, and leaves as
such, without the flag. Nobody need be content with that: the operator is told which mail it was, and may have it refused.

And a peer that is said to be one of ours and Zivver, too: its flag counts, so nothing of it leaves in clear.
"""

from support import messages
from support.milter import USER
from support.sinks import Sinks

UNLISTED = "127.0.0.2"
FLAG = "zivver-relay: f3b1c0de.example"
ALIAS, OUTSIDE = "team@example.org", "dave@elsewhere.example"
BACK = "X-Zivver-Transport: 1"


def virtual(gateway, sinks):
    gateway.use_postfix(virtual_alias_maps=f"inline:{{ {ALIAS}={OUTSIDE} }}")


def virtual_beside_an_inside_one(gateway, sinks):
    gateway.use_postfix(virtual_alias_maps=f"inline:{{ {{{ALIAS} = carol@example.org, {OUTSIDE}}} }}")


def local(gateway, sinks, aliases, **settings):
    sinks.file("aliases", aliases)
    sinks.file("site_list", OUTSIDE)
    gateway.use_postfix(mydestination="example.org", local_recipient_maps="", transport_maps="", relay_domains="",
                        mail_spool_directory=sinks.fill("@SINKS@/"),
                        alias_maps=f"texthash:{gateway.postfix.config}/aliases", **settings)


def alias(gateway, sinks):
    local(gateway, sinks, f"team {OUTSIDE}")


def included(gateway, sinks):
    local(gateway, sinks, "team :include:@LIST@")


def forward(gateway, sinks):
    sinks.file("forward-" + USER, OUTSIDE, owner=USER)
    local(gateway, sinks, f"team {USER}", forward_path=f"{gateway.postfix.config}/forward-$user")


ALIASES = {"a virtual alias": virtual, "a virtual alias for somebody inside as well": virtual_beside_an_inside_one,
           "an alias": alias, "an included list": included, "a forward": forward}


def hand_in(gateway, message, port=None, sender="alice@example.org", recipients=(ALIAS,)):
    return gateway.send(message, list(recipients), sender=sender, source=UNLISTED,
                        port=port or gateway.postfix.inbound_port)


def leaves_as_ordinary_mail(gateway, way):
    with Sinks(gateway) as sinks:
        way(gateway, sinks)
        message = messages.plain(FLAG)
        assert hand_in(gateway, message).code == 250
        arrived = gateway.wait_at(gateway.relayhost, message)
        assert arrived.recipients == [OUTSIDE], arrived.recipients
        assert not messages.fields_named(arrived.data, "zivver-relay")
        assert not gateway.smart_host.transactions
        gateway.wait_empty_queue()
    assert "event=flag_not_believed" in gateway.milter_log(), gateway.milter_log()


def is_refused(gateway, way):
    gateway.use_settings(replace=[("[pams]\n", '[pams]\nuntrusted = "reject"\n')])
    with Sinks(gateway) as sinks:
        way(gateway, sinks)
        message = messages.flagged_with_attachment()
        answer = hand_in(gateway, message)
        assert answer.code == 550 and "5.7.1" in answer.text, answer
        assert gateway.postfix.queue() == []
        assert not sinks.shown() and not gateway.at_normal_route(message), sinks.shown()


def is_held_at_the_outbound_listener(gateway, way):
    """The guard rules stand there: what no trusted peer flagged waits, before any alias is looked at by a client."""
    with Sinks(gateway) as sinks:
        way(gateway, sinks)
        message = messages.flagged_with_attachment(subject="Held")
        if hand_in(gateway, message, gateway.postfix.outbound_port).code == 250:
            gateway.wait_deferred("pams-milter")
            gateway.postfix.flush()
            gateway.wait_deferred("pams-milter")
        assert not sinks.shown() and not gateway.at_normal_route(message), sinks.shown()


def promise_of(what, way):
    return lambda gateway: what(gateway, way)


for name, edit in ALIASES.items():
    for told in (leaves_as_ordinary_mail, is_refused, is_held_at_the_outbound_listener):
        globals()[f"flow_by {name} it {told.__name__}".replace(" ", "_")] = promise_of(told, edit)


def flow_an_outside_recipient_beside_the_alias_makes_all_of_it_wait(gateway):
    with Sinks(gateway) as sinks:
        virtual(gateway, sinks)
        message = messages.flagged_with_attachment()
        assert hand_in(gateway, message, recipients=(ALIAS, "bob@client.example")).code == 451
        assert gateway.postfix.queue() == [] and not sinks.shown()


def flow_mail_of_the_world_is_not_told(gateway):
    message = messages.plain(FLAG)
    assert hand_in(gateway, message, sender="bob@client.example", recipients=["carol@example.org"]).code == 250
    gateway.wait_at(gateway.mailboxes, message)
    assert "event=flag_not_believed" not in gateway.milter_log()


def flow_the_same_server_once_it_is_listed(gateway):
    gateway.use_settings(replace=[('networks = ["127.0.0.1/32"]', 'networks = ["127.0.0.1/32", "127.0.0.2/32"]')])
    with Sinks(gateway) as sinks:
        virtual(gateway, sinks)
        message = messages.flagged_with_attachment()
        assert hand_in(gateway, message).code == 250
        arrived = gateway.wait_at(gateway.smart_host, message)
        assert arrived.tls and arrived.recipients == [ALIAS]
        assert not sinks.shown(), sinks.shown()


# -- a peer in trust.networks and in zivver_peers ----------------------------------------------------------------------

def use_zivver_peers(gateway, peers):
    gateway.use_settings(replace=[("[pams]\n", f"[pams]\nzivver_peers = {peers}\n")])
    gateway.pamsctl("setup", "postfix", "--apply")  # the last guard rule goes, for mail back from Zivver keeps its flag
    gateway.postfix.restart()


def flow_whoever_is_both_cannot_take_his_flag_back(gateway):
    """Neither for the world nor for an alias that leads there; by any listener."""
    use_zivver_peers(gateway, '["127.0.0.0/30"]')
    with Sinks(gateway) as sinks:
        virtual(gateway, sinks)
        for port in (gateway.postfix.outbound_port, gateway.postfix.inbound_port):
            for recipient in ("bob@client.example", ALIAS):
                message = messages.flagged(BACK)
                answer = gateway.send(message, [recipient], port=port)
                assert answer.code == 451 and "4.7.1" in answer.text, answer
        assert gateway.postfix.queue() == [] and not sinks.shown(), sinks.shown()
    assert "trust.networks, too" in gateway.milter_log()


def flow_check_warns_of_whoever_is_both(gateway):
    gateway.write_settings(replace=[("[pams]\n", '[pams]\nzivver_peers = ["127.0.0.0/30"]\n')])
    done = gateway.pamsctl("check")
    assert "warning: zivver_peers and trust.networks overlap" in done.stderr, done.stderr
    line = 1 + (gateway.settings / "pams-milter.toml").read_text().partition("zivver_peers")[0].count("\n")
    assert f"pams-milter.toml:{line}:" in done.stderr, done.stderr
    gateway.write_settings(replace=[("[pams]\n", '[pams]\nzivver_peers = ["127.0.0.4"]\n')])
    assert "overlap" not in gateway.pamsctl("check").stderr
