"""The main job: a flagged message to one external, one internal and one Bcc recipient (message.eml).

It must leave once, whole, through the smart host over verified TLS, with its disclaimer and its copy in the archive.
"""

import email
import email.policy
from pathlib import Path

from support import messages
from support.messages import fields_named, is_carrier, without_trace_fields

RECIPIENTS = ["bob@client.example", "carol@example.org", "dan@secret-copy.example"]  # To, Cc, Bcc
DISCLAIMER = "registered at the Chamber of Commerce under 01234567"


def flow_one_transaction_over_verified_tls_with_all_recipients(gateway):
    message = messages.from_file(Path(__file__).with_name("message.eml"), is_flagged=True)
    answer = gateway.send(message, RECIPIENTS)
    assert answer.code == 250, answer
    arrived = gateway.wait_at(gateway.smart_host, message)

    assert arrived.tls in ("TLSv1.2", "TLSv1.3"), arrived.tls
    for row in gateway.wait_relayed(RECIPIENTS):
        assert (row["protocol"], row["host"]) == (arrived.tls, f"localhost:{gateway.smart_host.port}"), row
        assert row["reply"] == "250 2.0.0 taken", row
    assert arrived.sender == "alice@example.org", arrived.mail_from
    assert sorted(arrived.recipients) == sorted(RECIPIENTS), arrived.recipients

    assert fields_named(arrived.data, "zivver-relay") == [b"zivver-relay: f3b1c0de.example"]
    assert not is_carrier(arrived.data), "what marks a sealed message left the gateway"
    assert_disclaimer_in_text_and_html(arrived.data)
    assert attachment_of(message.data) in arrived.data, "the attachment has changed"
    assert b"This preamble stays." in arrived.data

    archived, = gateway.archive.with_text(message.unique)
    assert archived["message"] == without_trace_fields(arrived.data), "the archive holds something else than what was sent"
    assert sorted(archived["recipients"]) == sorted(RECIPIENTS), archived["recipients"]

    gateway.wait_empty_queue()
    assert not gateway.at_normal_route(message)


def assert_disclaimer_in_text_and_html(data):
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    for kind in ("plain", "html"):
        text = parsed.get_body((kind,)).get_content()
        assert text.count(DISCLAIMER) == 1, f"disclaimer {text.count(DISCLAIMER)} times in text/{kind}"
        assert "café included." in text, f"text/{kind} was damaged"


def attachment_of(data):
    """Raw bytes of the last part, its header included."""
    return data[data.index(b"--outer\r\nContent-Type: application/pdf"):]


def flow_the_same_message_again_is_sent_again_and_archived_once(gateway):
    """The sender's server had no answer and repeats: two deliveries are right, two archive records are not."""
    message = messages.flagged()
    for count in (1, 2):
        assert gateway.send(message, RECIPIENTS).code == 250
        gateway.wait_for_copies(gateway.smart_host, message, count)
    assert len(gateway.archive.with_text(message.unique)) == 1
    assert not gateway.at_normal_route(message)


def flow_a_message_of_several_megabytes_arrives_whole(gateway):
    """Larger than the pieces in which the milter protocol carries a body (65,535 bytes)."""
    message = messages.flagged(subject="Large")
    line = b"0123456789" * 7 + b"\r\n"
    message.data += line * 60000
    assert gateway.send(message, RECIPIENTS).code == 250
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert arrived.data.count(line) == 60000
    assert DISCLAIMER.encode() in arrived.data
