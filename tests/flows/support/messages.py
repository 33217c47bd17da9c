"""Messages for the flows. Each carries a text in its body by which it is found again, wherever it went."""

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

# In the body of every flagged message. The runner looks for it on the normal route after every flow.
FLAGGED = "FLAGGED-"
ORDINARY = "ORDINARY-"


@dataclass
class Message:
    data: bytes  # CRLF
    unique: str  # stands in the body only

    @property
    def message_id(self):
        """Of messages that plain() and flagged() made."""
        return f"<{self.unique.partition('-')[2]}@example.org>"


def unique_text(is_flagged):
    return (FLAGGED if is_flagged else ORDINARY) + secrets.token_hex(8)


def from_file(path: Path, is_flagged):
    """Reads a message of the flow's folder: LF becomes CRLF, @UNIQUE@ the text that identifies it."""
    unique = unique_text(is_flagged)
    data = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return Message(data.replace(b"@UNIQUE@", unique.encode()), unique)


def plain(*fields, is_flagged=False, subject="Hello"):
    """A one-line text message from alice@example.org with further header `fields`, each as it stands on the wire."""
    unique = unique_text(is_flagged)
    lines = ["From: Alice <alice@example.org>", "To: Bob <bob@client.example>", f"Subject: {subject}",
             f"Message-ID: <{unique}@example.org>", "Date: Mon, 05 Jan 2026 10:00:00 +0100", *fields, "",
             f"Dear Bob, {unique}", ""]
    # The Message-ID is a header: it may be seen in a bounce. What identifies the body must not stand in it.
    message = Message(b"", unique)
    message.data = "\r\n".join(lines).replace(f"<{unique}@example.org>", message.message_id).encode()
    return message


def flagged(*fields, **options):
    """The same with the header by which Outlook marks it for Zivver."""
    return plain("zivver-relay: f3b1c0de.example", *fields, is_flagged=True, **options)


def header_of(data: bytes):
    """The header section, CRLF at its end; everything when there is no body."""
    return data.partition(b"\r\n\r\n")[0] + b"\r\n"


def body_of(data: bytes):
    return data.partition(b"\r\n\r\n")[2]


def fields_named(data: bytes, name):
    """The top-level fields of that name in any letter case, each raw with its folds."""
    fields = re.split(rb"\r\n(?![ \t])", header_of(data).rstrip(b"\r\n"))
    return [one for one in fields if re.match(re.escape(name.encode()) + rb"[ \t]*:", one, re.I)]


def without_trace_fields(data: bytes):
    """Without the Received fields that Postfix puts on top of what it relays."""
    return re.sub(rb"\A(?:(?:Received|Delivered-To|Return-Path):[^\r]*\r\n(?:[ \t][^\r]*\r\n)*)+", b"", data)
