"""Journaling: each journal mailbox gets Exchange's envelope report of what was sent, whatever happens in between.

A report of a flagged message holds the message: it travels sealed, and the relay brings it to `deliver_to`.
"""

import contextlib
import email
import email.policy
import json
import re
import shutil

from support import messages
from support.milter import USER
from support.ports import free_port
from support.smtp_server import Behaviour, Server
from support.waiting import wait_for

OUTSIDE = ["bob@client.example", "hidden@other.example"]
CONNECTOR = "Zivver Plugin Assisted Mail Submission"

JOURNAL = """
[journal]
path = "@FOLDER@/journal"
submit_to = "127.0.0.1:@PORT@"
"""


def rule(name, mailbox, scope="global"):
    return f'[[journal_rule]]\nname = "{name}"\nscope = "{scope}"\nrecipient = ""\njournal_email_address = "{mailbox}"\n'


TWO_RULES_ONE_MAILBOX = rule("External", "journal@example.org", "external") + rule("All", "Journal@example.org")


def use_journal(gateway, more="", rules=TWO_RULES_ONE_MAILBOX, accepted='["example.org"]', with_listener=True):
    """Journaling from now on; the MTA's listener for reports comes from `pamsctl setup`, as everywhere."""
    folder = gateway.folder / "journal"
    gateway.relay.stop()
    gateway.milter.stop()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    shutil.chown(folder, USER, USER)
    section = JOURNAL.replace("@FOLDER@", str(gateway.folder)).replace("@PORT@", str(free_port())) + more
    gateway.write_settings(replace=[("[[archive]]", f"{section}\n{rules}\n[[archive]]"), ('["example.org"]', accepted)])
    gateway.milter.start()
    gateway.relay.start()
    if with_listener:
        make_listener(gateway)
    return folder


def make_listener(gateway):
    gateway.pamsctl("setup", "postfix", "--apply")
    gateway.postfix.restart()


def waiting(folder):
    return list((folder / "waiting").glob("*.report")) if (folder / "waiting").exists() else []


def reports_at(server, message):
    return [one for one in server.with_text(message.unique) if messages.fields_named(one.data, "X-MS-Journal-Report")]


def the_report(server, message):
    found = wait_for(f"a report at the {server.name}", lambda: reports_at(server, message))
    assert len(found) == 1, f"{len(found)} reports"
    return found[0]


def read(data):
    """(lines of the first part, the reported message's bytes), by Python's email and by the boundary alone."""
    report = email.message_from_bytes(data, policy=email.policy.SMTP)
    assert report.get_content_type() == "multipart/mixed" and not report.defects, report.defects
    text, attached = report.get_payload()
    assert (text.get_content_type(), attached.get_content_type()) == ("text/plain", "message/rfc822")
    assert not text.defects and not attached.defects and report["X-MS-Journal-Report"] == ""
    boundary = b"\r\n--" + report.get_boundary().encode()
    parts = data.split(boundary)
    assert len(parts) == 4 and parts[3].strip() == b"--", parts[3:]
    return text.get_content().splitlines(), messages.body_of(parts[2])


def nothing_waits(gateway, folder):
    wait_for("the spool is empty", lambda: not waiting(folder))
    gateway.wait_empty_queue()


def flow_a_report_tells_the_envelope_and_holds_the_message_byte_for_byte(gateway):
    folder = use_journal(gateway)
    message = messages.plain("Cc: Carl <carl@third.example>", subject="=?utf-8?q?Gr=C3=BC=C3=9Fe=0ATo:_evil?=")
    message.data += b".\r\n..two dots\r\n8-bit: \xc3\xa9 and \xe9\r\n--journal\r\n\r\n"
    answer = gateway.send(message, [OUTSIDE[0], "carl@third.example", OUTSIDE[1]])
    assert answer.code == 250, answer
    sent = gateway.wait_at(gateway.relayhost, message)
    report = the_report(gateway.mailboxes, message)
    assert (report.sender, report.recipients) == ("", ["journal@example.org"]), report.mail_from
    lines, original = read(messages.without_trace_fields(report.data))
    assert lines[:4] == ["Sender: alice@example.org", "Subject: Grüße\\x0aTo: evil",
                         f"Message-Id: {email.message_from_bytes(message.data)['Message-ID']}", "To: bob@client.example"], lines
    assert lines[4:] == ["Cc: carl@third.example", "Bcc: hidden@other.example"], lines
    assert original == messages.without_trace_fields(sent.data), "the report does not hold what was sent"
    nothing_waits(gateway, folder)
    assert len(reports_at(gateway.mailboxes, message)) == 1, "a report of a report, or a second one"


def flow_one_report_for_each_mailbox_and_none_for_mail_to_the_mailbox(gateway):
    folder = use_journal(gateway, rules=TWO_RULES_ONE_MAILBOX + rule("Second", "audit@example.org"))
    message, to_journal = messages.plain(), messages.plain()
    assert gateway.send(message, OUTSIDE).code == 250
    assert gateway.send(to_journal, ["journal@example.org", "audit@example.org"]).code == 250
    wait_for("both reports", lambda: len(reports_at(gateway.mailboxes, message)) == 2)
    nothing_waits(gateway, folder)
    recipients = sorted(one.recipients for one in reports_at(gateway.mailboxes, message))
    assert recipients == [["audit@example.org"], ["journal@example.org"]], recipients
    assert not reports_at(gateway.mailboxes, to_journal)


def flow_what_cannot_be_spooled_is_not_taken(gateway):
    folder = use_journal(gateway)
    message = messages.plain()
    folder.chmod(0o500)
    (folder / "waiting").chmod(0o500)
    try:
        answer = gateway.send(message, OUTSIDE)
    finally:
        folder.chmod(0o700)
        (folder / "waiting").chmod(0o700)
    assert answer.code == 451 and "4.3.0" in answer.text, answer
    assert gateway.postfix.queue() == [] and not gateway.at_normal_route(message)
    assert "event=journal_failed" in gateway.milter.log()
    assert gateway.send(message, OUTSIDE).code == 250
    the_report(gateway.mailboxes, message)
    nothing_waits(gateway, folder)
    assert len(reports_at(gateway.mailboxes, message)) == 1


def flow_reports_wait_for_the_mta_and_survive_a_kill(gateway):
    """No listener yet; the milter is killed with the report in its spool; then both come back."""
    folder = use_journal(gateway, with_listener=False)
    message = messages.plain()
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("the report waits", lambda: "event=journal_deferred" in gateway.milter.log() and waiting(folder))
    gateway.milter.kill()
    gateway.milter.start()
    make_listener(gateway)
    the_report(gateway.mailboxes, message)
    nothing_waits(gateway, folder)
    assert len(reports_at(gateway.mailboxes, message)) == 1


def flow_the_same_message_again_makes_no_second_report(gateway):
    """A client that did not hear our 250 sends again."""
    folder = use_journal(gateway)
    message = messages.plain()
    assert gateway.send(message, OUTSIDE).code == 250
    the_report(gateway.mailboxes, message)
    nothing_waits(gateway, folder)
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_for_copies(gateway.relayhost, message, 2)
    nothing_waits(gateway, folder)
    assert len(reports_at(gateway.mailboxes, message)) == 1


def flow_a_refused_report_goes_to_the_alternate_mailbox(gateway):
    folder = use_journal(gateway, more='journaling_report_ndr_to = "alternate@example.org"')
    gateway.use_postfix(relay_recipient_maps="inline:{ alternate@example.org=x }")
    message = messages.plain()
    assert gateway.send(message, OUTSIDE).code == 250
    report = the_report(gateway.mailboxes, message)
    assert report.recipients == ["alternate@example.org"], report.recipients
    nothing_waits(gateway, folder)
    assert "event=journal_alternate" in gateway.milter.log()


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


@contextlib.contextmanager
def store(gateway, over="unix"):
    """A mailbox server that takes LMTP; with what deliver_to says of it."""
    server = Server("journal store", is_lmtp=True,
                    unix_socket=gateway.folder / "store.sock" if over == "unix" else None)
    try:
        where = f"unix:{server.unix_socket}" if over == "unix" else f"127.0.0.1:{server.port}"
        yield server, f'deliver_to = "lmtp:{where}"'
    finally:
        server.stop()


def flow_a_flagged_report_reaches_a_mailbox_server_on_this_machine(gateway):
    for over in ("unix", "port"):
        with store(gateway, over) as (server, deliver_to):
            folder = use_journal(gateway, more=deliver_to)
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
            nothing_waits(gateway, folder)
            assert len(reports_at(server, message)) == 1
            assert not reports_at(gateway.smart_host, message) and not gateway.at_normal_route(message)


def flow_a_key_stays_while_a_report_that_the_mta_has_not_taken_needs_it(gateway):
    """Nothing listens for reports; the key is rotated, and days later somebody drops the old ones."""
    with store(gateway) as (server, deliver_to):
        folder = use_journal(gateway, more=deliver_to, with_listener=False)
        message = messages.flagged()
        assert gateway.send(message, OUTSIDE).code == 250
        gateway.wait_at(gateway.smart_host, message)
        gateway.wait_empty_queue()
        assert len(waiting(folder)) == 1
        gateway.pamsctl("seal", "rotate")
        gateway.put_seal_key(re.sub(rb"[0-9]{4}-[0-9-]{5}T", b"2026-01-05T", gateway.seal_key.read_bytes()))
        assert json.loads(gateway.pamsctl("seal", "prune", "--json").stdout)["dropped"] == 0
        make_listener(gateway)
        the_report(server, message)
        nothing_waits(gateway, folder)
        assert json.loads(gateway.pamsctl("seal", "prune", "--json").stdout)["dropped"] == 1


def flow_reports_of_ordinary_mail_go_on_by_the_mta(gateway):
    with store(gateway) as (server, deliver_to):
        folder = use_journal(gateway, more=deliver_to)
        message = messages.plain()
        assert gateway.send(message, OUTSIDE).code == 250
        the_report(gateway.mailboxes, message)
        nothing_waits(gateway, folder)
        assert not server.transactions


def flow_a_flagged_report_takes_a_connector_over_verified_tls(gateway):
    folder = use_journal(gateway, more=f'deliver_to = "{CONNECTOR}"')
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
    nothing_waits(gateway, folder)


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
        folder = use_journal(gateway, more=deliver_to)
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
        nothing_waits(gateway, folder)
        assert len(reports_at(server, message)) == 1


def flow_a_flagged_report_that_the_mailbox_server_refuses_is_not_lost(gateway):
    """It has no sender who could be told: the MTA keeps it until the mailbox is there."""
    with store(gateway) as (server, deliver_to):
        folder = use_journal(gateway, more=deliver_to)
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
            nothing_waits(gateway, folder)


def flow_a_flagged_report_that_its_mailbox_refuses_goes_to_the_alternate_one(gateway):
    with store(gateway) as (server, deliver_to):
        folder = use_journal(gateway, more=deliver_to + '\njournaling_report_ndr_to = "alternate@example.org"')
        for answer in ("rcpt_reply", "data_reply"):
            server.behaviour = Behaviour(**{answer: "550 5.2.1 the mailbox is disabled"})
            message = messages.flagged()
            assert gateway.send(message, OUTSIDE).code == 250
            gateway.wait_at(gateway.smart_host, message)
            wait_until_queued(gateway, "550 5.2.1", 1)
            server.behaviour = Behaviour()
            gateway.postfix.flush()
            assert the_report(server, message).recipients == ["alternate@example.org"]
            nothing_waits(gateway, folder)
            assert len(reports_at(server, message)) == 1


def flow_check_says_what_to_write_and_doctor_names_the_missing_listener(gateway):
    out = rule("Out", "journal@archive.example")
    for before, instead in (("local", "lmtp:unix:"), ("allow", "lmtp:unix:"), (CONNECTOR, f'deliver_to = "{CONNECTOR}"')):
        gateway.write_settings(replace=[("[[archive]]", f'[journal]\nconfidential_reports = "{before}"\n{out}\n[[archive]]')])
        done = gateway.pamsctl("check", check=False)
        assert done.returncode == 1 and "confidential_reports is gone" in done.stderr and instead in done.stderr, done.stderr
    for to in ("lmtp:192.0.2.1:24", "lmtp:unix:store.sock", "smtp:127.0.0.1:25", "Nobody's connector"):
        gateway.write_settings(replace=[("[[archive]]", f'[journal]\ndeliver_to = "{to}"\n{out}\n[[archive]]')])
        done = gateway.pamsctl("check", check=False)
        assert done.returncode == 1 and "deliver_to" in done.stderr, (to, done.stderr)
    for to in ("lmtp:127.0.0.1:24", "lmtp:unix:/run/store.sock", CONNECTOR):
        gateway.write_settings(replace=[("[[archive]]", f'[journal]\ndeliver_to = "{to}"\n{out}\n[[archive]]')])
        assert gateway.pamsctl("check", check=False).returncode == 0, to
    doctor = json.loads(gateway.pamsctl("doctor", "--json", check=False).stdout)["checks"]
    listener = next(one for one in doctor if one["id"] == "journal_listener")
    assert listener["status"] == "fail" and "127.0.0.1:895" in listener["seen"], listener
    use_journal(gateway)
    doctor = json.loads(gateway.pamsctl("doctor", "--json", check=False).stdout)["checks"]
    assert all(one["status"] == "ok" for one in doctor if one["id"] in ("journal_listener", "milter", "header_checks")), doctor
    again = json.loads(gateway.pamsctl("setup", "postfix", "--json").stdout)
    assert not again["changes"], again
