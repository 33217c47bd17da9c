"""`pamsctl doctor` on a gateway that works less well than it could: each check that tells of the operation has a flow in
which it does not say ok, and a remedy. Routing checks are in 50-misconfiguration-matrix; here stand those of them that
no edit of one setting shows."""

import json
import os
import re
import shutil
import subprocess
import time

from support import doctor, messages
from support.milter import USER
from support.outcome import Skipped
from support.ports import free_port
from support.smtp_server import Behaviour
from support.trace import Trace
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]


def says(gateway, check, status):
    finding = doctor.findings(gateway)[check]
    assert finding["status"] == status, finding
    assert (status == "ok") == (finding["remedy"] == ""), finding
    assert finding["seen"] and finding["why"], finding
    return finding


def is_not_accepted(gateway):
    assert gateway.send(messages.flagged(), OUTSIDE).code == 451


class Altered:
    """A file or directory with another owner or mode, as long as this lasts."""

    def __init__(self, path, owner=None, group=None, mode=None):
        self.path, self.before = path, os.stat(path)
        if owner is not None:
            os.chown(path, owner, group)
        if mode is not None:
            os.chmod(path, mode)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.chown(self.path, self.before.st_uid, self.before.st_gid)
        os.chmod(self.path, self.before.st_mode & 0o7777)


# -- files and directories ---------------------------------------------------------------------------------------------

def flow_a_table_that_only_root_can_read(gateway):
    says(gateway, "readable", "ok")
    with Altered(gateway.postfix.config / "pams_milter_header_checks", 0, 0, 0o600):
        finding = says(gateway, "readable", "fail")
        assert "pams_milter_header_checks" in finding["seen"] and USER in finding["seen"]
        is_not_accepted(gateway)


def flow_a_seal_key_that_others_can_read(gateway):
    says(gateway, "seal_key", "ok")
    with Altered(gateway.seal_key, mode=0o644):
        says(gateway, "seal_key", "fail")
        is_not_accepted(gateway)


def flow_a_seal_key_that_the_milter_cannot_read(gateway):
    with Altered(gateway.seal_key, 0, 0):
        says(gateway, "seal_key", "fail")
        is_not_accepted(gateway)


def flow_tables_hold_no_secret_any_more(gateway):
    """Every user may read them; they name a transport and a socket."""
    key = re.search(r"(?m)^[0-9a-f]{64}", gateway.seal_key.read_text())[0]
    for path in gateway.postfix.config.iterdir():
        assert not path.is_file() or key not in path.read_text(errors="replace"), path


def flow_no_relay_at_its_socket(gateway):
    says(gateway, "relay", "ok")
    gateway.relay.kill()
    finding = says(gateway, "relay", "fail")
    assert str(gateway.relay.unix_socket) in finding["seen"], finding


def flow_a_socket_that_postfix_cannot_reach(gateway):
    says(gateway, "socket_reachable", "ok")
    with Altered(gateway.milter.unix_socket.parent, mode=0o700):
        says(gateway, "socket_reachable", "fail")
        is_not_accepted(gateway)


def flow_no_milter_at_the_socket(gateway):
    gateway.milter.kill()
    assert "refused" in says(gateway, "socket_reachable", "fail")["seen"]


def flow_an_archive_that_the_milter_cannot_write(gateway):
    says(gateway, "archive", "ok")
    with Altered(gateway.directory / "archive", 0, 0, 0o700):
        says(gateway, "archive", "fail")


def flow_a_trace_that_the_milter_cannot_write(gateway):
    says(gateway, "trace", "ok")
    with Altered(gateway.directory / "trace", 0, 0, 0o700):
        says(gateway, "trace", "fail")


def flow_a_mail_log_that_the_milter_cannot_read(gateway):
    with Altered(gateway.postfix.log_file, 0, 0, 0o600):
        says(gateway, "mail_log", "fail")


def flow_a_mail_log_that_is_not_postfixs(gateway):
    other = gateway.directory / "other.log"
    other.touch()
    gateway.write_settings(replace=[(f'mail_log = "{gateway.postfix.log_file}"', f'mail_log = "{other}"')])
    says(gateway, "mail_log", "warn")


def flow_a_disk_that_is_nearly_full(gateway):
    small = gateway.directory / "nearly-full"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "pams-flows", small], capture_output=True).returncode != 0:
        raise Skipped("this machine lets nobody mount a small disk")
    try:
        gateway.write_settings(replace=[(f'path = "{gateway.directory}/archive"', f'path = "{small}"')])
        assert str(small) in says(gateway, "disk_space", "fail")["seen"]
    finally:
        subprocess.run(["umount", small], check=True)


def flow_a_clock_that_was_set_back(gateway):
    settings = gateway.settings / "pams-milter.toml"
    tomorrow = time.time() + 86400
    os.utime(settings, (tomorrow, tomorrow))
    try:
        says(gateway, "clock_is_right", "fail")
    finally:
        os.utime(settings)


def flow_a_journal_spool_that_the_milter_cannot_write(gateway):
    spool = gateway.directory / "doctors-journal"
    spool.mkdir()
    shutil.chown(spool, USER, USER)
    rule = '[[journal_rule]]\nname = "All"\nscope = "global"\njournal_email_address = "journal@example.org"\n'
    gateway.write_settings(replace=[("[[archive]]", f'[journal]\npath = "{spool}"\n{rule}\n[[archive]]')])
    says(gateway, "journal_spool", "ok")
    with Altered(spool, 0, 0, 0o700):
        says(gateway, "journal_spool", "fail")
    (spool / "waiting").mkdir()
    shutil.chown(spool / "waiting", USER, USER)
    late = spool / "waiting" / "0.report"
    late.touch()
    os.utime(late, (time.time() - 7200,) * 2)
    says(gateway, "journal_spool", "warn")


# -- the smart host ------------------------------------------------------------------------------------------------

def flow_a_smart_host_that_is_down(gateway):
    assert "valid until" in says(gateway, "smart_host", "ok")["seen"]
    gateway.write_settings(replace=[(f'"localhost:{gateway.smart_host.port}"', '"localhost:1"')])
    assert "connect" in says(gateway, "smart_host", "fail")["seen"]


def flow_a_smart_host_whose_certificate_ends_in_a_week(gateway):
    gateway.smart_host.behaviour = Behaviour(certificate="ends-in-a-week")
    assert "ends within two weeks" in says(gateway, "smart_host", "warn")["seen"]


# -- Postfix's settings --------------------------------------------------------------------------------------------

def flow_smaller_messages_than_the_connector_takes(gateway):
    says(gateway, "message_size", "ok")
    gateway.postfix.set(message_size_limit="10240000")
    says(gateway, "message_size", "fail")
    gateway.postfix.set(message_size_limit=str(50 * 2**20))  # the carrier of the largest one does not fit
    assert doctor.findings(gateway)["message_size"]["status"] != "ok"


def flow_a_signer_in_front_of_us(gateway):
    says(gateway, "milter_order", "ok")
    ours = gateway.postfix.tool("postconf", "-h", "smtpd_milters").strip()
    gateway.postfix.set(smtpd_milters=f"inet:localhost:8891, {ours}")
    finding = says(gateway, "milter_order", "warn")
    # The line to paste is a command that works.
    command = finding["remedy"].removesuffix(" && postfix reload").replace("postconf ", f"postconf -c {gateway.postfix.config} ", 1)
    subprocess.run(command, shell=True, check=True, capture_output=True)
    says(gateway, "milter_order", "ok")
    assert gateway.postfix.tool("postconf", "-h", "smtpd_milters").strip().endswith("inet:localhost:8891")


def flow_a_postfix_that_does_not_wait_for_us(gateway):
    says(gateway, "milter_timeouts", "ok")
    main = gateway.postfix.config / "main.cf"
    main.write_text(main.read_text().replace("content_timeout=300s", "content_timeout=5s"))
    says(gateway, "milter_timeouts", "warn")


def flow_a_milter_at_a_port(gateway):
    says(gateway, "inet_socket", "ok")
    listen = f'listen = "unix:{gateway.milter.unix_socket}"'
    gateway.write_settings(replace=[(listen, 'listen = "inet:127.0.0.1:8894"')])
    assert "44 ms" in says(gateway, "inet_socket", "warn")["seen"]
    gateway.write_settings(replace=[(listen, 'listen = "inet:0.0.0.0:8894"')])
    assert "other machines" in says(gateway, "inet_socket", "warn")["seen"]


def flow_networks_that_only_postfix_trusts(gateway):
    gateway.postfix.set(mynetworks="127.0.0.1/32")
    says(gateway, "trusted_networks", "ok")
    gateway.postfix.set(mynetworks="127.0.0.1/32, 192.0.2.0/24")
    assert "192.0.2.0/24" in says(gateway, "trusted_networks", "warn")["seen"]


def flow_strangers_at_a_listener_with_the_guard_rules(gateway):
    says(gateway, "untrusted_peers", "ok")
    gateway.postfix.tool("postconf", "-M", "0.0.0.0:10587/inet=0.0.0.0:10587 inet n - y - - smtpd")
    says(gateway, "untrusted_peers", "warn")
    gateway.postfix.tool("postconf", "-P",
                         "0.0.0.0:10587/inet/smtpd_client_restrictions=permit_mynetworks,permit_sasl_authenticated,reject")
    says(gateway, "untrusted_peers", "ok")


def flow_lone_line_feeds(gateway):
    gateway.postfix.set(smtpd_forbid_bare_newline="no")
    says(gateway, "bare_newline", "warn")
    gateway.postfix.set(smtpd_forbid_bare_newline="normalize")
    says(gateway, "bare_newline", "ok")


# -- routing checks beyond one setting -------------------------------------------------------------------------------

def flow_another_instance_sends_its_mail_here(gateway):
    other = gateway.directory / "other-instance"
    shutil.copytree(gateway.postfix.config, other)
    with (other / "main.cf").open("a") as main:
        main.write("\nmilter_header_checks =\nheader_checks =\n")
    gateway.postfix.set(multi_instance_directories=str(other))
    gateway.postfix.restart()
    assert str(other) in says(gateway, "instance", "fail")["seen"]
    is_not_accepted(gateway)
    (other / "main.cf").write_text((other / "main.cf").read_text() + "\nsmtpd_milters =\nnon_smtpd_milters =\n")
    says(gateway, "instance", "ok")


def flow_a_proxy_filter_takes_mail_past_everything(gateway):
    """Nothing inside Postfix can hold what goes to such a filter: it gets the message before any header is looked at.
    So the daemon alarms without any mail, and says which check it is. No message is sent here."""
    listener = f"{gateway.postfix.outbound_service}/inet"
    gateway.postfix.tool("postconf", "-P", f"{listener}/smtpd_proxy_filter=127.0.0.1:{gateway.relayhost.port}")
    says(gateway, "proxy_filter", "fail")
    wait_for("the milter's log names the check", lambda: "proxy_filter" in gateway.milter.log())


def flow_a_proxy_filter_on_a_listener_that_is_not_said_to_be_outbound(gateway):
    listener = f"{gateway.postfix.inbound_service}/inet"
    gateway.postfix.tool("postconf", "-P", f"{listener}/smtpd_proxy_filter=127.0.0.1:10024")
    says(gateway, "proxy_filter", "warn")


def sent_anyway(gateway, **how):
    """Only the last guard is left: the client of Postfix stops before the content."""
    message = messages.flagged(subject="Held")
    assert gateway.send(message, OUTSIDE, **how).code == 250
    gateway.wait_deferred("local data error")
    assert not gateway.at_normal_route(message)
    gateway.postfix.delete_all()


def flow_a_listener_without_milters_and_without_the_guard_rules(gateway):
    """Also a content filter's way back in. Named by doctor, and by the daemon without any mail."""
    port = free_port()
    gateway.postfix.tool("postconf", "-M", f"127.0.0.1:{port}/inet=127.0.0.1:{port} inet n - y - - smtpd "
                         "-o receive_override_options=no_milters,no_header_body_checks")
    gateway.postfix.restart()
    assert str(port) in says(gateway, "milter", "fail")["seen"]
    wait_for("the milter's log names the check", lambda: f"127.0.0.1:{port}" in gateway.milter.log())
    sent_anyway(gateway, port=port)
    gateway.postfix.tool("postconf", "-F", "smtp/unix/chroot=y")  # as on Debian
    gateway.postfix.restart()
    sent_anyway(gateway, port=port)
    ordinary = messages.plain()
    assert gateway.send(ordinary, OUTSIDE, port=port).code == 250
    gateway.wait_at(gateway.relayhost, ordinary)


def flow_a_header_check_that_redirects(gateway):
    """Postfix stops filtering at a REDIRECT and asks no milter at the end: so the recipient is refused before that."""
    gateway.postfix.set(header_checks="regexp:{{/^Subject: Held/ REDIRECT eve@other.example}}, "
                        + gateway.postfix.tool("postconf", "-h", "header_checks").strip())
    gateway.postfix.restart()
    says(gateway, "content_redirects", "fail")
    wait_for("the milter's log names the check", lambda: "route check content_redirects fails" in gateway.milter.log())
    is_not_accepted(gateway)


def flow_a_redirect_that_no_check_can_see(gateway):
    """As a policy service answers it. Postfix then forgets the milter's route; what it brings to the wrong place is
    sealed, and the trace names what happened."""
    gateway.carriers_may_go_astray()
    gateway.use_settings(replace=[("verify_route = true", "verify_route = false")])
    gateway.postfix.set(smtpd_recipient_restrictions="check_client_access static:{REDIRECT eve@other.example}")
    gateway.postfix.restart()
    message = messages.flagged_with_attachment()
    assert gateway.send(message, OUTSIDE).code == 250
    wait_for("it is somewhere", lambda: gateway.relayhost.transactions or gateway.smart_host.transactions
             or any("delay_reason" in one for entry in gateway.postfix.queue() for one in entry["recipients"]))
    assert not gateway.sealed_leaks()
    wait_for("the trace lists it", lambda: Trace(gateway).leaks()[0] == 1, pause=0.3)


def flow_the_queue_manager_of_another_postfix_says_nothing_about_ours(gateway):
    """The milter may not read whose process is whose from Postfix's own files: only root may."""
    program = gateway.directory / "qmgr"
    shutil.copy(shutil.which("sleep"), program)
    gateway.postfix.set(soft_bounce="no")  # not reloaded
    with subprocess.Popen([program, "600"]) as younger:
        try:
            says(gateway, "reloaded", "fail")
            is_not_accepted(gateway)
        finally:
            younger.kill()


# -- other users -----------------------------------------------------------------------------------------------------

def flow_an_ordinary_user_hears_what_could_not_be_seen(gateway):
    with Altered(gateway.settings, mode=0o755):
        done = subprocess.run([gateway.directory / "bin/pamsctl", "--config", gateway.settings / "pams-milter.toml", "doctor",
                               "--json"], capture_output=True, text=True, user="nobody", group="nogroup", extra_groups=[],
                              env={**os.environ, "RUNTIME_DIRECTORY": str(gateway.milter.runtime_directory)})
    found = {one["id"]: one for one in json.loads(done.stdout)["checks"]}
    for name in ("header_checks", "milter_header_checks"):  # their tables hold no secret
        assert found[name]["status"] == "ok", found[name]
    for name in ("seal_key", "readable", "socket_reachable", "archive", "trace"):
        assert found[name]["status"] == "warn", found[name]
        assert found[name]["remedy"] == "run as root: pamsctl doctor", found[name]
    assert not [one for one in found.values() if one["status"] == "fail"], found
