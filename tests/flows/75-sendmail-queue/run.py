"""`pamsctl queue` on Sendmail: sealed mail that waits is shown with the reason, and released it goes to the relay."""

import json
from pathlib import Path

from support import messages
from support.waiting import wait_for

GATEWAY = "sendmail"
LONG = "a.very.long.local.part.of.an.address@some.quite.long.domain.client.example"


def sealed(gateway, kind):
    found = json.loads(gateway.pamsctl("queue", "list", "--json").stdout)
    assert found["unsealed"] == [], found
    return [one for one in found["sealed"] if one["kind"] == kind]


def flow_sealed_mail_that_waits_is_shown_and_tried_at_once(gateway):
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, [LONG]).code == 250
    entry = wait_for("it is deferred", lambda: sealed(gateway, "deferred"))[0]
    assert entry["recipients"] == [LONG] and entry["sender"] == "alice@example.org", entry
    assert "Connection refused" in entry["why"] and entry["why"] in gateway.pamsctl("queue", "list").stdout
    gateway.smart_host.start()
    gateway.pamsctl("queue", "release", entry["id"][:-1])
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()


def flow_what_a_rule_put_into_quarantine_is_shown_and_let_go(gateway):
    gateway.use_settings(Path(__file__).parent / "rules.toml")
    message = messages.flagged(subject="MODERATE this")
    assert gateway.send(message, [LONG]).code == 250
    entry = wait_for("it is in quarantine", lambda: sealed(gateway, "on_hold"))[0]
    assert "in quarantine: rule 'Moderation'" in entry["why"], entry
    assert "nothing to release" in gateway.pamsctl("queue", "release", "--all").stdout
    gateway.pamsctl("queue", "release", entry["id"])
    assert gateway.wait_at(gateway.smart_host, message).tls
    assert not sealed(gateway, "on_hold")
    assert not gateway.at_normal_route(message)


def flow_the_setup_stays_while_sealed_mail_waits_whatever_mailq_shows_of_it(gateway):
    """`sendmail -bp` cuts a long address before the suffix of its route, and leaves out what is in quarantine."""
    gateway.use_settings(Path(__file__).parent / "rules.toml")
    for send in (messages.flagged(subject="MODERATE this"), messages.flagged()):
        gateway.smart_host.stop()
        assert gateway.send(send, [LONG]).code == 250
        wait_for("it waits", lambda: sealed(gateway, "on_hold") or sealed(gateway, "deferred"))
        assert "pams-route" not in gateway.sendmail.run("-bp", "-v")
        refused = gateway.pamsctl("setup", "sendmail", "--remove", check=False)
        assert "sealed mail is in the queue" in refused.stdout + refused.stderr, refused
        gateway.sendmail.delete_all()


def flow_what_waits_for_a_connector_that_is_taken_out_is_not_given_back(gateway):
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, [LONG]).code == 250
    wait_for("it is deferred", lambda: sealed(gateway, "deferred"))
    gateway.smart_host.start()
    as_it_was = 'tls_settings = "domain_validation"'
    for extra, reason in (('\ntransport = "other"', "No such route of pams-milter now"), ("", None)):
        gateway.use_settings(replace=[(as_it_was, as_it_was + extra)])
        gateway.pamsctl("setup", "sendmail", "--apply")
        gateway.sendmail.make()
        gateway.sendmail.restart()
        gateway.sendmail.flush()
        if reason:
            assert reason in sealed(gateway, "deferred")[0]["why"], sealed(gateway, "deferred")
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()
    assert len(gateway.mailboxes.transactions) == 0, "a notice to the sender"
