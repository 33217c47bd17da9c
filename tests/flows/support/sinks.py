"""Places beside the smart host where an MTA can drop a message, all of which are read afterwards: a program, files and
mailboxes, LMTP and SMTP servers."""

import shutil
import stat
from pathlib import Path

from . import messages
from .smtp_server import Server

PROGRAM = """#!/bin/sh
exec cat >> {directory}/program-$$
"""


class Sinks:
    """Entered with `with`. `directory` takes what is written to files, by whatever user."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.directory = gateway.directory / "sinks"
        self.program = gateway.directory / "sink-program"

    def __enter__(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        self.directory.chmod(0o777)
        self.program.write_text(PROGRAM.format(directory=self.directory))
        self.program.chmod(0o755)
        self.smtp = Server("smtp sink")
        self.lmtp = Server("lmtp sink", is_lmtp=True)
        # Where a chrooted client of Postfix finds it too.
        self.socket = Server("lmtp sink at a socket", unix_socket=self.gateway.postfix.queue_directory / "sink.sock")
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def servers(self):
        return (self.smtp, self.lmtp, self.socket)

    def names(self):
        """For filling in settings: @NAME@ -> value."""
        return {"SINKS": self.directory, "PROGRAM": self.program, "SMTP": self.smtp.port, "LMTP": self.lmtp.port,
                "SOCKET": "sink.sock", "LIST": self.gateway.postfix.config / "site_list", "RELAY": self.gateway.relayhost.port}

    def fill(self, text):
        for name, value in self.names().items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def file(self, name, text, mode=0o644, owner=None):
        """A file of the site's own: an alias table, a .forward."""
        path = Path(self.gateway.postfix.config, name)
        path.write_text(self.fill(text) + "\n")
        path.chmod(mode)
        if owner:
            shutil.chown(path, owner)
        return path

    def texts(self):
        """What has come to each of them, the relayhost and the mailbox server among them."""
        servers = (*self.servers, self.gateway.relayhost, self.gateway.mailboxes)
        found = [(server.name, one.data) for server in servers for one in list(server.transactions)]
        found += [(path.name, path.read_bytes()) for path in self.directory.rglob("*") if stat.S_ISREG(path.stat().st_mode)]
        return found + list(self.gateway.postfix.bounce_files().items())

    def shown(self):
        """Where content of a flagged message can be read."""
        return [f"{name} shows {mark}" for name, data in self.texts() for mark in messages.secrets_in(data)]

    def has(self, text):
        return any(text.encode() in data for _, data in self.texts())
