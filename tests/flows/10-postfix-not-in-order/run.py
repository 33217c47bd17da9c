"""Someone has edited Postfix's configuration. Flagged mail waits, at the sender or in the queue, until it is fixed.

Two guards stand one after the other: the milter checks the routing before it releases flagged mail (verify_route),
and the rules in header_checks hold what reaches the queue without a route. Each is looked at alone, too. They guard the
delivery: what passes the milter is sealed, and nobody on the wrong way can read it.
"""

from support import messages
from support.smtp_server import Behaviour
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]
WITHOUT_THE_FIRST_GUARD = [("verify_route = true", "verify_route = false")]


def is_not_accepted(gateway):
    message = messages.flagged()
    answer = gateway.send(message, OUTSIDE)
    assert answer.code == 451, answer
    assert not gateway.at_normal_route(message)


def is_held_by_the_guard_rules(gateway):
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("pams-milter")
    assert not gateway.at_normal_route(message) and not gateway.smart_host.with_text(message.unique)


def ordinary_mail_flows(gateway):
    message = messages.plain()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_at(gateway.relayhost, message)


def marker_map(gateway):
    """The file that milter_header_checks names, whatever setup called it."""
    value = gateway.postfix.tool("postconf", "-h", "milter_header_checks").split(",")[0].strip()
    return type(gateway.directory)(value.partition(":")[2])


def flow_marker_map_missing(gateway):
    marker_map(gateway).unlink()
    gateway.postfix.restart()
    is_not_accepted(gateway)
    gateway.use_settings(replace=WITHOUT_THE_FIRST_GUARD)
    is_not_accepted(gateway)


def flow_marker_map_with_a_slip_of_the_pen(gateway):
    """Postfix only warns about a word that it does not know, and would use the normal route."""
    rules = marker_map(gateway)
    rules.write_text(rules.read_text().replace("FILTER ", "FILTRE "))
    gateway.postfix.restart()
    is_not_accepted(gateway)
    ordinary_mail_flows(gateway)
    gateway.use_settings(replace=WITHOUT_THE_FIRST_GUARD)
    is_held_by_the_guard_rules(gateway)


def flow_milter_header_checks_unset(gateway):
    gateway.use_postfix(milter_header_checks="")
    is_not_accepted(gateway)
    ordinary_mail_flows(gateway)
    gateway.use_settings(replace=WITHOUT_THE_FIRST_GUARD)
    is_held_by_the_guard_rules(gateway)


def flow_it_is_corrected_and_flagged_mail_flows_without_a_restart_of_the_milter(gateway):
    good = (gateway.postfix.config / "main.cf").read_bytes()
    gateway.use_postfix(milter_header_checks="")
    is_not_accepted(gateway)
    (gateway.postfix.config / "main.cf").write_bytes(good)
    gateway.postfix.restart()
    message = messages.flagged()
    # The milter looks at a configuration that was wrong every few seconds; the sender's server tries again anyway.
    wait_for("the message is taken", lambda: gateway.send(message, OUTSIDE).code == 250, pause=0.5)
    assert gateway.wait_at(gateway.smart_host, message).tls


def flow_corrected_but_not_reloaded(gateway):
    """The files are right again, and the running Postfix still routes by what it read before."""
    good = (gateway.postfix.config / "main.cf").read_bytes()
    gateway.use_postfix(milter_header_checks="")
    (gateway.postfix.config / "main.cf").write_bytes(good)
    is_not_accepted(gateway)
    gateway.postfix.tool("postfix", "reload")
    message = messages.flagged()
    wait_for("the message is taken", lambda: gateway.send(message, OUTSIDE).code == 250, pause=0.5)
    assert gateway.wait_at(gateway.smart_host, message).tls


def flow_tls_of_the_transport_weakened_in_master_cf(gateway):
    """It is the relay that proves the smart host: no setting of Postfix counts."""
    gateway.postfix.tool("postconf", "-P", "pams/unix/smtp_tls_security_level=none")
    gateway.use_postfix(smtp_tls_security_level="none", lmtp_tls_security_level="none", lmtp_tls_policy_maps="static:none")
    gateway.smart_host.behaviour = Behaviour(certificate="wrong-name")
    message = messages.flagged()
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_deferred("wanted is localhost")
    gateway.smart_host.behaviour = Behaviour()
    gateway.postfix.flush()
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_relayed(OUTSIDE)


def flow_milter_not_configured_in_postfix(gateway):
    gateway.use_postfix(smtpd_milters="")
    is_held_by_the_guard_rules(gateway)


def flow_milter_not_configured_for_sendmail(gateway):
    gateway.use_postfix(non_smtpd_milters="")
    message = messages.flagged()
    gateway.postfix.sendmail(message.data, "alice@example.org", OUTSIDE)
    gateway.wait_deferred("pams-milter")
    assert not gateway.at_normal_route(message) and not gateway.smart_host.with_text(message.unique)
