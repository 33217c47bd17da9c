"""One mailbox, written in many ways: in SMTP, in header fields, in what the operator asks for. Postfix writes addresses in its
own way (fewer quotes, no trailing dot); the relay finds in the seal whom it means, and the smart host gets what the sender wrote.
"""

from support import messages

LOCAL_PARTS = ['"bob"@client.example', '"b\\ob"@client.example', "bob@client.example.", '"bob"@CLIENT.example.',
               '"bob smith"@client.example', '"bob\\ smith"@client.example', '"bob".smith@client.example',
               '"b\\"ob"@client.example', '"bob@sub"@client.example', "bob@xn--bcher-kva.example", '""@client.example']
NON_ASCII = ["bob@b\u00fccher.example", '"bob"@B\u00dcCHER.example', "bob@\uff43lient.example", "bob@b\u00fc\u200bcher.example",
             "b\u00f6b@client.example", "bob@client\u3002example"]


def talk(gateway, message, recipients, *parameters, sender="alice@example.org", **where):
    """With the addresses as they are: smtplib would quote them anew."""
    with gateway.connection(**where) as client:
        commands = [f"MAIL FROM:<{sender}> {' '.join(parameters)}".rstrip(), *(f"RCPT TO:<{one}>" for one in recipients), "DATA"]
        for command in commands:
            client.send(command.encode() + b"\r\n")
            code, text = client.getreply()
            if code >= 400:
                return code, text.decode(errors="replace")
        client.send(message.data + b".\r\n")
        code, text = client.getreply()
        return code, text.decode(errors="replace")


def reaches_the_smart_host(gateway, recipient, *parameters):
    message = messages.flagged()
    code, text = talk(gateway, message, [recipient, "carol@client.example"], *parameters)
    assert code == 250, f"{recipient}: {code} {text}"
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert sorted(arrived.recipients) == sorted([recipient, "carol@client.example"]), f"{recipient}: {arrived.recipients}"
    gateway.wait_empty_queue()


def flow_a_flagged_message_reaches_whoever_is_named_however_postfix_writes_him(gateway):
    for recipient in LOCAL_PARTS:
        reaches_the_smart_host(gateway, recipient)


def flow_the_same_in_utf_8(gateway):
    for recipient in NON_ASCII:
        reaches_the_smart_host(gateway, recipient, "SMTPUTF8")


def flow_one_mailbox_named_twice_gets_it(gateway):
    message = messages.flagged()
    code, text = talk(gateway, message, ["bob@client.example", '"bob"@client.example.', "BOB@Client.example"])
    assert code == 250, text
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert "bob@client.example" in arrived.recipients, arrived.recipients
    gateway.wait_empty_queue()


def flow_a_route_in_a_local_part_is_mail_to_the_outside(gateway):
    """Postfix, the last MTA for the domain, looks into a local part: the message leaves, so the rule about leaving holds."""
    gateway.use_postfix(mydestination="example.org", local_recipient_maps="", transport_maps="", relay_domains="")
    for route in ('"piet@client.example"@example.org', "piet%client.example@example.org", "client.example!piet@example.org"):
        message = messages.plain()
        code, text = talk(gateway, message, [route])
        assert code == 250, f"{route}: {code} {text}"
        arrived = gateway.wait_at(gateway.relayhost, message)
        assert arrived.recipients == ["piet@client.example"], arrived.recipients
        assert b"registered at the Chamber of Commerce" in arrived.data, f"{route}: it left without what the rule demands"
        assert len(gateway.archive.with_text(message.unique)) == 1


def flow_an_inside_address_in_another_form_is_inside(gateway):
    for inside in ('"carol"@example.org', "carol@EXAMPLE.org."):
        message = messages.plain()
        code, text = talk(gateway, message, [inside])
        assert code == 250, f"{inside}: {code} {text}"
        arrived = gateway.wait_at(gateway.mailboxes, message)
        assert b"Chamber of Commerce" not in arrived.data, f"{inside}: taken for the outside"
        assert not gateway.archive.with_text(message.unique)


def flow_the_trace_finds_it_in_any_form(gateway):
    message = messages.flagged()
    assert talk(gateway, message, ['"dora"@B\u00dcCHER.example'], "SMTPUTF8", sender='"dana"@example.org.')[0] == 250
    gateway.wait_at(gateway.smart_host, message)
    for wanted in ("dora@xn--bcher-kva.example", "DORA@b\u00fccher.example.", "d?ra@bu\u0308cher.example"):
        assert len(gateway.wait_traced("Delivered", "--to", wanted)) == 1, wanted
    assert len(gateway.trace("--from", "dana@example.org")) == 1
    assert gateway.trace("--to", "dora@bucher.example") == []
