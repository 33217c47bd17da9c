"""A journal report of a flagged message holds the message: it travels sealed, and the relay brings it to `deliver_to`."""

import json
import re

from support import messages
from support.journal import (CONNECTOR, OUTSIDE, make_listener, nothing_waits, read, reports_at, store, the_report,
                             use_journal, waiting)
from support.smtp_server import Behaviour
from support.waiting import wait_for


def flow_without_a_place_for_them_flagged_mail_that_is_journaled_waits_at_its_sender(gateway):
    """Reports of flagged mail go nowhere but where `deliver_to` says."""
    use_journal(gateway)
    message = messages.flagged()
    answer = gateway.send(message, OUTSIDE)
    assert answer.code == 451, answer
    assert "deliver_to" in gateway.milter.log(), "the log does not say what to write"
    assert gateway.postfix.queue() == [] and not gateway.smart_host.with_text(message.unique)
    assert not gateway.archive.with_text(message.unique), "archived, but not sent"
    ordinary = messages.plain()
    assert gateway.send(ordinary, OUTSIDE).code == 250
    the_report(gateway.mailboxes, ordinary)


def flow_a_flagged_report_reaches_a_mailbox_server_on_this_machine(gateway):
    for over in ("unix", "port"):
        with store(gateway, over) as (server, deliver_to):
            directory = use_journal(gateway, more=deliver_to)
            message = messages.flagged()
            answer = gateway.send(message, OUTSIDE)
            assert answer.code == 250, answer
            sent = gateway.wait_at(gateway.smart_host, message)
            report = the_report(server, message)
            assert (report.sender, report.recipients) == ("", ["journal@example.org"]), report.mail_from
            lines, original = read(messages.without_trace_fields(report.data))
            assert "Bcc: hidden@other.example" in lines, lines
            assert original == messages.without_trace_fields(sent.data), "the report does not hold what was sent"
            assert not messages.is_carrier(report.data)
            nothing_waits(gateway, directory)
            assert len(reports_at(server, message)) == 1
            assert not reports_at(gateway.smart_host, message) and not gateway.at_normal_route(message)


def flow_a_key_stays_while_a_report_that_the_mta_has_not_taken_needs_it(gateway):
    """Nothing listens for reports; the key is rotated, and days later somebody drops the old ones."""
    with store(gateway) as (server, deliver_to):
        directory = use_journal(gateway, more=deliver_to, with_listener=False)
        message = messages.flagged()
        assert gateway.send(message, OUTSIDE).code == 250
        gateway.wait_at(gateway.smart_host, message)
        gateway.wait_empty_queue()
        assert len(waiting(directory)) == 1
        gateway.pamsctl("seal", "rotate")
        gateway.put_seal_key(re.sub(rb"[0-9]{4}-[0-9-]{5}T", b"2026-01-05T", gateway.seal_key.read_bytes()))
        assert json.loads(gateway.pamsctl("seal", "prune", "--json").stdout)["dropped"] == 0
        make_listener(gateway)
        the_report(server, message)
        nothing_waits(gateway, directory)
        assert json.loads(gateway.pamsctl("seal", "prune", "--json").stdout)["dropped"] == 1


def flow_a_flagged_report_takes_a_connector_over_verified_tls(gateway):
    directory = use_journal(gateway, more=f'deliver_to = "{CONNECTOR}"')
    message = messages.flagged()
    answer = gateway.send(message, OUTSIDE)
    assert answer.code == 250, answer
    report = the_report(gateway.smart_host, message)
    assert report.tls and report.recipients == ["journal@example.org"] and report.sender == ""
    assert not messages.is_carrier(report.data)
    sent = wait_for("the message itself", lambda: [one for one in gateway.smart_host.with_text(message.unique)
                                                   if one is not report])[0]
    _, original = read(messages.without_trace_fields(report.data))
    assert original == messages.without_trace_fields(sent.data)
    nothing_waits(gateway, directory)


def wait_until_queued(gateway, reason, count):
    wait_for(f"{count} in the queue for {reason!r}", lambda: sum(
        reason in one.get("delay_reason", "") for entry in gateway.postfix.queue() for one in entry["recipients"]) >= count)
    shown = gateway.sealed_leaks()
    assert not shown, shown


def flow_a_flagged_report_waits_sealed_while_its_route_is_not_proven(gateway):
    use_journal(gateway, more=f'deliver_to = "{CONNECTOR}"')
    gateway.smart_host.behaviour = Behaviour(certificate="wrong-name")
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    wait_until_queued(gateway, "wanted is", len(OUTSIDE) + 1)
    gateway.postfix.requeue_all()
    wait_until_queued(gateway, "wanted is", len(OUTSIDE) + 1)
    assert not gateway.at_normal_route(message)


def flow_a_flagged_report_waits_sealed_while_the_mailbox_server_is_away(gateway):
    with store(gateway) as (server, deliver_to):
        directory = use_journal(gateway, more=deliver_to)
        server.stop()
        message = messages.flagged()
        assert gateway.send(message, OUTSIDE).code == 250
        gateway.wait_at(gateway.smart_host, message)
        gateway.wait_deferred("store.sock")
        gateway.postfix.requeue_all()
        wait_until_queued(gateway, "store.sock", 1)
        server.start()
        gateway.postfix.flush()
        the_report(server, message)
        nothing_waits(gateway, directory)
        assert len(reports_at(server, message)) == 1


def flow_a_flagged_report_that_the_mailbox_server_refuses_is_not_lost(gateway):
    """It has no sender who could be told: the MTA keeps it until the mailbox is there."""
    with store(gateway) as (server, deliver_to):
        directory = use_journal(gateway, more=deliver_to)
        for behaviour in (Behaviour(rcpt_reply="550 5.1.1 no such mailbox"), Behaviour(data_reply="554 5.6.0 not like this")):
            server.behaviour = behaviour
            message = messages.flagged()
            assert gateway.send(message, OUTSIDE).code == 250
            gateway.wait_at(gateway.smart_host, message)
            wait_until_queued(gateway, "550 5.1.1" if behaviour.rcpt_reply else "554 5.6.0", 1)
            assert "event=relay_report_refused" in gateway.relay.log()
            assert not reports_at(server, message) and not gateway.at_normal_route(message)
            server.behaviour = Behaviour()
            gateway.postfix.flush()
            the_report(server, message)
            nothing_waits(gateway, directory)


def refusals(gateway):
    return gateway.relay.log().count("event=relay_report_refused")


def flow_a_flagged_report_that_its_mailbox_refuses_goes_to_the_alternate_one(gateway):
    with store(gateway) as (server, deliver_to):
        directory = use_journal(gateway, more=deliver_to + '\njournaling_report_ndr_to = "alternate@example.org"')
        for answer in ("rcpt_replies", "data_replies"):
            # The alternate mailbox is there all the time: Postfix tries again when it likes.
            server.behaviour = Behaviour(**{answer: {"journal@example.org": "550 5.2.1 the mailbox is disabled"}})
            message, before = messages.flagged(), refusals(gateway)
            assert gateway.send(message, OUTSIDE).code == 250
            gateway.wait_at(gateway.smart_host, message)
            wait_for("the mailbox has refused the report", lambda: refusals(gateway) > before)
            gateway.postfix.flush()
            assert the_report(server, message).recipients == ["alternate@example.org"]
            nothing_waits(gateway, directory)
            assert len(reports_at(server, message)) == 1
