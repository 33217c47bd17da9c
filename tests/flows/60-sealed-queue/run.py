"""What the queue holds of a flagged message: a carrier, which tells nothing to whoever has no key.

And what becomes of it when the key is not there.
"""

import json
import re
import threading
from pathlib import Path

from support import messages
from support.waiting import wait_for

RECIPIENTS = ["bob@client.example", "carol@example.org", "dan@secret-copy.example"]
OUTSIDE = ["bob@client.example"]


def waiting(gateway, message, recipients=RECIPIENTS):
    """The queue id of the message, which waits for the smart host."""
    gateway.smart_host.stop()
    answer = gateway.send(message, recipients)
    assert answer.code == 250, answer
    return gateway.wait_deferred("Connection refused")["queue_id"]


def leaves(gateway, message):
    gateway.smart_host.start()
    gateway.postfix.flush()
    arrived = gateway.wait_at(gateway.smart_host, message)
    gateway.wait_empty_queue()
    return arrived


def flow_postcat_reads_nothing(gateway):
    message = messages.flagged_with_attachment()
    queue_id = waiting(gateway, message)
    shown = gateway.postfix.postcat(queue_id)
    assert not messages.secrets_in(shown) and b"zivver-relay" not in shown.lower(), shown
    assert b"results.pdf" not in shown and b"KvK" not in shown and b"Chamber of Commerce" not in shown
    carrier = gateway.carrier_of(queue_id)
    present = {name: messages.fields_named(carrier, name) for name in
               ("From", "To", "Date", "Message-ID", "Subject", "X-PAMS-Sealed", "MIME-Version", "Content-Type")}
    assert all(len(fields) == 1 for fields in present.values()), present
    assert message.message_id.encode() in present["Message-ID"][0]
    assert re.search(rb"v1; id=[0-9a-f]{32}; key=[0-9a-f]{16}; via=pams$", present["X-PAMS-Sealed"][0]), present
    longest = max(len(line) for line in carrier.split(b"\r\n"))
    assert longest <= 998 and max(carrier) < 128, "the carrier is not plain mail"
    arrived = leaves(gateway, message)
    assert messages.FLAGGED_BASE64.encode() in arrived.data and not messages.is_carrier(arrived.data)


def flow_raw_queue_files_show_nothing_of_the_body_but_its_end(gateway):
    """Root can read them: what Postfix overwrites is gone, but for parts of header fields and about a line."""
    message = messages.flagged_with_attachment()
    queue_id = waiting(gateway, message)
    raw = gateway.postfix.queue_files()[queue_id]
    assert b"X-PAMS-Sealed" in raw
    assert message.unique.encode() not in raw and messages.FLAGGED_BASE64.encode() not in raw
    left = raw.count(b"Nothing here is secret any more")
    assert left <= 2, f"{left} lines of the body are left in the queue file"
    leaves(gateway, message)


def flow_a_large_one_is_sealed_and_arrives_byte_for_byte(gateway):
    message = messages.flagged()
    line = b"0123456789" * 7 + b"\r\n"
    message.data += line * 60_000 + b".\r\n..two dots\r\n"
    waiting(gateway, message)
    arrived = leaves(gateway, message)
    assert arrived.data.count(line) == 60_000 and b"\r\n.\r\n..two dots\r\n" in arrived.data
    archived, = gateway.archive.with_text(message.unique)
    assert archived["message"] == messages.without_trace_fields(arrived.data)


def flow_eight_bit_and_odd_bytes_come_out_as_they_went_in(gateway):
    message = messages.flagged("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit",
                               "X-Odd:  two blanks \t")
    message.data += "café € \x01\x7f".encode() + b" \xff\xfe  \r\n\tTab\r\n\r\n\r\n"
    waiting(gateway, message)
    arrived = leaves(gateway, message)
    archived, = gateway.archive.with_text(message.unique)
    assert archived["message"] == messages.without_trace_fields(arrived.data)
    assert "café € \x01\x7f".encode() + b" \xff\xfe  \r\n\tTab\r\n" in arrived.data
    assert messages.fields_named(arrived.data, "X-Odd") == [b"X-Odd:  two blanks \t"]


def flow_the_subject_is_hidden_unless_the_operator_wants_it(gateway):
    hidden = messages.flagged()
    queue_id = waiting(gateway, hidden)
    assert messages.HIDDEN.encode() not in gateway.postfix.postcat(queue_id)
    leaves(gateway, hidden)

    gateway.use_settings(replace=[("[pams]\n", '[pams]\ncarrier_subject = "keep"\n')])
    unhidden = messages.flagged(subject="Quarterly figures")
    queue_id = waiting(gateway, unhidden)
    assert messages.fields_named(gateway.carrier_of(queue_id), "Subject") == [b"Subject: Quarterly figures"]
    arrived = leaves(gateway, unhidden)
    assert messages.fields_named(arrived.data, "Subject") == [b"Subject: Quarterly figures"]


def flow_a_hidden_subject_reaches_the_smart_host_and_the_archive(gateway):
    message = messages.flagged()
    subject = messages.fields_named(message.data, "Subject")
    waiting(gateway, message)
    arrived = leaves(gateway, message)
    assert messages.fields_named(arrived.data, "Subject") == subject
    archived, = gateway.archive.with_text(message.unique)
    assert archived["subject"] and archived["subject"].encode() in subject[0]


def flow_received_fields_of_the_way_stand_on_top(gateway):
    """Those that Postfix put on the carrier, the one that the message came with below them."""
    message = messages.flagged("Received: from desk.example.org by exchange.example.org; Mon, 05 Jan 2026 09:59:00 +0100")
    waiting(gateway, message)
    gateway.postfix.requeue_all()
    wait_for("it waits again", lambda: any("delay_reason" in one for entry in gateway.postfix.queue()
                                           for one in entry["recipients"]))
    arrived = leaves(gateway, message)
    received = messages.fields_named(arrived.data, "Received")
    assert len(received) == 3 and b"desk.example.org" in received[-1], received
    assert arrived.data.startswith(b"Received:")


# -- the key --------------------------------------------------------------------------------------------------------

def waits_for_the_key(gateway, message):
    """The reason that Postfix keeps names the key file, and the relay's event what to do."""
    entry = gateway.wait_deferred("seal.key")
    assert not gateway.smart_host.transactions and not gateway.at_normal_route(message)
    assert "event=relay_key_missing" in gateway.relay.log_since_mark()
    assert "from the backup" in gateway.pamsctl("explain", "relay_key_missing").stdout
    return entry


def flow_the_key_is_lost_and_comes_back(gateway):
    """The message waits, the archive has it, and nothing is bounced; with the key it leaves."""
    message = messages.flagged_with_attachment()
    waiting(gateway, message)
    key = gateway.seal_key.read_bytes()
    gateway.seal_key.unlink()
    gateway.smart_host.start()
    gateway.postfix.flush()
    waits_for_the_key(gateway, message)
    assert len(gateway.archive.with_text(message.unique)) == 1
    answer = gateway.send(messages.flagged(), OUTSIDE)
    assert answer.code == 451, f"sealed with what? {answer}"
    ordinary = messages.plain()
    assert gateway.send(ordinary, OUTSIDE).code == 250, "ordinary mail needs no key"
    gateway.wait_at(gateway.relayhost, ordinary)

    gateway.put_seal_key(key)
    gateway.postfix.flush()
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()


def flow_the_relay_starts_without_the_key_or_says_why_not(gateway):
    message = messages.flagged()
    waiting(gateway, message)
    key = gateway.seal_key.read_bytes()
    gateway.put_seal_key(b"# nothing\n")
    gateway.relay.kill()
    try:
        gateway.relay.start()
    except RuntimeError as problem:
        assert "seal.key" in str(problem), problem
    gateway.put_seal_key(key)
    if not gateway.relay.is_running():
        gateway.relay.start()
    leaves(gateway, message)


def flow_another_key_opens_nothing(gateway):
    """A new file in the old one's place: what waits under the old key waits on, what comes now leaves."""
    old = messages.flagged()
    waiting(gateway, old)
    key = gateway.seal_key.read_bytes()
    gateway.put_seal_key(re.sub(rb"(?m)^[0-9a-f]{64}", b"ab" * 32, key))
    gateway.smart_host.start()
    gateway.postfix.flush()
    waits_for_the_key(gateway, old)
    new = messages.flagged()
    assert gateway.send(new, OUTSIDE).code == 250
    gateway.wait_at(gateway.smart_host, new)
    gateway.put_seal_key(key)
    gateway.postfix.flush()
    gateway.wait_at(gateway.smart_host, old)


def flow_rotation_keeps_the_old_key_while_something_waits_under_it(gateway):
    old = messages.flagged()
    old_id = waiting(gateway, old)
    before = gateway.seal_key.read_text()
    gateway.pamsctl("seal", "rotate")
    after = gateway.seal_key.read_text()
    keys = re.findall(r"(?m)^[0-9a-f]{64}", after)
    assert len(keys) == 2 and re.findall(r"(?m)^[0-9a-f]{64}", before)[0] == keys[1], "the old key is gone"
    assert (gateway.seal_key.stat().st_mode & 0o777) == 0o600
    new = messages.flagged()
    answer = gateway.send(new, OUTSIDE)
    assert answer.code == 250, answer

    def key_of(queue_id):
        return re.search(rb"key=([0-9a-f]{16})", gateway.carrier_of(queue_id)).group(1)
    assert key_of(old_id) != key_of(answer.queue_id)
    gateway.smart_host.start()
    gateway.postfix.flush()
    for message in (old, new):
        gateway.wait_at(gateway.smart_host, message)
    gateway.wait_empty_queue()


def flow_a_rotation_while_old_keys_are_dropped_is_not_undone(gateway):
    """Looking through the queue takes a while. What is sealed with the new key meanwhile can be opened afterwards."""
    gateway.smart_host.stop()
    for _ in range(12):
        assert gateway.send(messages.flagged(), OUTSIDE).code == 250
    gateway.pamsctl("seal", "rotate")
    aged = re.sub(rb"[0-9]{4}-[0-9-]{5}T", b"2026-01-05T", gateway.seal_key.read_bytes())
    gateway.put_seal_key(b"ab" * 32 + b" 2026-01-06T00:00:00Z\n" + aged + b"cd" * 32 + b" 2026-01-04T00:00:00Z\n")
    pruning = threading.Thread(target=gateway.pamsctl, args=("seal", "prune"))
    pruning.start()
    rotated = gateway.pamsctl("seal", "rotate", "--json")
    pruning.join()
    newest = json.loads(rotated.stdout)["keys"][0]["id"]
    keys = json.loads(gateway.pamsctl("seal", "list", "--json").stdout)["keys"]
    assert [one["id"] for one in keys if one["seals"]] == [newest], keys
    assert b"cd" * 32 not in gateway.seal_key.read_bytes(), "nothing was dropped: this shows nothing"


# -- who gets it ------------------------------------------------------------------------------------------------------

def flow_recipients_that_the_mta_adds_get_nothing(gateway):
    gateway.use_postfix(recipient_bcc_maps="static:copy@elsewhere.example", always_bcc="all@elsewhere.example")
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    assert gateway.wait_at(gateway.smart_host, message).recipients == OUTSIDE
    gateway.wait_empty_queue()
    assert len(gateway.smart_host.transactions) == 1
    dropped = [row["recipient"] for row in gateway.relay.deliveries() if row["result"] == "dropped"]
    assert sorted(dropped) == ["all@elsewhere.example", "copy@elsewhere.example"], dropped


def flow_recipients_that_the_mta_adds_are_refused_where_the_operator_wants_it(gateway):
    gateway.use_settings(replace=[("[pams]\n", '[pams]\nextra_recipients = "refuse"\n')])
    gateway.use_postfix(always_bcc="all@elsewhere.example")
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    assert gateway.wait_at(gateway.smart_host, message).recipients == OUTSIDE
    wait_for("the refusal", lambda: "all@elsewhere.example" in gateway.postfix.log_since_mark()
             and "status=bounced" in gateway.postfix.log_since_mark())
    gateway.wait_empty_queue()


def flow_a_rewritten_recipient_gets_the_message_under_the_address_that_was_written(gateway):
    """An alias for two people outside: what the sender wrote is what Zivver gets, once."""
    gateway.use_postfix(virtual_alias_maps="inline:{ {team@client.example = bob@client.example, eve@other.example} }")
    message = messages.flagged()
    assert gateway.send(message, ["team@client.example", "dan@client.example"]).code == 250
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert sorted(arrived.recipients) == ["dan@client.example", "team@client.example"], arrived.recipients
    gateway.wait_empty_queue()
    assert len(gateway.smart_host.transactions) == 1


def flow_rewritten_recipients_that_came_with_the_same_orcpt_all_get_it(gateway):
    """A list's members, as Exchange hands them on: each has the list's address as its ORCPT, and the gateway rewrites each."""
    gateway.use_postfix(recipient_canonical_maps="inline:{ {@client.internal = @client.example} }")
    members = ["bob@client.internal", "eve@client.internal", "dan@client.internal"]
    message = messages.flagged()
    with gateway.connection() as client:
        options = {one: ["ORCPT=rfc822;list@example.org"] for one in members} | {members[2]: ["ORCPT=x400;C=NL"]}
        client.mail("alice@example.org")
        for one in members:
            assert client.rcpt(one, options[one])[0] == 250
        assert client.data(message.data)[0] == 250
    assert sorted(gateway.wait_at(gateway.smart_host, message).recipients) == sorted(members)
    gateway.wait_empty_queue()
    assert len(gateway.smart_host.transactions) == 1
    assert [row["result"] for row in gateway.relay.deliveries()] == ["sent"] * 3


# -- a crash ----------------------------------------------------------------------------------------------------------

def flow_neither_program_can_leave_a_core_file(gateway):
    """Whatever the limits are and kernel.core_pattern says: what they run as cannot dump it, so proc(5) gives it to root."""
    for program in (gateway.milter, gateway.relay):
        assert Path(f"/proc/{program.process.pid}/mem").owner() == "root", program.program
