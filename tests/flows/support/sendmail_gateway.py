"""The gateway of the flows with Sendmail in Postfix's place: the same servers around it, the same milter.

    sender -> Sendmail -> pams-milter
                 |-- flagged      -> smart_host
                 |-- ordinary     -> relayhost
                 '-- @example.org -> mailboxes
"""

import tempfile
from pathlib import Path

from .archive import Archive
from .certificates import Certificates
from .gateway import Gateway
from .milter import USER, Milter
from .sendmail import Sendmail
from .smtp_server import Server
from .waiting import wait_for


class SendmailGateway(Gateway):
    def __init__(self, binaries: Path):
        self.folder = Path(tempfile.mkdtemp(prefix="pams-flows-sendmail-"))
        self.folder.chmod(0o755)  # the milter's user must be able to search it
        self.certificates = Certificates(self.folder / "tls")
        self.smart_host = Server("smart host", self.certificates)
        self.relayhost = Server("relayhost")
        self.mailboxes = Server("mailbox server")
        (self.folder / "sendmail").mkdir()
        self.mta = self.sendmail = Sendmail(self.folder / "sendmail", self.relayhost.port, self.mailboxes.port,
                                            self.certificates.ca_file)
        self.run_directory = self.folder / "run"
        self.settings = self._prepare_folders({self.run_directory: (USER, "root", 0o750)})
        self._copy_programs(binaries)
        self.milter = Milter(self.folder / "bin/pams-milter", self.settings / "pams-milter.toml",
                             self.run_directory / "pams.sock", self.folder / "milter.log")
        self.archive = Archive(self.folder / "archive")

    @property
    def outbound_port(self):
        return self.sendmail.port

    def template_values(self):
        return {"FOLDER": self.folder, "QUEUE": self.run_directory, "SMART_HOST_PORT": self.smart_host.port,
                "CA_FILE": self.certificates.ca_file}

    def settings_text(self):
        return super().settings_text().replace('socket', 'socket')
