"""Journaling: each journal mailbox gets Exchange's envelope report of what was sent, whatever happens in between."""

import email
import json

from support import messages
from support.journal import (CONNECTOR, OUTSIDE, TWO_RULES_ONE_MAILBOX, make_listener, nothing_waits, read, reports_at, rule,
                             store, the_report, use_journal, waiting)
from support.waiting import wait_for


def flow_a_report_tells_the_envelope_and_holds_the_message_byte_for_byte(gateway):
    directory = use_journal(gateway)
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
    nothing_waits(gateway, directory)
    assert len(reports_at(gateway.mailboxes, message)) == 1, "a report of a report, or a second one"


def flow_one_report_for_each_mailbox_and_none_for_mail_to_the_mailbox(gateway):
    directory = use_journal(gateway, rules=TWO_RULES_ONE_MAILBOX + rule("Second", "audit@example.org"))
    message, to_journal = messages.plain(), messages.plain()
    assert gateway.send(message, OUTSIDE).code == 250
    assert gateway.send(to_journal, ["journal@example.org", "audit@example.org"]).code == 250
    wait_for("both reports", lambda: len(reports_at(gateway.mailboxes, message)) == 2)
    nothing_waits(gateway, directory)
    recipients = sorted(one.recipients for one in reports_at(gateway.mailboxes, message))
    assert recipients == [["audit@example.org"], ["journal@example.org"]], recipients
    assert not reports_at(gateway.mailboxes, to_journal)


def flow_what_cannot_be_spooled_is_not_taken(gateway):
    directory = use_journal(gateway)
    message = messages.plain()
    directory.chmod(0o500)
    (directory / "waiting").chmod(0o500)
    try:
        answer = gateway.send(message, OUTSIDE)
    finally:
        directory.chmod(0o700)
        (directory / "waiting").chmod(0o700)
    assert answer.code == 451 and "4.3.0" in answer.text, answer
    assert gateway.postfix.queue() == [] and not gateway.at_normal_route(message)
    assert "event=journal_failed" in gateway.milter.log()
    assert gateway.send(message, OUTSIDE).code == 250
    the_report(gateway.mailboxes, message)
    nothing_waits(gateway, directory)
    assert len(reports_at(gateway.mailboxes, message)) == 1


def flow_reports_wait_for_the_mta_and_survive_a_kill(gateway):
    """No listener yet; the milter is killed with the report in its spool; then both come back."""
    directory = use_journal(gateway, with_listener=False)
    message = messages.plain()
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("the report waits", lambda: "event=journal_deferred" in gateway.milter.log() and waiting(directory))
    gateway.milter.kill()
    gateway.milter.start()
    make_listener(gateway)
    the_report(gateway.mailboxes, message)
    nothing_waits(gateway, directory)
    assert len(reports_at(gateway.mailboxes, message)) == 1


def flow_the_same_message_again_makes_no_second_report(gateway):
    """A client that did not hear our 250 sends again."""
    directory = use_journal(gateway)
    message = messages.plain()
    assert gateway.send(message, OUTSIDE).code == 250
    the_report(gateway.mailboxes, message)
    nothing_waits(gateway, directory)
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_for_copies(gateway.relayhost, message, 2)
    nothing_waits(gateway, directory)
    assert len(reports_at(gateway.mailboxes, message)) == 1


def flow_a_refused_report_goes_to_the_alternate_mailbox(gateway):
    directory = use_journal(gateway, more='journaling_report_ndr_to = "alternate@example.org"')
    gateway.use_postfix(relay_recipient_maps="inline:{ alternate@example.org=x }")
    message = messages.plain()
    assert gateway.send(message, OUTSIDE).code == 250
    report = the_report(gateway.mailboxes, message)
    assert report.recipients == ["alternate@example.org"], report.recipients
    nothing_waits(gateway, directory)
    assert "event=journal_alternate" in gateway.milter.log()


def flow_reports_of_ordinary_mail_go_on_by_the_mta(gateway):
    with store(gateway) as (server, deliver_to):
        directory = use_journal(gateway, more=deliver_to)
        message = messages.plain()
        assert gateway.send(message, OUTSIDE).code == 250
        the_report(gateway.mailboxes, message)
        nothing_waits(gateway, directory)
        assert not server.transactions


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
