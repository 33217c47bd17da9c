"""A flagged message that the smart host would not take for its size is refused at once, with both sizes."""

from support import messages


def flow_too_big_for_the_connector(gateway):
    gateway.use_settings(replace=[('tls_settings = "domain_validation"',
                                   'tls_settings = "domain_validation"\nmax_message_size = "64 KB"')])
    message = messages.flagged()
    message.data += b"0123456789" * 7 + b"\r\n"
    message.data += (b"0123456789" * 7 + b"\r\n") * 1000
    answer = gateway.send(message, ["bob@client.example"])
    assert answer.code == 552 and "5.3.4" in answer.text, answer
    assert "65536" in answer.text, "the reply does not name the limit: " + answer.text
    assert not gateway.archive.with_text(message.unique), "a refused message was archived"
    assert gateway.postfix.queue() == []

    small = messages.flagged()
    assert gateway.send(small, ["bob@client.example"]).code == 250
    gateway.wait_at(gateway.smart_host, small)
