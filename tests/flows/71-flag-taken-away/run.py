"""A rule of Postfix takes the flag away before the milter sees it: nothing goes out that could have had it."""

from support import messages
from support.attacks import RECIPIENTS
from support.waiting import wait_for


def table(rules):
    def edit(gateway):
        path = gateway.postfix.config / "slip"
        path.write_text(rules + "\n")
        now = gateway.postfix.tool("postconf", "-h", "header_checks").strip()
        gateway.postfix.set(header_checks=f"regexp:{path}, {now}")
    return edit


STRIPPERS = {
    "IGNORE": table("/^zivver-relay:/ IGNORE"),
    "STRIP": table("/^zivver-relay:/ STRIP"),
    "REPLACE with another name": table("/^zivver-relay:(.*)/ REPLACE X-Zivver-Was:$1"),
    "IGNORE of long values only": table("/^zivver-relay:.{60,}/ IGNORE"),
    "IGNORE of whatever is long": table("/^[a-z-]+:.{120,}/ IGNORE"),
    "IGNORE of whatever is longer than most": table("/^.{10000,}/ IGNORE"),
    "IGNORE of one value, on two lines": table("/^zivver-relay:.*tenant42/\n  IGNORE"),
    "IGNORE of one value of a name in other words": table("/^zivver[-_]relay:.*tenant42/ IGNORE"),
    "IGNORE of one value between if and endif": table("if /^zivver.relay:/\n/tenant42/ IGNORE\nendif"),
    "IGNORE in any header of ours": table("/zivver/ IGNORE"),
    "message_drop_headers": lambda gateway: gateway.postfix.set(message_drop_headers="bcc, content-length, zivver-relay"),
    "message_drop_headers in capitals": lambda gateway: gateway.postfix.set(message_drop_headers="Zivver-Relay"),
}


def all_mail_to_the_outside_waits(gateway, edit):
    """Who could still tell which of it was flagged? Mail for the inside, and from the world, goes on."""
    edit(gateway)
    gateway.postfix.restart()
    wait_for("the milter has noticed", lambda: gateway.send(messages.plain(), RECIPIENTS[:1]).code == 451, pause=0.5)
    stripped = messages.flagged(f"zivver-relay: {'x' * 300}", subject="Held")
    long = messages.plain(f"zivver-relay: {'x' * 300}", is_flagged=True, subject="Held")
    for message in (messages.flagged(subject="Held"), stripped, long):
        assert gateway.send(message, RECIPIENTS[:1]).code == 451
        assert not gateway.at_normal_route(message)
    inbound = messages.plain()
    assert gateway.send(inbound, ["carol@example.org"], sender="bob@client.example", source="127.0.0.2",
                        port=gateway.postfix.inbound_port).code == 250
    gateway.wait_at(gateway.mailboxes, inbound)
    assert gateway.pamsctl("doctor", check=False).returncode == 1


def promise_of_stripper(edit):
    return lambda gateway: all_mail_to_the_outside_waits(gateway, edit)


for name, stripper in STRIPPERS.items():
    globals()["flow_the_flag_is_gone_" + name.replace(" ", "_")] = promise_of_stripper(stripper)
