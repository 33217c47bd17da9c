"""The main job on Sendmail: a flagged message leaves whole, once and over verified TLS, or it waits, sealed.

Its recipients carry the connector's suffix while Sendmail has it; nobody outside may see or use that suffix. The mailer
of that suffix speaks LMTP to the relay, which proves the smart host.
"""

import json
import re

from support import messages
from support.smtp_server import Behaviour
from support.waiting import wait_for

GATEWAY = "sendmail"
RECIPIENTS = ["bob@client.example", "carol@example.org", "dan@client.example"]
SUFFIX = ".pams.pams-route.invalid"
UNGUARDED = [("verify_route = true", "verify_route = false")]


def doctor(gateway):
    done = gateway.pamsctl("doctor", "--json", check=False)
    return [check["id"] for check in json.loads(done.stdout)["checks"] if check["status"] == "fail"]


def assert_no_trace_of_the_suffix(*transactions):
    for one in transactions:
        for text in (one.mail_from, *one.recipients, *one.parameters, one.data.decode(errors="replace")):
            assert "pams-route" not in text, text


def stays(gateway, message):
    assert not gateway.at_normal_route(message) and not gateway.smart_host.with_text(message.unique)


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


def flow_what_the_sender_asked_to_be_told_is_kept(gateway):
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
            assert answer.code == 553, (address, answer)
            stays(gateway, message)


# -- the smart host is not proven ----------------------------------------------------------------------------


def waits_and_arrives_later(gateway, reason, behaviour):
    gateway.smart_host.behaviour = behaviour
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    gateway.wait_deferred(reason)
    stays(gateway, message)
    gateway.sendmail.flush()
    stays(gateway, message)
    gateway.smart_host.behaviour = Behaviour()
    gateway.sendmail.flush()
    assert gateway.wait_at(gateway.smart_host, message).tls
    gateway.wait_empty_queue()
    assert not gateway.at_normal_route(message)


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


# -- the gateway is not in order -----------------------------------------------------------------------------


def flow_the_milter_is_down(gateway):
    gateway.milter.kill()
    message = messages.flagged()
    answer = gateway.send(message, ["bob@client.example"])
    assert answer.code // 100 == 4, answer
    stays(gateway, message)


def is_not_accepted(gateway, *failing):
    assert doctor(gateway) == list(failing), doctor(gateway)
    message = messages.flagged()
    answer = gateway.send(message, ["bob@client.example"])
    assert answer.code == 451, answer
    stays(gateway, message)


def flow_setup_leaves_nothing_for_doctor_and_nothing_for_a_second_setup(gateway):
    assert doctor(gateway) == []
    before = gateway.sendmail_files()
    assert "nothing to change" in gateway.pamsctl("setup", "sendmail", "--apply").stdout
    assert gateway.sendmail_files() == before


def flow_a_rule_of_the_site_before_ours(gateway):
    gateway.edit("sendmail.mc", ("OSTYPE(`debian')dnl",
                                 "LOCAL_RULE_0\nR$+ < @ $+ . invalid . >\t$#relay $@ [127.0.0.1] $: $1 < @ $2 . invalid . >\n"
                                 "divert(0)dnl\nOSTYPE(`debian')dnl"))
    is_not_accepted(gateway, "sendmail_route")


def flow_sendmail_mc_was_edited_and_no_cf_made(gateway):
    path = gateway.sendmail.mail / "sendmail.mc"
    path.write_text(path.read_text() + "dnl later\n")
    is_not_accepted(gateway, "sendmail_current")


def flow_sendmails_own_tls_settings_are_no_matter(gateway):
    """Other authorities, and TLS switched off: it is the relay that proves the smart host."""
    gateway.edit("sendmail.mc", ("MAILER(`local')dnl",
                                 "define(`confCACERT', `/etc/ssl/certs/ca-certificates.crt')dnl\n"
                                 "define(`confTLS_CIPHER_LIST', `NULL')dnl\nMAILER(`local')dnl"))
    assert doctor(gateway) == [], doctor(gateway)
    waits_and_arrives_later(gateway, "wanted is localhost", Behaviour(certificate="wrong-name"))


def flow_sendmail_takes_less_than_the_connector(gateway):
    gateway.edit("sendmail.cf", ("#O MaxMessageSize=0", "O MaxMessageSize=1000000"))
    assert doctor(gateway) == ["sendmail_message_size"], doctor(gateway)


# -- the matrix: each one edit away from a sound gateway; doctor names it, and flagged mail sent anyway waits ---------

MATRIX = {  # name: file, what stood there, what stands there now, the check that names it
    "mail passes while the milter is down": ("sendmail.cf", ", F=T,", ", F=,", "sendmail_milter"),
    "mail is refused while the milter is down": ("sendmail.cf", ", F=T,", ", F=R,", "sendmail_milter"),
    "another socket": ("sendmail.cf", "pams.sock", "old.sock", "sendmail_milter"),
    "the feature was edited by hand": ("pams-milter.m4", ", F=T,", ", F=,", "sendmail_current"),
    "the mailer takes it to the world": ("sendmail.cf", "A=FILE @SOCKET@", "A=TCP 127.0.0.1 @RELAY@", "sendmail_route"),
    "another relay's socket": ("sendmail.cf", "A=FILE @SOCKET@", "A=FILE /nowhere/relay.sock", "sendmail_route"),
    "the mailer writes to a file": ("sendmail.cf", "P=[IPC], F=mzX8uhk", "P=[FILE], F=mzX8uhk", "sendmail_route"),
    "no mailer": ("sendmail.cf", "\nMpams,", "\nMother,", "sendmail_route"),
    "a mailer that keeps the suffix": ("sendmail.cf", "R=EnvTo_pams/", "R=EnvToSMTP/", "sendmail_route"),
    "another mailer": ("sendmail.cf", "$#pams $@", "$#relay $@", "sendmail_route"),
    "clients may use the suffix": ("sendmail.cf", '$#error $@ 5.1.2 $: "553 5.1.2 This domain is reserved', '$@ "553 5.1.2 This',
                                   "sendmail_route"),
}


def check(gateway, file, old, new, named):
    for place, value in (("@SOCKET@", gateway.relay.unix_socket), ("@RELAY@", gateway.relayhost.port)):
        old, new = old.replace(place, str(value)), new.replace(place, str(value))
    gateway.edit(file, (old, new))
    assert named in doctor(gateway), doctor(gateway)
    message = messages.flagged()
    assert gateway.send(message, ["bob@client.example"]).code // 100 == 4
    stays(gateway, message)


def promise_of(row):
    return lambda gateway: check(gateway, *row)


for name, row in MATRIX.items():
    globals()["flow_" + name.replace(" ", "_")] = promise_of(row)


def flow_no_filter_at_all(gateway):
    """Sendmail has no net: what asks no milter cannot be held. Doctor names it, and the daemon without any mail."""
    gateway.edit("sendmail.cf", ("O InputMailFilters=pams-milter", "O InputMailFilters="))
    assert doctor(gateway) == ["sendmail_milter"]
    wait_for("the milter's log names the check", lambda: "route check sendmail_milter fails" in gateway.milter.log())


# -- from the version before mail was sealed ---------------------------------------------------------------------

def flow_an_upgrade_is_refused_while_mail_of_the_former_version_is_queued(gateway):
    """pams-relay would refuse that mail. Its queue files show the same domain as those of today."""
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    gateway.wait_deferred("Connection refused")
    feature = gateway.sendmail.mail / "pams-milter.m4"
    today = feature.read_text()
    feature.write_text(today + "SLocal_tls_server\nR$*\t$: $1 $| $>Pams_tls $&{verify}\n\nSPams_tls\nR$*\t$@ OK\n")
    former = feature.read_text()
    refused = gateway.pamsctl("setup", "sendmail", "--apply", check=False)
    assert refused.returncode == 1 and "mail of the former setup is in the queue" in refused.stdout, refused.stdout
    assert feature.read_text() == former
    gateway.smart_host.start()
    gateway.sendmail.flush()
    gateway.wait_at(gateway.smart_host, message)
    gateway.wait_empty_queue()
    gateway.pamsctl("setup", "sendmail", "--apply")
    assert feature.read_text() == today


# -- setup in reverse --------------------------------------------------------------------------------------------

def removal(gateway, *more, code):
    done = gateway.pamsctl("setup", "sendmail", "--remove", "--json", *more, check=False)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


def flow_the_setup_is_taken_out_only_when_nothing_can_leak(gateway):
    folder = gateway.sendmail.mail
    site = (folder / "sendmail.mc").read_text()
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    gateway.wait_deferred("Connection refused")
    problems = " ".join(removal(gateway, "--apply", code=1)["problems"])
    assert "PAMS is still enabled" in problems and "in the queue" in problems, problems
    assert (folder / "sendmail.mc").read_text() == site and (folder / "pams-milter.m4").exists()

    gateway.write_settings(replace=[("[pams]", "[pams]\nenabled = false")])
    gateway.pamsctl("reload")
    assert gateway.send(messages.flagged(), RECIPIENTS).code == 550
    assert [one for one in removal(gateway, "--apply", code=1)["problems"] if "in the queue" in one]
    gateway.smart_host.start()
    gateway.sendmail.flush()
    gateway.wait_at(gateway.smart_host, message)
    gateway.wait_empty_queue()

    answer = removal(gateway, "--apply", code=0)
    assert answer["applied"] and answer["backup"], answer
    assert (folder / "sendmail.mc").read_text() == site.replace(f"include(`{folder}/pams-milter.m4')dnl\n", "")
    assert not (folder / "pams-milter.m4").exists()
    gateway.sendmail.make()
    gateway.sendmail.restart()
    ordinary = messages.plain()
    assert gateway.send(ordinary, ["bob@client.example"]).code == 250
    gateway.wait_at(gateway.relayhost, ordinary)
    assert removal(gateway, "--apply", code=0)["changes"] == []
