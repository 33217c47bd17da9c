"""From the package to the first flagged message as README says, and what comes after: a reboot, a crash, an upgrade, removal."""

import re
import smtplib
import threading

from machines.gateway import HOST, readme_commands
from machines.packages import newer
from support import messages
from support.waiting import wait_for

UNITS = ("pams-milter.service", "pams-relay.service")


def step_five_commands_of_the_readme_are_enough(gateway):
    commands = readme_commands()
    assert len(commands) <= 5, commands
    for command in commands:
        gateway.type_readme_command(command)
    wait_for("the test message of `connector validate`", lambda: gateway.smart_host.transactions, 30)


def step_a_flagged_and_an_ordinary_message_take_their_ways(gateway):
    gateway.ordinary_arrives()
    gateway.flagged_arrives()
    gateway.nothing_leaked()


def step_doctor_has_nothing_to_say(gateway):
    assert not gateway.doctor(), gateway.told("pamsctl doctor")


def step_the_trace_knows_both_from_the_journal_alone(gateway):
    def told():
        return gateway.told("pamsctl trace --status Delivered --json").count('"Delivered"') >= 2
    wait_for("two delivered messages in the trace", told, 60, 0.3)
    assert gateway.run("pamsctl trace leaks").returncode == 0


def step_the_units_are_confined(gateway):
    for unit in UNITS:
        verdict = gateway.told(f"systemd-analyze security --no-pager {unit} | tail -n 1")
        exposure = float(re.search(r"([\d.]+) \w+", verdict.partition(":")[2]).group(1))
        assert exposure <= 1.5, verdict


def step_after_a_reboot_all_is_there_before_postfix(gateway):
    gateway.reboot()
    for unit in UNITS:
        assert gateway.told(f"systemctl is-active {unit}") == "active", gateway.told(f"systemctl status {unit}")
    milter, postfix = (int(gateway.told(f"systemctl show -P ActiveEnterTimestampMonotonic {unit}"))
                       for unit in ("pams-milter.service", "postfix@-.service"))
    assert milter < postfix, f"pams-milter was ready at {milter}, Postfix at {postfix}"
    gateway.flagged_arrives()


def step_a_killed_milter_and_a_hanging_one_come_back(gateway):
    gateway.run("mkdir -p /run/systemd/system/pams-milter.service.d && printf '[Service]\\nWatchdogSec=2\\n' > "
                "/run/systemd/system/pams-milter.service.d/watchdog.conf && systemctl daemon-reload && systemctl restart pams-milter")
    for signal in ("KILL", "STOP"):
        before = gateway.told("systemctl show -P MainPID pams-milter")
        gateway.run(f"kill -{signal} {before}")
        wait_for(f"another milter after SIG{signal}", lambda: gateway.told("systemctl show -P MainPID pams-milter") not in (before, "0")
                 and gateway.told("systemctl is-active pams-milter") == "active", 60, 0.2)
    gateway.run("rm -r /run/systemd/system/pams-milter.service.d && systemctl daemon-reload && systemctl restart pams-milter")
    gateway.flagged_arrives()


def step_an_upgrade_keeps_the_settings_and_lets_nothing_out(gateway):
    gateway.write(HOST, gateway.read(HOST) + "\n# an administrator's own line\n")
    accepted, stop = [], threading.Event()

    def send_on():
        while not stop.is_set():
            message = messages.flagged()
            try:
                accepted.append(gateway.submit(message))
            except (smtplib.SMTPException, OSError):
                pass  # 451 while the milter restarts: the sender keeps it
    sender = threading.Thread(target=send_on)
    sender.start()
    try:
        wait_for("mail under way", lambda: len(accepted) > 3)
        with newer(gateway.package) as package:
            gateway.put(package, "/root/newer.deb")
        gateway.run("apt install -y /root/newer.deb")
        number = len(accepted)
        wait_for("mail after the upgrade", lambda: len(accepted) > number + 3)
    finally:
        stop.set()
        sender.join()
    assert "an administrator's own line" in gateway.read(HOST)
    gateway.run("postqueue -f")
    for message in accepted:
        gateway.sees_at(gateway.smart_host, message)
    gateway.nothing_leaked()
    assert not gateway.doctor(), gateway.told("pamsctl doctor")


def step_removal_says_what_waits_and_lets_nothing_out(gateway):
    said = gateway.told("apt remove -y pams-milter")
    assert "all mail gets 451" in said, said
    try:
        gateway.submit(messages.flagged())
        raise AssertionError("Postfix took a flagged message without the milter")
    except smtplib.SMTPResponseException as refused:
        assert refused.smtp_code // 100 == 4, refused
    gateway.nothing_leaked()


def step_installed_again_it_goes_on(gateway):
    gateway.run("apt install -y /root/newer.deb")
    gateway.flagged_arrives()


def step_a_purge_leaves_archive_and_key_and_says_so(gateway):
    said = gateway.told("apt purge -y pams-milter")
    for kept in ("/var/lib/pams-milter", "/etc/pams-milter/seal.key"):
        assert f"{kept} is left" in said, said
        gateway.run(f"test -e {kept}")
    gateway.nothing_leaked()
