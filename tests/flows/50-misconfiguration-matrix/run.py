"""The matrix of misconfigurations: each is one edit away from a sound gateway. For each, doctor names it, and a flagged
message sent anyway is not delivered in clear (the runner looks for leaks after each).

A row: name, the edit, the checks of which doctor must name one. Further: `door` (how the message comes in), `warns`
(doctor warns only, for another guard holds). Postfix is restarted after each edit, so what holds the message back is
never just that the edit is not in force yet. What no guard inside Postfix can hold is in 33-doctor-checks. Sendmail's
part of the matrix is in 32-sendmail.
"""

from dataclasses import dataclass
from typing import Callable

from support import doctor, messages
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]


@dataclass
class Row:
    name: str
    edit: Callable
    checks: str
    door: str = "outbound"
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


def without(setting):
    return lambda gateway: gateway.postfix.tool("postconf", "-PX", filled(gateway, setting))


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


def table(parameter, rules, behind=False):
    """A table of the site's, in front of ours or behind it."""
    def edit(gateway):
        path = gateway.postfix.config / "slip"
        path.write_text(filled(gateway, rules) + "\n")
        now = gateway.postfix.tool("postconf", "-h", parameter).strip()
        both = [now, f"regexp:{path}"] if behind else [f"regexp:{path}", now]
        gateway.postfix.set(**{parameter: ", ".join(both)})
    return edit


def gone(name):
    return lambda gateway: (gateway.postfix.config / name).unlink()


def without_first_policy(option, **settings):
    """The transport loses a `-o`, and main.cf has what it was there against."""
    def edit(gateway):
        gateway.postfix.set(**{name: filled(gateway, value) for name, value in settings.items()})
        gateway.postfix.tool("postconf", "-PX", f"pams/unix/{option}")
    return edit


def settings(old, new):
    return lambda gateway: gateway.use_settings(replace=[(filled(gateway, old), filled(gateway, new))])


# -- the matrix ----------------------------------------------------------------------------------------------------

THE_MILTER = [
    Row("smtpd milters empty", main(smtpd_milters=""), "milter"),
    Row("non smtpd milters empty", main(non_smtpd_milters=""), "milter", door="sendmail"),
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
    Row("cleanup with other milters", service("cleanup/unix/non_smtpd_milters="), "milter", door="sendmail", warns=True),
    Row("a milter that removes the flag comes first", in_file("main.cf", "smtpd_milters = {",
        "smtpd_milters = { inet:127.0.0.1:1, default_action=accept, connect_timeout=1s }, {"), "milter_order", warns=True),
    Row("the net and no milter for local mail", lambda gateway: (
        service("pickup/unix/cleanup_service_name=pams-inbound")(gateway)), "header_checks", door="sendmail"),
]

THE_MARKER = [
    Row("milter header checks empty", main(milter_header_checks=""), "milter_header_checks"),
    Row("the marker table gone", gone("pams_milter_header_checks"), "milter_header_checks"),
    Row("FILTRE", in_file("pams_milter_header_checks", "FILTER ", "FILTRE "), "milter_header_checks"),
    Row("no colon", in_file("pams_milter_header_checks", "FILTER pams:[localhost]:@SMART@", "FILTER pams"),
        "milter_header_checks"),
    Row("no brackets", in_file("pams_milter_header_checks", "[localhost]:", "localhost:"), "milter_header_checks"),
    Row("another host", in_file("pams_milter_header_checks", "[localhost]:@SMART@", "[127.0.0.1]:@RELAY@"),
        "milter_header_checks"),
    Row("another transport", in_file("pams_milter_header_checks", "FILTER pams:[localhost]:@SMART@",
        "FILTER smtp:[127.0.0.1]:@RELAY@"), "milter_header_checks"),
    Row("an old token", in_file("pams_milter_header_checks", "[[:space:]]*$/", "0[[:space:]]*$/"), "milter_header_checks"),
    Row("a table in front of the marker", table("milter_header_checks", "/^X-PAMS-/ IGNORE"), "milter_header_checks"),
    Row("a later filter behind the marker", table("milter_header_checks",
        "/^X-PAMS-Route/ DUNNO\n/^X-Spam: yes/ FILTER smtp:[127.0.0.1]:@RELAY@", behind=True), "other_filters"),
    Row("a filter inside a union of tables", main(body_checks=
        "unionmap:{ regexp:{{/Dear/ FILTER smtp:[127.0.0.1]:@RELAY@}} }"), "other_filters"),
    Row("a table that nobody can list", main(body_checks="tcp:127.0.0.1:1"), "other_filters"),
    Row("an access table that redirects", main(smtpd_recipient_restrictions=
        "check_client_access static:{REDIRECT eve@other.example}"), "redirects"),
    Row("a header check that redirects", table("header_checks", "/^Subject:/ REDIRECT eve@other.example"), "redirects"),
    Row("a filter for the body", main(body_checks="regexp:{{/Dear/ FILTER smtp:[127.0.0.1]:@RELAY@}}"), "other_filters"),
]

THE_NET = [
    Row("header checks empty", main(header_checks=""), "header_checks"),
    Row("the net gone", gone("pams_header_checks"), "header_checks"),
    Row("the net says FILTRE", in_file("pams_header_checks", "FILTER retry:", "FILTRE retry:"), "header_checks"),
    Row("the net sends on", in_file("pams_header_checks", "FILTER retry:4.7.1 pams-milter did not process this message",
        "FILTER smtp:[127.0.0.1]:@RELAY@"), "header_checks"),
    Row("the net knows one letter case", in_file("pams_header_checks", "*:/ FILTER retry", "*:/i FILTER retry"), "header_checks"),
    Row("the net wants a value of one word", in_file("pams_header_checks", "*:/ FILTER retry", "*: [a-z]+$/ FILTER retry"),
        "header_checks"),
    Row("the requeue rule gone", in_file("pams_header_checks", "PAMS", "OTHER"), "header_checks"),
    Row("a table in front of the net", table("header_checks", "/^zivver-/ DUNNO"), "header_checks"),
    Row("another cleanup without the net", lambda gateway: (
        line("bare/unix", "bare unix n - y - 0 cleanup -o header_checks=")(gateway),
        service("@OUTBOUND@/inet/cleanup_service_name=bare")(gateway)), "header_checks"),
    Row("attachments are caught", main(mime_header_checks="$header_checks"), "mime_header_checks"),
    Row("attached messages are caught", main(nested_header_checks="$header_checks"), "mime_header_checks"),
    Row("the last net gone", main(smtp_header_checks=""), "last_net", warns=True),
    Row("the last net knows another flag", in_file("pams_last_net", "zivver", "other"), "last_net", warns=True),
    Row("a transport without the last net", service("smtp/unix/smtp_header_checks="), "last_net", warns=True),
    Row("no retry service", lambda gateway: gateway.postfix.tool("postconf", "-MX", "retry/unix"), "retry_service"),
    Row("retry delivers", line("retry/unix", "retry unix - - n - - smtp"), "retry_service"),
    Row("postmasters get whole messages", main(notify_classes="resource, software, 2bounce"), "notices"),
]

THE_TRANSPORT = [
    Row("no pams service", lambda gateway: gateway.postfix.tool("postconf", "-MX", "pams/unix"), "transport"),
    Row("a second pams service", appended("master.cf", "pams unix - - n - - smtp"), "route_token milter transport"),
    Row("pams delivers locally", line("pams/unix", "pams unix - - n - - lmtp"), "transport"),
    Row("level encrypt", service("pams/unix/smtp_tls_security_level=encrypt"), "transport"),
    Row("level may", service("pams/unix/smtp_tls_security_level=may"), "transport"),
    Row("level none", service("pams/unix/smtp_tls_security_level=none"), "transport"),
    Row("no level of its own", without("pams/unix/smtp_tls_security_level"), "transport"),
    Row("a level with blanks", in_file("master.cf", "-o smtp_tls_security_level=secure", "-o smtp_tls_security_level = secure"),
        "transport milter"),
    Row("a policy table", without_first_policy("smtp_tls_policy_maps", smtp_tls_policy_maps="static:none"), "transport"),
    Row("a site table", without_first_policy("smtp_tls_per_site", smtp_tls_per_site="static:NONE"), "transport"),
    Row("a fallback relay", without_first_policy("smtp_fallback_relay", smtp_fallback_relay="[127.0.0.1]:@RELAY@"), "transport"),
    Row("a trust anchor of the site", service("pams/unix/smtp_tls_trust_anchor_file=/etc/ssl/certs/ca-certificates.crt"),
        "transport"),
    Row("the system authorities too", service("pams/unix/tls_append_default_CA=yes"), "transport"),
    Row("other authorities", service("pams/unix/smtp_tls_CAfile=/etc/ssl/certs/ca-certificates.crt"), "transport"),
    Row("TLS 1.0", service("pams/unix/smtp_tls_mandatory_protocols=>=TLSv1"), "transport"),
    Row("null ciphers by grade", service("pams/unix/smtp_tls_mandatory_ciphers=null"), "transport"),
    Row("null ciphers called high", service("pams/unix/tls_high_cipherlist=eNULL:@SECLEVEL=0"), "transport"),
    Row("null ciphers by a primitive", service("pams/unix/tls_high_cipherlist=kRSA:@SECLEVEL=0"), "transport"),
    Row("any name below the domain", service("pams/unix/smtp_tls_secure_cert_match=.localhost"), "nexthop"),
    Row("the name that DNS gives", service("pams/unix/smtp_tls_secure_cert_match=hostname"), "nexthop"),
    Row("no name at all", service("pams/unix/smtp_tls_secure_cert_match="), "nexthop"),
    Row("answers are rewritten", service("pams/unix/smtp_reply_filter=static:250"), "transport"),
    Row("addresses are rewritten", service("pams/unix/smtp_generic_maps=static:x@example.org"), "transport"),
    Row("the marker is sent on", service("pams/unix/smtp_header_checks="), "transport"),
    Row("fifty recipients at a time", main(pams_destination_recipient_limit="50"), "recipient_limit"),
]

THE_MILTERS_OWN_FILES = [
    Row("routing is not verified", settings("verify_route = true", "verify_route = false"), "verify_route", warns=True),
    Row("the smart host moved", settings('smart_hosts = ["localhost:@SMART@"]', 'smart_hosts = ["localhost:1"]'),
        "milter_header_checks"),
    Row("another transport than setup made", settings(
        'tls_settings = "domain_validation"', 'tls_settings = "domain_validation"\ntransport = "secret"'), "transport"),
    Row("another flag than the net knows", settings("[pams]", '[pams]\nheader = "x-other-flag"'), "header_checks"),
]


def send(gateway, message, door):
    """"waits" at the sender or in Postfix, or "taken" by the smart host."""
    if door == "sendmail":
        gateway.postfix.sendmail(message.data, "alice@example.org", OUTSIDE)
    elif gateway.send(message, OUTSIDE).code >= 400:
        return "waits"
    return wait_for("the message waits, or is at the smart host", lambda: whereabouts(gateway, message))


def whereabouts(gateway, message):
    if gateway.smart_host.with_text(message.unique):
        return "taken"
    if gateway.at_normal_route(message):
        return "in clear"
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
    where = send(gateway, messages.flagged(), row.door)
    assert where != "in clear", "LEAK"
    if not row.warns:
        assert where == "waits", where


def promise_of(row):
    return lambda gateway: check(gateway, row)


for one in THE_MILTER + THE_MARKER + THE_NET + THE_TRANSPORT + THE_MILTERS_OWN_FILES:
    globals()["flow_" + one.name.replace(" ", "_")] = promise_of(one)
