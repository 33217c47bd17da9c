"""Flagged mail that waits: `pamsctl queue list` shows each with the reason, `release` lets it go its safe way.

What the milter never saw is held by the guard rules, and goes back through the milter. What is sealed goes to the relay,
from hold or before its next try.
"""

import json
from pathlib import Path

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
    queue_id = gateway.wait_deferred("not sealed by pams-milter yet")["queue_id"]
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


def only_entry(gateway, kind):
    found = json.loads(gateway.pamsctl("queue", "list", "--json").stdout)
    assert [len(found["unsealed"]), len(found["sealed"])] == ([1, 0] if kind == "guarded" else [0, 1]), found
    entry = (found["unsealed"] + found["sealed"])[0]
    assert entry["kind"] == kind and entry["why"] in gateway.pamsctl("queue", "list").stdout, entry
    return entry


def waiting_sealed(gateway):
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    return message, gateway.wait_deferred("Connection refused")["queue_id"]


def flow_sealed_mail_is_tried_at_once_when_it_is_released(gateway):
    gateway.use_postfix(queue_run_delay="1h", minimal_backoff_time="1h", maximal_backoff_time="1h")
    message, queue_id = waiting_sealed(gateway)
    assert "Connection refused" in only_entry(gateway, "deferred")["why"]
    assert "nothing to release" in released(gateway, "--all"), "it goes by itself"
    gateway.smart_host.start()
    assert "tried again now" in released(gateway, queue_id[:-1])
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()


def flow_sealed_mail_on_hold_goes_to_the_relay_when_it_is_released(gateway):
    message, queue_id = waiting_sealed(gateway)
    gateway.postfix.tool("postsuper", "-h", queue_id)
    gateway.smart_host.start()
    assert "postsuper -h" in only_entry(gateway, "on_hold")["why"]
    assert "nothing to release" in released(gateway, "--all"), "who put it on hold had a reason"
    assert "off hold" in released(gateway, queue_id)
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()
    assert not gateway.at_normal_route(message)


def flow_what_a_rule_put_into_quarantine_says_so(gateway):
    gateway.use_settings(Path(__file__).parent / "rules.toml")
    message = messages.flagged(subject="MODERATE this")
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("it is on hold", lambda: [one["queue_name"] for one in gateway.postfix.queue()] == ["hold"])
    wait_for("the trace knows why", lambda: "Moderation: matches" in only_entry(gateway, "on_hold")["why"])
    released(gateway, only_entry(gateway, "on_hold")["id"])
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()
    assert not gateway.at_normal_route(message)


def flow_a_good_message_raises_no_alarm_in_the_log_and_shows_no_key_there(gateway):
    """Postfix logs the guard rule for every flagged message, for the milter comes after it."""
    message = messages.flagged()
    answer = gateway.send(message, OUTSIDE)
    assert answer.code == 250
    gateway.wait_at(gateway.smart_host, message)
    gateway.wait_empty_queue()
    log = gateway.postfix.log_since_mark()
    assert "retry:4.7.1 not sealed by pams-milter yet" in log, log
    assert "status=deferred" not in log and "did not process" not in log, log
    key = gateway.seal_key.read_text().split()
    assert not [word for word in key if len(word) > 20 and word in log], "a key is in the log"

    queue_id = sent(gateway, messages.flagged())
    assert "pams-milter never saw it" in only_entry(gateway, "guarded")["why"]
    assert f"{queue_id}: to=<bob@client.example>" in gateway.postfix.log_since_mark()
    assert "status=deferred (not sealed by pams-milter yet)" in gateway.postfix.log_since_mark()
    released(gateway, queue_id)
    gateway.wait_empty_queue()


def flow_a_setup_with_the_former_words_works_and_is_replaced(gateway):
    rules = gateway.postfix.config / "pams_header_checks"
    rules.write_text(rules.read_text().replace("not sealed by pams-milter yet",
                                               "pams-milter did not process this message"))
    gateway.postfix.tool("postconf", "-P", "pams/unix/lmtp_delivery_status_filter=")
    (gateway.postfix.config / "pams_delivery_status").unlink()
    gateway.postfix.restart()
    found = {one["id"]: one["status"] for one in json.loads(gateway.pamsctl("doctor", "--json", check=False).stdout)["checks"]}
    assert found["transport"] == "warn", found
    assert "fail" not in {status for name, status in found.items() if name not in ("mail_log", "readable")}, found
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250, "it is no reason to keep mail back"
    gateway.wait_at(gateway.smart_host, message)
    gateway.wait_empty_queue()
    said = gateway.pamsctl("setup", "postfix", "--apply").stdout
    gateway.postfix.restart()
    for setting in ("pams_header_checks", "pams_delivery_status", "pams unix"):
        assert setting in said, said
    found = {one["id"]: one["status"] for one in json.loads(gateway.pamsctl("doctor", "--json", check=False).stdout)["checks"]}
    assert found["transport"] == "ok", found


def flow_an_id_that_is_none_touches_nothing(gateway):
    message = messages.flagged()
    queue_id = sent(gateway, message)
    for odd in ("ALL", "0000000000", "../" + queue_id, "-"):
        assert "no flagged message" in released(gateway, "--", odd, code=1)
    assert [(one["queue_id"], one["queue_name"] == "hold") for one in gateway.postfix.queue()] == [(queue_id, False)]
    released(gateway, code=2)
    released(gateway, queue_id)
    gateway.wait_at(gateway.smart_host, message)
