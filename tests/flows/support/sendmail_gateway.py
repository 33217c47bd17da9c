"""The gateway of the flows with Sendmail in Postfix's place: the same servers around it, the same milter.

    sender -> Sendmail -> pams-milter
                 |-- flagged, sealed -> pams-relay -> smart_host
                 |-- ordinary     -> relayhost
                 '-- @example.org -> mailboxes
"""

import tempfile
from pathlib import Path

from . import messages
from .archive import Archive
from .certificates import Certificates
from .gateway import Gateway
from .milter import Milter
from .sendmail import Sendmail
from .smtp_server import Server
from .waiting import wait_for


class SendmailGateway(Gateway):
    def __init__(self, binaries: Path):
        self.directory = Path(tempfile.mkdtemp(prefix="pams-flows-sendmail-"))
        self.directory.chmod(0o755)  # the milter's user must be able to search it
        self.certificates = Certificates(self.directory / "tls")
        self.smart_host = Server("smart host", self.certificates)
        self.relayhost = Server("relayhost")
        self.mailboxes = Server("mailbox server")
        self.run_directory = self.directory / "socket"
        self.settings = self._prepare_directories(self.run_directory, "root")
        self._copy_programs(binaries)
        self.mta = self.sendmail = Sendmail(self.directory / "sendmail", self.relayhost.port, self.mailboxes.port)
        self.milter = Milter(self.directory / "bin/pams-milter", self.settings / "pams-milter.toml",
                             self.run_directory / "pams.sock", self.directory / "milter.log",
                             self.directory / "run")
        self.relay = self._make_relay(self.run_directory / "relay.sock")
        self.archive = Archive(self.directory / "archive")
        self._milter_log_mark = 0
        self._prepare_reset()

    @property
    def outbound_port(self):
        return self.sendmail.port

    def template(self):
        text = super().template()
        for old, new in (("@QUEUE@/pams-milter/", "@QUEUE@/"),
                         ('postfix_config = "@POSTFIX@"',
                          'mta = "sendmail"\nsendmail_config = "@MAIL@"\nsendmail_program = "@PROGRAM@"')):
            assert old in text, f"pams-milter.toml of the flows has no {old}"
            text = text.replace(old, new)
        return text

    def template_values(self):
        return {"DIRECTORY": self.directory, "QUEUE": self.run_directory, "MAIL": self.sendmail.mail,
                "PROGRAM": self.sendmail.program, "SMART_HOST_PORT": self.smart_host.port,
                "CA_FILE": self.certificates.ca_file, "POSTFIX_LOG": self.directory / "mail.log"}

    # -- life ----------------------------------------------------------------------------------------------

    def start(self):
        (self.directory / "mail.log").touch()  # syslog's; nothing is written to it here
        self.write_settings()
        self.pamsctl("setup", "sendmail", "--apply")
        self.sendmail.make()
        self.milter.start()
        self.relay.start()
        self.sendmail.start()
        self._good_configuration = self.sendmail_files()

    def stop(self):
        self.sendmail.stop()
        self.relay.stop()
        self.milter.stop()
        for server in (self.smart_host, self.relayhost, self.mailboxes):
            server.stop()

    def reset(self):
        """Back to a sound gateway with nothing queued and nothing recorded."""
        self.sendmail.delete_all()
        if self.sendmail_files() != self._good_configuration or not self._is_made():
            for path in sorted(self._good_configuration, key=lambda path: path.suffix == ".cf"):
                path.write_bytes(self._good_configuration[path])
            self.sendmail.restart()
        for server in (self.smart_host, self.relayhost, self.mailboxes):
            server.reset()
        self._reset_programs()

    def let_settings_cool_down(self):
        """Sendmail does not wait for that."""

    def _is_made(self):
        """No .cf file is older than what it is made from, even if that was only written again as it was."""
        changed = {path: path.stat().st_mtime_ns for path in self._good_configuration}
        return max(when for path, when in changed.items() if path.suffix != ".cf") <= \
            min(when for path, when in changed.items() if path.suffix == ".cf")

    def sendmail_files(self):
        return {path: path.read_bytes() for path in sorted(self.sendmail.mail.iterdir()) if path.is_file()}

    def edit(self, name, *replacements):
        """Edits a file of Sendmail's directory (until the next flow), makes the .cf files and restarts Sendmail."""
        path = self.sendmail.mail / name
        text = path.read_text()
        for old, new in replacements:
            assert old in text, f"{name} has no {old}"
            text = text.replace(old, new)
        path.write_text(text)
        if not name.endswith(".cf"):
            self.sendmail.make()
        self.sendmail.restart()

    def mail_log_since_mark(self):
        return ""  # Sendmail logs to syslog only

    def _readable_in_queue(self):
        return [f"the queue file {name} shows {mark}" for name, text in self.sendmail.queue_files().items()
                for mark in messages.secrets_in(text.encode())]

    def carrier_of(self, queue_id):
        raise NotImplementedError("the flows hand over carriers on Postfix only")

    def traced_leaks(self):
        return []  # final delivery is joined from Postfix's log only

    # -- mail ----------------------------------------------------------------------------------------------

    def wait_deferred(self, reason, seconds=30):
        """Waits until Sendmail holds a message back for that reason; returns its entry of the queue."""
        def deferred():
            return next((entry for entry in self.sendmail.queue() if reason in entry["text"] or self._tells(entry, reason)),
                        None)
        try:
            entry = wait_for(f"a message deferred for {reason!r}", deferred, seconds, pause=0.2)
        except AssertionError as problem:
            raise AssertionError(f"{problem}; the queue: {self.sendmail.queue()}") from None
        shown = self.sealed_leaks()
        assert not shown, "LEAK: " + "; ".join(shown)
        return entry

    def _tells(self, entry, reason):
        """mailq cuts long reasons; the queue file has them whole."""
        return any(name.endswith(entry["queue_id"]) and reason in text for name, text in self.sendmail.queue_files().items()
                   if name.startswith("qf"))

    def wait_for_bounce(self, reason: bytes):
        return wait_for("the bounce in the sender's mailbox", lambda: [
            one for one in list(self.mailboxes.transactions) if one.sender == "" and reason in one.data])
