"""Exchange Online hands mail in: the listener of packaging/postfix/, with a test authority in Microsoft's place.

It comes from 127.0.0.2, which nothing trusts by address. What makes it ours is a client certificate that the authority
signed, with Microsoft's name, and exactly one X-OriginatorOrg with our tenant's value.
"""

import contextlib
import re
import smtplib
import ssl
from pathlib import Path

from support import messages
from support.client import Answer, decoded, send_over
from support.ports import free_port, greets
from support.waiting import wait_for

SAMPLE = Path(__file__).parents[3] / "packaging/postfix"
RULES_D = Path(__file__).parents[3] / "packaging/examples/rules.d"
MICROSOFT = "mail.protection.outlook.com"
ELSEWHERE = "127.0.0.2"
TENANT = "X-OriginatorOrg: example.onmicrosoft.com"
OUTSIDE = ["bob@client.example"]
TRUST = f"""
[[trust.exchange_online]]
certificate = "{MICROSOFT}"
originator_org = ["example.onmicrosoft.com", "example.org"]
"""


class ExchangeOnline:
    """The listener as the sample has it, and clients with one certificate or another."""

    def __init__(self, gateway):
        self.gateway, self.port = gateway, free_port()
        tls, config = gateway.certificates, gateway.postfix.config
        certificate, key = tls.pair("good")
        listener = (SAMPLE / "exchange-online.master.cf").read_text()
        for old, new in (("192.0.2.10:25", f"127.0.0.1:{self.port}"), ("/etc/postfix/tls/gateway-key.pem", key),
                         ("/etc/postfix/tls/gateway.pem", certificate), ("/etc/postfix/tls/exchange-online-ca.pem", tls.ca_file)):
            assert old in listener, f"the sample has no {old}"
            listener = listener.replace(old, str(new))
        with (config / "master.cf").open("a") as master:
            master.write(listener)
        gateway.use_settings(replace=[('networks = ["127.0.0.1/32"]\n', 'networks = ["127.0.0.1/32"]\n' + TRUST)])
        gateway.postfix.restart()
        wait_for("the listener greets", lambda: greets(self.port))

    @contextlib.contextmanager
    def connection(self, certificate):
        """`certificate`: the path of a client certificate, or None."""
        context = ssl.create_default_context(cafile=self.gateway.certificates.ca_file)
        context.check_hostname = False
        if certificate:
            context.load_cert_chain(certificate, self.gateway.certificates.key)
        client = smtplib.SMTP("127.0.0.1", self.port, "eur01.outbound.protection.outlook.com", timeout=120,
                              source_address=(ELSEWHERE, 0))
        try:
            client.starttls(context=context)
            client.ehlo()
            yield client
        finally:
            client.close()

    def send(self, message, recipients, certificate):
        """The answer; code 0 when the connection ended without one."""
        try:
            with self.connection(certificate) as client:
                return send_over(client, message, recipients)
        except smtplib.SMTPResponseException as refusal:
            return Answer(*decoded((refusal.smtp_code, refusal.smtp_error)))
        except (smtplib.SMTPException, OSError) as problem:
            return Answer(0, str(problem))

    def certificate(self, name, subject=None, ca="ca"):
        return self.gateway.certificates.client(name, subject or f"/CN={MICROSOFT}", ca)


def nothing_left(gateway, message):
    assert not gateway.at_normal_route(message) and not gateway.smart_host.with_text(message.unique)
    assert gateway.postfix.queue() == []


def refused(gateway, message, answer, *codes):
    assert answer.code in codes, answer
    nothing_left(gateway, message)


def flow_our_tenants_mail_takes_its_route(gateway):
    online = ExchangeOnline(gateway)
    certificate = online.certificate("microsoft")
    for organization in (TENANT, "x-originatororg: EXAMPLE.ORG"):
        secret, ordinary = messages.flagged(organization), messages.plain(organization)
        for message in (secret, ordinary):
            answer = online.send(message, OUTSIDE, certificate)
            assert answer.code == 250, answer
        assert gateway.wait_at(gateway.smart_host, secret).tls
        arrived = gateway.wait_at(gateway.relayhost, ordinary)
        assert re.search(rb"Client CN \"mail\.protection\.outlook\.com\".*\(verified OK\)", arrived.data, re.S), arrived.data


def flow_another_tenant_is_refused(gateway):
    online = ExchangeOnline(gateway)
    certificate = online.certificate("microsoft")
    for organization in ("X-OriginatorOrg: other.onmicrosoft.com", "X-Other: none", "X-OriginatorOrg:",
                         "X-OriginatorOrg: example.onmicrosoft.com.evil.example",
                         "X-OriginatorOrg: example.onmicrosoft.com, other.onmicrosoft.com",
                         "X-OriginatorOrg: =?utf-8?q?example.onmicrosoft.com?="):
        for message in (messages.flagged(organization), messages.plain(organization)):
            refused(gateway, message, online.send(message, OUTSIDE, certificate), 451)
    assert "event=untrusted_flag" in gateway.milter.log()


def flow_a_repeated_organization_is_refused(gateway):
    online = ExchangeOnline(gateway)
    certificate = online.certificate("microsoft")
    for second in (TENANT, TENANT.lower(), "X-OriginatorOrg : other.onmicrosoft.com", "X-OriginatorOrg:",
                   "X-OriginatorOrg:\r\n other.onmicrosoft.com"):
        for fields in ((TENANT, second), (second, TENANT)):
            message = messages.flagged(*fields)
            refused(gateway, message, online.send(message, OUTSIDE, certificate), 451)


def flow_without_a_verified_certificate_nothing_is_taken(gateway):
    online = ExchangeOnline(gateway)
    for certificate in (None, online.certificate("unknown-authority", ca="other"),
                        online.certificate("self-signed", ca=None)):
        message = messages.flagged(TENANT)
        answer = online.send(message, OUTSIDE, certificate)
        assert answer.code == 0 or answer.code >= 400, answer
        nothing_left(gateway, message)


def flow_in_clear_nothing_is_taken(gateway):
    online = ExchangeOnline(gateway)
    message = messages.flagged(TENANT)
    refused(gateway, message, gateway.send(message, OUTSIDE, port=online.port, source=ELSEWHERE), 530)


def flow_another_name_is_refused(gateway):
    """Several CNs, one below, one above, one with a NUL, one with blanks: only the first CN counts, whole."""
    online = ExchangeOnline(gateway)
    for number, subject in enumerate((
            "/CN=evil.example", f"/CN=evil.example/CN={MICROSOFT}", f"/CN=a.{MICROSOFT}", "/CN=protection.outlook.com",
            f"/CN={MICROSOFT}.evil.example", f"/O={MICROSOFT}", f"/CN={MICROSOFT}@evil.example", f"/CN= {MICROSOFT}",
            f"/CN=*.{MICROSOFT.partition('.')[2]}")):
        certificate = online.certificate(f"name-{number}", subject)
        for message in (messages.flagged(TENANT), messages.plain(TENANT)):
            refused(gateway, message, online.send(message, OUTSIDE, certificate), 451)
    certificate = gateway.certificates.client_with_nul("nul", MICROSOFT + "\0.evil.example")
    for message in (messages.flagged(TENANT), messages.plain(TENANT)):
        refused(gateway, message, online.send(message, OUTSIDE, certificate), 451)


def flow_the_same_name_in_upper_case_is_the_same_name(gateway):
    """RFC 4343: names of hosts know no case; Postfix's table and the milter agree."""
    online = ExchangeOnline(gateway)
    message = messages.flagged(TENANT)
    assert online.send(message, OUTSIDE, online.certificate("upper", f"/CN={MICROSOFT.upper()}")).code == 250
    assert gateway.wait_at(gateway.smart_host, message).tls


def flow_spoofed_headers_gain_nothing_elsewhere(gateway):
    """X-OriginatorOrg and what Exchange would believe, from a stranger on the ordinary listeners."""
    spoofed = [TENANT, "X-MS-Exchange-Organization-AuthAs: Internal", "X-MS-Exchange-Organization-SCL: -1",
               "X-MS-Exchange-Forest-RulesExecuted: all"]
    for port in (gateway.postfix.outbound_port, gateway.postfix.inbound_port):
        message = messages.flagged(*spoofed)
        refused(gateway, message, gateway.send(message, OUTSIDE, port=port, source=ELSEWHERE), 451)
    inbound = messages.plain(*spoofed)
    assert gateway.send(inbound, ["carol@example.org"], port=gateway.postfix.inbound_port, source=ELSEWHERE).code == 250
    arrived = gateway.wait_at(gateway.mailboxes, inbound).data
    assert b"X-MS-Exchange-Organization" not in arrived and b"X-MS-Exchange-Forest" not in arrived
    assert messages.fields_named(arrived, "X-OriginatorOrg")


def flow_our_servers_words_to_each_other_do_not_leave(gateway):
    online = ExchangeOnline(gateway)
    certificate = online.certificate("microsoft")
    words = [TENANT, "X-MS-Exchange-Organization-AuthAs: Internal", "X-MS-Exchange-Forest-RulesExecuted: all"]
    for message, recipients, server in ((messages.flagged(*words), OUTSIDE, gateway.smart_host),
                                        (messages.plain(*words), OUTSIDE, gateway.relayhost),
                                        (messages.plain(*words), ["carol@example.org"], gateway.mailboxes)):
        assert online.send(message, recipients, certificate).code == 250
        arrived = gateway.wait_at(server, message).data
        assert (b"X-MS-Exchange-Organization" in arrived) == (server is gateway.mailboxes)
        assert (b"X-MS-Exchange-Forest" in arrived) == (server is gateway.mailboxes)


def flow_zivvers_marks_from_anybody_but_zivver_are_refused(gateway):
    online = ExchangeOnline(gateway)
    certificate = online.certificate("microsoft")
    for mark in ("X-Zivver-Transport: ab", "skip-zivver-relay: true"):
        message = messages.flagged(TENANT, mark)
        refused(gateway, message, online.send(message, OUTSIDE, certificate), 451)
        refused(gateway, message, gateway.send(message, OUTSIDE), 451)


def flow_the_next_message_of_a_connection_must_prove_its_tenant_again(gateway):
    online = ExchangeOnline(gateway)
    with online.connection(online.certificate("microsoft")) as client:
        ours, theirs, again = messages.flagged(TENANT), messages.flagged("X-OriginatorOrg: evil.example"), messages.flagged(TENANT)
        assert [send_over(client, one, OUTSIDE).code for one in (ours, theirs, again)] == [250, 451, 250]
    for message in (ours, again):
        assert gateway.wait_at(gateway.smart_host, message).tls
    assert not gateway.smart_host.with_text(theirs.unique)


def flow_a_secure_direct_reply_is_flagged_by_the_ready_rule_and_takes_the_route(gateway):
    """packaging/examples/rules.d: also what is requeued, and never when the peer only claims to be Zivver."""
    gateway.use_settings(rules=RULES_D / "05-secure-direct-reply.toml")
    reference = "References: <1@client.example>\r\n <zivver-sdr-0f8fad5b-d9cb-469f-a165-70867728950e@zivver.com>"
    message = messages.plain(reference, is_flagged=True)
    gateway.smart_host.stop()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("Connection refused")
    gateway.postfix.requeue_all()
    gateway.smart_host.start()
    gateway.postfix.flush()
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert arrived.tls and messages.fields_named(arrived.data, "zivver-relay") == [b"zivver-relay: sdr"]
    claims = messages.plain(reference, "X-Zivver-Transport: ab", is_flagged=True)
    refused(gateway, claims, gateway.send(claims, OUTSIDE), 451)
    inbound = messages.plain(reference)
    assert gateway.send(inbound, ["carol@example.org"], port=gateway.postfix.inbound_port, source=ELSEWHERE).code == 250
    assert not messages.fields_named(gateway.wait_at(gateway.mailboxes, inbound).data, "zivver-relay")
