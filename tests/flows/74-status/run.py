"""`pamsctl status` and doctor's check `daemon`: what the running milter itself sees, whoever asks and whatever root sees.

Also how it starts and ends: a second one that is refused touches nothing, and directories that its user cannot enter.
"""

import json
import os
import shutil
import signal
import subprocess

from support import messages
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]


def status(gateway):
    done = gateway.pamsctl("status", "--json", check=False)
    return done.returncode, json.loads(done.stdout)


def daemon_check(gateway):
    checks = json.loads(gateway.pamsctl("doctor", "--json", check=False).stdout)["checks"]
    return next(check for check in checks if check["id"] == "daemon")


def flow_all_is_in_order(gateway):
    assert gateway.send(messages.flagged(), OUTSIDE).code == 250
    code, seen = status(gateway)
    assert code == 0, seen
    assert seen["pid"] == gateway.milter.process.pid and seen["user"] == "daemon"
    assert seen["routing"]["state"] == "verified" and seen["relay"]["is_running"] and seen["messages"] >= 1
    assert [one["what"] for one in seen["access"]] == ["configuration", "Postfix's settings", "seal key",
                                                      "archive compliance", "trace", "mail log"]
    assert all(one["ok"] for one in seen["access"]), seen["access"]
    assert daemon_check(gateway)["status"] == "ok"
    assert gateway.pamsctl("status").stdout.startswith("pams-milter ")


def flow_a_file_that_was_changed_and_not_reloaded_is_named(gateway):
    rules = gateway.settings / "rules.toml"
    rules.write_text(rules.read_text() + "# changed\n")
    code, seen = status(gateway)
    assert code == 1 and seen["configuration"]["changed"] == [f"{rules} has changed"], seen
    check = daemon_check(gateway)
    assert check["status"] == "warn" and str(rules) in check["seen"] and "reload" in check["remedy"], check
    gateway.pamsctl("reload")
    assert status(gateway)[0] == 0 and daemon_check(gateway)["status"] == "ok"


def flow_what_the_milter_itself_cannot_read_is_told_though_root_can(gateway):
    """As a unit's sandbox does it: here, groups and rights that its user lacks."""
    trace = gateway.directory / "trace/trace.db"
    trace.chmod(0o400)
    try:
        code, seen = status(gateway)
        problems = {one["what"]: one for one in seen["access"] if not one["ok"]}
        assert code == 1 and list(problems) == ["trace"], seen["access"]
        assert problems["trace"]["problem"].startswith(f"user daemon cannot write {trace} "), problems
        assert problems["trace"]["remedy"].startswith("chown daemon "), problems
    finally:
        trace.chmod(0o600)


def flow_the_milters_own_verdict_of_the_routing(gateway):
    gateway.postfix.set(milter_header_checks="")
    code, seen = status(gateway)
    failed = [check["id"] for check in seen["routing"]["failed_checks"]]
    assert code == 1 and seen["routing"]["state"] == "unverified" and "milter_header_checks" in failed, seen
    assert seen["mail_waits"][0].startswith("flagged mail waits: route check "), seen
    assert "NOT VERIFIED" in gateway.pamsctl("status", check=False).stdout
    # Doctor finds the same by itself: one cause, one failure.
    assert daemon_check(gateway)["status"] == "ok"


def flow_a_milter_that_does_not_run_or_hangs(gateway):
    gateway.milter.stop()
    code, seen = status(gateway)
    assert code == 1 and seen["is_running"] is False, seen
    check = daemon_check(gateway)
    assert check["status"] == "fail" and "systemctl" in check["remedy"], check
    gateway.milter.start()
    assert status(gateway)[0] == 0


def flow_a_second_milter_is_refused_and_touches_nothing(gateway):
    """Neither the trace, where it would leave a gap, nor the archive, nor the first one's sockets."""
    before = gateway.trace("--since", "2000-01-01T00:00:00Z")
    second = subprocess.run([gateway.milter.program, "--config", gateway.milter.config], user="daemon", group="daemon",
                            extra_groups=[], capture_output=True, text=True, timeout=60,
                            env={**os.environ, "RUNTIME_DIRECTORY": str(gateway.milter.runtime_directory)})
    assert second.returncode == 1, second
    assert "event=start_failed" in second.stderr and "another program answers" in second.stderr, second.stderr
    assert second.stderr.count("\n") == 1, second.stderr
    gateway.milter.kill()
    gateway.milter.start()
    gateway.milter.stop()
    gateway.milter.start()
    shown = gateway.pamsctl("trace", "--since", "2000-01-01T00:00:00Z")
    assert shown.stderr.count("is not complete") <= 1, shown.stderr  # the kill, and nothing for the second one
    assert gateway.trace("--since", "2000-01-01T00:00:00Z") == before
    assert status(gateway)[0] == 0


def flow_directories_that_its_user_cannot_enter(gateway):
    """It starts, says which directory and what to do, and what needs it waits."""
    barred = gateway.directory / "barred"
    barred.mkdir(mode=0o700)
    gateway.use_settings(replace=[(f'path = "{gateway.directory}/archive"', f'path = "{barred}/archive"'),
                                  ("[[archive]]", f'[journal]\npath = "{barred}/journal"\n\n[[archive]]')])
    log = gateway.milter_log()
    remedy = f"chgrp daemon {barred} && chmod g+x {barred}"
    for event in ("archive_unusable", "journal_unusable"):
        line = next(one for one in log.splitlines() if f"event={event}" in one)
        assert f"user daemon cannot enter {barred}" in line and remedy in line, line
    assert "filesystem error" not in log, log
    assert gateway.send(messages.plain(), OUTSIDE).code == 451  # must be archived
    assert gateway.send(messages.plain(), ["carol@example.org"]).code == 250  # need not
    shutil.chown(barred, "daemon")
    assert gateway.send(messages.plain(), OUTSIDE).code == 250
    code, seen = status(gateway)
    assert code == 0, seen


def flow_a_socket_directory_that_its_user_cannot_enter(gateway):
    gateway.milter.stop()
    directory = gateway.milter.unix_socket.parent
    mode = directory.stat().st_mode & 0o7777
    shutil.chown(directory, "root")
    directory.chmod(0o700)
    try:
        done = subprocess.run([gateway.milter.program, "--config", gateway.milter.config], user="daemon", group="daemon",
                              extra_groups=[], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "event=start_failed" in done.stderr, done
        assert f"cannot enter {directory}" in done.stderr and "remedy: " in done.stderr, done.stderr
    finally:
        shutil.chown(directory, "daemon")
        directory.chmod(mode)
    gateway.milter.start()


def flow_hup_and_term_while_a_status_is_asked(gateway):
    asking = [subprocess.Popen([gateway.directory / "bin/pamsctl", "status", "--json"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True,
                               env={**os.environ, "RUNTIME_DIRECTORY": str(gateway.milter.runtime_directory)})
              for _ in range(3)]
    gateway.milter.process.send_signal(signal.SIGHUP)
    wait_for("the reload", lambda: "event=reloaded" in gateway.milter_log())
    for one in asking:
        assert json.loads(one.communicate(timeout=120)[0])["is_running"]
    gateway.milter.stop()
    gateway.milter.start()


def flow_validate_queues_nothing_while_what_must_run_does_not(gateway):
    """`connector validate --send-to` looks first, and says what is missing."""
    connector = "Zivver Plugin Assisted Mail Submission"

    def refused(words):
        done = gateway.pamsctl("connector", "validate", connector, "--send-to", "bob@client.example", "--json",
                               check=False)
        stages = json.loads(done.stdout)["smart_hosts"][0]["stages"]
        reason = next(one["reason"] for one in stages if one["stage"] == "send")
        assert done.returncode == 1 and reason.startswith("nothing is sent: ") and words in reason, reason
        assert gateway.postfix.queue() == [] and not gateway.smart_host.transactions

    gateway.milter.stop()
    refused("no pams-milter is running")
    gateway.milter.start()
    gateway.relay.stop()
    refused("pams-relay does not answer")
    gateway.relay.start()
    gateway.postfix.stop()
    try:
        refused("Postfix does not run")
        assert not any((gateway.postfix.queue_directory / "maildrop").iterdir())
    finally:
        gateway.postfix.start()
