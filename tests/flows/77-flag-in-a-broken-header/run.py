"""A flag that its sender wrote into the header, and that something on the way has damaged: no MTA takes it for a field. None of
these takes the normal route. And a milter before ours that takes the flag away: the guard rules have seen it before.
"""

import socket
import struct
import threading

from support import messages

FLAG = b"zivver-relay: f3b1c0de.example"
OUTSIDE = ["bob@client.example"]
BROKEN = {
    "a line of text before it": b"This line is no field\r\n" + FLAG,
    "a From_ line before it": b"From alice Mon Jan  5 10:00:00 2026\r\n" + FLAG,
    "a quoted From_ line before it": b">From alice Mon Jan  5 10:00:00 2026\r\n" + FLAG,
    "a blank before its name": b" " + FLAG,
    "a tab before its name": b"\t" + FLAG,
    "a fold before its colon": b"zivver-relay\r\n : f3b1c0de.example",
    "NUL in its name": b"zivver\0-relay: f3b1c0de.example",
    "NUL after its name": b"zivver-relay\0: f3b1c0de.example",
    "a vertical tab after its name": b"zivver-relay\x0b: f3b1c0de.example",
    "a no-break space after its name": b"zivver-relay\xa0: f3b1c0de.example",
    "a lone CR in its name": b"zivver\r-relay: f3b1c0de.example",
}
SENT = {
    "a line of blanks before it": b" \r\n" + FLAG,
    "a lone LF before it": b"X-A: a\n" + FLAG,
    "two CR before it": b"X-A: a\r\r\n" + FLAG,
    "a folded value that begins with an empty line": b"zivver-relay:\r\n \r\n f3b1c0de.example",
    "NUL in its value": b"zivver-relay: f3\0b1",
    "a value that is no UTF-8": b"zivver-relay: \xff\xfe\xe9",
    "a value of 300,000 bytes": b"zivver-relay: " + b"x" * 300000,
    "a folded value of 270,000 bytes": b"zivver-relay: x" + b"\r\n yyyyyyyy" * 27000,
    "100,000 bytes of other fields before it": b"".join(b"X-%d: %s\r\n" % (i, b"z" * 900) for i in range(120)) + FLAG,
}


def with_lines(lines):
    message = messages.plain(is_flagged=True, subject="Held")
    message.data = message.data.replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n\r\n", 1)
    return message


def raw(gateway, message):
    """With every byte as it is: smtplib would make lone CR and LF into line ends."""
    with gateway.connection() as client:
        for command in (b"MAIL FROM:<alice@example.org>", b"RCPT TO:<" + OUTSIDE[0].encode() + b">", b"DATA"):
            client.send(command + b"\r\n")
            assert client.getreply()[0] < 400
        client.send(message.data + b".\r\n")
        return client.getreply()


def promise_of_waiting(lines):
    def flow(gateway):
        code, text = raw(gateway, with_lines(lines))
        assert code == 451 and b"4.7.1" in text, (code, text)
        assert gateway.postfix.queue() == []
    return flow


def promise_of_sending(lines):
    def flow(gateway):
        message = with_lines(lines)
        assert raw(gateway, message)[0] == 250
        assert gateway.wait_at(gateway.smart_host, message).tls
        gateway.wait_empty_queue()
    return flow


for name, lines in BROKEN.items():
    globals()["flow_it_waits_with_" + name.replace(" ", "_")] = promise_of_waiting(lines)
for name, lines in SENT.items():
    globals()["flow_it_is_sent_with_" + name.replace(" ", "_")] = promise_of_sending(lines)


def flow_a_byte_order_mark_before_a_header_that_begins_with_it(gateway):
    message = messages.plain(is_flagged=True, subject="Held")
    message.data = b"\xef\xbb\xbf" + FLAG + b"\r\n" + message.data
    assert raw(gateway, message)[0] == 451


def flow_a_lone_cr_before_it_where_postfix_keeps_those(gateway):
    gateway.use_postfix(cleanup_replace_stray_cr_lf="no")
    assert raw(gateway, with_lines(b"X-A: a\r" + FLAG))[0] == 451


def flow_a_text_that_speaks_of_it_is_ordinary(gateway):
    message = messages.plain()
    message.data = message.data.replace(b"\r\n\r\n", b"\r\n\r\nDear Bob,\r\nwe set\r\n" + FLAG + b"\r\nin Outlook.\r\n", 1)
    assert raw(gateway, message)[0] == 250
    gateway.wait_at(gateway.relayhost, message)


class Stripper:
    """A milter that takes a header field from every message."""

    def __init__(self, name):
        self.name = name
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as commands:
            while size := commands.read(4):
                command = commands.read(struct.unpack(">I", size)[0])[:1]
                for answer in self.answers(command):
                    connection.sendall(struct.pack(">I", len(answer)) + answer)

    def answers(self, command):
        if command == b"O":
            return [b"O" + struct.pack(">III", 6, 0x3F, 0)]
        if command == b"E":
            return [b"m" + struct.pack(">I", 1) + self.name + b"\0\0", b"c"]
        return [b"c"] if command in (b"C", b"H", b"M", b"R", b"T", b"L", b"N", b"B", b"U") else []


def flow_a_milter_before_ours_takes_it_away(gateway):
    """What the guard rules have seen in the queue file's beginning waits, until our milter seals it."""
    stripper = Stripper(b"zivver-relay")
    ours = gateway.postfix.tool("postconf", "-h", "smtpd_milters").strip()
    gateway.use_postfix(smtpd_milters=f"inet:127.0.0.1:{stripper.listener.getsockname()[1]}, {ours}")
    message = messages.flagged(subject="Held")
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("not sealed by pams-milter yet")
    assert not gateway.at_normal_route(message)
    stripper.listener.close()
