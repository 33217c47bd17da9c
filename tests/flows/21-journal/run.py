"""Journaling: each journal mailbox gets Exchange's envelope report of what was sent, whatever happens in between."""

import email
import email.policy
import json
import shutil

from support import messages
from support.milter import USER
from support.postfix import free_port
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
    gateway.milter.stop()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    shutil.chown(folder, USER, USER)
    section = JOURNAL.replace("@FOLDER@", str(gateway.folder)).replace("@PORT@", str(free_port())) + more
    gateway.write_settings(replace=[("[[archive]]", f"{section}\n{rules}\n[[archive]]"), ('["example.org"]', accepted)])
    gateway.milter.start()
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


def flow_a_flagged_report_does_not_take_the_normal_route(gateway):
    """The journal mailbox is inside, but another server's: in clear. The message waits at its sender."""
    use_journal(gateway)
    message = messages.flagged()
    answer = gateway.send(message, OUTSIDE)
    assert answer.code == 451, answer
    assert "would not stay on this machine" in gateway.milter.log()
    assert gateway.postfix.queue() == [] and not gateway.smart_host.with_text(message.unique)
    assert not gateway.archive.with_text(message.unique), "archived, but not sent"
    ordinary = messages.plain()
    assert gateway.send(ordinary, OUTSIDE).code == 250
    the_report(gateway.mailboxes, ordinary)


def flow_a_flagged_report_reaches_a_mailbox_on_this_machine(gateway):
    boxes = gateway.folder / "boxes"
    shutil.rmtree(boxes, ignore_errors=True)
    boxes.mkdir()
    shutil.chown(boxes, USER, USER)
    folder = use_journal(gateway, rules=rule("Local", "journal@here.example"), accepted='["example.org", "here.example"]')
    gateway.use_postfix(virtual_mailbox_domains="here.example", virtual_mailbox_base=str(boxes),
                        virtual_mailbox_maps="inline:{ journal@here.example=journal }",
                        virtual_uid_maps="static:1", virtual_gid_maps="static:1", virtual_minimum_uid="1")
    message = messages.flagged()
    answer = gateway.send(message, OUTSIDE)
    assert answer.code == 250, answer
    sent = gateway.wait_at(gateway.smart_host, message)
    box = boxes / "journal"
    wait_for("the report in the mailbox", lambda: box.exists() and message.unique.encode() in box.read_bytes())
    nothing_waits(gateway, folder)
    text = box.read_bytes()
    assert b"\nBcc: hidden@other.example\n" in text and b"\nzivver-relay: f3b1c0de.example\n" in text
    assert b"X-PAMS-Route" not in text and text.count(message.unique.encode()) == sent.data.count(message.unique.encode())


def flow_a_flagged_report_takes_a_connector_over_verified_tls(gateway):
    folder = use_journal(gateway, more=f'confidential_reports = "{CONNECTOR}"')
    message = messages.flagged()
    answer = gateway.send(message, OUTSIDE)
    assert answer.code == 250, answer
    report = the_report(gateway.smart_host, message)
    assert report.tls and report.recipients == ["journal@example.org"] and report.sender == ""
    assert not messages.fields_named(report.data, "X-PAMS-Route")
    sent = wait_for("the message itself", lambda: [one for one in gateway.smart_host.with_text(message.unique)
                                                   if one is not report])[0]
    _, original = read(messages.without_trace_fields(report.data))
    assert original == messages.without_trace_fields(sent.data)
    nothing_waits(gateway, folder)


def flow_a_flagged_report_waits_while_its_route_is_not_proven(gateway):
    """The certificate is wrong: the report stays in the MTA's queue, as the message does."""
    use_journal(gateway, more=f'confidential_reports = "{CONNECTOR}"')
    gateway.smart_host.behaviour.certificate = "wrong-name"
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("both wait in the queue", lambda: sum(
        "certificate" in one.get("delay_reason", "") for entry in gateway.postfix.queue() for one in entry["recipients"]) >= 2)
    gateway.postfix.requeue_all()
    wait_for("both wait again", lambda: sum(
        "certificate" in one.get("delay_reason", "") for entry in gateway.postfix.queue() for one in entry["recipients"]) >= 2)
    assert not gateway.at_normal_route(message)


def flow_check_names_what_would_leak_and_doctor_the_missing_listener(gateway):
    out = rule("Out", "journal@archive.example")
    gateway.write_settings(replace=[("[[archive]]", out + "\n[[archive]]")])
    done = gateway.pamsctl("check", check=False)
    assert done.returncode == 1 and "'journal@archive.example' is outside accepted_domains" in done.stderr, done.stderr
    for more in ('confidential_reports = "allow"', f'confidential_reports = "{CONNECTOR}"'):
        gateway.write_settings(replace=[("[[archive]]", f"[journal]\n{more}\n{out}\n[[archive]]")])
        assert gateway.pamsctl("check", check=False).returncode == 0, more
    doctor = json.loads(gateway.pamsctl("doctor", "--json", check=False).stdout)["checks"]
    listener = next(one for one in doctor if one["id"] == "journal_listener")
    assert listener["status"] == "fail" and "127.0.0.1:895" in listener["seen"], listener
    use_journal(gateway)
    doctor = json.loads(gateway.pamsctl("doctor", "--json", check=False).stdout)["checks"]
    assert all(one["status"] == "ok" for one in doctor if one["id"] in ("journal_listener", "milter", "header_checks")), doctor
    again = json.loads(gateway.pamsctl("setup", "postfix", "--json").stdout)
    assert not again["changes"], again
