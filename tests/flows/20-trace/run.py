"""What `pamsctl trace` tells is what happened: the same as the servers saw that got the mail, or did not get it."""

import contextlib
import json
import subprocess
from pathlib import Path

from support import messages
from support.doctor import findings
from support.outcome import Skipped
from support.smtp_server import Behaviour
from support.trace import Trace
from support.waiting import wait_for

RULES = Path(__file__).parent / "rules.toml"
BOB, CAROL, DAVE = "bob@client.example", "carol@other.example", "dave@example.org"
CONNECTOR = "Zivver Plugin Assisted Mail Submission"


def send(gateway, message, *recipients):
    answer = gateway.send(message, list(recipients))
    assert answer.code == 250, answer
    return answer.queue_id


def statuses(trace, message):
    return {recipient: row["status"] for recipient, row in trace.rows_of(message).items()}


def wait_until_told(trace, message, wanted):
    """The log is joined within a second or so. Returns the rows."""
    def told():
        return statuses(trace, message) == wanted
    try:
        wait_for(f"the trace tells {wanted}", told, pause=0.3)
    except AssertionError as problem:
        raise AssertionError(f"{problem}; it tells {trace.rows_of(message)}") from None
    return trace.rows_of(message)


def events(trace, row):
    return [one["event"] for one in trace.story(row["id"])["events"]]


def comes_in_order(found, wanted):
    assert are_in_order(found, wanted), f"not in this order: {wanted} in {found}"


def are_in_order(found, wanted):
    rest = iter(found)
    return all(one in rest for one in wanted)


def wait_until_in_order(trace, row, wanted):
    """The relay tells at once what it did; what Postfix has logged is joined a little later."""
    try:
        wait_for("the events in the trace", lambda: are_in_order(events(trace, row), wanted), pause=0.3)
    except AssertionError as problem:
        raise AssertionError(f"{problem}: {wanted} in {events(trace, row)}") from None


def flow_delivered_by_the_smart_host(gateway):
    trace = Trace(gateway)
    message = messages.flagged(subject="Quarterly figures")
    queue_id = send(gateway, message, BOB, DAVE)
    arrived = gateway.wait_at(gateway.smart_host, message)
    rows = wait_until_told(trace, message, {recipient: "Delivered" for recipient in arrived.recipients})
    for row in rows.values():
        assert row["queue_id"] == queue_id and row["sender"] == arrived.sender
        assert row["class"] == "flagged" and row["route"] == CONNECTOR
        assert row["tls"].startswith(f"Verified {arrived.tls}"), row  # the relay's own proof
        assert "250 2.0.0 taken" in row["reply"] and row["subject"] == "Quarterly figures", row
        assert row["client"] == "127.0.0.1" and row["message_id"] == message.message_id
    story = trace.story(rows[BOB]["id"])
    comes_in_order([one["event"] for one in story["events"]],
                   ["RECEIVE", "CLASS", "RULE", "ACTION", "ARCHIVE", "ROUTE", "REPLY", "SEND", "SEND"])
    assert f"localhost:{gateway.smart_host.port}" in json.dumps(story), "no word of the smart host"
    certificate = gateway.wait_relayed(arrived.recipients)[0]["certificate"]
    assert certificate in json.dumps(story), "no word of the smart host's certificate"
    assert trace.leaks() == (0, [])


def flow_deferred_and_then_delivered(gateway):
    trace = Trace(gateway)
    gateway.smart_host.stop()
    message = messages.flagged()
    send(gateway, message, BOB)
    gateway.wait_deferred("Connection refused")
    rows = wait_until_told(trace, message, {BOB: "Pending"})
    wait_for("the reason in the trace",
             lambda: "Connection refused" in trace.rows_of(message)[BOB]["reply"], pause=0.3)
    gateway.smart_host.start()
    gateway.postfix.flush()
    gateway.wait_at(gateway.smart_host, message)
    rows = wait_until_told(trace, message, {BOB: "Delivered"})
    wait_until_in_order(trace, rows[BOB], ["REPLY", "DEFER", "SEND"])


def flow_refused_by_the_smart_host(gateway):
    trace = Trace(gateway)
    gateway.smart_host.behaviour = Behaviour(rcpt_reply="550 5.1.1 no such recipient")
    message = messages.flagged()
    send(gateway, message, BOB)
    rows = wait_until_told(trace, message, {BOB: "Failed"})
    assert "550 5.1.1 no such recipient" in rows[BOB]["reply"], rows
    wait_for("the notice to the sender", lambda: "NOTICE" in events(trace, rows[BOB]), pause=0.3)
    assert gateway.smart_host.transactions == []
    assert trace.leaks() == (0, []), "the bounce, without the content, is no leak"


def flow_rejected_and_quarantined_by_rules(gateway):
    trace = Trace(gateway)
    gateway.use_settings(RULES)
    rejected = messages.plain(subject="TOP SECRET")
    answer = gateway.send(rejected, [BOB])
    assert answer.code == 550
    rows = wait_until_told(trace, rejected, {BOB: "Rejected"})
    assert "550 5.7.909 no secrets" in rows[BOB]["reply"], rows

    held = messages.flagged(subject="MODERATE this")
    send(gateway, held, BOB, CAROL)
    rows = wait_until_told(trace, held, {BOB: "Quarantined", CAROL: "Quarantined"})
    gateway.postfix.tool("postsuper", "-H", "ALL")
    gateway.postfix.flush()
    arrived = gateway.wait_at(gateway.smart_host, held)
    rows = wait_until_told(trace, held, {recipient: "Delivered" for recipient in arrived.recipients})
    wait_until_in_order(trace, rows[BOB], ["HOLD", "RELEASE", "SEND"])


def flow_requeued(gateway):
    trace = Trace(gateway)
    gateway.smart_host.stop()
    message = messages.flagged()
    first_id = send(gateway, message, BOB, DAVE)
    gateway.wait_deferred("Connection refused")
    # Postfix shows the reason in its queue before it logs it.
    wait_for("the reason in the trace",
             lambda: all("Connection refused" in row["reply"] for row in trace.rows_of(message).values()), pause=0.3)
    gateway.postfix.requeue_all()
    wait_for("a new queue id", lambda: [one for one in gateway.postfix.queue() if one["queue_id"] != first_id
                                        and one["queue_name"] != "maildrop"])
    second_id, = (one["queue_id"] for one in gateway.postfix.queue())
    gateway.smart_host.start()
    gateway.postfix.flush()
    gateway.wait_at(gateway.smart_host, message)
    rows = wait_until_told(trace, message, {BOB: "Delivered", DAVE: "Delivered"})
    wait_until_in_order(trace, rows[BOB], ["DEFER", "REQUEUE", "SEND"])
    assert {row["id"] for row in trace.rows("--queue-id", second_id)} == {rows[BOB]["id"]}
    assert {row["id"] for row in trace.rows("--queue-id", first_id)} == {rows[BOB]["id"]}
    assert rows[BOB]["tls"].startswith("Verified") and trace.leaks() == (0, [])


def flow_expanded_by_an_alias(gateway):
    trace = Trace(gateway)
    gateway.use_postfix(virtual_alias_maps="inline:{ {team@client.example = bob@client.example, carol@other.example} }")
    message = messages.plain()
    send(gateway, message, "team@client.example")
    gateway.wait_for_copies(gateway.relayhost, message, 1)
    arrived = sorted(one for transaction in gateway.relayhost.with_text(message.unique) for one in transaction.recipients)
    wait_until_told(trace, message, {"team@client.example": "Expanded", **{one: "Delivered" for one in arrived}})
    assert arrived == [BOB, CAROL]


def flow_deleted_from_the_queue(gateway):
    trace = Trace(gateway)
    gateway.smart_host.stop()
    message = messages.flagged()
    queue_id = send(gateway, message, BOB)
    gateway.wait_deferred("Connection refused")
    gateway.postfix.tool("postsuper", "-d", queue_id)
    rows = wait_until_told(trace, message, {BOB: "Failed"})
    assert "deleted" in rows[BOB]["reply"], rows


def flow_a_carrier_that_took_another_way_is_listed(gateway):
    """What the installed settings prevent, made by hand: no rules for what is requeued. Nobody can read it, but it is not
    where it belongs."""
    gateway.carriers_may_go_astray()
    trace = Trace(gateway)
    gateway.smart_host.stop()
    message = messages.flagged()
    send(gateway, message, BOB)
    gateway.wait_deferred("Connection refused")
    gateway.use_postfix(header_checks="", milter_header_checks="", smtp_header_checks="")
    gateway.postfix.requeue_all()
    wait_for("the carrier at the relayhost", lambda: gateway.relayhost.transactions)
    wait_for("the leak is listed", lambda: trace.leaks()[0] == 1, pause=0.3)
    _, leaks = trace.leaks()
    story = trace.rows_of(message)[BOB]
    assert [(one["id"], one["kind"], one["recipient"]) for one in leaks] == [(story["id"], "carrier", BOB)], leaks
    assert f"127.0.0.1[127.0.0.1]:{gateway.relayhost.port}" in leaks[0]["why"], leaks
    assert leaks[0]["message_id"] == message.message_id and leaks[0]["subject"] == story["subject"] != "", leaks


def flow_the_relay_tells_it_while_postfixs_log_cannot_be_read(gateway):
    """What the relay did does not depend on anybody's log."""
    trace = Trace(gateway)
    gateway.postfix.rotate_log(mode=0o600)
    message = messages.flagged()
    send(gateway, message, BOB)
    gateway.wait_at(gateway.smart_host, message)
    wait_until_told(trace, message, {BOB: "Delivered"})
    gateway.postfix.log_file.chmod(0o644)


def flow_a_new_log_that_the_milter_may_not_read_is_told_and_read_later(gateway):
    trace = Trace(gateway)
    message = messages.plain()
    gateway.postfix.rotate_log(mode=0o600)
    send(gateway, message, BOB)
    gateway.wait_at(gateway.relayhost, message)
    def doubts():
        listed = gateway.pamsctl("trace")
        leaks = gateway.pamsctl("trace", "leaks", check=False)
        return ("the MTA's log cannot be read" in listed.stderr and leaks.returncode == 1
                and leaks.stdout != "none\n" and findings(gateway)["mail_log"]["status"] == "fail")
    told = f'event=trace_failed path={gateway.directory}/trace/trace.db reason="{gateway.postfix.log_file}: Permission denied"'
    wait_for("the milter tells it", lambda: told in gateway.milter.log())
    wait_for("so does whoever asks the trace, and doctor", doubts, pause=0.3)
    gateway.postfix.log_file.chmod(0o644)
    wait_until_told(trace, message, {BOB: "Delivered"})
    wait_for("nothing is missing any more", lambda: "note:" not in gateway.pamsctl("trace").stderr, pause=0.3)


@contextlib.contextmanager
def trace_on_a_small_disk(gateway):
    """A disk of 2 MB in the place of the trace; milter and relay are started again, so that they see it."""
    directory = gateway.directory / "trace"
    was = directory.stat()
    options = f"size=2m,mode={was.st_mode & 0o7777:o},uid={was.st_uid},gid={was.st_gid}"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", directory]).returncode != 0:
        raise Skipped("a tmpfs cannot be mounted here")
    try:
        gateway.restart_programs()
        yield directory
    finally:
        gateway.milter.stop()
        gateway.relay.stop()
        subprocess.run(["umount", directory], check=True)


def flow_a_full_disk_of_the_trace_is_told_by_whoever_is_asked_and_mail_flows(gateway):
    trace = Trace(gateway)
    with trace_on_a_small_disk(gateway) as directory:
        before = messages.plain()
        send(gateway, before, BOB)
        wait_until_told(trace, before, {BOB: "Delivered"})
        filler = directory / "filler"
        with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
            while file.write(b"x" * 4096) == 4096:
                pass

        def is_noted():
            send(gateway, messages.plain(), BOB)  # what has room already is filled first
            return "the trace cannot be written" in gateway.pamsctl("trace").stderr
        wait_for("a note below the rows", is_noted, pause=0.3)
        message = messages.plain()
        send(gateway, message, BOB)
        gateway.wait_at(gateway.relayhost, message)
        asked = gateway.pamsctl("trace", "leaks", check=False)
        assert asked.returncode == 1 and asked.stdout != "none\n" and "make room" in asked.stderr, asked
        told = findings(gateway)["trace"]
        assert told["status"] == "fail" and "make room" in told["remedy"], told
        filler.unlink()
        wait_until_told(trace, message, {BOB: "Delivered"})
        wait_for("no note any more", lambda: "note:" not in gateway.pamsctl("trace").stderr, pause=0.3)
        assert findings(gateway)["trace"]["status"] == "ok"


def flow_what_the_guard_rules_keep_is_in_the_trace(gateway):
    trace = Trace(gateway)
    milters = gateway.postfix.tool("postconf", "-h", "smtpd_milters").strip()
    gateway.use_postfix(smtpd_milters="")
    message = messages.flagged()
    queue_id = send(gateway, message, BOB)
    gateway.wait_deferred("not sealed by pams-milter yet")
    rows = wait_until_told(trace, message, {BOB: "Pending"})
    assert rows[BOB]["class"] == "flagged" and rows[BOB]["queue_id"] == queue_id, rows
    assert rows[BOB]["sender"] == "alice@example.org", rows
    assert "pams-milter" in rows[BOB]["reply"], rows
    gateway.use_postfix(smtpd_milters=milters)
    gateway.pamsctl("queue", "release", queue_id)
    gateway.wait_at(gateway.smart_host, message)
    wait_for("it is delivered in the trace", lambda: sorted(
        row["status"] for row in trace.rows("--message-id", message.message_id)) == ["Delivered", "Failed"], pause=0.3)
    assert trace.leaks() == (0, [])


def flow_subjects_that_are_not_kept_are_nowhere(gateway):
    trace = Trace(gateway)
    path = f'path = "{gateway.directory}/trace/trace.db"'
    gateway.use_settings(replace=[(path, f"{path}\nsubjects = false")])
    message = messages.plain(subject="Confidential figures of November")
    send(gateway, message, BOB)
    rows = wait_until_told(trace, message, {BOB: "Delivered"})
    assert rows[BOB]["subject"] == "", rows
    for file in (gateway.directory / "trace").iterdir():
        assert b"Confidential figures" not in file.read_bytes(), file


def flow_rotated_log_and_restarted_milter(gateway):
    """Rotation while it runs, and again while it does not: no line is missed and none is counted twice."""
    trace = Trace(gateway)
    gaps = trace.gaps()
    first, second, third = messages.flagged(), messages.flagged(), messages.flagged()
    send(gateway, first, BOB)
    gateway.postfix.rotate_log()
    send(gateway, second, BOB)
    for message in (first, second):
        gateway.wait_at(gateway.smart_host, message)
        wait_until_told(trace, message, {BOB: "Delivered"})

    gateway.smart_host.stop()
    send(gateway, third, BOB)
    gateway.wait_deferred("Connection refused")
    gateway.milter.stop()
    gateway.postfix.rotate_log()
    gateway.smart_host.start()
    gateway.postfix.flush()
    gateway.wait_at(gateway.smart_host, third)
    gateway.milter.start()
    for message in (first, second, third):
        rows = wait_until_told(trace, message, {BOB: "Delivered"})
        wait_until_in_order(trace, rows[BOB], ["SEND", "SEND"])
        told = [one["service"] for one in trace.story(rows[BOB]["id"])["events"] if one["event"] == "SEND"]
        assert sorted(told) == ["pams-relay", "postfix/pams/lmtp"], told
    assert trace.gaps() == gaps, f"nothing is missing, and yet: {trace.gaps()[len(gaps):]}"
