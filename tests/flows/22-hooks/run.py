"""Programs among a rule's actions: they add headers, reject and defer, and can neither hold up nor divert."""

import os
import shutil
import subprocess
from pathlib import Path

from support import messages
from support.messages import fields_named
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]
PROGRAMS = Path(__file__).parent


def rule(name, hook, error_action="defer"):
    return (f'[[transport_rule]]\nname = "{name}"\nrule_error_action = "{error_action}"\n'
            f'[[transport_rule.do]]\nrun_hook = {hook}\n')


def use(gateway, *rules):
    """New rules, in which @HOOKS@ is where the programs are: a directory that the milter's user can reach."""
    directory = gateway.directory / "hooks"
    directory.mkdir(exist_ok=True)
    for name in ("classify", "scan", "hang", "turn-away"):
        shutil.copy(PROGRAMS / name, directory / name)
    (directory / "hang").write_text((PROGRAMS / "hang").read_text().replace("@SECONDS@", str(seconds_to_hang())))
    file = directory / "rules.toml"
    archive = '[[transport_rule]]\nname = "Archive"\n[[transport_rule.do]]\narchive = { to = "compliance" }\n'
    file.write_text("".join(rules).replace("@HOOKS@", str(directory)) + archive)
    gateway.use_settings(file)


def seconds_to_hang():
    """So that what hangs can be told from what hangs on another gateway."""
    return 100_000_000 + os.getpid()


def hanging():
    return subprocess.run(["pgrep", "-f", f"sleep {seconds_to_hang()}"], capture_output=True, text=True).stdout.split()


def events(gateway, name):
    return [line for line in gateway.milter.log().splitlines() if f"event={name} " in line]


def flow_a_classifiers_headers_arrive_and_are_archived(gateway):
    use(gateway, rule("Classify", '["@HOOKS@/classify"]'))
    for message, server, kind in ((messages.flagged("X-Class: forged", subject="Hello"), gateway.smart_host, b"secret"),
                                  (messages.plain("X-Class: forged"), gateway.relayhost, b"public")):
        answer = gateway.send(message, OUTSIDE)
        assert answer.code == 250, answer
        arrived = gateway.wait_at(server, message).data
        assert fields_named(arrived, "X-Class") == [b"X-Class: " + kind]
        assert fields_named(arrived, "X-Seen") == [b"X-Seen: Hello alice@example.org bob@client.example"]
        assert len(gateway.archive.with_text(message.unique)) == 1
        line = next(line for line in events(gateway, "hook") if answer.queue_id in line)
        assert "exit=0" in line and f'stderr="classified {answer.queue_id}"' in line, line


def flow_a_scanner_rejects_and_the_sender_reads_why(gateway):
    use(gateway, rule("Scan", '{ command = ["@HOOKS@/scan", "{message}"], message = "file" }'))
    for message in (messages.flagged(), messages.plain()):
        message.data += b"MALWARE\r\n"
        answer = gateway.send(message, OUTSIDE)
        assert answer.code == 550 and answer.text.startswith("5.7.1 Malware found"), answer
        assert not gateway.archive.with_text(message.unique)
    clean = messages.flagged()
    assert gateway.send(clean, OUTSIDE).code == 250
    gateway.wait_at(gateway.smart_host, clean)
    gateway.wait_empty_queue()


def flow_a_slow_one_defers_flagged_mail_and_leaves_no_process(gateway):
    use(gateway, rule("Hang", '{ command = ["@HOOKS@/hang"], timeout = "1 s" }', error_action="ignore"))
    flagged, plain = messages.flagged(), messages.plain()
    answer = gateway.send(flagged, OUTSIDE)
    assert answer.code == 451 and "4.3.0" in answer.text, answer
    assert not hanging()
    assert any('reason="took longer than 1 s"' in line for line in events(gateway, "hook_failed"))
    assert not gateway.archive.with_text(flagged.unique) and gateway.postfix.queue() == []
    # The rule lets other mail pass when it fails.
    assert gateway.send(plain, OUTSIDE).code == 250
    gateway.wait_at(gateway.relayhost, plain)
    assert not hanging()


def flow_no_hook_changes_the_route(gateway):
    use(gateway, rule("Turn away", '["@HOOKS@/turn-away"]', error_action="ignore"))
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 451
    assert gateway.postfix.queue() == [] and not gateway.at_normal_route(message)


def flow_a_killed_milter_leaves_no_process(gateway):
    use(gateway, rule("Hang", '{ command = ["@HOOKS@/hang"], timeout = "2 min" }'))
    message = messages.flagged()
    with gateway.connection() as client:
        client.mail("alice@example.org")
        client.rcpt(OUTSIDE[0])
        client.putcmd("data")
        client.getreply()
        client.send(message.data + b".\r\n")
        wait_for("the hook hangs", lambda: len(hanging()) >= 2)
        gateway.milter.kill()
        code, _ = client.getreply()
    assert code == 451, code
    wait_for("the hook's processes are gone", lambda: not hanging())
    assert gateway.postfix.queue() == []


def flow_pamsctl_test_runs_nothing_and_says_what_it_assumes(gateway):
    use(gateway, rule("Hang", '{ command = ["@HOOKS@/hang"], timeout = "2 min" }'))
    eml = gateway.directory / "hooks/message.eml"
    eml.write_bytes(messages.plain().data)
    said = gateway.pamsctl("test", "--eml", eml, "--sender", "alice@example.org", "--recipient", OUTSIDE[0]).stdout
    assert "hooks/hang; taken as accepted without headers" in said, said
    assert "verdict  accept" in said and not hanging()


def flow_pamsctl_check_looks_at_the_program(gateway):
    use(gateway, rule("Scan", '["@HOOKS@/scan"]'))
    program = gateway.directory / "hooks/scan"
    for spoil, complaint in ((lambda: program.chmod(0o777), "everybody may change it"),
                             (lambda: program.chmod(0o644), "cannot be executed"),
                             (program.unlink, "no such program")):
        spoil()
        checked = gateway.pamsctl("check", check=False)
        assert checked.returncode == 1 and complaint in checked.stderr, checked
    shutil.copy(PROGRAMS / "scan", program)  # the runner asks pamsctl for leaks, with this configuration
    gateway.pamsctl("check")
