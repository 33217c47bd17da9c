"""The main job on Sendmail: a flagged message leaves whole, once and over verified TLS, or it waits, sealed.

Its recipients carry the connector's suffix while Sendmail has it; nobody outside may see or use that suffix. The mailer
of that suffix speaks LMTP to the relay, which proves the smart host.
"""

import re

from support import messages
from support.sendmail_checks import RECIPIENTS, stays, waits_and_arrives_later
from support.smtp_server import Behaviour

GATEWAY = "sendmail"
SUFFIX = ".pams.pams-route.invalid"


def assert_no_trace_of_the_suffix(*transactions):
    for one in transactions:
        for text in (one.mail_from, *one.recipients, *one.parameters, one.data.decode(errors="replace")):
            assert "pams-route" not in text, text


# -- a sound gateway -----------------------------------------------------------------------------------------


def flow_one_transaction_over_tls_with_all_recipients(gateway):
    message = messages.flagged("Cc: Carol <carol@example.org>")
    answer = gateway.send(message, RECIPIENTS)
    assert answer.code == 250, answer
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert arrived.tls
    assert sorted(arrived.recipients) == sorted(RECIPIENTS), arrived.recipients
    assert arrived.sender == "alice@example.org"
    assert b"zivver-relay: f3b1c0de.example" in arrived.data
    assert b"registered at the Chamber of Commerce" in arrived.data
    assert_no_trace_of_the_suffix(arrived)
    gateway.wait_empty_queue()
    assert not gateway.at_normal_route(message)
    assert len(gateway.archive.with_text(message.unique)) == 1
    gateway.wait_relayed(RECIPIENTS)


def flow_what_waits_in_the_queue_shows_nothing(gateway):
    gateway.smart_host.stop()
    message = messages.flagged_with_attachment()
    assert gateway.send(message, RECIPIENTS).code == 250
    gateway.wait_deferred("Connection refused")
    shown = "".join(gateway.sendmail.queue_files().values()) + gateway.sendmail.run("-bp", "-v")
    assert "X-PAMS-Sealed" in shown and not messages.secrets_in(shown.encode())
    assert "zivver-relay" not in shown.lower()
    gateway.smart_host.start()
    gateway.sendmail.flush()
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert messages.FLAGGED_BASE64.encode() in arrived.data and not messages.is_carrier(arrived.data)


def flow_the_relay_is_away(gateway):
    gateway.relay.kill()
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    gateway.wait_deferred("Deferred")
    stays(gateway, message)
    gateway.relay.start()
    gateway.sendmail.flush()
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()


def flow_each_recipient_gets_its_own_answer(gateway):
    gateway.smart_host.behaviour = Behaviour(rcpt_replies={"bob@client.example": "550 5.1.1 no such recipient",
                                                           "dan@client.example": "450 4.2.1 mailbox busy"})
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    gateway.wait_for_bounce(b"no such recipient")
    entry = gateway.wait_deferred("mailbox busy")
    assert gateway.wait_at(gateway.smart_host, message).recipients == ["carol@example.org"]
    gateway.smart_host.behaviour = Behaviour()
    gateway.sendmail.flush()
    gateway.wait_for_copies(gateway.smart_host, message, 2)
    assert gateway.smart_host.with_text(message.unique)[1].recipients == ["dan@client.example"], entry
    gateway.wait_empty_queue()


def flow_more_recipients_than_a_mailer_takes_by_default(gateway):
    recipients = [f"person{number}@client{number % 7}.example" for number in range(150)]
    message = messages.flagged()
    assert gateway.send(message, recipients).code == 250
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert sorted(arrived.recipients) == sorted(recipients)


def flow_ordinary_mail_takes_its_own_ways(gateway):
    message = messages.plain()
    assert gateway.send(message, ["bob@client.example", "carol@example.org"]).code == 250
    assert gateway.wait_at(gateway.relayhost, message).recipients == ["bob@client.example"]
    assert gateway.wait_at(gateway.mailboxes, message).recipients == ["carol@example.org"]
    assert not gateway.smart_host.with_text(message.unique)


def flow_what_the_sender_asked_to_be_told_arrives(gateway):
    message = messages.flagged()
    with gateway.connection() as client:
        client.mail("alice@example.org", ["RET=FULL", "ENVID=abc+2Bdef"])
        client.rcpt("bob+tag@client.example", ["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;info+2Bx@first.example"])
        client.rcpt("dan@client.example", ["NOTIFY=NEVER"])
        assert client.data(message.data)[0] == 250
    arrived = gateway.wait_at(gateway.smart_host, message)
    asked = {address: parameters.upper() for address, parameters in zip(arrived.recipients, arrived.parameters)}
    assert "ORCPT=RFC822;INFO+2BX@FIRST.EXAMPLE" in asked["bob+tag@client.example"], asked
    assert re.search("NOTIFY=(SUCCESS,DELAY|DELAY,SUCCESS)", asked["bob+tag@client.example"]), asked
    assert "NOTIFY=NEVER" in asked["dan@client.example"], asked
    assert "ENVID=abc+2Bdef" in arrived.mail_from, arrived.mail_from


def flow_a_local_program_submits(gateway):
    message = messages.flagged()
    gateway.sendmail.submit(message.data, "alice@example.org", ["bob@client.example"])
    assert gateway.wait_at(gateway.smart_host, message).tls
    assert not gateway.at_normal_route(message)


def flow_smtp_on_standard_input_names_no_peer_and_is_not_trusted(gateway):
    message = messages.flagged()
    assert gateway.sendmail.submit_in_smtp(message.data, "alice@example.org", "bob@client.example").startswith("451")
    stays(gateway, message)


# -- recipients that are not plain ---------------------------------------------------------------------------


def flow_a_recipient_that_sendmail_might_lose_is_deferred(gateway):
    for odd in ("postmaster", '"a b"@client.example', "eve%client.example@gateway.example.org", "host!user@client.example",
                "bob@[192.0.2.1]", "bob@" + "a." * 118 + "example"):
        message = messages.flagged()
        answer = gateway.send(message, ["bob@client.example", odd])
        assert answer.code // 100 in (4, 5), (odd, answer)
        stays(gateway, message)
    assert not gateway.sendmail.queue()


def flow_a_local_alias_does_not_send_flagged_mail_its_own_way(gateway):
    """team is an alias for two addresses outside; the smart host gets the address as it was written."""
    message = messages.flagged()
    answer = gateway.send(message, ["team@gateway.example.org", "bob@client.example"])
    assert answer.code == 250, answer
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert sorted(arrived.recipients) == ["bob@client.example", "team@gateway.example.org"], arrived.recipients
    gateway.wait_empty_queue()
    assert not gateway.at_normal_route(message)


def flow_no_client_may_use_the_suffix(gateway):
    for address in ("bob@client.example" + SUFFIX, "bob@client.example.PAMS.PAMS-ROUTE.INVALID", "bob@x.pams-route.invalid",
                    "bob%client.example" + SUFFIX + "@gateway.example.org",
                    "@gateway.example.org:bob@client.example" + SUFFIX):
        for message in (messages.plain(), messages.flagged()):
            answer = gateway.send(message, [address])
            # What is no route is told what a message in the queue is told whose connector was taken out.
            assert answer.code == (451 if "@x." in address else 553), (address, answer)
            stays(gateway, message)


# -- the smart host is not proven ----------------------------------------------------------------------------


def flow_certificate_for_another_name(gateway):
    waits_and_arrives_later(gateway, "wanted is localhost", Behaviour(certificate="wrong-name"))


def flow_expired_certificate(gateway):
    waits_and_arrives_later(gateway, "expired at", Behaviour(certificate="expired"))


def flow_certificate_of_an_unknown_authority(gateway):
    waits_and_arrives_later(gateway, "leads to no authority", Behaviour(certificate="other-ca"))


def flow_self_signed_certificate(gateway):
    waits_and_arrives_later(gateway, "self-signed", Behaviour(certificate="self-signed"))


def flow_no_starttls(gateway):
    waits_and_arrives_later(gateway, "does not offer STARTTLS", Behaviour(starttls="absent"))


def flow_starttls_refused(gateway):
    waits_and_arrives_later(gateway, "refuses STARTTLS", Behaviour(starttls="refused"))


def flow_it_hangs_up_in_the_middle(gateway):
    waits_and_arrives_later(gateway, "closed the connection", Behaviour(hang_up_at="DATA"))


def flow_it_is_down_and_a_fallback_is_configured(gateway):
    """FallbackSmartHost is where Sendmail turns to when a host does not answer: not with flagged mail."""
    gateway.edit("sendmail.mc", ("FEATURE(`nocanonify')dnl",
                                 "FEATURE(`nocanonify')dnl\ndefine(`confFALLBACK_SMARTHOST', `[127.0.0.1]')dnl"))
    waits_and_arrives_later(gateway, "does not offer STARTTLS", Behaviour(starttls="absent"))


def flow_it_is_down(gateway):
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    gateway.wait_deferred("Connection refused")
    assert not gateway.at_normal_route(message)
    gateway.smart_host.start()
    gateway.sendmail.flush()
    gateway.wait_at(gateway.smart_host, message)
    assert not gateway.at_normal_route(message)


def flow_refused_recipient_and_the_sender_learns_of_it_without_the_content(gateway):
    gateway.smart_host.behaviour = Behaviour(rcpt_reply="550 5.1.1 no such recipient")
    message = messages.flagged_with_attachment()
    assert gateway.send(message, ["bob@client.example"]).code == 250
    gateway.wait_for_bounce(b"no such recipient")
    told = gateway.mailboxes.transactions[-1]
    assert message.message_id.encode() in told.data
    assert not messages.secrets_in(told.data), "LEAK: the bounce shows the message"
