"""One whole gateway for the flows to send mail through.

    sender -> Postfix (outbound or inbound listener) -> pams-milter
                 |-- flagged, sealed -> pams-relay -> smart_host  (TLS server with certificates of a test authority)
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
from pathlib import Path

from .archive import Archive
from .certificates import Certificates
from .client import send_over
from .leaks import LeakSearch
from .milter import USER, Milter
from .postfix import Postfix
from .relay import Relay
from .smtp_server import Server
from .waiting import wait_for

TEMPLATES = Path(__file__).parent / "site"


class Gateway(LeakSearch):
    def __init__(self, binaries: Path):
        self.directory = Path(tempfile.mkdtemp(prefix="pams-flows-"))
        self.directory.chmod(0o755)  # user postfix must be able to search it
        self.certificates = Certificates(self.directory / "tls")
        self.smart_host = Server("smart host", self.certificates)
        self.relayhost = Server("relayhost")
        self.mailboxes = Server("mailbox server")
        self.postfix = Postfix(self.directory / "postfix", self.relayhost.port, self.mailboxes.port)
        self.mta = self.postfix
        self.settings = self._prepare_directories(self.postfix.queue_directory / "pams-milter", "postfix")
        self._copy_programs(binaries)
        self.milter = Milter(self.directory / "bin/pams-milter", self.settings / "pams-milter.toml",
                             self.postfix.queue_directory / "pams-milter/pams.sock", self.directory / "milter.log",
                             self.directory / "run")
        self.relay = self._make_relay(self.postfix.queue_directory / "pams-milter/relay.sock")
        self.archive = Archive(self.directory / "archive")
        self._milter_log_mark = 0
        self._prepare_reset()

    def _prepare_reset(self):
        self._may_go_astray = False
        self._reload_is_enough = False
        self.known_leaks = set()  # ids in the trace, of former flows

    def _make_relay(self, unix_socket):
        return Relay(self.directory / "bin/pams-relay", self.settings / "pams-milter.toml", unix_socket,
                     self.directory / "relay.log", self.directory / "trace/relay.db")

    def _prepare_directories(self, run_directory, mta_group):
        """Owners and permissions as README.md tells the postmaster to set them."""
        settings = self.directory / "settings"
        for path, owner, group, mode in (
                (settings, "root", USER, 0o2750),
                (self.directory / "archive", USER, USER, 0o700),
                (self.directory / "trace", USER, USER, 0o700),
                (self.directory / "run", USER, USER, 0o750),
                (run_directory, USER, mta_group, 0o2710)):
            path.mkdir()
            shutil.chown(path, owner, group)
            path.chmod(mode)
        return settings

    def _copy_programs(self, binaries):
        """The build directory may lie where the milter's user cannot look."""
        (self.directory / "bin").mkdir()
        for name in ("pams-milter", "pams-relay", "pamsctl"):
            shutil.copy(binaries / name, self.directory / "bin" / name)

    # -- life ----------------------------------------------------------------------------------------------

    def start(self):
        self.write_settings()
        services = [self.postfix.outbound_service, "pickup"]
        self.pamsctl("setup", "postfix", *[word for one in services for word in ("--outbound", one)], "--apply")
        self.milter.start()
        self.relay.start()
        self.postfix.start()
        self._good_configuration = self.postfix_files()
        self._good_record = {path: path.read_bytes() for path in self.setup_record.iterdir()}

    def stop(self):
        self.postfix.stop()
        self.relay.stop()
        self.milter.stop()
        for server in (self.smart_host, self.relayhost, self.mailboxes):
            server.stop()

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def reset(self):
        """Back to a sound gateway with nothing queued and nothing recorded."""
        self.postfix.delete_all()
        self._restore_record()
        if self.postfix_files() != self._good_configuration:
            self._restore_postfix_files()
            self.postfix.restart()
        for server in (self.smart_host, self.relayhost, self.mailboxes):
            server.reset()
        self.postfix.mark_log()
        self._reset_programs()

    def _reset_programs(self):
        """Milter and relay run with the usual settings and keys, and what they have said is of former flows."""
        if self._may_go_astray:
            self.known_leaks |= {row["id"] for row in self.trace("--limit", "1000000")}
            self._may_go_astray = False
        if self.write_settings() | self._restore_seal_key():
            if self._reload_is_enough and self.milter.is_running():
                self.pamsctl("reload")
            else:
                self.restart_programs()
        self._reload_is_enough = False
        for program in (self.milter, self.relay):
            if not program.is_running():
                program.start()
        self._milter_log_mark = len(self.milter.log())
        self.relay.mark()

    def restart_programs(self):
        for program in (self.relay, self.milter):
            program.stop()
        for program in (self.milter, self.relay):
            program.start()

    def _restore_seal_key(self):
        """The key that the first flow found, with its owner; tells whether it was another."""
        if not hasattr(self, "_seal_key"):
            self._seal_key = self.seal_key.read_bytes()
        if read_or_none(self.seal_key) == self._seal_key:
            return False
        self.put_seal_key(self._seal_key)
        return True

    @property
    def seal_key(self):
        return self.settings / "seal.key"

    def put_seal_key(self, content):
        """Whole at once, for the milter's user alone."""
        new = self.seal_key.with_suffix(".new")
        new.write_bytes(content)
        new.chmod(0o600)
        shutil.chown(new, USER, USER)
        new.replace(self.seal_key)

    def carriers_may_go_astray(self):
        """This flow makes the MTA bring sealed mail elsewhere: `trace leaks` is right to list it, as what it is,
        and after this flow nobody is surprised by its messages."""
        self._may_go_astray = True

    def let_settings_cool_down(self):
        self.postfix.let_settings_cool_down()

    def postfix_files(self):
        """Content, permissions and group of each file."""
        files = [path for path in sorted(self.postfix.config.iterdir()) if path.is_file()]
        return {path: (path.read_bytes(), path.stat().st_mode & 0o7777, path.stat().st_gid) for path in files}

    @property
    def setup_record(self):
        """What `setup postfix --remove` knows about the setup."""
        return self.postfix.config / "pams-setup"

    def _restore_record(self):
        self.setup_record.mkdir(mode=0o700, exist_ok=True)
        for path, content in self._good_record.items():
            path.write_bytes(content)

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
        main = self.template()
        for name, value in self.template_values().items():
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

    def template(self):
        return (TEMPLATES / "pams-milter.toml").read_text()

    def template_values(self):
        return {"DIRECTORY": self.directory, "QUEUE": self.postfix.queue_directory, "POSTFIX": self.postfix.config,
                "SMART_HOST_PORT": self.smart_host.port, "CA_FILE": self.certificates.ca_file,
                "POSTFIX_LOG": self.postfix.log_file}

    def use_settings(self, rules=None, replace=()):
        """New settings for the running milter and relay (until the next flow)."""
        if self.write_settings(rules, replace):
            self.restart_programs()

    def use_setting_by_reload(self, old, new):
        """The same for a setting of the milter that needs no restart, which takes its time."""
        self._reload_is_enough = True
        self.write_settings(replace=[(old, new)])
        self.pamsctl("reload")

    def use_postfix(self, **settings):
        """Other main.cf settings (until the next flow)."""
        self.postfix.set(**settings)
        self.postfix.restart()

    def pamsctl(self, *arguments, check=True, config=None):
        self.let_settings_cool_down()
        done = subprocess.run([self.directory / "bin/pamsctl", "--config", config or self.settings / "pams-milter.toml",
                               *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env={**os.environ, "RUNTIME_DIRECTORY": str(self.milter.runtime_directory)})
        if check and done.returncode != 0:
            raise RuntimeError(f"pamsctl {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    # -- mail ----------------------------------------------------------------------------------------------

    @property
    def outbound_port(self):
        return self.postfix.outbound_port

    @contextlib.contextmanager
    def connection(self, port=None, source="127.0.0.1"):
        client = smtplib.SMTP("127.0.0.1", port or self.outbound_port, "client.example.org", timeout=120,
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
        """Waits until Postfix holds a message back for that reason; returns its line of the queue. What it holds then
        shows nothing."""
        def deferred():
            for entry in self.postfix.queue():
                if any(reason in one["delay_reason"] for one in entry["recipients"] if "delay_reason" in one):
                    return entry
        try:
            entry = wait_for(f"a message deferred for {reason!r}", deferred, seconds)
        except AssertionError as problem:
            raise AssertionError(f"{problem}; the queue: {self.postfix.queue()}") from None
        shown = self.sealed_leaks()
        assert not shown, "LEAK: " + "; ".join(shown)
        return entry

    def wait_relayed(self, recipients):
        """Waits until the relay has noted that the smart host took something for each of them; returns the notes, each of
        which names a proven smart host. The relay proves it itself: this is where the flows see it."""
        def noted():
            rows = [row for row in self.relay.deliveries() if row["result"] == "sent"]
            return rows if sorted(row["recipient"] for row in rows) == sorted(recipients) else None
        rows = wait_for(f"the relay's notes about {recipients}", noted)
        for row in rows:
            assert row["verified"] == 1 and row["protocol"] in ("TLSv1.2", "TLSv1.3") and row["certificate"], row
        return rows

    def milter_log(self):
        """What the milter has said since this flow began."""
        return self.milter.log()[self._milter_log_mark:]

    def carrier_of(self, queue_id):
        """What Postfix holds of a message, as it would go over the wire."""
        return self.postfix.queued(queue_id).replace(b"\n", b"\r\n")

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
        wait_for("the queue is empty", lambda: not self.mta.queue())


def read_or_none(path):
    return path.read_bytes() if path.exists() else None
