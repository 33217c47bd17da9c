"""A machine that boots under systemd-nspawn: its own systemd, network and files (an image below, its changes above)."""

import contextlib
import ctypes
import os
import subprocess
import tempfile
from pathlib import Path

from support.waiting import wait_for

CLONE_NEWNET = 0x40000000
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Failed(AssertionError):
    """A command on the machine did not end as it should; the text says what it printed."""


class Machine:
    """Entered with `with`: boots, and is gone afterwards."""

    def __init__(self, image: Path, name):
        self.image, self.name = image, name

    def __enter__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="pams-boot-"))
        for part in ("upper", "work", "root"):
            (self.directory / part).mkdir()
        self.root = self.directory / "root"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                        f"lowerdir={self.image},upperdir={self.directory}/upper,workdir={self.directory}/work", self.root], check=True)
        self.console = open(self.directory / "console", "wb")
        self.boot()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Exception):
            self.power_off()
        subprocess.run(["umount", "--lazy", self.root], check=False)
        subprocess.run(["rm", "-rf", "--one-file-system", self.directory], check=False)

    def boot(self):
        self.nspawn = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--boot", "--directory", self.root, "--machine", self.name, "--hostname", "gateway",
             "--private-network", "--register=no", "--keep-unit", "--console=pipe", "--resolv-conf=off", "--timezone=off"],
            stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console)
        wait_for("the machine's systemd", self._find_leader, 30)
        wait_for("the machine's start", self._is_up, 120, 0.2)

    def reboot(self):
        """A clean shutdown and a start from the same files."""
        self.power_off()
        self.boot()

    def power_off(self):
        self.leader = None
        if self.nspawn.poll() is None:
            self.nspawn.terminate()  # nspawn asks the machine's systemd to shut down
            try:
                self.nspawn.wait(120)
            except subprocess.TimeoutExpired:
                self.nspawn.kill()
                self.nspawn.wait()

    def run(self, command, may_fail=False, given=None):
        """A command of the machine's root, read by its shell. Returns the ended process, with stdout and stderr as text."""
        ended = subprocess.run(
            ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", f"--root=/proc/{self.leader}/root",
             f"--wd=/proc/{self.leader}/root", "env", "-i", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8",
             "DEBIAN_FRONTEND=noninteractive", "sh", "-c", command],
            input=given, capture_output=True, text=True, check=False, timeout=300,
            **({} if given is not None else {"stdin": subprocess.DEVNULL}))
        if ended.returncode != 0 and not may_fail:
            raise Failed(f"{command}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}")
        return ended

    def told(self, command):
        """What a command says, without the blanks around it; whether it fails or not."""
        ended = self.run(command, may_fail=True)
        return (ended.stdout + ended.stderr).strip()

    @contextlib.contextmanager
    def network(self):
        """Within it this thread makes its sockets on the machine's loopback."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as here, open(f"/proc/{self.leader}/ns/net") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                libc.setns(here.fileno(), CLONE_NEWNET)

    def _find_leader(self):
        if self.nspawn.poll() is not None:
            raise Failed(f"systemd-nspawn ended with {self.nspawn.returncode}: {Path(self.console.name).read_text()[-2000:]}")
        children = Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split()
        names = [one for one in children if Path(f"/proc/{one}/comm").read_text().strip() == "systemd"]
        self.leader = int(names[0]) if names else None
        return self.leader

    def _is_up(self):
        return self.told("systemctl is-system-running") in ("running", "degraded")
