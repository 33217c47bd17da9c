"""The relay under test: it takes sealed messages from the MTA and brings them to the smart host."""

import os
import signal
import smtplib
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from .milter import USER, resident_megabytes
from .waiting import wait_for


class Relay:
    def __init__(self, program: Path, config: Path, unix_socket: Path, log_file: Path, delivery_log: Path):
        self.program, self.config, self.unix_socket, self.log_file = program, config, unix_socket, log_file
        self.delivery_log = delivery_log
        self.process = None
        self.as_root = []  # a command that runs the relay, and gives up root for it itself
        self._mark = 0
        self._first_delivery = 0

    # -- life ----------------------------------------------------------------------------------------------

    def start(self):
        before = self.log().count("event=relay_started")
        with self.log_file.open("ab") as log:
            user = {} if self.as_root else {"user": USER, "group": USER, "extra_groups": []}
            self.process = subprocess.Popen([*self.as_root, self.program, "--config", self.config], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd="/", env=dict(os.environ), **user)
        wait_for("the relay listens",
                 lambda: not self.is_running() or self.log().count("event=relay_started") > before)
        if not self.is_running():
            raise RuntimeError(f"the relay did not start:\n{self.log()[-3000:]}")

    def stop(self, seconds=90):
        """As systemd does."""
        if self.is_running():
            self.process.terminate()
            code = self.process.wait(seconds)
            assert code == 0, f"the relay, asked to stop, ended with {code}"

    def kill(self):
        """As the out-of-memory killer does: no clean-up, a stale socket stays."""
        self.process.kill()
        self.process.wait(30)

    def reload(self):
        """As `systemctl reload` does; waits until it says what became of it."""
        def said():
            return self.log().count("event=reloaded") + self.log().count("event=reload_refused")
        before = said()
        self.process.send_signal(signal.SIGHUP)
        wait_for("the relay says what became of the reload", lambda: said() > before)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def resident_megabytes(self):
        return resident_megabytes(self.process)

    def has_sanitizer(self):
        return "libasan" in Path(f"/proc/{self.process.pid}/maps").read_text()

    # -- what it says --------------------------------------------------------------------------------------

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def log_since_mark(self):
        return self.log()[self._mark:]

    def mark(self):
        """What is logged and delivered from now on belongs to the next flow."""
        self._mark = len(self.log())
        self._first_delivery = max([row["number"] for row in self._rows()], default=0)

    def deliveries(self):
        """The rows of relay.db since the mark: which seal went to which recipient, over which TLS."""
        return [row for row in self._rows() if row["number"] > self._first_delivery]

    def _rows(self):
        if not self.delivery_log.exists():
            return []
        with closing(sqlite3.connect(self.delivery_log, timeout=30)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute("SELECT * FROM delivery ORDER BY number")]

    # -- as the MTA ----------------------------------------------------------------------------------------

    def hand_over(self, carrier: bytes, recipients, sender="alice@example.org", originals=None):
        """One message by LMTP. The reply to each recipient: after the message, or to RCPT when that was refused.
        `originals`: address -> what ORCPT names."""
        with self.connection() as client:
            client.lhlo()
            code, text = client.docmd("MAIL", f"FROM:<{sender}>")
            if code != 250:
                return {one: f"{code} {text.decode(errors='replace')}" for one in recipients}
            replies = {}
            for one in recipients:
                orcpt = f" ORCPT=rfc822;{originals[one]}" if originals and one in originals else ""
                code, text = client.docmd("RCPT", f"TO:<{one}>{orcpt}")
                if code != 250:
                    replies[one] = f"{code} {text.decode(errors='replace')}"
            taken = [one for one in recipients if one not in replies]
            code, text = client.docmd("DATA")
            if code != 354:
                return replies | {one: f"{code} {text.decode(errors='replace')}" for one in taken}
            client.send(smtplib._quote_periods(carrier) + b".\r\n")
            for one in taken:
                code, text = client.getreply()
                replies[one] = f"{code} {text.decode(errors='replace')}"
            return replies

    def connection(self):
        return LmtpClient(str(self.unix_socket))


class LmtpClient(smtplib.LMTP):
    """Over the relay's unix socket."""

    def __init__(self, path):
        super().__init__(path, local_hostname="gateway.example.org", timeout=120)

    def lhlo(self):
        code, text = self.ehlo()
        assert code == 250, text
