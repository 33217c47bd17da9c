#!/usr/bin/env python3
"""The second half of quickstart.sh: one flagged and one ordinary message through a whole gateway, told in plain words.

It stands on the same gateway as the tests (tests/flows/support).
"""

import argparse
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/flows"))

from support import messages  # noqa: E402
from support.gateway import Gateway  # noqa: E402
from support.postfix import why_not_here  # noqa: E402
from support.waiting import wait_for  # noqa: E402

DISCLAIMER = b"registered at the Chamber of Commerce"


def say(text=""):
    print(text, flush=True)


class Report:
    """Prints each thing that was looked at, and remembers whether all were as they should be."""

    def __init__(self):
        self.all_right = True

    def look(self, what, is_right, seen=""):
        self.all_right = self.all_right and bool(is_right)
        say(f"   {'yes' if is_right else 'NO '}  {what}{': ' + str(seen) if seen else ''}")


def show_flagged(gateway, report):
    say("4. A message with the header zivver-relay, from alice@example.org to bob@client.example,")
    say("   carol@example.org and, in Bcc, dan@client.example")
    message = messages.flagged(subject="Your test results")
    recipients = ["bob@client.example", "carol@example.org", "dan@client.example"]
    answer = gateway.send(message, recipients)
    report.look("Postfix has taken it", answer.code == 250, answer)
    arrived = gateway.wait_at(gateway.smart_host, message)
    report.look("it is at the smart host, over TLS", arrived.tls, arrived.tls)
    proof = gateway.wait_relayed(recipients)[0]
    report.look("the relay has verified the smart host's certificate", proof["verified"],
                f"{proof['host']}, {proof['protocol']}, SHA-256 {proof['certificate'][:16]}...")
    report.look("in one transaction with all recipients", sorted(arrived.recipients) == sorted(recipients),
                ", ".join(arrived.recipients))
    report.look("it carries the disclaimer", DISCLAIMER in arrived.data)
    report.look("it still carries zivver-relay", messages.fields_named(arrived.data, "zivver-relay"))
    gateway.wait_empty_queue()
    report.look("nothing of it took the normal route", not gateway.at_normal_route(message))
    show_archive(gateway, report, message, arrived)
    show_log(gateway, answer)
    return answer


def show_archive(gateway, report, message, arrived):
    kept = gateway.archive.with_text(message.unique)
    same = len(kept) == 1 and kept[0]["message"] == messages.without_trace_fields(arrived.data)
    report.look("the archive holds it exactly as it was sent", same, kept and f"record {kept[0]['id'][:16]}...")


def show_waiting(gateway, report):
    say("5. Another one, while the smart host is down: what does the gateway hold of it?")
    gateway.smart_host.stop()
    message = messages.flagged_with_attachment()
    answer = gateway.send(message, ["bob@client.example"])
    report.look("Postfix has taken it", answer.code == 250, answer)
    entry = gateway.wait_deferred("Connection refused")
    report.look("it waits in Postfix's queue, and the queue says why", True, entry["recipients"][0]["delay_reason"])
    shown = gateway.postfix.postcat(entry["queue_id"])
    report.look("`postcat` reads neither text, attachment nor subject", not messages.secrets_in(shown))
    report.look("nor can it see that the message was flagged", b"zivver-relay" not in shown.lower())
    show_carrier(gateway.postfix.queued(entry["queue_id"]).decode(), entry["queue_id"])
    gateway.smart_host.start()
    gateway.postfix.flush()
    arrived = gateway.wait_at(gateway.smart_host, message)
    report.look("the smart host is back and has it, opened again, with its attachment",
                messages.FLAGGED_BASE64.encode() in arrived.data and not messages.is_carrier(arrived.data), arrived.tls)
    gateway.wait_empty_queue()
    say()


def show_carrier(text, queue_id):
    say(f"     # postcat -bhq {queue_id}")
    lines = [line for line in text.splitlines() if line.strip()]
    sealed = next((number for number, line in enumerate(lines) if re.fullmatch("[A-Za-z0-9+/=]{60,}", line)), len(lines))
    for line in lines[:sealed + 3]:
        say("     " + line)
    say(f"     ... {max(len(lines) - sealed - 3, 0)} more lines")


def show_ordinary(gateway, report):
    say("6. The same without the header, to bob@client.example")
    message = messages.plain(subject="Lunch")
    answer = gateway.send(message, ["bob@client.example"])
    report.look("Postfix has taken it", answer.code == 250, answer)
    arrived = gateway.wait_at(gateway.relayhost, message)
    report.look("it took the normal route", True, "TLS" if arrived.tls else "in clear, as ordinary mail may")
    report.look("it carries the disclaimer too", DISCLAIMER in arrived.data)
    report.look("the smart host has not seen it", not gateway.smart_host.with_text(message.unique))
    show_log(gateway, answer)
    return answer


def show_trace(gateway, report, flagged, ordinary):
    say("7. Where is my mail? `pamsctl trace` knows what the rules did, and from the relay and Postfix's log how it ended")
    for answer, place in ((flagged, gateway.smart_host), (ordinary, gateway.relayhost)):
        rows = gateway.wait_traced("Delivered", "--queue-id", answer.queue_id)
        report.look(f"message {answer.queue_id} is Delivered to each recipient of it", True,
                    ", ".join(one["recipient"] for one in rows))
    show(gateway, "trace")
    show(gateway, "trace", "show", gateway.trace("--queue-id", flagged.queue_id)[0]["id"])
    leaks = gateway.pamsctl("trace", "leaks", check=False)
    report.look("no flagged message was touched by anything but its connector (`pamsctl trace leaks`)",
                leaks.returncode == 0, leaks.stdout.strip())
    say()


def show_discovery(gateway, report):
    say("8. What did we send? `pamsctl archive search` asks as Exchange's eDiscovery does")
    query = 'subject:results to:dan@client.example'
    found = wait_for("the archive's index has the message",
                     lambda: json.loads(gateway.pamsctl("archive", "search", query, "--json").stdout))
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
    message = messages.flagged()
    answer = gateway.send(message, ["bob@client.example"])
    report.look("Postfix takes nothing; the sender's server keeps it", 400 <= answer.code < 500, answer)
    report.look("nothing is queued", not gateway.postfix.queue())


def show_log(gateway, answer):
    say("   What the milter's log says about it:")
    for line in gateway.milter.log().splitlines():
        if answer.queue_id in line:
            say("     " + line)
    say()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, required=True, help="folder of the binaries")
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
        for log in (gateway.postfix.log(), gateway.milter.log(), gateway.relay.log()):
            say("\n".join(log.splitlines()[-15:]))
        report.all_right = False
    finally:
        gateway.stop()
        gateway.remove()
    say()
    say("All as it should be; everything is stopped again. Next: README.md, \"On a real gateway\"."
        if report.all_right else "Something is not as it should be: see the lines with NO.")
    return 0 if report.all_right else 1


if __name__ == "__main__":
    sys.exit(main())
