"""Messages for the flows. Each carries a text in its body by which it is found again, wherever it went."""

import base64
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

# In the body of every flagged message. The runner looks for it on the normal route after every flow.
FLAGGED = "FLAGGED-"
ORDINARY = "ORDINARY-"
# The same where a flagged message has an attachment in base64 (at its beginning).
FLAGGED_BASE64 = base64.b64encode(FLAGGED.encode()).decode()[:10]
# In the subject of every flagged message that is not given another one: nobody but the smart host may see it.
HIDDEN = "HIDDEN-"
# After the text of a flagged message. Postfix's queue file may show the end of what was there before the carrier
# (reference: the manual, "What the queue shows"); what must never be seen stands well before it.
CLOSING = "Nothing here is secret any more; these lines only fill up the end of it.\r\n" * 8


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
    """Reads a message of the flow's directory: LF becomes CRLF, @UNIQUE@ the text that identifies it."""
    unique = unique_text(is_flagged)
    data = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return Message(data.replace(b"@UNIQUE@", unique.encode()), unique)


def plain(*fields, is_flagged=False, subject=None):
    """A short text message from alice@example.org with further header `fields`, each as it stands on the wire."""
    unique = unique_text(is_flagged)
    subject = subject or (HIDDEN + secrets.token_hex(8) if is_flagged else "Hello")
    lines = ["From: Alice <alice@example.org>", "To: Bob <bob@client.example>", f"Subject: {subject}",
             f"Message-ID: <{unique}@example.org>", "Date: Mon, 05 Jan 2026 10:00:00 +0100", *fields, "",
             f"Dear Bob, {unique}", ""]
    # The Message-ID is a header: it may be seen in a bounce. What identifies the body must not stand in it.
    message = Message(b"", unique)
    message.data = "\r\n".join(lines).replace(f"<{unique}@example.org>", message.message_id).encode()
    if is_flagged:
        message.data += CLOSING.encode()
    return message


def flagged(*fields, **options):
    """The same with the header by which Outlook marks it for Zivver."""
    return plain("zivver-relay: f3b1c0de.example", *fields, is_flagged=True, **options)


def flagged_with_attachment(**options):
    """Its text and its attachment are secret: FLAGGED stands in both."""
    message = flagged("MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=outer", **options)
    secret = base64.encodebytes((message.unique + " attached. ").encode() * 40).replace(b"\n", b"\r\n")
    header, text = header_of(message.data), body_of(message.data)
    message.data = (header + b"\r\n--outer\r\nContent-Type: text/plain\r\n\r\n" + text
                    + b"--outer\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
                    + b"Content-Disposition: attachment; filename=results.pdf\r\n\r\n" + secret
                    + b"--outer\r\nContent-Type: text/plain\r\n\r\n" + CLOSING.encode() + b"--outer--\r\n")
    return message


def secrets_in(data: bytes):
    """Which of the marks of flagged mail stand in there in clear."""
    return [mark for mark in (FLAGGED, FLAGGED_BASE64, HIDDEN) if mark.encode() in data]


def is_carrier(data: bytes):
    return bool(fields_named(data, "X-PAMS-Sealed"))


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
