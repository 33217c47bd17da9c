"""One whole gateway for the flows to send mail through.

    sender -> Postfix (outbound or inbound listener) -> pams-milter
                 |-- flagged   -> smart_host  (TLS server with certificates of a test authority)
                 |-- ordinary  -> relayhost   (the normal route to the world, in clear)
                 '-- @example.org -> mailboxes (the organization's own mailbox server)
"""

import contextlib
import json
import os
import shutil
import smtplib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import messages
from .archive import Archive
from .certificates import Certificates
from .milter import USER, Milter
from .postfix import Postfix
from .smtp_server import Server
from .waiting import wait_for

TEMPLATES = Path(__file__).parent / "site"


@dataclass
class Answer:
    """What the gateway said to a sender: to the message, or to the first command that it refused."""

    code: int
    text: str

    @property
    def queue_id(self):
        return self.text.rpartition(" ")[2]

    def __str__(self):
        return f"{self.code} {self.text}"


class Gateway:
    def __init__(self, binaries: Path):
        self.folder = Path(tempfile.mkdtemp(prefix="pams-flows-"))
        self.folder.chmod(0o755)  # user postfix must be able to search it
        self.certificates = Certificates(self.folder / "tls")
        self.smart_host = Server("smart host", self.certificates)
        self.relayhost = Server("relayhost")
        self.mailboxes = Server("mailbox server")
        self.postfix = Postfix(self.folder / "postfix", self.relayhost.port, self.mailboxes.port)
        self.settings = self._prepare_folders()
        self._copy_programs(binaries)
        self.milter = Milter(self.folder / "bin/pams-milter", self.settings / "pams-milter.toml",
                             self.postfix.queue_directory / "pams-milter/pams.sock", self.folder / "milter.log",
                             self.folder / "run")
        self.archive = Archive(self.folder / "archive")

    def _prepare_folders(self):
        """Owners and permissions as README.md tells the postmaster to set them."""
        settings = self.folder / "settings"
        for path, owner, group, mode in (
                (settings, "root", USER, 0o2750),
                (self.folder / "archive", USER, USER, 0o700),
                (self.folder / "trace", USER, USER, 0o700),
                (self.folder / "run", USER, USER, 0o750),
                (self.postfix.queue_directory / "pams-milter", USER, "postfix", 0o2710)):
            path.mkdir()
            shutil.chown(path, owner, group)
            path.chmod(mode)
        return settings

    def _copy_programs(self, binaries):
        """The build folder may lie where the milter's user cannot look."""
        (self.folder / "bin").mkdir()
        for name in ("pams-milter", "pamsctl"):
            shutil.copy(binaries / name, self.folder / "bin" / name)

    # -- life ----------------------------------------------------------------------------------------------

    def start(self):
        self.write_settings()
        services = [self.postfix.outbound_service, "pickup"]
        self.pamsctl("setup", "postfix", *[word for one in services for word in ("--outbound", one)], "--apply")
        self.milter.start()
        self.postfix.start()
        self._good_configuration = self.postfix_files()

    def stop(self):
        self.postfix.stop()
        self.milter.stop()
        for server in (self.smart_host, self.relayhost, self.mailboxes):
            server.stop()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def reset(self):
        """Back to a sound gateway with nothing queued and nothing recorded."""
        self.postfix.delete_all()
        if self.postfix_files() != self._good_configuration:
            self._restore_postfix_files()
            self.postfix.restart()
        for server in (self.smart_host, self.relayhost, self.mailboxes):
            server.reset()
        self.postfix.mark_log()
        if self.write_settings() or not self.milter.is_running():
            self.milter.stop()
            self.milter.start()

    def postfix_files(self):
        """Content, permissions and group of each file."""
        files = [path for path in sorted(self.postfix.config.iterdir()) if path.is_file()]
        return {path: (path.read_bytes(), path.stat().st_mode & 0o7777, path.stat().st_gid) for path in files}

    def _restore_postfix_files(self):
        for path, (content, mode, group) in self._good_configuration.items():
            path.write_bytes(content)
            shutil.chown(path, group=group)
            path.chmod(mode)
        for path in self.postfix_files().keys() - self._good_configuration.keys():
            path.unlink()

    # -- settings ------------------------------------------------------------------------------------------

    def write_settings(self, rules: Path | None = None, replace=()):
        """Writes the milter's configuration; tells whether anything changed. `replace`: pairs (old, new)."""
        values = {"FOLDER": self.folder, "QUEUE": self.postfix.queue_directory, "POSTFIX": self.postfix.config,
                  "SMART_HOST_PORT": self.smart_host.port, "CA_FILE": self.certificates.ca_file,
                  "POSTFIX_LOG": self.postfix.log_file}
        main = (TEMPLATES / "pams-milter.toml").read_text()
        for name, value in values.items():
            main = main.replace(f"@{name}@", str(value))
        for old, new in replace:
            assert old in main, f"pams-milter.toml of the flows has no {old}"
            main = main.replace(old, new)
        files = {path.name: path.read_bytes() for path in TEMPLATES.iterdir() if path.is_file()}
        files["pams-milter.toml"] = main.encode()
        if rules:
            files["rules.toml"] = rules.read_bytes()
        changed = [name for name, content in files.items() if read_or_none(self.settings / name) != content]
        for name in changed:
            (self.settings / name).write_bytes(files[name])
        return bool(changed)

    def use_settings(self, rules=None, replace=()):
        """New settings for the running milter (until the next flow)."""
        if self.write_settings(rules, replace):
            self.milter.stop()
            self.milter.start()

    def use_postfix(self, **settings):
        """Other main.cf settings (until the next flow)."""
        self.postfix.set(**settings)
        self.postfix.restart()

    def pamsctl(self, *arguments, check=True, config=None):
        done = subprocess.run([self.folder / "bin/pamsctl", "--config", config or self.settings / "pams-milter.toml",
                               *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env={**os.environ, "RUNTIME_DIRECTORY": str(self.milter.runtime_folder)})
        if check and done.returncode != 0:
            raise RuntimeError(f"pamsctl {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    # -- mail ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def connection(self, port=None, source="127.0.0.1"):
        client = smtplib.SMTP("127.0.0.1", port or self.postfix.outbound_port, "client.example.org", timeout=120,
                              source_address=(source, 0))
        try:
            client.ehlo()
            yield client
        finally:
            client.close()

    def send(self, message, recipients, sender="alice@example.org", port=None, source="127.0.0.1"):
        with self.connection(port, source) as client:
            return send_over(client, message, recipients, sender)

    def at_normal_route(self, message):
        return self.relayhost.with_text(message.unique) + self.mailboxes.with_text(message.unique)

    def wait_at(self, server, message, seconds=30):
        """The transaction that brought the message to that server."""
        found = wait_for(f"the message at the {server.name}", lambda: server.with_text(message.unique), seconds)
        assert len(found) == 1, f"{len(found)} copies at the {server.name}"
        return found[0]

    def wait_for_copies(self, server, message, count):
        wait_for(f"copy {count} of the message at the {server.name}",
                 lambda: len(server.with_text(message.unique)) == count)

    def wait_deferred(self, reason, seconds=30):
        """Waits until Postfix holds a message back for that reason; returns its line of the queue."""
        def deferred():
            for entry in self.postfix.queue():
                if any(reason in one.get("delay_reason", "") for one in entry["recipients"]):
                    return entry
        try:
            return wait_for(f"a message deferred for {reason!r}", deferred, seconds)
        except AssertionError as problem:
            raise AssertionError(f"{problem}; the queue: {self.postfix.queue()}") from None

    def trace(self, *arguments):
        """The rows of `pamsctl trace`."""
        return json.loads(self.pamsctl("trace", *arguments, "--json").stdout)

    def wait_traced(self, status, *arguments, seconds=30):
        """Waits until each row that `pamsctl trace` finds has that status; returns them."""
        def rows():
            found = self.trace(*arguments)
            return found if found and all(one["status"] == status for one in found) else None
        try:
            return wait_for(f"{status} in the trace", rows, seconds)
        except AssertionError as problem:
            raise AssertionError(f"{problem}; the trace: {self.trace(*arguments)}") from None

    def wait_empty_queue(self):
        wait_for("the queue is empty", lambda: not self.postfix.queue())

    def leaks(self):
        """Promise P1, looked at from outside: what came where nothing flagged may come."""
        found = [f"{server.name} got the body of a flagged message" for server in (self.relayhost, self.mailboxes)
                 for one in list(server.transactions) if messages.FLAGGED.encode() in one.data]
        found += [f"{server.name} got a message with zivver-relay" for server in (self.relayhost, self.mailboxes)
                  for one in list(server.transactions) if messages.fields_named(one.data, "zivver-relay")]
        found += [f"the smart host was told in clear: {command}" for command in self.smart_host.clear_commands]
        found += [f"the milter's log: {line}" for line in self.milter.log().splitlines()
                  if "Sanitizer" in line or "runtime error" in line]
        return found

    def traced_leaks(self):
        """What the product itself says about promise P1."""
        said = self.pamsctl("trace", "leaks", check=False)
        return [] if said.returncode == 0 else [f"pamsctl trace leaks: {said.stdout}{said.stderr}"]


def send_over(client, message, recipients, sender="alice@example.org"):
    """One message over an open connection; the first refusal is the answer, and then RSET."""
    commands = [lambda: client.mail(sender)]
    commands += [lambda one=one: client.rcpt(one) for one in recipients]
    for command in commands:
        answer = Answer(*decoded(command()))
        if answer.code >= 400:
            client.rset()
            return answer
    try:
        return Answer(*decoded(client.data(message.data)))
    except smtplib.SMTPDataError as refusal:  # DATA itself was refused
        return Answer(*decoded((refusal.smtp_code, refusal.smtp_error)))


def decoded(reply):
    return reply[0], reply[1].decode(errors="replace")


def read_or_none(path):
    return path.read_bytes() if path.exists() else None
