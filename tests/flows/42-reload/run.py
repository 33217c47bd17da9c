"""New configurations for a running milter: no connection and no message is lost, each message sees exactly one.

Rules put the configuration's number into two headers of every message, at the beginning and at the end of the
rules: a message that carries two different numbers, or an older one than what was in place before it was sent,
was judged by a mixture.
"""

import contextlib
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

from support import messages
from support.client import send_over
from support.smtp_server import Behaviour, Server
from support.waiting import wait_for

LONG = ("thousands_of_reloads_do_not_grow", "under_load_every_message_is_delivered_once_and_sees_one_configuration")
OUTSIDE = ["bob@client.example"]

NUMBERED = """
[[transport_rule]]
name = "First"
[[transport_rule.do]]
set_header = {{ name = "X-First", value = "{number}" }}
{more}
[[transport_rule]]
name = "Last"
[[transport_rule.do]]
set_header = {{ name = "X-Last", value = "{number}" }}
"""
ARCHIVES = """
[[transport_rule]]
name = "Keep"
[[transport_rule.do]]
archive = { to = "compliance" }
"""
LOOKS_AT_BODIES = """
[[transport_rule]]
name = "Looks at bodies"
[transport_rule.if]
subject_or_body_contains_words = ["forbidden word"]
[[transport_rule.do]]
reject_message = { reason_text = "not that word" }
"""
MISTAKES = """
[[transport_rule]]
nmae = "a misspelt key"
[[transport_rule]]
name = "An unknown action"
[[transport_rule.do]]
archiv = { to = "compliance" }
"""


def put(gateway, rules):
    """Whole at once: a reload in between would take half a file for what was meant."""
    new = gateway.settings / "rules.toml.new"
    new.write_text(rules)
    new.replace(gateway.settings / "rules.toml")


def put_number(gateway, number, more=""):
    put(gateway, NUMBERED.format(number=number, more=more))


def reload(gateway):
    gateway.pamsctl("reload")


def number_of(transaction):
    marks = {name: messages.fields_named(transaction.data, name) for name in ("X-First", "X-Last")}
    numbers = [field.split(b":")[1].strip() for fields in marks.values() for field in fields]
    assert len(numbers) == 2 and numbers[0] == numbers[1], f"judged by a mixture: {marks}"
    return int(numbers[0])


def ask_again_and_again(gateway, times, change=lambda _: None):
    """What pamsctl does, without starting a program each time."""
    for turn in range(times):
        change(turn)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
            control.settimeout(60)
            control.connect(str(gateway.milter.runtime_directory / "control"))
            control.send(f"reload {gateway.settings}/pams-milter.toml".encode())
            yield control.recv(65536).decode()


class Sender(threading.Thread):
    """Sends flagged and ordinary messages in turn, several over one connection, until it is told to end."""

    def __init__(self, gateway, in_place):
        super().__init__(daemon=True)
        self.gateway, self.in_place = gateway, in_place
        self.ends = threading.Event()
        self.sent = []  # (message, number in place before it was sent)
        self.problem = None

    def run(self):
        try:
            while not self.ends.is_set():
                with self.gateway.connection() as client:
                    for turn in range(6):
                        self.send_one(client, messages.flagged() if turn % 2 else messages.plain())
        except Exception as problem:
            self.problem = problem

    def send_one(self, client, message):
        before = self.in_place[0]
        answer = send_over(client, message, OUTSIDE)
        assert answer.code == 250, answer
        self.sent.append((message, before))


@contextlib.contextmanager
def under_load(gateway, in_place, senders=4):
    all_of_them = [Sender(gateway, in_place) for _ in range(senders)]
    for sender in all_of_them:
        sender.start()
    try:
        yield all_of_them
    finally:
        for sender in all_of_them:
            sender.ends.set()
        for sender in all_of_them:
            sender.join(120)


def flow_under_load_every_message_is_delivered_once_and_sees_one_configuration(gateway):
    put_number(gateway, 1)
    reload(gateway)
    in_place = [1]
    more = ["", ARCHIVES, LOOKS_AT_BODIES]
    with under_load(gateway, in_place) as senders:
        def some_more_were_sent():
            before = sum(len(one.sent) for one in senders)
            wait_for("messages between two reloads", lambda: any(one.problem for one in senders) or
                     sum(len(one.sent) for one in senders) >= before + 4)
        for number in range(2, 22):
            put(gateway, MISTAKES)
            assert gateway.pamsctl("reload", check=False).returncode == 1
            os.kill(gateway.milter.process.pid, signal.SIGHUP)
            some_more_were_sent()
            put_number(gateway, number, more[number % 3])
            reload(gateway)
            in_place[0] = number
            some_more_were_sent()
    assert not [one.problem for one in senders if one.problem], [one.problem for one in senders]
    everything = [pair for one in senders for pair in one.sent]
    for message, before in everything:
        is_flagged = message.unique.startswith(messages.FLAGGED)
        server = gateway.smart_host if is_flagged else gateway.relayhost
        number = number_of(gateway.wait_at(server, message))
        assert before <= number <= in_place[0], f"sent when {before} was in place, judged by {number}"
    gateway.wait_empty_queue()
    assert len(gateway.smart_host.transactions) + len(gateway.relayhost.transactions) == len(everything)
    assert gateway.milter.is_running() and len({number for _, number in everything}) > 15


def flow_a_bad_file_is_refused_and_every_mistake_is_named(gateway):
    put_number(gateway, 1)
    reload(gateway)
    put(gateway, MISTAKES)
    done = gateway.pamsctl("reload", check=False)
    assert done.returncode == 1 and not done.stdout, done
    for named in ("rules.toml:3:", "nmae", "rules.toml:7:", "archiv", "goes on with the configuration that it has"):
        assert named in done.stderr, f"{named!r} is missing in\n{done.stderr}"
    for named in ("event=configuration_error", "nmae", "archiv", "event=reload_refused"):
        assert named in gateway.milter.log(), named
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    assert number_of(gateway.wait_at(gateway.smart_host, message)) == 1
    put_number(gateway, 2)  # what the runner asks pamsctl afterwards needs a sound file


def flow_hup_reloads(gateway):
    put_number(gateway, 1)
    reload(gateway)
    with gateway.connection() as client:
        for number in range(2, 6):
            put_number(gateway, number)
            seen = gateway.milter.log().count("event=reloaded")
            gateway.milter.process.send_signal(signal.SIGHUP)
            wait_for("the reload", lambda: gateway.milter.log().count("event=reloaded") > seen)
            message = messages.plain()
            assert send_over(client, message, OUTSIDE).code == 250
            assert number_of(gateway.wait_at(gateway.relayhost, message)) == number


def flow_one_connection_over_rules_that_begin_and_cease_to_look_at_bodies(gateway):
    """Whether bodies are answered is agreed when Postfix connects; a reload may change what they are needed for."""
    def forbidden():
        message = messages.plain()
        message.data += b"a line of text\r\n" * 20000 + b"the forbidden word\r\n"
        return message

    for first, second in (("", LOOKS_AT_BODIES), (LOOKS_AT_BODIES, "")):
        put_number(gateway, 1, first)
        reload(gateway)
        with gateway.connection() as client:
            for more in (first, second, first):
                put_number(gateway, 2, more)
                reload(gateway)
                message, flagged = forbidden(), messages.flagged()
                answer = send_over(client, message, OUTSIDE)
                assert answer.code == (550 if more else 250), (more, answer)
                assert send_over(client, flagged, OUTSIDE).code == 250
                assert number_of(gateway.wait_at(gateway.smart_host, flagged)) == 2
                if not more:
                    assert gateway.wait_at(gateway.relayhost, message).data.endswith(b"forbidden word\r\n")


def flow_a_removed_archive_still_takes_the_message_in_work(gateway):
    put_number(gateway, 1, ARCHIVES)
    reload(gateway)
    message = messages.flagged()
    with gateway.connection() as client:
        client.mail("alice@example.org")
        client.rcpt(OUTSIDE[0])
        client.docmd("DATA")
        gateway.write_settings(replace=[("compliance", "another"), ("/archive\"", "/another\"")])
        put_number(gateway, 2)
        done = gateway.pamsctl("reload", check=False)  # the directory of the other archive cannot be made: it says so
        assert "reloaded, " in done.stdout and "mail that needs the archive another waits" in done.stderr, done
        assert done.returncode == 1, done
        client.send(message.data + b".\r\n")
        code, text = client.getreply()
        assert code == 250, text
    assert number_of(gateway.wait_at(gateway.smart_host, message)) == 1
    assert len(gateway.archive.with_text(message.unique)) == 1


def flow_flagged_mail_waits_until_a_new_transport_is_verified(gateway):
    """What was found out about the MTA for one transport is not believed for another one."""
    first, second, third = messages.flagged(), messages.flagged(), messages.flagged()
    assert gateway.send(first, OUTSIDE).code == 250
    gateway.wait_at(gateway.smart_host, first)
    gateway.write_settings(replace=[('tls_settings = "domain_validation"',
                                     'tls_settings = "domain_validation"\ntransport = "another"')])
    done = gateway.pamsctl("reload", check=False)
    assert done.returncode == 1 and "reloaded, " in done.stdout, done
    assert "reloaded, but flagged mail waits: route check " in done.stderr and "remedy: " in done.stderr, done
    answer = gateway.send(second, OUTSIDE)
    assert answer.code == 451 and "4.7.1" in answer.text, answer
    gateway.write_settings()
    reload(gateway)
    assert gateway.send(third, OUTSIDE).code == 250
    gateway.wait_at(gateway.smart_host, third)
    assert not gateway.smart_host.with_text(second.unique)


def flow_the_relay_takes_a_new_smart_host_without_losing_what_it_sends(gateway):
    """HUP while a message is on its way to the old one: that one ends there, the next goes to the new one. Postfix's
    settings have no part in it."""
    other = Server("other smart host", gateway.certificates)
    try:
        gateway.smart_host.behaviour = Behaviour(stall_at="end")
        first, second = messages.flagged(), messages.flagged()
        assert gateway.send(first, OUTSIDE).code == 250
        wait_for("the first is on its way", lambda: gateway.smart_host.stalled == 1)
        gateway.write_settings(replace=[(f"localhost:{gateway.smart_host.port}", f"localhost:{other.port}")])
        reload(gateway)
        gateway.relay.reload()
        assert gateway.send(second, OUTSIDE).code == 250
        assert gateway.wait_at(other, second).tls
        gateway.smart_host.let_go_on()
        assert gateway.wait_at(gateway.smart_host, first).tls
        gateway.wait_empty_queue()
        assert not other.with_text(first.unique) and not gateway.smart_host.with_text(second.unique)
    finally:
        other.stop()


def flow_the_relay_goes_on_with_what_it_has_when_the_new_file_is_wrong(gateway):
    process = gateway.relay.process.pid
    put(gateway, MISTAKES)
    gateway.relay.reload()
    assert "event=reload_refused" in gateway.relay.log_since_mark()
    put_number(gateway, 1)
    reload(gateway)
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_at(gateway.smart_host, message)
    assert gateway.relay.is_running() and gateway.relay.process.pid == process


def flow_what_needs_a_restart_is_named_and_the_rest_applies(gateway):
    gateway.write_settings(replace=[("pams.sock", "other.sock")])
    put_number(gateway, 7)
    done = gateway.pamsctl("reload")
    assert "restart needed: milter.listen stays unix:" in done.stdout, done.stdout
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    assert number_of(gateway.wait_at(gateway.smart_host, message)) == 7


def flow_without_a_milter_pamsctl_says_so(gateway):
    gateway.milter.stop()
    done = gateway.pamsctl("reload", check=False)
    assert done.returncode == 1 and "no pams-milter is running" in done.stderr, done
    gateway.milter.start()
    gateway.milter.kill()  # its socket is still there
    done = gateway.pamsctl("reload", check=False)
    assert done.returncode == 1 and "no pams-milter is running" in done.stderr, done
    gateway.milter.start()
    reload(gateway)


def flow_other_users_cannot_reach_it(gateway):
    asked = [str(gateway.directory / "bin/pamsctl"), "--config", str(gateway.settings / "pams-milter.toml"), "reload"]
    done = subprocess.run(asked, user="nobody", group="nogroup", extra_groups=[], capture_output=True, text=True,
                          env={"RUNTIME_DIRECTORY": str(gateway.milter.runtime_directory)})
    assert done.returncode == 1 and "only root and the milter's user" in done.stderr, done


def flow_thousands_of_reloads_do_not_grow(gateway):
    process = Path(f"/proc/{gateway.milter.process.pid}")
    has_sanitizer = "libasan" in (process / "maps").read_text()  # it keeps freed memory for a while on purpose

    def resident_megabytes():
        return int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") >> 20

    def counts():
        return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))

    def change(turn):
        put(gateway, MISTAKES) if turn % 5 == 4 else put_number(gateway, turn, ARCHIVES)

    turns = 100 if has_sanitizer else 600
    for answer in ask_again_and_again(gateway, turns, change):
        assert answer.startswith(("reloaded\n", "refused\n")), answer
    descriptors, threads = counts()
    memory = resident_megabytes()
    for answer in ask_again_and_again(gateway, 4 * turns, change):
        assert answer.startswith(("reloaded\n", "refused\n")), answer

    def as_few_as_before():  # the last snapshot may still be ending
        more_descriptors, more_threads = counts()
        return more_descriptors <= descriptors + 4 and more_threads <= threads + 2

    wait_for("no more descriptors and threads than before", as_few_as_before)
    assert has_sanitizer or resident_megabytes() <= memory + 4, f"{memory} MB, then {resident_megabytes()} MB"
    message = messages.flagged()
    put_number(gateway, 1)
    reload(gateway)
    assert gateway.send(message, OUTSIDE).code == 250
    assert number_of(gateway.wait_at(gateway.smart_host, message)) == 1
