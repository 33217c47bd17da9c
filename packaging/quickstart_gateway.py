"""A gateway of its own on loopback: Postfix with the settings of `pamsctl setup postfix --apply`, the milter, the relay, a
TLS smart host and a server that plays the normal route. All files are below one directory; /etc/postfix is not touched."""

import contextlib
import fcntl
import json
import os
import random
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from quickstart_server import Server

USER = "daemon"  # any unprivileged user that every Debian has
MASTER_TEMPLATE = Path("/usr/share/postfix/master.cf.dist")

MAIN = """
compatibility_level = 3.6
myhostname = gateway.example.org
mydomain = example.org
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{relayhost}

# What makes it private: own directories, loopback, no DNS, quick retries.
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/mail.log
maillog_file_prefixes = {directory}
inet_interfaces = loopback-only
inet_protocols = ipv4
disable_dns_lookups = yes
smtp_host_lookup = native
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
"""

SETTINGS = """
[milter]
listen = "unix:{queue}/pams-milter/pams.sock"
postfix_config = "{config}"

[organization]
accepted_domains = ["example.org"]

[trust]
networks = ["127.0.0.1"]

[pams]
connector = "Zivver Plugin Assisted Mail Submission"

[[outbound_connector]]
name = "Zivver Plugin Assisted Mail Submission"
smart_hosts = ["localhost:{smart_host}"]
tls_settings = "domain_validation"
tls_ca_file = "{certificate}"

[trace]
path = "{directory}/trace/trace.db"
mail_log = "{directory}/mail.log"

[[archive]]
name = "compliance"
path = "{directory}/archive"

[[transport_rule]]
name = "Company disclaimer"
[transport_rule.if]
from_scope = "in_organization"
sent_to_scope = "not_in_organization"
[[transport_rule.do]]
apply_html_disclaimer = {{ text = "{disclaimer}", fallback_action = "ignore" }}
[[transport_rule.do]]
archive = {{ to = "compliance" }}
"""
DISCLAIMER = "Example B.V. is registered at the Chamber of Commerce, no. 01234567."


def why_not_here():
    """Why a private Postfix cannot run here; None when it can."""
    if os.geteuid() != 0:
        return "needs root (Postfix starts its services as root)"
    if not shutil.which("postfix") or not MASTER_TEMPLATE.exists():
        return "needs Postfix (apt-get install postfix postfix-pcre)"
    return None


def wait_for(what, probe, seconds=30):
    """The first true answer of `probe()`."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not seen within {seconds} s")
        time.sleep(0.05)
    return answer


def free_port():
    """Below the ports that the kernel gives to outgoing connections."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", random.randrange(15000, 32000)))
            return probe.getsockname()[1]


def greets(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
        return connection.recv(4) == b"220 "
    return False


class Postfix:
    def __init__(self, directory: Path, relayhost: int):
        self.directory, self.config, self.queue_directory = directory, directory / "etc", directory / "queue"
        self.port = free_port()
        self.service = f"127.0.0.1:{self.port}"
        for path in (self.config, self.queue_directory / "etc", directory / "data"):
            path.mkdir(parents=True)
        shutil.chown(directory / "data", "postfix")
        (directory / "mail.log").touch()
        for name in ("hosts", "nsswitch.conf", "services", "host.conf"):  # for the services in the chroot
            if Path("/etc", name).exists():
                shutil.copy(Path("/etc", name), self.queue_directory / "etc" / name)
        (self.config / "main.cf").write_text(MAIN.format(directory=directory, relayhost=relayhost))
        (self.config / "master.cf").write_text(
            re.sub(r"(?m)^smtp +inet .*\n", f"{self.service} inet n - y - - smtpd\n", MASTER_TEMPLATE.read_text(), count=1))

    def tool(self, *command, check=True):
        done = subprocess.run([command[0], "-c", self.config, *command[1:]], capture_output=True, text=True)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def start(self):
        self.tool("postfix", "start")
        wait_for("Postfix greets", lambda: greets(self.port))

    def stop(self):
        """What `postfix stop` does, which looks only once a second whether it is done."""
        if self.is_running():
            os.kill(int((self.queue_directory / "pid/master.pid").read_text()), signal.SIGTERM)
            wait_for("Postfix has stopped", lambda: not self.is_running())

    def is_running(self):
        """The master process locks its file as long as it lives."""
        with contextlib.suppress(FileNotFoundError), open(self.queue_directory / "pid/master.pid", "r+") as pid:
            try:
                fcntl.flock(pid, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def queue(self):
        return [json.loads(line) for line in self.tool("postqueue", "-j", check=False).splitlines()]


class Program:
    """The milter or the relay, as a process of its own and, as on a real gateway, not as root."""

    def __init__(self, gateway, name, listens):
        self.gateway, self.name, self.listens = gateway, name, listens
        self.log_file = gateway.directory / f"{name}.log"
        self.process = None

    def start(self):
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen([self.gateway.directory / "bin" / self.name, "--config", self.gateway.settings],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", user=USER,
                                            group=USER, extra_groups=[],
                                            env={**os.environ, "RUNTIME_DIRECTORY": str(self.gateway.directory / "run")})
        wait_for(f"{self.name} listens", lambda: self.process.poll() is not None or self.listens in self.log())
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} did not start:\n{self.log()}")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(90)

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""


class Gateway:
    def __init__(self, binaries: Path):
        self.directory = Path(tempfile.mkdtemp(prefix="pams-quickstart-"))
        self.directory.chmod(0o755)  # the unprivileged users must be able to search it
        self.certificate = self._make_certificate()
        self.smart_host = Server(self.certificate)
        self.relayhost = Server()
        self.postfix = Postfix(self.directory, self.relayhost.port)
        self.settings = self.directory / "settings/pams-milter.toml"
        self._make_directories()
        self._copy_programs(binaries)
        self._write_settings()
        self.milter = Program(self, "pams-milter", "event=started")
        self.relay = Program(self, "pams-relay", "event=relay_started")

    def _make_certificate(self):
        """For the smart host, signed by itself; the gateway's tls_ca_file holds it."""
        out = self.directory / "smart-host.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2",
                        "-keyout", out, "-out", self.directory / "certificate.pem"], check=True, capture_output=True)
        out.write_bytes(out.read_bytes() + (self.directory / "certificate.pem").read_bytes())
        return out

    def _make_directories(self):
        """Owners and permissions as README.md tells the postmaster to set them."""
        for path, owner, group, mode in ((self.settings.parent, "root", USER, 0o2750),
                                         (self.directory / "archive", USER, USER, 0o700),
                                         (self.directory / "trace", USER, USER, 0o700),
                                         (self.directory / "run", USER, USER, 0o750),
                                         (self.postfix.queue_directory / "pams-milter", USER, "postfix", 0o2710)):
            path.mkdir()
            shutil.chown(path, owner, group)
            path.chmod(mode)

    def _copy_programs(self, binaries):
        """The build directory may lie where the milter's user cannot look."""
        (self.directory / "bin").mkdir()
        for name in ("pams-milter", "pams-relay", "pamsctl"):
            shutil.copy(binaries / name, self.directory / "bin" / name)

    def _write_settings(self):
        self.settings.write_text(SETTINGS.format(
            directory=self.directory, config=self.postfix.config, queue=self.postfix.queue_directory,
            smart_host=self.smart_host.port, certificate=self.directory / "certificate.pem", disclaimer=DISCLAIMER))

    def start(self):
        self.pamsctl("setup", "postfix", "--outbound", self.postfix.service, "--outbound", "pickup", "--apply")
        self.milter.start()
        self.relay.start()
        self.postfix.start()

    def stop(self):
        for one in (self.postfix, self.relay, self.milter, self.smart_host, self.relayhost):
            one.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def pamsctl(self, *arguments, check=True):
        done = subprocess.run([self.directory / "bin/pamsctl", "--config", self.settings, *arguments], capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise RuntimeError(f"pamsctl {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def pamsctl_json(self, *arguments):
        return json.loads(self.pamsctl(*arguments, "--json").stdout)

    def send(self, data: bytes, recipients):
        """The answer of Postfix to the message, or to the first command that it refuses: code and text."""
        with smtplib.SMTP("127.0.0.1", self.postfix.port, "client.example.org", timeout=60) as client:
            client.ehlo()
            code, text = client.mail("alice@example.org")
            for one in recipients:
                if code < 400:
                    code, text = client.rcpt(one)
            if code < 400:
                try:
                    code, text = client.data(data)
                except smtplib.SMTPDataError as refusal:  # DATA itself was refused
                    code, text = refusal.smtp_code, refusal.smtp_error
        return code, text.decode(errors="replace")

    def traced(self, queue_id):
        """Waits until the message is Delivered to each recipient; a row for each."""
        def rows():
            found = self.pamsctl_json("trace", "--queue-id", queue_id)
            return found if found and all(one["status"] == "Delivered" for one in found) else None
        return wait_for("Delivered in the trace", rows)
