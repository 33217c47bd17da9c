"""A server that does to its clients whatever a script says: what a broken or hostile smart host could do.

A script is a function that gets a Session. Everything that the clients say is recorded, in clear and over TLS apart.
"""

import contextlib
import socket
import ssl
import threading

from .ports import free_port


class ScriptedServer:
    """Listens on loopback for as long as it is entered with `with`."""

    def __init__(self, certificates, script, port=0):
        self.certificates, self.script, self.port = certificates, script, port
        self.in_clear = b""
        self.over_tls = b""
        self.connections = 0
        self._over = threading.Event()

    def __enter__(self):
        self.port = self.port or free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection, number):
        # A client that goes away, or does not like what it sees, is what the scripts are about.
        with contextlib.suppress(OSError, EOFError), connection:
            connection.settimeout(60)
            self.script(Session(self, connection, number))


class Session:
    """One connection; `number` counts them from 1."""

    def __init__(self, server, connection, number):
        self.server, self.connection, self.number = server, connection, number
        self.is_tls = False

    def say(self, *lines):
        self.send("".join(line + "\r\n" for line in lines).encode())

    def send(self, data: bytes):
        self.connection.sendall(data)

    def listen(self):
        """The next line of the client."""
        line = b""
        while not line.endswith(b"\n"):
            byte = self.connection.recv(1)
            if not byte:
                raise EOFError
            line += byte
        if self.is_tls:
            self.server.over_tls += line
        else:
            self.server.in_clear += line
        return line.decode().rstrip("\r\n")

    def ehlo(self, *features):
        self.listen()
        lines = ["scripted", *features]
        self.say(*["250-" + line for line in lines[:-1]], "250 " + lines[-1])

    def greet(self, *features):
        self.say("220 scripted ESMTP")
        self.ehlo(*features)

    def agree_to_starttls(self, more=b""):
        self.listen()
        self.send(b"220 2.0.0 go ahead\r\n" + more)

    def start_tls(self, certificate="good", newest=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server.certificates.pair(certificate))
        if newest:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, newest
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.is_tls = True

    def up_to_tls(self, certificate="good", newest=None):
        """All that a good server does until the handshake is over."""
        self.greet("STARTTLS")
        self.agree_to_starttls()
        self.start_tls(certificate, newest)

    def stall(self):
        """Says nothing more, until the server ends."""
        self.server._over.wait(120)
