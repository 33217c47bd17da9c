"""The matrix of misconfigurations: each is one edit away from a sound gateway. For each, doctor names it, and a flagged
message sent anyway is not delivered in clear, and can be read by nobody (the runner looks after each).

A row: name, the edit, the checks of which doctor must name one. Further: `listener` (how the message comes in), `warns`
(doctor warns only, for another guard holds). Postfix is restarted after each edit, so what holds the message back is
never just that the edit is not in force yet. What no guard inside Postfix can hold is in 33-doctor-checks. Sendmail's
part of the matrix is in 35-sendmail-not-in-order.

The second table has what is no misconfiguration any more, because Postfix has no part in it: who the smart host is, and
over which TLS, is the relay's to prove.
"""

from dataclasses import dataclass
from typing import Callable

from support import doctor, messages
from support.smtp_server import Behaviour
from support.waiting import wait_for

LONG = ("a_table_that_nobody_can_list",)
OUTSIDE = ["bob@client.example"]


@dataclass
class Row:
    name: str
    edit: Callable
    checks: str
    listener: str = "outbound"
    warns: bool = False


# -- edits ---------------------------------------------------------------------------------------------------------

def main(**settings):
    return lambda gateway: gateway.postfix.set(**{name: filled(gateway, value) for name, value in settings.items()})


def filled(gateway, text):
    values = {"CONFIG": gateway.postfix.config, "RELAY": gateway.relayhost.port, "OUTBOUND": gateway.postfix.outbound_service,
              "INBOUND": gateway.postfix.inbound_service, "SMART": gateway.smart_host.port}
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def service(setting):
    """`postconf -P`: "@OUTBOUND@/inet/name=value" or "pams/unix/name=value"."""
    return lambda gateway: gateway.postfix.tool("postconf", "-P", filled(gateway, setting))


def line(key, text):
    return lambda gateway: gateway.postfix.tool("postconf", "-M", f"{filled(gateway, key)}={filled(gateway, text)}")


def in_file(name, old, new):
    def edit(gateway):
        path = gateway.postfix.config / name
        text, wanted = path.read_text(), filled(gateway, old)
        assert wanted in text, f"{name} has no {wanted!r}"
        path.write_text(text.replace(wanted, filled(gateway, new)))
    return edit


def appended(name, text):
    def edit(gateway):
        with (gateway.postfix.config / name).open("a") as file:
            file.write(filled(gateway, text) + "\n")
    return edit


def table(parameter, rules, after=False):
    """A table of the site's, in front of ours or after it."""
    def edit(gateway):
        path = gateway.postfix.config / "slip"
        path.write_text(filled(gateway, rules) + "\n")
        now = gateway.postfix.tool("postconf", "-h", parameter).strip()
        both = [now, f"regexp:{path}"] if after else [f"regexp:{path}", now]
        gateway.postfix.set(**{parameter: ", ".join(both)})
    return edit


def own_table(parameter, rules):
    """A table of the transport's own."""
    def edit(gateway):
        appended("slip", rules)(gateway)
        service(f"pams/unix/{parameter}=regexp:@CONFIG@/slip")(gateway)
    return edit


def gone(name):
    return lambda gateway: (gateway.postfix.config / name).unlink()


def settings(old, new):
    return lambda gateway: gateway.use_settings(replace=[(filled(gateway, old), filled(gateway, new))])


# -- the matrix ----------------------------------------------------------------------------------------------------

THE_MILTER = [
    Row("smtpd milters empty", main(smtpd_milters=""), "milter"),
    Row("non smtpd milters empty", main(non_smtpd_milters=""), "milter", listener="sendmail"),
    Row("another socket and accept", main(smtpd_milters="{ unix:old/old.sock, default_action=accept }"), "milter"),
    Row("our entry says accept", in_file("main.cf", "default_action=tempfail", "default_action=accept"), "milter"),
    Row("our entry says quarantine", in_file("main.cf", "default_action=tempfail", "default_action=quarantine"), "milter"),
    Row("a listener with milters of its own", service("@OUTBOUND@/inet/smtpd_milters="), "milter", warns=True),
    Row("a listener with no milters", service("@OUTBOUND@/inet/receive_override_options=no_milters"), "milter", warns=True),
    Row("a listener with no header body checks", service("@OUTBOUND@/inet/receive_override_options=no_header_body_checks"),
        "header_checks"),
    Row("a listener with neither milters nor checks", service(
        "@OUTBOUND@/inet/receive_override_options=no_milters,no_header_body_checks"), "milter"),
    Row("milter maps that disable", main(smtpd_milter_maps="static:DISABLE"), "milter"),
    Row("milter protocol 2", main(milter_protocol="2"), "milter_protocol"),
    Row("cleanup with other milters", service("cleanup/unix/non_smtpd_milters="), "milter", listener="sendmail", warns=True),
    Row("a signer comes first", in_file("main.cf", "smtpd_milters = {",
        "smtpd_milters = { inet:127.0.0.1:8891, default_action=accept, connect_timeout=1s }, {"), "milter_order", warns=True),
    Row("the guard rules and no milter for local mail", lambda gateway: (
        service("pickup/unix/cleanup_service_name=pams-inbound")(gateway)), "header_checks", listener="sendmail"),
]

THE_MARKER = [
    Row("milter header checks empty", main(milter_header_checks=""), "milter_header_checks"),
    Row("the marker table gone", gone("pams_milter_header_checks"), "milter_header_checks"),
    Row("FILTRE", in_file("pams_milter_header_checks", "FILTER ", "FILTRE "), "milter_header_checks"),
    Row("no colon", in_file("pams_milter_header_checks", "FILTER pams:unix:pams-milter/relay.sock", "FILTER pams"),
        "milter_header_checks"),
    Row("another socket", in_file("pams_milter_header_checks", "relay.sock", "old.sock"), "milter_header_checks"),
    Row("a port of somebody", in_file("pams_milter_header_checks", "unix:pams-milter/relay.sock", "inet:127.0.0.1:@RELAY@"),
        "milter_header_checks"),
    Row("another transport", in_file("pams_milter_header_checks", "FILTER pams:unix:pams-milter/relay.sock",
        "FILTER smtp:[127.0.0.1]:@RELAY@"), "milter_header_checks"),
    Row("another mark", in_file("pams_milter_header_checks", "X-PAMS-Sealed", "X-PAMS-Other"), "milter_header_checks"),
    Row("a table in front of the marker", table("milter_header_checks", "/^X-PAMS-/ IGNORE"), "milter_header_checks"),
    Row("a later filter after the marker", table("milter_header_checks",
        "/^X-PAMS-Sealed/ DUNNO\n/^X-Spam: yes/ FILTER smtp:[127.0.0.1]:@RELAY@", after=True), "other_filters"),
    Row("a filter inside a union of tables", main(body_checks=
        "unionmap:{ regexp:{{/fill up/ FILTER smtp:[127.0.0.1]:@RELAY@}} }"), "other_filters"),
    Row("a table that nobody can list", main(nested_header_checks="tcp:127.0.0.1:1"), "other_filters"),
    Row("an access table that redirects", main(smtpd_recipient_restrictions=
        "check_client_access static:{REDIRECT eve@other.example}"), "redirects"),
    Row("a header check that redirects", table("header_checks", "/^Subject:/ REDIRECT eve@other.example"), "content_redirects"),
    Row("a filter for the body", main(body_checks="regexp:{{/fill up/ FILTER smtp:[127.0.0.1]:@RELAY@}}"), "other_filters"),
]

GUARD_RULES = [
    Row("header checks empty", main(header_checks=""), "header_checks"),
    Row("the guard rules gone", gone("pams_header_checks"), "header_checks"),
    Row("the guard rules say FILTRE", in_file("pams_header_checks", "FILTER retry:", "FILTRE retry:"), "header_checks"),
    Row("the guard rules send on", in_file("pams_header_checks", "FILTER retry:4.7.1 not sealed by pams-milter yet",
        "FILTER smtp:[127.0.0.1]:@RELAY@"), "header_checks"),
    Row("the guard rules know one letter case", in_file("pams_header_checks", "*:/ FILTER retry", "*:/i FILTER retry"), "header_checks"),
    Row("the guard rules want a value of one word", in_file("pams_header_checks", "*:/ FILTER retry", "*: [a-z]+$/ FILTER retry"),
        "header_checks"),
    Row("the requeue rule gone", in_file("pams_header_checks", "PAMS", "OTHER"), "header_checks"),
    Row("what is requeued goes to the world", in_file("pams_header_checks", "FILTER pams:unix:pams-milter/relay.sock",
        "FILTER smtp:[127.0.0.1]:@RELAY@"), "header_checks"),
    Row("a table in front of the guard rules", table("header_checks", "/^zivver-/ DUNNO"), "header_checks"),
    Row("another cleanup without the guard rules", lambda gateway: (
        line("bare/unix", "bare unix n - y - 0 cleanup -o header_checks=")(gateway),
        service("@OUTBOUND@/inet/cleanup_service_name=bare")(gateway)), "header_checks"),
    Row("attachments are caught", main(mime_header_checks="$header_checks"), "mime_header_checks"),
    Row("attached messages are caught", main(nested_header_checks="$header_checks"), "mime_header_checks"),
    Row("the last guard rule gone", main(smtp_header_checks=""), "smtp_header_checks", warns=True),
    Row("the last guard rule for lmtp gone", main(lmtp_header_checks=""), "smtp_header_checks", warns=True),
    Row("the last guard rule knows another flag", in_file("pams_smtp_guard", "zivver", "other"), "smtp_header_checks", warns=True),
    Row("a transport without the last guard rule", service("smtp/unix/smtp_header_checks="), "smtp_header_checks", warns=True),
    Row("no retry service", lambda gateway: gateway.postfix.tool("postconf", "-MX", "retry/unix"), "retry_service"),
    Row("retry delivers", line("retry/unix", "retry unix - - n - - smtp"), "retry_service"),
    Row("the bounce service carries bodies", service("bounce/unix/bounce_size_limit=50000"), "bounces"),
    Row("the flag is taken away", table("header_checks", "/^zivver-relay:/ IGNORE"), "flag_survives"),
    Row("the flag is dropped", main(message_drop_headers="bcc, zivver-relay"), "flag_survives"),
    Row("merged recipients are one", main(enable_original_recipient="no"), "original_recipients"),
    Row("bounces carry bodies", main(bounce_size_limit="50000"), "bounces"),
]

THE_TRANSPORT = [
    Row("no pams service", lambda gateway: gateway.postfix.tool("postconf", "-MX", "pams/unix"), "transport"),
    Row("a second pams service", appended("master.cf", "pams unix - - n - - smtp"), "milter transport"),
    Row("pams delivers to mailboxes", line("pams/unix", "pams unix - n n - - local"), "transport"),
    Row("pams sends by smtp", line("pams/unix", "pams unix - - n - - smtp"), "transport"),
    Row("pams runs a program", line("pams/unix", "pams unix - n n - - pipe flags=F user=daemon argv=/bin/cat"), "transport"),
    Row("answers are rewritten", service("pams/unix/lmtp_reply_filter=static:250"), "transport"),
    Row("addresses are rewritten", service("pams/unix/lmtp_generic_maps=static:x@example.org"), "transport"),
    Row("what failed is called delivered", service("pams/unix/lmtp_delivery_status_filter=static:2.0.0"), "transport"),
    Row("it may leave this machine", service("pams/unix/lmtp_bind_address_enforce=no"), "transport"),
    Row("bodies are rewritten", own_table("lmtp_body_checks", "/./ IGNORE"), "transport"),
    Row("the mark is taken away", own_table("lmtp_header_checks", "/^X-PAMS/ IGNORE"), "transport"),
    Row("fifty recipients at a time", main(pams_destination_recipient_limit="50"), "recipient_limit"),
]

THE_MILTERS_OWN_FILES = [
    Row("routing is not verified", settings("verify_route = true", "verify_route = false"), "verify_route", warns=True),
    Row("another transport than setup made", settings(
        'tls_settings = "domain_validation"', 'tls_settings = "domain_validation"\ntransport = "secret"'), "transport"),
    Row("another flag than the guard rules know", settings("[pams]", '[pams]\nheader = "x-other-flag"'), "header_checks"),
    Row("the key is gone", lambda gateway: gateway.seal_key.unlink(), "seal_key"),
    Row("the key is no key", lambda gateway: gateway.put_seal_key(b"none\n"), "seal_key"),
]

# Harmless now: name -> the edit. Doctor may be content.
NOT_POSTFIXS_TO_DECIDE = {
    "no TLS for the transport": service("pams/unix/lmtp_tls_security_level=none"),
    "no TLS for anybody": main(smtp_tls_security_level="none", lmtp_tls_security_level="none"),
    "a policy table that says none": main(lmtp_tls_policy_maps="static:none", smtp_tls_policy_maps="static:none"),
    "a site table that says none": main(lmtp_tls_per_site="static:NONE", smtp_tls_per_site="static:NONE"),
    "no authorities": main(smtp_tls_CAfile="", lmtp_tls_CAfile="", tls_append_default_CA="no"),
    "null ciphers": main(tls_high_cipherlist="eNULL:@SECLEVEL=0", lmtp_tls_mandatory_ciphers="null"),
    "any name": main(lmtp_tls_secure_cert_match="hostname", smtp_tls_secure_cert_match="hostname"),
    "a fallback relay": main(smtp_fallback_relay="[127.0.0.1]:@RELAY@"),
    "another relayhost": main(relayhost="[127.0.0.1]:@RELAY@", default_transport="smtp:[127.0.0.1]:@RELAY@"),
    "a transport for everybody": main(transport_maps="static:smtp:[127.0.0.1]:@RELAY@"),
    "whole messages in notices": main(notify_classes="bounce, 2bounce, delay, policy, protocol, resource, software",
                                      delay_warning_time="1s"),
}


def send(gateway, message, listener):
    """"waits" at the sender or in Postfix, or "taken" by the smart host."""
    if listener == "sendmail":
        gateway.postfix.sendmail(message.data, "alice@example.org", OUTSIDE)
    elif gateway.send(message, OUTSIDE).code >= 400:
        return "waits"
    return wait_for("the message waits, or is at the smart host", lambda: whereabouts(gateway, message))


def whereabouts(gateway, message):
    if gateway.smart_host.with_text(message.unique):
        return "taken"
    if gateway.at_normal_route(message):
        return "in clear"
    if any(message.message_id.encode() in one.data and messages.is_carrier(one.data)
           for one in gateway.relayhost.transactions + gateway.mailboxes.transactions):
        return "astray"
    if any("delay_reason" in one for entry in gateway.postfix.queue() for one in entry["recipients"]):
        return "waits"
    log = gateway.postfix.log_since_mark()
    return "waits" if "milter-reject" in log or "message not accepted" in log or "queue file write error" in log else None


def check(gateway, row):
    row.edit(gateway)
    gateway.postfix.restart()
    named = doctor.named(gateway)
    wanted = "warn" if row.warns else "fail"
    assert any(named.get(one) == wanted for one in row.checks.split()), f"doctor says {named}, not {wanted} for {row.checks}"
    where = send(gateway, messages.flagged(subject="Held"), row.listener)
    assert where in ("waits", "taken"), f"LEAK: {where}"
    if not row.warns:
        assert where == "waits", where


def is_harmless(gateway, edit):
    """An impostor in the smart host's place gets nothing, and the smart host gets it, proven."""
    edit(gateway)
    gateway.postfix.restart()
    message = messages.flagged_with_attachment()
    gateway.smart_host.behaviour = Behaviour(certificate="wrong-name")
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("wanted is localhost")
    gateway.smart_host.behaviour = Behaviour()
    gateway.postfix.flush()
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_relayed(OUTSIDE)
    gateway.wait_empty_queue()


def promise_of(row):
    return lambda gateway: check(gateway, row)


def promise_of_harmless(edit):
    return lambda gateway: is_harmless(gateway, edit)


for one in THE_MILTER + THE_MARKER + GUARD_RULES + THE_TRANSPORT + THE_MILTERS_OWN_FILES:
    globals()["flow_" + one.name.replace(" ", "_")] = promise_of(one)
for name, change in NOT_POSTFIXS_TO_DECIDE.items():
    globals()["flow_harmless_" + name.replace(" ", "_")] = promise_of_harmless(change)
