"""A smart host whose name cannot be resolved: nothing is given back to the sender, whatever DNS says. The relay, `connector
validate` and doctor ask the same way and say the same.
"""

import contextlib
import json
import subprocess

from support import messages
from support.milter import USER
from support.name_server import NO_SUCH_NAME, SERVER_FAILURE, NameServer, why_not_here
from support.outcome import Skipped
from support.ports import greets
from support.waiting import wait_for

OUTSIDE = ["bob@client.example", "dan@client.example"]
NAME = "smtp.partner.example"
CONNECTOR = "Zivver Plugin Assisted Mail Submission"


@contextlib.contextmanager
def resolver(gateway, **answers):
    """The smart host is called NAME, and the relay asks this DNS server alone."""
    if reason := why_not_here():
        raise Skipped(reason)
    with NameServer(gateway.directory, **answers) as server:
        gateway.relay.as_root = server.alone(USER)
        try:
            gateway.use_settings(replace=[(f'["localhost:{gateway.smart_host.port}"]',
                                           f'["{NAME}:{gateway.smart_host.port}"]\ntls_domain = "localhost"')])
            yield server
        finally:
            gateway.relay.as_root = []


def told(gateway, server, *command):
    done = subprocess.run([*server.alone(), gateway.directory / "bin/pamsctl", "--config",
                           gateway.settings / "pams-milter.toml", *command, "--json"], capture_output=True, text=True)
    return json.loads(done.stdout)


def waits_and_arrives_later(gateway, reason, **answers):
    with resolver(gateway, **answers) as server:
        message = messages.flagged()
        assert gateway.send(message, OUTSIDE).code == 250
        gateway.wait_deferred(f"{NAME}:{gateway.smart_host.port}: resolve: {reason}")
        assert "status=bounced" not in gateway.postfix.log_since_mark()
        host = told(gateway, server, "connector", "validate", CONNECTOR)["smart_hosts"][0]
        stage = host["stages"][0]
        assert (stage["stage"], stage["status"]) == ("resolve", "fail") and reason in stage["reason"], stage
        seen = {one["id"]: one for one in told(gateway, server, "doctor")["checks"]}["smart_host"]
        assert seen["status"] == "fail" and reason in seen["seen"] and "waits" in seen["why"], seen

        server.addresses[NAME] = "127.0.0.1"
        gateway.postfix.flush()
        assert gateway.wait_at(gateway.smart_host, message).tls
        gateway.wait_empty_queue()
        assert not gateway.at_normal_route(message)


def flow_dns_does_not_know_the_name(gateway):
    waits_and_arrives_later(gateway, "there is no such host", otherwise=NO_SUCH_NAME)


def flow_dns_cannot_tell_now(gateway):
    waits_and_arrives_later(gateway, "no DNS server answers, or it says that it cannot tell now", otherwise=SERVER_FAILURE)


def flow_no_dns_server_answers(gateway):
    waits_and_arrives_later(gateway, "no DNS server answers", otherwise=None)


def flow_a_name_below_the_domains_that_resolv_conf_searches_is_not_taken_for_it(gateway):
    """`*.example.org` in the organization's own DNS must not answer for every smart host that DNS does not know."""
    elsewhere = f"{NAME}.example.org"
    with resolver(gateway, addresses={elsewhere: "127.0.0.1"}, search="example.org") as server:
        message = messages.flagged()
        assert gateway.send(message, OUTSIDE).code == 250
        gateway.wait_deferred("resolve: there is no such host")
        stage = told(gateway, server, "connector", "validate", CONNECTOR)["smart_hosts"][0]["stages"][0]
        assert stage["status"] == "fail", stage
        assert NAME in server.asked and elsewhere not in server.asked, server.asked
        assert not gateway.smart_host.with_text(message.unique)
        server.addresses[NAME] = "127.0.0.1"
        gateway.postfix.flush()
        gateway.wait_at(gateway.smart_host, message)
        gateway.wait_empty_queue()


def with_former_hop(gateway, server):
    """Queued as before mail was sealed, for a smart host that is `NAME`, and tried by Postfix's client of that time's name,
    which asks this DNS server."""
    rules = gateway.postfix.config / "pams_header_checks"
    rules.write_text(rules.read_text() + f"/^X-Former-Hop:/ FILTER pams:[{NAME}]:25\n")
    gateway.postfix.set(smtpd_milters="")
    gateway.postfix.stop()
    gateway.postfix.let_settings_cool_down()
    subprocess.run([*server.alone(), "postfix", "-c", gateway.postfix.config, "start"], check=True, capture_output=True,
                   stdin=subprocess.DEVNULL)
    wait_for("Postfix greets", lambda: greets(gateway.postfix.outbound_port))
    # A notice about it would show the header, as about all mail that was never sealed: no subject that is looked for.
    message = messages.flagged("X-Former-Hop: yes", subject="Queued by a former setup")
    assert gateway.send(message, OUTSIDE).code == 250
    return message


def flow_what_postfix_itself_says_of_the_next_hop_gives_no_message_back(gateway):
    with NameServer(gateway.directory) as server:
        milters = gateway.postfix.tool("postconf", "-h", "smtpd_milters").strip()
        message = with_former_hop(gateway, server)
        entry = gateway.wait_deferred("not known")
        wait_for("Postfix has told so", lambda: "dsn=4.4.4, status=deferred" in gateway.postfix.log_since_mark())
        assert "status=bounced" not in gateway.postfix.log_since_mark()
        assert NAME in server.asked
    gateway.pamsctl("setup", "postfix", "--apply")  # without the rule that this flow added
    gateway.use_postfix(smtpd_milters=milters)
    gateway.pamsctl("queue", "release", entry["queue_id"])
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()


def flow_without_our_table_postfix_gives_it_back(gateway):
    """What the flow before would miss if Postfix had changed."""
    with NameServer(gateway.directory) as server:
        gateway.postfix.tool("postconf", "-P", "pams/unix/lmtp_delivery_status_filter=")
        message = with_former_hop(gateway, server)
        wait_for("Postfix gives it back", lambda: "dsn=5.4.4, status=bounced" in gateway.postfix.log_since_mark())
        gateway.wait_empty_queue()
        notices = [one.data for one in gateway.mailboxes.transactions if message.message_id.encode() in one.data]
        assert len(notices) == 1 and message.unique.encode() not in notices[0], notices
