"""Flagged mail that the milter never saw is held by the guard rules; `pamsctl queue` shows it and brings it back.

Sealed mail that waits is shown apart, and never released: it goes by itself.
"""

import json

from support import messages
from support.waiting import wait_for

OUTSIDE = ["bob@client.example", "dan@client.example"]


def listed(gateway):
    found = json.loads(gateway.pamsctl("queue", "list", "--json").stdout)
    return {kind: [one["id"] for one in found[kind]] for kind in ("unsealed", "sealed")}


def released(gateway, *ids, code=0):
    done = gateway.pamsctl("queue", "release", *ids, check=False)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def held_by_the_guard_rules(gateway, send):
    """What `send` sends while smtpd asks no milter; afterwards Postfix is in order again. Its queue id."""
    milters = gateway.postfix.tool("postconf", "-h", "smtpd_milters").strip()
    gateway.use_postfix(smtpd_milters="")
    send()
    queue_id = gateway.wait_deferred("pams-milter did not process")["queue_id"]
    gateway.use_postfix(smtpd_milters=milters)
    return queue_id


def sent(gateway, message, recipients=OUTSIDE, sender="alice@example.org"):
    def send():
        assert gateway.send(message, recipients, sender).code == 250
    return held_by_the_guard_rules(gateway, send)


def flow_what_the_milter_never_saw_is_listed_and_leaves_by_its_connector(gateway):
    message = messages.flagged("X-PAMS-Route: the-marker-of-an-earlier-version")
    queue_id = sent(gateway, message)
    # Postfix itself may miss one in its list that is just moved from one queue to another.
    wait_for("it is listed", lambda: listed(gateway) == {"unsealed": [queue_id], "sealed": []})
    released(gateway, queue_id)
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert arrived.tls
    assert sorted(arrived.recipients) == OUTSIDE, arrived.recipients
    assert arrived.sender == "alice@example.org"
    assert b"registered at the Chamber of Commerce" in arrived.data, "the rules did not see it"
    assert not messages.fields_named(arrived.data, "X-PAMS-Route")
    gateway.wait_empty_queue()
    assert not gateway.at_normal_route(message)


def flow_every_byte_and_what_the_sender_asked_for_survive(gateway):
    odd = "\r\n".join(["caf\u00e9 \u20ac", ".", "..two", "From me", "w" * 900, "end "])
    message = messages.flagged("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit",
                               "X-Long: " + "y" * 900)
    message.data += odd.encode() + b"\r\n"

    def send():
        with gateway.connection() as client:
            client.mail("alice@example.org", ["RET=HDRS", "ENVID=abc+2Bdef", "BODY=8BITMIME"])
            client.rcpt("bob+tag@client.example", ["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;info+2Bx@first.example"])
            client.rcpt("dan@client.example", ["NOTIFY=NEVER"])
            assert client.data(message.data)[0] == 250
    queue_id = held_by_the_guard_rules(gateway, send)
    released(gateway, queue_id)
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert b"X-Long: " + b"y" * 900 + b"\r\n" in arrived.data
    assert odd.encode() in arrived.data
    asked = {address: parameters.upper() for address, parameters in zip(arrived.recipients, arrived.parameters)}
    assert "ORCPT=RFC822;INFO+2BX@FIRST.EXAMPLE" in asked["bob+tag@client.example"], asked
    assert "NOTIFY=SUCCESS,DELAY" in asked["bob+tag@client.example"], asked
    assert "NOTIFY=NEVER" in asked["dan@client.example"], asked
    assert "ENVID=abc+2Bdef" in arrived.mail_from, arrived.mail_from


def flow_all_at_once_and_ordinary_mail_is_left_alone(gateway):
    gateway.relayhost.stop()
    ordinary = messages.plain()
    assert gateway.send(ordinary, OUTSIDE).code == 250
    waiting = gateway.wait_deferred("Connection refused")["queue_id"]
    first, second = messages.flagged(), messages.flagged()
    milters = gateway.postfix.tool("postconf", "-h", "smtpd_milters").strip()
    gateway.use_postfix(smtpd_milters="")
    for message in (first, second):
        assert gateway.send(message, OUTSIDE).code == 250
    wait_for("both are held", lambda: len(listed(gateway)["unsealed"]) == 2)
    gateway.use_postfix(smtpd_milters=milters)
    assert waiting not in sum(listed(gateway).values(), [])
    released(gateway, "--all")
    for message in (first, second):
        gateway.wait_at(gateway.smart_host, message)
    wait_for("the ordinary message alone is left", lambda: [one["queue_id"] for one in gateway.postfix.queue()] == [waiting])
    assert "nothing to release" in released(gateway, "--all")


def flow_on_hold_already(gateway):
    message = messages.flagged()
    queue_id = sent(gateway, message)
    gateway.postfix.tool("postsuper", "-h", queue_id)
    assert listed(gateway)["unsealed"] == [queue_id]
    released(gateway, queue_id)
    gateway.wait_at(gateway.smart_host, message)


def flow_the_milter_is_down_while_it_is_released(gateway):
    message = messages.flagged()
    queue_id = sent(gateway, message)
    gateway.milter.stop()
    released(gateway, queue_id)
    wait_for("Postfix has tried", lambda: "milter-reject" in gateway.postfix.log_since_mark())
    assert [one["queue_name"] for one in gateway.postfix.queue()] == ["maildrop"], gateway.postfix.queue()
    assert listed(gateway) == {"unsealed": [], "sealed": []}
    gateway.milter.start()
    gateway.postfix.wake_pickup()
    gateway.wait_at(gateway.smart_host, message)
    assert not gateway.at_normal_route(message)


def flow_what_postfix_does_not_accept_stays_on_hold(gateway):
    message = messages.flagged()
    queue_id = sent(gateway, message)
    gateway.use_postfix(authorized_submit_users="nobody")
    assert "stays on hold" in released(gateway, queue_id, code=1)
    assert [(one["queue_id"], one["queue_name"]) for one in gateway.postfix.queue()] == [(queue_id, "hold")]
    gateway.use_postfix(authorized_submit_users="static:anyone")
    released(gateway, queue_id)
    gateway.wait_at(gateway.smart_host, message)


def flow_sealed_mail_is_shown_and_never_released(gateway):
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("the carrier waits", lambda: gateway.postfix.queue() and gateway.postfix.queue()[0]["queue_name"] == "deferred")
    queue_id = gateway.postfix.queue()[0]["queue_id"]
    assert listed(gateway) == {"unsealed": [], "sealed": [queue_id]}
    assert "goes by itself" in released(gateway, queue_id, code=1)
    assert "nothing to release" in released(gateway, "--all")
    assert [one["queue_id"] for one in gateway.postfix.queue()] == [queue_id]
    gateway.smart_host.start()
    gateway.postfix.flush()
    gateway.wait_at(gateway.smart_host, message)


def flow_an_id_that_is_none_touches_nothing(gateway):
    message = messages.flagged()
    queue_id = sent(gateway, message)
    for odd in ("ALL", "0000000000", "../" + queue_id, "-"):
        assert "no flagged message" in released(gateway, "--", odd, code=1)
    assert [(one["queue_id"], one["queue_name"] == "hold") for one in gateway.postfix.queue()] == [(queue_id, False)]
    released(gateway, code=2)
    released(gateway, queue_id)
    gateway.wait_at(gateway.smart_host, message)
