"""Sendmail is not set up as it must be: doctor names it, and flagged mail is not accepted. Then how a setup of a former
version is replaced, and how the setup is taken out."""

import json

from support import messages
from support.sendmail_checks import RECIPIENTS, doctor, stays, waits_and_arrives_later
from support.smtp_server import Behaviour
from support.waiting import wait_for

GATEWAY = "sendmail"


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
    """Sendmail has no guard rules: what asks no milter cannot be held. Doctor names it, and the daemon without any mail."""
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
    directory = gateway.sendmail.mail
    site = (directory / "sendmail.mc").read_text()
    gateway.smart_host.stop()
    message = messages.flagged()
    assert gateway.send(message, RECIPIENTS).code == 250
    gateway.wait_deferred("Connection refused")
    problems = " ".join(removal(gateway, "--apply", code=1)["problems"])
    assert "PAMS is still enabled" in problems and "in the queue" in problems, problems
    assert (directory / "sendmail.mc").read_text() == site and (directory / "pams-milter.m4").exists()

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
    assert (directory / "sendmail.mc").read_text() == site.replace(f"include(`{directory}/pams-milter.m4')dnl\n", "")
    assert not (directory / "pams-milter.m4").exists()
    gateway.sendmail.make()
    gateway.sendmail.restart()
    ordinary = messages.plain()
    assert gateway.send(ordinary, ["bob@client.example"]).code == 250
    gateway.wait_at(gateway.relayhost, ordinary)
    assert removal(gateway, "--apply", code=0)["changes"] == []
