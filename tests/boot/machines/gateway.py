"""A booted machine on which the package becomes a gateway, with a smart host (TLS) and the normal route's next host on its
loopback. Both are the flows' servers, run by this process."""

import contextlib
import json
import re
import shutil
import smtplib
import socket
import tempfile
from pathlib import Path

from support import messages
from support.certificates import Certificates
from support.smtp_server import Server
from support.waiting import wait_for

from .machine import Machine

ROOT = Path(__file__).resolve().parents[3]
HOST = "/etc/pams-milter/pams-milter.toml"


def readme_commands():
    """What README.md tells a postmaster to type, from the package to the first flagged message."""
    section = (ROOT / "README.md").read_text().partition("## On a real gateway\n")[2].partition("\n## ")[0]
    return re.search(r"```sh\n(.*?)```", section, re.S).group(1).splitlines()


class BootedGateway:
    """Entered with `with`."""

    def __init__(self, image: Path, package: Path):
        self.image, self.package = image, package

    def __enter__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="pams-boot-servers-"))
        self.certificates = Certificates(self.directory / "certificates")
        self.machine = Machine(self.image, "pams-boot").__enter__()
        self.run, self.told = self.machine.run, self.machine.told
        try:
            self.start_servers()
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for server in getattr(self, "servers", ()):
            server.stop()
        self.machine.__exit__()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start_servers(self):
        with self.machine.network():
            self.smart_host = Server("smart host", self.certificates)
            self.next_host = Server("next host")
        self.servers = (self.smart_host, self.next_host)

    def reboot(self):
        """The servers come back on their ports, with what they had recorded."""
        for server in self.servers:
            server.stop()
        self.machine.reboot()
        with self.machine.network():
            for server in self.servers:
                server.start()

    def prepare(self):
        """The site as it was before: Postfix sends its mail to the next host; the smart host's authority is trusted here."""
        self.put(self.certificates.ca_file, "/usr/local/share/ca-certificates/test.crt")
        self.run("update-ca-certificates")
        self.run(f"postconf -e relayhost=[127.0.0.1]:{self.next_host.port} && systemctl restart postfix")
        (self.machine.root / "root/build/deb").mkdir(parents=True)
        self.put(self.package, f"/root/build/deb/{self.package.name}")

    def put(self, source: Path, target):
        shutil.copy(source, self.machine.root / target.lstrip("/"))

    def read(self, path):
        return (self.machine.root / path.lstrip("/")).read_text()

    def write(self, path, text):
        (self.machine.root / path.lstrip("/")).write_text(text)

    def edit_configuration(self):
        """What README's second command asks of a person; and another smart host, because Zivver's is not here."""
        text = self.read(HOST)
        for was, now in ((r'smart_hosts = .*', f'smart_hosts = ["127.0.0.1:{self.smart_host.port}"]'),
                         (r'tls_domain = .*', 'tls_domain = "localhost"'),
                         (r'mail_log = .*', 'mail_log = "journal"')):
            text, number = re.subn("^" + was, now, text, flags=re.M)
            assert number == 1, f"the packaged configuration has {number} lines {was}"
        self.write(HOST, text)

    def type_readme_command(self, command):
        """As it stands; only the editor is this process."""
        if command.startswith("editor "):
            for path in command.split()[1:]:
                assert (self.machine.root / path.lstrip("/")).is_file(), path
            self.edit_configuration()
        else:
            self.run("cd /root && " + command.replace("apt install", "apt install -y"))

    def submit(self, message, recipient="bob@client.example"):
        """Through SMTP. Returns whether Postfix took it; "451" and its like raise smtplib's errors."""
        with self.machine.network():
            with smtplib.SMTP("127.0.0.1", 25, timeout=60) as client:
                client.sendmail("alice@example.org", [recipient], message.data)
        return message

    def listens_at(self, port):
        """Waits until a program of the machine does."""
        def answers():
            with self.machine.network(), contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                return True
        wait_for(f"a listener at port {port}", answers, 60, 0.2)

    def sees_at(self, server, message):
        """Waits until that server has the message once; returns the transaction."""
        wait_for(f"{message.unique} at the {server.name}", lambda: server.with_text(message.unique), 60)
        found = server.with_text(message.unique)
        assert len(found) == 1, f"{server.name} has {message.unique} {len(found)} times"
        return found[0]

    def flagged_arrives(self):
        """A flagged message goes to the smart host, over TLS, and to nobody else."""
        message = self.submit(messages.flagged())
        taken = self.sees_at(self.smart_host, message)
        assert taken.tls and b"zivver-relay:" in taken.data, taken
        return message

    def ordinary_arrives(self):
        message = self.submit(messages.plain())
        taken = self.sees_at(self.next_host, message)
        assert b"Example B.V." in taken.data or b"disclaimer" in taken.data.lower(), taken.data.decode()
        return message

    def nothing_leaked(self):
        leaked = self.next_host.with_text(messages.FLAGGED) + self.next_host.with_text(messages.FLAGGED_BASE64)
        assert not leaked, f"a flagged message reached the normal route: {leaked}"

    def doctor(self):
        """What is not as it should be: id -> finding. Not of the product's making, and so left out: Debian's Postfix listens
        for everybody and takes bare newlines, and nothing sets a container's clock."""
        checks = json.loads(self.run("pamsctl doctor --json", may_fail=True).stdout)["checks"]
        return {one["id"]: one for one in checks
                if one["status"] != "ok" and one["id"] not in ("untrusted_peers", "bare_newline", "clock_is_right")}
