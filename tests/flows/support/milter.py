"""The milter under test, as a process of its own and, as on a real gateway, not as root."""

import os
import socket
import subprocess
from pathlib import Path

from .waiting import wait_for

USER = "daemon"  # any unprivileged user that every Debian has


class Milter:
    def __init__(self, program: Path, config: Path, unix_socket: Path, log_file: Path, runtime_directory: Path):
        self.program, self.config, self.unix_socket, self.log_file = program, config, unix_socket, log_file
        self.runtime_directory = runtime_directory  # as systemd gives it one
        self.process = None

    def start(self):
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen([self.program, "--config", self.config], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd="/", user=USER, group=USER, extra_groups=[],
                                            env={**os.environ, "RUNTIME_DIRECTORY": str(self.runtime_directory)})
        wait_for("the milter listens", self.answers_or_has_ended)
        if not self.is_running():
            raise RuntimeError(f"the milter did not start:\n{self.log()[-3000:]}")

    def stop(self):
        """As systemd does."""
        if self.is_running():
            self.process.terminate()
            code = self.process.wait(30)
            assert code == 0, f"the milter, asked to stop, ended with {code}"

    def kill(self):
        """As the out-of-memory killer does: no clean-up, a stale socket stays."""
        self.process.kill()
        self.process.wait(30)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def answers_or_has_ended(self):
        if not self.is_running():
            return True
        # The MTA's socket is the first thing that it takes, the one for pamsctl the last.
        control = self.runtime_directory / "control"
        try:
            for kind, path in ((socket.SOCK_STREAM, self.unix_socket), (socket.SOCK_SEQPACKET, control)):
                with socket.socket(socket.AF_UNIX, kind) as probe:
                    probe.connect(str(path))
            return True
        except OSError:
            return False

    def bytes_read(self):
        """All bytes that the process has read so far; shows how far a message has come."""
        counters = Path(f"/proc/{self.process.pid}/io").read_text().split()
        return int(counters[counters.index("rchar:") + 1])

    def resident_megabytes(self):
        return resident_megabytes(self.process)

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""


def resident_megabytes(process):
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") >> 20
