"""Only the message's own header flags it: one in an attached message, a MIME part or the text does not."""

from pathlib import Path

from support import messages

HERE = Path(__file__).parent


def takes_the_normal_route(gateway, message):
    assert gateway.send(message, ["bob@client.example"]).code == 250
    gateway.wait_at(gateway.relayhost, message)
    gateway.wait_empty_queue()
    assert not gateway.smart_host.with_text(message.unique)


def flow_attached_message_does_not_flag(gateway):
    takes_the_normal_route(gateway, messages.from_file(HERE / "attached-message.eml", is_flagged=False))


def flow_header_of_a_mime_part_does_not_flag(gateway):
    takes_the_normal_route(gateway, messages.from_file(HERE / "mime-part.eml", is_flagged=False))


def flow_first_line_of_the_text_does_not_flag(gateway):
    message = messages.plain()
    message.data = message.data.replace(b"\r\n\r\n", b"\r\n\r\nzivver-relay: f3b1c0de.example\r\n", 1)
    takes_the_normal_route(gateway, message)
