"""Journaling on the gateway, and its reports at the mailbox servers."""

import contextlib
import email
import email.policy
import shutil

from . import messages
from .milter import USER
from .ports import free_port
from .smtp_server import Server
from .waiting import wait_for

OUTSIDE = ["bob@client.example", "hidden@other.example"]
CONNECTOR = "Zivver Plugin Assisted Mail Submission"

JOURNAL = """
[journal]
path = "@DIRECTORY@/journal"
submit_to = "127.0.0.1:@PORT@"
"""


def rule(name, mailbox, scope="global"):
    return f'[[journal_rule]]\nname = "{name}"\nscope = "{scope}"\nrecipient = ""\njournal_email_address = "{mailbox}"\n'


TWO_RULES_ONE_MAILBOX = rule("External", "journal@example.org", "external") + rule("All", "Journal@example.org")


def use_journal(gateway, more="", rules=TWO_RULES_ONE_MAILBOX, accepted='["example.org"]', with_listener=True):
    """Journaling from now on; the MTA's listener for reports comes from `pamsctl setup`, as everywhere."""
    directory = gateway.directory / "journal"
    gateway.relay.stop()
    gateway.milter.stop()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    shutil.chown(directory, USER, USER)
    section = JOURNAL.replace("@DIRECTORY@", str(gateway.directory)).replace("@PORT@", str(free_port())) + more
    gateway.write_settings(replace=[("[[archive]]", f"{section}\n{rules}\n[[archive]]"), ('["example.org"]', accepted)])
    gateway.milter.start()
    gateway.relay.start()
    if with_listener:
        make_listener(gateway)
    return directory


def make_listener(gateway):
    gateway.pamsctl("setup", "postfix", "--apply")
    gateway.postfix.restart()


def waiting(directory):
    return list((directory / "waiting").glob("*.report")) if (directory / "waiting").exists() else []


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


def nothing_waits(gateway, directory):
    wait_for("the spool is empty", lambda: not waiting(directory))
    gateway.wait_empty_queue()


@contextlib.contextmanager
def store(gateway, over="unix"):
    """A mailbox server that takes LMTP; with what deliver_to says of it."""
    server = Server("journal store", is_lmtp=True,
                    unix_socket=gateway.directory / "store.sock" if over == "unix" else None)
    try:
        where = f"unix:{server.unix_socket}" if over == "unix" else f"127.0.0.1:{server.port}"
        yield server, f'deliver_to = "lmtp:{where}"'
    finally:
        server.stop()
