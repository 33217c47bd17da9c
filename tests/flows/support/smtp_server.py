"""An SMTP or LMTP server that records what reaches it: the smart host (with TLS), the normal route and mailboxes
(without).

It speaks just enough SMTP for Postfix and the relay as its clients, and can be told to misbehave: see Behaviour.
"""

import contextlib
import datetime
import os
import re
import socket
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path

from .ports import free_port

# What a client may say before TLS. Everything else is recorded as told in clear.
BEFORE_TLS = ("EHLO", "STARTTLS", "QUIT", "")
# Where a server can fail: see Behaviour.
STAGES = ("greeting", "EHLO", "STARTTLS", "handshake", "EHLO over TLS", "MAIL", "RCPT", "DATA", "body", "end", "taken", "QUIT")


@dataclass
class Transaction:
    """One message that the server has taken."""

    tls: str | None  # "TLSv1.3", or None: it came in clear
    mail_from: str  # the whole argument: "<a@example.org> SIZE=421 RET=HDRS"
    recipients: list[str]  # addresses without <>, in the order of RCPT
    data: bytes  # CRLF, dots unstuffed
    parameters: list[str] = field(default_factory=list)  # of each RCPT: "NOTIFY=NEVER ORCPT=rfc822;bob@x.example"
    begun: datetime.datetime | None = None  # DATA: whoever sends was alive then
    time: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.timezone.utc))
    answered: bool = False  # or the server hung up instead

    @property
    def sender(self):
        return re.match(r"<([^>]*)>", self.mail_from).group(1)


@dataclass
class Behaviour:
    """How the server treats its clients. The default is a good server."""

    certificate: str = "good"
    starttls: str = "offered"  # offered | absent | refused
    rcpt_reply: str | None = None  # "550 5.1.1 unknown" instead of 250
    rcpt_replies: dict = field(default_factory=dict)  # the same for one address
    data_reply: str | None = None  # after the message
    data_replies: dict = field(default_factory=dict)  # the same for a message to one address
    hang_up_at: str | None = None  # one of STAGES: close the connection there; "taken": the message is recorded, unanswered
    stall_at: str | None = None  # one of STAGES: say nothing more there until the server is reset or let go on
    login: str | None = None  # AUTH PLAIN is offered, in clear too, and demanded with this argument
    features: tuple = ("SIZE 104857600", "8BITMIME", "DSN", "SMTPUTF8")  # of EHLO


@dataclass
class Server:
    name: str
    certificates: object = None  # None: no TLS at all
    behaviour: Behaviour = field(default_factory=Behaviour)
    unix_socket: Path | None = None  # instead of a port; it speaks LMTP there
    is_lmtp: bool = False

    def __post_init__(self):
        self.is_lmtp = self.is_lmtp or self.unix_socket is not None
        self.transactions: list[Transaction] = []
        self.clear_commands: list[str] = []  # whatever came before TLS and is not in BEFORE_TLS
        self.stalled = 0  # how many connections wait to be let go on
        self._go_on = threading.Event()
        self._conversations = set()
        self.logins: list[str] = []  # arguments of AUTH PLAIN
        self.connections = 0
        self._lock = threading.Lock()
        self._listener = None
        self.port = 0
        self.start()

    def __setattr__(self, name, value):
        """Another behaviour holds for new connections; a client shall not go on with one that it has left open."""
        super().__setattr__(name, value)
        if name == "behaviour" and hasattr(self, "_conversations"):
            self.hang_up_on_idle_clients()

    def hang_up_on_idle_clients(self):
        for one in list(self._conversations):
            one.hang_up_if_idle()

    def start(self):
        """Listens, on the same port as before if there was one, if it does not yet."""
        if self._listener:
            return
        listener = self._listen_on_socket() if self.unix_socket else self._listen_on_port()
        listener.listen(128)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _listen_on_socket(self):
        self.unix_socket.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.unix_socket))
        os.chmod(self.unix_socket, 0o777)
        return listener

    def _listen_on_port(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port = self.port or free_port()
        listener.bind(("127.0.0.1", self.port))
        return listener

    def let_go_on(self):
        """What has stalled answers now; what comes later does not stall."""
        self.behaviour.stall_at = None
        self._go_on.set()

    def wait_to_go_on(self):
        go_on = self._go_on
        with self._lock:
            self.stalled += 1
        go_on.wait(300)

    def stop(self):
        """Refuses connections from now on, and ends those that carry nothing."""
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.hang_up_on_idle_clients()

    def is_listening(self):
        return self._listener is not None

    def reset(self):
        """Good again, listening, and with nothing recorded."""
        self._go_on.set()
        self._go_on = threading.Event()
        self.stalled = 0
        self.behaviour = Behaviour()
        self.transactions = []
        self.clear_commands = []
        self.logins = []
        self.start()

    def with_text(self, text):
        """The recorded transactions whose bytes hold `text`."""
        wanted = text.encode()
        return [one for one in list(self.transactions) if wanted in one.data]

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection:
                connection.settimeout(300)
                conversation = Conversation(self, connection)
                self._conversations.add(conversation)
                try:
                    conversation.run()
                finally:
                    self._conversations.discard(conversation)
        except (OSError, EOFError):
            pass  # a client that goes away, or does not like our certificate: what several flows are about

    def tls_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate, key = self.certificates.pair(self.behaviour.certificate)
        context.load_cert_chain(certificate, key)
        return context

    def record(self, transaction):
        with self._lock:
            self.transactions.append(transaction)


class Conversation:
    """One connection, from the greeting to QUIT."""

    def __init__(self, server, connection):
        self.server = server
        self.behaviour = server.behaviour  # a change of behaviour holds for new connections only
        self.connection = connection
        self.stream = connection.makefile("rb")
        self.tls = None
        self.may_stay_open = False  # by the client, after a message or a refusal
        self.is_known = False
        self.forget()

    def forget(self):
        self.mail_from = None
        self.recipients = []
        self.parameters = []

    def reached(self, stage):
        """A behaviour may end or halt the conversation here."""
        if self.behaviour.hang_up_at == stage:
            raise EOFError
        if self.behaviour.stall_at == stage:
            self.server.wait_to_go_on()

    def hang_up_if_idle(self):
        if self.mail_from is None and self.may_stay_open:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def say(self, *lines):
        self.connection.sendall("".join(line + "\r\n" for line in lines).encode())

    def run(self):
        self.reached("greeting")
        self.say(f"220 {self.server.name} {'LMTP' if self.server.is_lmtp else 'ESMTP'}")
        while True:
            line = self.stream.readline().decode("utf-8", "replace").rstrip("\r\n")
            verb, _, argument = line.partition(" ")
            verb = verb.upper()
            if verb not in BEFORE_TLS and not self.tls:
                self.server.clear_commands.append(line)
            if not line:
                return
            self.reached(f"{verb} over TLS" if verb == "EHLO" and self.tls else verb)
            if verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            handler = getattr(self, f"on_{verb.lower()}", None)
            if handler:
                handler(argument)
            else:
                self.say("502 5.5.1 unknown command")

    def on_ehlo(self, _):
        lines = ["250-" + one for one in (self.server.name, *self.behaviour.features)]
        if self.server.certificates and self.behaviour.starttls != "absent" and not self.tls:
            lines.append("250-STARTTLS")
        if self.behaviour.login:
            lines.append("250-AUTH PLAIN")
        self.say(*lines, "250 ENHANCEDSTATUSCODES")

    def on_lhlo(self, _):
        self.on_ehlo(_)

    def on_helo(self, _):
        self.say("250 " + self.server.name)

    def on_noop(self, _):
        self.say("250 2.0.0 fine")

    def on_starttls(self, _):
        if not self.server.certificates or self.behaviour.starttls != "offered":
            self.say("454 4.7.0 TLS not available")
            return
        self.say("220 2.0.0 go ahead")
        self.reached("handshake")
        self.connection = self.server.tls_context().wrap_socket(self.connection, server_side=True)
        self.stream = self.connection.makefile("rb")
        self.tls = self.connection.version()
        self.forget()

    def on_auth(self, argument):
        word = argument.removeprefix("PLAIN").strip()
        self.server.logins.append(word)
        self.is_known = word == self.behaviour.login
        self.say("235 2.7.0 welcome" if self.is_known else "535 5.7.8 who are you?")

    def on_mail(self, argument):
        if self.behaviour is not self.server.behaviour or not self.server.is_listening():
            raise EOFError  # a connection left open from before: its client has to make another
        if self.behaviour.login and not self.is_known:
            self.say("530 5.7.0 authentication required")
            return
        self.mail_from = argument.partition(":")[2].strip()
        self.say("250 2.1.0 sender fine")

    def on_rcpt(self, argument):
        address = re.search(r"<([^>]*)>", argument).group(1)
        refusal = self.behaviour.rcpt_replies.get(address, self.behaviour.rcpt_reply)
        if refusal:
            self.say(refusal)
            return
        self.recipients.append(address)
        self.parameters.append(argument.rpartition(">")[2].strip())
        self.say("250 2.1.5 recipient fine")

    def on_rset(self, _):
        self.may_stay_open = True
        self.forget()
        self.say("250 2.0.0 forgotten")

    def on_data(self, _):
        if not self.recipients:
            self.say("554 5.5.1 no valid recipients")
            return
        begun = datetime.datetime.now(datetime.timezone.utc)
        self.say("354 go on")
        self.reached("body")
        lines = []
        while (line := self.stream.readline()) != b".\r\n":
            if not line:
                raise EOFError
            lines.append(line[1:] if line.startswith(b".") else line)
        self.reached("end")
        taken = Transaction(self.tls, self.mail_from, self.recipients, b"".join(lines), self.parameters,
                            begun)
        refusal = next((self.behaviour.data_replies[one] for one in self.recipients if one in self.behaviour.data_replies),
                       self.behaviour.data_reply)
        if not refusal:
            self.server.record(taken)
        self.reached("taken")
        answer = refusal or "250 2.0.0 taken"
        self.say(*[answer] * (len(self.recipients) if self.server.is_lmtp else 1))
        taken.answered = True
        self.may_stay_open = True
        self.forget()
