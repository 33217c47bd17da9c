"""An SMTP server on loopback that keeps what it is given: the smart host (with TLS), or the normal route (without)."""

import contextlib
import re
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass


@dataclass
class Arrived:
    tls: str | None  # "TLSv1.3", or None: it came in clear
    recipients: list[str]
    data: bytes  # CRLF, dots unstuffed


class Conversation(socketserver.StreamRequestHandler):
    """One connection, from the greeting to QUIT. Speaks just enough SMTP for Postfix and the relay as its clients."""

    def setup(self):
        super().setup()
        self.place = self.server.place
        self.place.connections.add(self)
        self.tls, self.recipients = None, []

    def finish(self):
        self.place.connections.discard(self)
        with contextlib.suppress(OSError):
            super().finish()

    def say(self, *lines):
        self.request.sendall("".join(line + "\r\n" for line in lines).encode())

    def handle(self):
        with contextlib.suppress(OSError, EOFError):
            self.say("220 quickstart ESMTP")
            while line := self.rfile.readline().decode("utf-8", "replace").strip():
                verb = line.split()[0].lower()
                getattr(self, "on_" + verb, self.on_anything)(line)
                if verb == "quit":
                    return

    def on_anything(self, _):
        self.say("250 2.0.0 fine")

    def on_quit(self, _):
        self.say("221 2.0.0 bye")

    def on_ehlo(self, _):
        starttls = ["250-STARTTLS"] if self.place.certificate and not self.tls else []
        self.say("250-quickstart", *starttls, "250-8BITMIME", "250 ENHANCEDSTATUSCODES")

    def on_starttls(self, _):
        self.say("220 2.0.0 go ahead")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.place.certificate)
        self.request = context.wrap_socket(self.request, server_side=True)
        self.rfile = self.request.makefile("rb")
        self.tls = self.request.version()

    def on_mail(self, _):
        self.recipients = []
        self.say("250 2.1.0 sender fine")

    def on_rcpt(self, line):
        self.recipients.append(re.search(r"<([^>]*)>", line).group(1))
        self.say("250 2.1.5 recipient fine")

    def on_data(self, _):
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise EOFError
            lines.append(line.removeprefix(b"."))
        self.place.arrived.append(Arrived(self.tls, self.recipients, b"".join(lines)))
        self.say("250 2.0.0 taken")


class Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Server:
    def __init__(self, certificate=None):
        self.certificate = certificate  # a PEM file with certificate and key
        self.arrived = []
        self.connections = set()
        self.port = 0
        self.start()

    def start(self):
        """On the same port as before, if there was one."""
        self._listener = Listener(("127.0.0.1", self.port), Conversation)
        self._listener.place = self
        self.port = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        """Refuses connections from now on and ends those that clients keep open."""
        self._listener.shutdown()
        self._listener.server_close()
        for one in list(self.connections):
            with contextlib.suppress(OSError):
                one.request.shutdown(socket.SHUT_RDWR)

    def with_text(self, text):
        return [one for one in self.arrived if text.encode() in one.data]
