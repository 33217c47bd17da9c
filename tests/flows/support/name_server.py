"""A DNS server of a test's own, and programs that ask nobody else. On an address of loopback that this process alone uses."""

import os
import socket
import struct
import subprocess
import threading
from pathlib import Path

NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0, 2, 3


def why_not_here():
    """Why no program can be given a resolver of its own; None when it can."""
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"needs mount namespaces: {tried.stderr.strip()}"


def question_of(query):
    """The name that is asked for in lower case, the type, and the question's bytes."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0], query[12:at + 5]


class NameServer:
    """Answers `addresses` (name -> IPv4 address); everything else with `otherwise`, None: with nothing. With `with`."""

    def __init__(self, directory: Path, addresses=(), otherwise=NO_SUCH_NAME, search=""):
        self.addresses, self.otherwise = dict(addresses), otherwise
        self.asked = []
        self.address = f"127.153.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
        self.resolv_conf = directory / "resolv.conf"
        self.resolv_conf.write_text(f"nameserver {self.address}\noptions timeout:1 attempts:1\n"
                                    + (f"search {search}\n" if search else ""))
        self.resolv_conf.chmod(0o644)

    def alone(self, *user):
        """The command that runs another one which asks this server and no other; `user`: to give up root for."""
        drop = f"setpriv --reuid {user[0]} --regid {user[0]} --clear-groups " if user else ""
        return ["unshare", "--mount", "--", "sh", "-c", f'mount --bind "$0" /etc/resolv.conf && exec {drop}"$@"',
                str(self.resolv_conf)]

    def __enter__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.address, 53))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (self.address, 53))
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            answer = self._answer(query)
            if answer:
                self._socket.sendto(answer, client)

    def _answer(self, query):
        name, kind, question = question_of(query)
        self.asked.append(name)
        address = self.addresses.get(name)
        if address is None and self.otherwise is None:
            return None
        records = b""
        if address and kind == 1:
            records = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
        code = NO_ERROR if address else self.otherwise
        return query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, bool(records), 0, 0) + question + records
