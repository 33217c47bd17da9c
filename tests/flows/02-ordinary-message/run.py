"""Ordinary mail: what the rules say, and the normal route."""

from support import messages
from support.messages import body_of, fields_named, is_carrier

# Everything that a careless gateway fixes: blanks at line ends, lone dots, tabs, bytes without a charset,
# delimiter lines with blanks after them, a preamble, empty lines at the end.
ODD_BODY = (b"A preamble nobody reads.  \r\n--b \t\r\nContent-Type: TEXT/plain ; charset = \"iso-8859-1\"\r\n\r\n"
            b"caf\xe9 trailing blanks   \r\n.\r\n..two dots\r\n\tTab\r\n=3D is not decoded\r\n--b\r\n\r\nno type\r\n"
            b"--b--  \r\nepilogue\r\n\r\n\r\n")


def flow_it_gets_the_disclaimer_by_rule_and_takes_the_normal_route(gateway):
    message = messages.plain()
    assert gateway.send(message, ["bob@client.example"]).code == 250
    arrived = gateway.wait_at(gateway.relayhost, message)
    assert arrived.recipients == ["bob@client.example"], arrived.recipients
    assert b"registered at the Chamber of Commerce" in arrived.data
    assert not is_carrier(arrived.data), "ordinary mail is not sealed"
    assert len(gateway.archive.with_text(message.unique)) == 1
    gateway.wait_empty_queue()
    assert not gateway.smart_host.with_text(message.unique)


def flow_a_message_that_no_rule_matches_keeps_every_byte_of_its_body(gateway):
    message = messages.plain("MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b")
    message.data += ODD_BODY
    assert gateway.send(message, ["carol@example.org"]).code == 250
    arrived = gateway.wait_at(gateway.mailboxes, message)
    assert body_of(arrived.data) == body_of(message.data)
    assert not gateway.archive.with_text(message.unique)


def flow_what_comes_in_from_the_world_is_delivered_unchanged(gateway):
    message = messages.plain()
    assert gateway.send(message, ["carol@example.org"], sender="bob@client.example",
                        port=gateway.postfix.inbound_port, source="127.0.0.2").code == 250
    assert body_of(gateway.wait_at(gateway.mailboxes, message).data) == body_of(message.data)


def flow_the_sites_own_header_checks_still_work(gateway):
    """`pamsctl setup postfix` adds to header_checks; it does not replace them."""
    message = messages.plain("X-Site-Internal: not for the world")
    assert gateway.send(message, ["bob@client.example"]).code == 250
    assert not fields_named(gateway.wait_at(gateway.relayhost, message).data, "X-Site-Internal")
