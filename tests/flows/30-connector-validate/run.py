"""`pamsctl connector validate` against smart hosts that are not what they should be.

Each fault is told at its own stage, in words; nothing but EHLO, STARTTLS and QUIT is ever said in clear; the password
is shown to nobody who has not proved who it is; and all ends in time, whatever the server does.
"""

import base64
import contextlib
import json
import ssl
import subprocess

from support.certificates import SMART_HOST_NAME
from support.scripted_server import ScriptedServer
from support.smtp_server import Behaviour

CONNECTOR = "Zivver Plugin Assisted Mail Submission"
STAGES = ["resolve", "connect", "ehlo", "starttls", "tls", "chain", "name", "expiry", "size", "auth", "send"]
PASSWORD = "correct horse battery"


def validate(gateway, *ports, extra="", more=()):
    """What validate says about smart hosts on these ports: (exit code, JSON)."""
    config = gateway.directory / "settings/validate.toml"
    hosts = ", ".join(f'"{SMART_HOST_NAME}:{port}"' for port in ports)
    text = (gateway.settings / "pams-milter.toml").read_text()
    text = text.replace(f'smart_hosts = ["{SMART_HOST_NAME}:{gateway.smart_host.port}"]', f"smart_hosts = [{hosts}]\n{extra}")
    config.write_text(text)
    # 60 seconds are promised.
    done = subprocess.run([gateway.directory / "bin/pamsctl", "--config", config, "connector", "validate", CONNECTOR, "--json",
                           *more], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    config.unlink()
    assert done.returncode in (0, 1), f"exit {done.returncode}: {done.stdout}{done.stderr}"
    answer = json.loads(done.stdout)
    assert answer["connector"] == CONNECTOR
    assert answer["ok"] == (done.returncode == 0)
    for port, host in zip(ports, answer["smart_hosts"], strict=True):
        assert host["host"] == f"{SMART_HOST_NAME}:{port}"
        assert [one["stage"] for one in host["stages"]] == STAGES, host["stages"]
    return done.returncode, answer


def stages_of(host):
    return {one["stage"]: one for one in host["stages"]}


def faults(host):
    return {one["stage"]: one["reason"] for one in host["stages"] if one["status"] == "fail"}


def said_in_clear(server):
    return [line.split()[0] for line in server.in_clear.decode().splitlines()]


def only_fault(gateway, script, stage, words, extra=""):
    """Validates a server with that script: only this stage fails, for that reason; later ones are skipped."""
    with ScriptedServer(gateway.certificates, script) as server:
        code, answer = validate(gateway, server.port, extra=extra)
        assert code == 1
        found = faults(answer["smart_hosts"][0])
        assert list(found) == [stage], found
        assert words in found[stage], found
        assert set(said_in_clear(server)) <= {"EHLO", "STARTTLS", "QUIT"}, server.in_clear
        return server


@contextlib.contextmanager
def password_file(gateway):
    path = gateway.directory / "smart-host.password"
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    try:
        yield f'username = "gate"\npassword_file = "{path}"'
    finally:
        path.unlink()


# -- a smart host that is in order -----------------------------------------------------------------------------


def flow_a_good_smart_host_passes_every_stage(gateway):
    code, answer = validate(gateway, gateway.smart_host.port)
    assert code == 0, answer
    stages = stages_of(answer["smart_hosts"][0])
    assert {name for name, one in stages.items() if one["status"] == "ok"} == set(STAGES) - {"auth", "send"}
    assert "TLSv1.3" in stages["tls"]["reason"]
    assert not gateway.smart_host.transactions


def flow_list_names_every_connector(gateway):
    answer = json.loads(gateway.pamsctl("connector", "list", "--json").stdout)
    assert [one["name"] for one in answer["connectors"]] == [CONNECTOR]
    assert answer["connectors"][0]["smart_hosts"] == [f"{SMART_HOST_NAME}:{gateway.smart_host.port}"]


def flow_an_unknown_connector_is_an_error_of_usage(gateway):
    assert gateway.pamsctl("connector", "validate", "Nobody", check=False).returncode == 2


# -- before TLS --------------------------------------------------------------------------------------------------


def flow_no_such_host(gateway):
    config = gateway.directory / "settings/validate.toml"
    text = (gateway.settings / "pams-milter.toml").read_text()
    config.write_text(text.replace(f'["{SMART_HOST_NAME}:', '["no-such-host.invalid:'))
    done = gateway.pamsctl("connector", "validate", CONNECTOR, "--json", check=False, config=config)
    assert list(faults(json.loads(done.stdout)["smart_hosts"][0])) == ["resolve"], done.stdout


def flow_nobody_listens(gateway):
    gateway.smart_host.stop()
    code, answer = validate(gateway, gateway.smart_host.port)
    assert code == 1 and "Connection refused" in faults(answer["smart_hosts"][0])["connect"]


def flow_it_refuses_the_session(gateway):
    only_fault(gateway, lambda session: session.say("554 5.3.2 not you"), "ehlo", "554 5.3.2 not you")


def flow_it_is_no_smtp_server(gateway):
    only_fault(gateway, lambda session: session.say("HTTP/1.1 400 Bad Request"), "ehlo", "not SMTP")


def flow_no_starttls(gateway):
    only_fault(gateway, lambda session: session.greet("SIZE 1000"), "starttls", "does not offer STARTTLS")


def flow_starttls_refused(gateway):
    def script(session):
        session.greet("STARTTLS")
        session.listen()
        session.say("454 4.7.0 TLS not available")
    only_fault(gateway, script, "starttls", "454 4.7.0")


def flow_bytes_after_the_220(gateway):
    def script(session):
        session.greet("STARTTLS")
        session.agree_to_starttls(more=b"250 2.0.0 injected\r\n")
        session.start_tls()
    only_fault(gateway, script, "starttls", "injects")


def flow_bytes_that_come_a_little_later_break_the_handshake(gateway):
    def script(session):
        session.greet("STARTTLS")
        session.agree_to_starttls()
        session.connection.recv(1)  # the client's handshake has begun
        session.say("250 2.0.0 injected")
        session.stall()
    only_fault(gateway, script, "tls", "not TLS")


# -- who is it? ----------------------------------------------------------------------------------------------------


def flow_certificates_that_prove_nothing(gateway):
    for certificate, stage, words in (("self-signed", "chain", "self-signed"), ("other-ca", "chain", "leads to no authority"),
                                      ("expired", "expiry", "expired at 2020-02-01"),
                                      ("not-yet-valid", "expiry", "valid only from 2098-01-01"),
                                      ("wrong-name", "name", "smtp.impostor.example"),
                                      ("cn-only", "name", "only in the subject's CN")):
        server = only_fault(gateway, lambda session: (session.up_to_tls(certificate), session.listen()), stage, words)
        assert server.over_tls == b"QUIT\r\n", server.over_tls


def flow_only_old_tls(gateway):
    for newest in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        only_fault(gateway, lambda session: session.up_to_tls(newest=newest), "tls", "TLS 1.2")


def flow_an_authority_file_that_is_none(gateway):
    settings = gateway.settings / "pams-milter.toml"
    before = settings.read_text()
    try:
        settings.write_text(before.replace(str(gateway.certificates.ca_file), "/dev/null"))
        only_fault(gateway, lambda session: (session.greet("STARTTLS"), session.agree_to_starttls(), session.stall()), "tls", "tls_ca_file")
    finally:
        settings.write_text(before)


def flow_one_of_two_smart_hosts_is_an_impostor(gateway):
    with ScriptedServer(gateway.certificates, lambda session: session.up_to_tls("wrong-name")) as impostor:
        code, answer = validate(gateway, gateway.smart_host.port, impostor.port)
        assert code == 1
        good, bad = answer["smart_hosts"]
        assert not faults(good) and list(faults(bad)) == ["name"], answer


# -- over TLS -------------------------------------------------------------------------------------------------------


def flow_too_small_for_our_messages(gateway):
    def script(session):
        session.up_to_tls()
        session.ehlo("SIZE 10240000")
        session.stall()
    only_fault(gateway, script, "size", "max_message_size = 10240000")


def auth_server(mechanisms, *replies):
    """Offers AUTH in clear too, to tempt; gives these replies to the client's lines."""
    def script(session):
        session.greet("STARTTLS", "AUTH PLAIN LOGIN")
        session.agree_to_starttls()
        session.start_tls()
        session.ehlo("SIZE 0", mechanisms)
        for reply in replies:
            session.listen()
            session.say(reply)
        session.stall()
    return script


def flow_the_password_is_right(gateway):
    plain = base64.b64encode(f"\0gate\0{PASSWORD}".encode())
    user, secret = (base64.b64encode(word.encode()) for word in ("gate", PASSWORD))
    with password_file(gateway) as extra:
        for script, expected in ((auth_server("AUTH LOGIN PLAIN", "235 2.7.0 welcome"), b"AUTH PLAIN " + plain),
                                 (auth_server("AUTH LOGIN", "334 VXNlcg==", "334 UGFzcw==", "235 2.7.0 welcome"),
                                  b"AUTH LOGIN\r\n" + user + b"\r\n" + secret)):
            with ScriptedServer(gateway.certificates, script) as server:
                code, answer = validate(gateway, server.port, extra=extra)
                assert code == 0, answer
                assert stages_of(answer["smart_hosts"][0])["auth"]["status"] == "ok"
                assert expected in server.over_tls, server.over_tls
                assert b"AUTH" not in server.in_clear


def flow_the_password_is_wrong(gateway):
    with password_file(gateway) as extra:
        only_fault(gateway, auth_server("AUTH PLAIN", "535 5.7.8 no"), "auth", "535 5.7.8 no", extra)
        only_fault(gateway, auth_server("SIZE 0"), "auth", "does not offer AUTH", extra)
        only_fault(gateway, auth_server("AUTH CRAM-MD5"), "auth", "neither PLAIN nor LOGIN", extra)


def flow_an_impostor_never_sees_the_password(gateway):
    with password_file(gateway) as extra:
        for certificate in ("wrong-name", "self-signed", "expired", "cn-only"):
            def script(session):
                session.up_to_tls(certificate)
                session.ehlo("AUTH PLAIN LOGIN")
            with ScriptedServer(gateway.certificates, script) as server:
                code, answer = validate(gateway, server.port, extra=extra)
                assert code == 1 and stages_of(answer["smart_hosts"][0])["auth"]["status"] == "skipped"
                assert server.over_tls == b"QUIT\r\n", server.over_tls
                assert b"AUTH" not in server.in_clear


def flow_a_password_that_others_may_read_is_not_used(gateway):
    with password_file(gateway) as extra:
        (gateway.directory / "smart-host.password").chmod(0o640)
        server = only_fault(gateway, auth_server("AUTH PLAIN"), "auth", "chmod 600", extra)
        assert b"AUTH" not in server.over_tls


# -- servers that do not end ----------------------------------------------------------------------------------------


def stall_after(step):
    """A good server that falls silent after that many steps."""
    def script(session):
        steps = [lambda: session.say("220 scripted ESMTP"), lambda: session.ehlo("STARTTLS"), session.agree_to_starttls, session.start_tls,
                 lambda: session.ehlo("AUTH PLAIN"), session.listen]
        for one in steps[:step]:
            one()
        session.stall()
    return script


def drip(session):
    """A greeting that would take a quarter of an hour."""
    for _ in range(1000):
        session.send(b"2")
        if session.server._over.wait(0.9):
            return


def endless(line):
    def script(session):
        session.send(b"220")
        while True:
            session.send(line * 1000)
    return script


def flow_whatever_stalls_it_ends(gateway):
    cases = [(stall_after(0), "ehlo"), (stall_after(1), "ehlo"), (stall_after(2), "starttls"), (stall_after(3), "tls"),
             (stall_after(4), "size"), (stall_after(5), "auth"), (drip, "ehlo"), (endless(b"-x"), "ehlo"),
             (endless(b"-x\r\n220"), "ehlo")]
    with contextlib.ExitStack() as stack:
        extra = stack.enter_context(password_file(gateway))
        servers = [stack.enter_context(ScriptedServer(gateway.certificates, script)) for script, _ in cases]
        code, answer = validate(gateway, *[server.port for server in servers], extra=extra)
        assert code == 1
        assert [list(faults(host)) for host in answer["smart_hosts"]] == [[stage] for _, stage in cases], answer


# -- a test message --------------------------------------------------------------------------------------------------


def send(gateway):
    return validate(gateway, gateway.smart_host.port, more=("--send-to", "bob@client.example"))


def flow_a_test_message_reaches_the_smart_host(gateway):
    code, answer = send(gateway)
    stage = stages_of(answer["smart_hosts"][0])["send"]
    assert code == 0 and stage["status"] == "ok" and "taken" in stage["reason"], answer
    transaction, = gateway.smart_host.transactions
    assert transaction.tls and transaction.recipients == ["bob@client.example"]
    assert not gateway.relayhost.transactions and not gateway.mailboxes.transactions


def flow_a_test_message_that_the_smart_host_refuses(gateway):
    gateway.smart_host.behaviour = Behaviour(data_reply="554 5.7.1 who is this?")
    code, answer = send(gateway)
    assert code == 1 and "who is this?" in faults(answer["smart_hosts"][0])["send"], answer


def flow_a_certificate_that_changes_between_the_probe_and_the_message(gateway):
    def script(session):
        # validate and the relay each make a handshake of their own.
        session.up_to_tls("good" if session.number == 1 else "wrong-name")
        session.ehlo("SIZE 0")
        session.stall()
    port = gateway.smart_host.port
    gateway.smart_host.stop()
    with ScriptedServer(gateway.certificates, script, port) as server:  # where the relay goes
        code, answer = validate(gateway, port, more=("--send-to", "bob@client.example"))
        assert code == 1 and "wanted is localhost" in faults(answer["smart_hosts"][0])["send"], answer
        assert b"MAIL" not in server.over_tls + server.in_clear


def flow_nothing_is_sent_through_a_gateway_that_is_not_in_order(gateway):
    gateway.use_postfix(milter_header_checks="")
    code, answer = send(gateway)
    assert code == 1 and "milter_header_checks" in faults(answer["smart_hosts"][0])["send"], answer
    assert not gateway.smart_host.transactions and not gateway.relayhost.transactions
