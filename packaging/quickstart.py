#!/usr/bin/env python3
"""The second half of quickstart.sh: one flagged and one ordinary message through a whole gateway, told in plain words.

The gateway is quickstart_gateway.py's.
"""

import argparse
import base64
import re
import secrets
import sys
import time
from pathlib import Path

from quickstart_gateway import DISCLAIMER, Gateway, wait_for, why_not_here

SECRET = "FLAGGED-"  # in the text of every flagged message, with a number of its own
SECRET_BASE64 = base64.b64encode(SECRET.encode()).decode()[:10]
# Postfix's queue file may show the end of what was there before the carrier; what is secret stands well before it.
CLOSING = "Nothing here is secret any more; these lines only fill up the end of it.\r\n" * 8


def say(text=""):
    print(text, flush=True)


def message(unique, subject, flagged=True, attachment=False):
    """From alice@example.org; with the header by which Outlook marks a secure message when it is `flagged`."""
    fields = ["From: Alice <alice@example.org>", "To: Bob <bob@client.example>", f"Subject: {subject}",
              f"Message-ID: <{secrets.token_hex(8)}@example.org>", time.strftime("Date: %a, %d %b %Y %H:%M:%S +0000", time.gmtime())]
    fields += ["zivver-relay: f3b1c0de.example"] if flagged else []
    text = f"\r\nDear Bob, {unique}\r\n" + CLOSING
    if attachment:
        fields += ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=outer"]
        secret = base64.encodebytes(f"{unique} attached. ".encode() * 40).decode().replace("\n", "\r\n")
        text = (f"\r\n--outer\r\nContent-Type: text/plain\r\n{text}--outer\r\nContent-Type: application/pdf\r\n"
                "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=results.pdf\r\n\r\n"
                f"{secret}--outer\r\nContent-Type: text/plain\r\n\r\n{CLOSING}--outer--\r\n")
    return ("\r\n".join(fields) + "\r\n" + text).encode()


def shown(seen):
    return " ".join(map(str, seen)) if isinstance(seen, tuple) else str(seen)


def unique_text(mark):
    return mark + secrets.token_hex(8)


def has_field(data: bytes, name):
    return re.search(rb"(?im)^" + name.encode() + rb":", data.partition(b"\r\n\r\n")[0]) is not None


def without_received(data: bytes):
    """Without the Received fields that an MTA puts on top of what it relays."""
    return re.sub(rb"\A(?:Received:[^\r]*\r\n(?:[ \t][^\r]*\r\n)*)+", b"", data)


def wait_at(server, unique):
    return wait_for("the message at its server", lambda: server.with_text(unique))[0]


def queue_id(answer):
    return answer[1].rpartition(" ")[2]


def wait_empty_queue(gateway):
    wait_for("the queue is empty", lambda: not gateway.postfix.queue())


class Report:
    """Prints each thing that was looked at, and notes whether all were as they should be."""

    def __init__(self):
        self.all_right = True

    def look(self, what, is_right, seen=""):
        self.all_right = self.all_right and bool(is_right)
        say(f"   {'yes' if is_right else 'NO '}  {what}{': ' + shown(seen) if seen else ''}")


def show_flagged(gateway, report):
    say("4. A message with the header zivver-relay, from alice@example.org to bob@client.example,")
    say("   carol@example.org and, in Bcc, dan@client.example")
    unique = unique_text(SECRET)
    recipients = ["bob@client.example", "carol@example.org", "dan@client.example"]
    answer = gateway.send(message(unique, "Your test results"), recipients)
    report.look("Postfix has taken it", answer[0] == 250, answer)
    arrived = wait_at(gateway.smart_host, unique)
    report.look("it is at the smart host, over TLS", arrived.tls, arrived.tls)
    report.look("in one transaction with all recipients", sorted(arrived.recipients) == sorted(recipients),
                ", ".join(arrived.recipients))
    report.look("it carries the disclaimer", DISCLAIMER.encode() in arrived.data)
    report.look("it still carries zivver-relay", has_field(arrived.data, "zivver-relay"))
    wait_empty_queue(gateway)
    report.look("nothing of it took the normal route", not gateway.relayhost.arrived)
    show_archive(gateway, report, arrived)
    show_log(gateway, answer)
    return answer


def show_archive(gateway, report, arrived):
    out = gateway.directory / "export"
    gateway.pamsctl("archive", "export", "--format", "eml", "--output", str(out), 'subject:"test results"')
    kept = [path.read_bytes() for path in out.rglob("*.eml")]
    report.look("the archive holds it exactly as it was sent", kept == [without_received(arrived.data)])


def show_waiting(gateway, report):
    say("5. Another one, while the smart host is down: what does the gateway hold of it?")
    gateway.smart_host.stop()
    unique = unique_text(SECRET)
    answer = gateway.send(message(unique, unique, attachment=True), ["bob@client.example"])
    report.look("Postfix has taken it", answer[0] == 250, answer)
    reason = wait_for("it is deferred", lambda: [one.get("delay_reason") for entry in gateway.postfix.queue()
                                                 for one in entry["recipients"] if "refused" in one.get("delay_reason", "")])
    report.look("it waits in Postfix's queue, and the queue says why", True, reason[0])
    shown = gateway.postfix.tool("postcat", "-q", queue_id(answer))
    report.look("`postcat` reads neither text, attachment nor subject", SECRET not in shown and SECRET_BASE64 not in shown)
    report.look("nor can it see that the message was flagged", "zivver-relay" not in shown.lower())
    show_carrier(gateway.postfix.tool("postcat", "-bhq", queue_id(answer)), queue_id(answer))
    gateway.smart_host.start()
    gateway.postfix.tool("postqueue", "-f")
    arrived = wait_at(gateway.smart_host, unique)
    report.look("the smart host is back and has it, opened again, with its attachment",
                SECRET_BASE64.encode() in arrived.data and not has_field(arrived.data, "X-PAMS-Sealed"), arrived.tls)
    wait_empty_queue(gateway)
    say()


def show_carrier(text, name):
    say(f"     # postcat -bhq {name}")
    lines = [line for line in text.splitlines() if line.strip()]
    sealed = next((number for number, line in enumerate(lines) if re.fullmatch("[A-Za-z0-9+/=]{60,}", line)), len(lines))
    for line in lines[:sealed + 3]:
        say("     " + line)
    say(f"     ... {max(len(lines) - sealed - 3, 0)} more lines")


def show_ordinary(gateway, report):
    say("6. The same without the header, to bob@client.example")
    unique = unique_text("ORDINARY-")
    answer = gateway.send(message(unique, "Lunch", flagged=False), ["bob@client.example"])
    report.look("Postfix has taken it", answer[0] == 250, answer)
    arrived = wait_at(gateway.relayhost, unique)
    report.look("it took the normal route", True, "TLS" if arrived.tls else "in clear, as ordinary mail may")
    report.look("it carries the disclaimer too", DISCLAIMER.encode() in arrived.data)
    report.look("the smart host has not seen it", not gateway.smart_host.with_text(unique))
    show_log(gateway, answer)
    return answer


def show_trace(gateway, report, flagged, ordinary):
    say("7. Where is my mail? `pamsctl trace` knows what the rules did, and from the relay and Postfix's log how it ended")
    for answer in (flagged, ordinary):
        rows = gateway.traced(queue_id(answer))
        report.look(f"message {queue_id(answer)} is Delivered to each recipient of it", True,
                    ", ".join(one["recipient"] for one in rows))
    proof = gateway.traced(queue_id(flagged))[0]
    report.look("the relay has verified the smart host's certificate", proof["tls"], f"{proof['host']}, {proof['tls']}")
    show(gateway, "trace")
    show(gateway, "trace", "show", proof["id"])
    leaks = gateway.pamsctl("trace", "leaks", check=False)
    report.look("no flagged message was touched by anything but its connector (`pamsctl trace leaks`)",
                leaks.returncode == 0, leaks.stdout.strip())
    say()


def show_discovery(gateway, report):
    say("8. What did we send? `pamsctl archive search` asks as Exchange's eDiscovery does")
    query = 'subject:results to:dan@client.example'
    found = wait_for("the archive's index has the message",
                     lambda: gateway.pamsctl_json("archive", "search", query))
    report.look("it finds the flagged message by its subject and its Bcc recipient", len(found) == 1)
    show(gateway, "archive", "search", query)
    report.look("the archive is whole (`pamsctl archive verify`)",
                gateway.pamsctl("archive", "verify", check=False).returncode == 0)
    say()


def show(gateway, *command):
    quoted = " ".join(f"'{one}'" if " " in one else one for one in command)
    say(f"     # pamsctl {quoted}")
    done = gateway.pamsctl(*command)
    for line in (done.stdout + done.stderr).splitlines():
        say("     " + line)


def show_stopped(gateway, report):
    say("9. The flagged message again, while the milter is stopped")
    gateway.milter.stop()
    answer = gateway.send(message(unique_text(SECRET), "Your test results"), ["bob@client.example"])
    report.look("Postfix takes nothing; the sender's server keeps it", 400 <= answer[0] < 500, answer)
    report.look("nothing is queued", not gateway.postfix.queue())


def show_log(gateway, answer):
    say("   What the milter's log says about it:")
    for line in gateway.milter.log().splitlines():
        if queue_id(answer) in line:
            say("     " + line)
    say()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, required=True, help="directory of the binaries")
    options = parser.parse_args()
    if reason := why_not_here():
        sys.exit(f"The quickstart cannot run here: it {reason}.")
    report = Report()
    gateway = Gateway(options.bin)
    try:
        say("3. A gateway on loopback: Postfix with the settings of `pamsctl setup postfix --apply`, the milter,")
        say("   the relay, a TLS smart host, and a server that plays the normal route")
        gateway.start()
        flagged = show_flagged(gateway, report)
        show_waiting(gateway, report)
        ordinary = show_ordinary(gateway, report)
        show_trace(gateway, report, flagged, ordinary)
        show_discovery(gateway, report)
        show_stopped(gateway, report)
    except Exception as problem:  # the gateway must be stopped, and the reader told
        say(f"   NO   {problem}")
        for log in ((gateway.directory / "mail.log").read_text(), gateway.milter.log(), gateway.relay.log()):
            say("\n".join(log.splitlines()[-15:]))
        report.all_right = False
    finally:
        gateway.stop()
    say()
    say("All as it should be; everything is stopped again. Next: README.md, \"On a real gateway\"."
        if report.all_right else "Something is not as it should be: see the lines with NO.")
    return 0 if report.all_right else 1


if __name__ == "__main__":
    sys.exit(main())
