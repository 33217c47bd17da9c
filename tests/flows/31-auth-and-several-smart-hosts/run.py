"""SMTP AUTH at the smart host, and several smart hosts, on a real Postfix.

The hosts are tried in order, with the same demands on each; when none is in order the message waits. The password is
said over verified TLS, to a host that has proved who it is, and to nobody else.
"""

import base64
import contextlib
import json

from support import messages
from support.certificates import SMART_HOST_NAME
from support.smtp_server import Behaviour, Server

PASSWORD = "correct horse battery"
LOGIN = base64.b64encode(f"\0gate\0{PASSWORD}".encode()).decode()
RECIPIENTS = ["bob@client.example", "carol@example.org"]


@contextlib.contextmanager
def first_smart_host(gateway, extra=""):
    """A smart host before the gateway's own, which becomes the second; set up as an operator would."""
    first = Server("first smart host", gateway.certificates)
    try:
        own = f'"{SMART_HOST_NAME}:{gateway.smart_host.port}"'
        configure(gateway, (f"smart_hosts = [{own}]", f'smart_hosts = ["{SMART_HOST_NAME}:{first.port}", {own}]\n{extra}'))
        yield first
        assert not first.clear_commands, first.clear_commands
    finally:
        first.stop()


def configure(gateway, *replace):
    gateway.use_settings(replace=replace)
    gateway.pamsctl("setup", "postfix", "--apply")
    gateway.postfix.restart()


@contextlib.contextmanager
def login(gateway):
    """Settings for a connector with a user; the password is readable for root alone, not for the milter."""
    path = gateway.settings / "smart-host.password"
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    try:
        yield f'username = "gate"\npassword_file = "{path.name}"'
    finally:
        path.unlink()


def send(gateway):
    message = messages.flagged()
    answer = gateway.send(message, RECIPIENTS)
    assert answer.code == 250, answer
    return message


def configure_login(gateway, extra):
    own = f'"{SMART_HOST_NAME}:{gateway.smart_host.port}"'
    configure(gateway, (f"smart_hosts = [{own}]", f"smart_hosts = [{own}]\n{extra}"))


# -- several smart hosts -------------------------------------------------------------------------------------------


def flow_the_first_takes_it(gateway):
    with first_smart_host(gateway) as first:
        transaction = gateway.wait_at(first, send(gateway))
        assert transaction.tls and transaction.recipients == RECIPIENTS
        assert not gateway.smart_host.transactions


def flow_the_first_is_down(gateway):
    with first_smart_host(gateway) as first:
        first.stop()
        transaction = gateway.wait_at(gateway.smart_host, send(gateway))
        assert transaction.tls and transaction.recipients == RECIPIENTS
        gateway.wait_empty_queue()


def flow_the_first_is_not_proven(gateway):
    with first_smart_host(gateway) as first:
        for behaviour in (Behaviour(certificate="wrong-name"), Behaviour(certificate="self-signed"),
                          Behaviour(certificate="expired"), Behaviour(starttls="absent"), Behaviour(starttls="refused")):
            first.behaviour = behaviour
            assert gateway.wait_at(gateway.smart_host, send(gateway)).tls
            assert not first.transactions and not first.clear_commands, behaviour


def flow_none_is_in_order(gateway):
    with first_smart_host(gateway) as first:
        first.behaviour = Behaviour(starttls="absent")
        gateway.smart_host.behaviour = Behaviour(certificate="other-ca")
        message = send(gateway)
        gateway.wait_deferred("not verified")
        assert not first.transactions and not gateway.smart_host.transactions
        gateway.smart_host.behaviour = Behaviour()
        gateway.postfix.flush()
        gateway.wait_at(gateway.smart_host, message)
        gateway.wait_empty_queue()


def flow_a_requeued_message_still_finds_the_second(gateway):
    with first_smart_host(gateway) as first:
        first.stop()
        gateway.smart_host.behaviour = Behaviour(certificate="other-ca")
        message = send(gateway)
        gateway.wait_deferred("not verified")
        gateway.smart_host.behaviour = Behaviour()
        gateway.postfix.requeue_all()
        gateway.wait_at(gateway.smart_host, message)


# -- SMTP AUTH ------------------------------------------------------------------------------------------------------


def flow_the_gateway_logs_in(gateway):
    with login(gateway) as extra:
        configure_login(gateway, extra)
        gateway.smart_host.behaviour = Behaviour(login=LOGIN)
        assert gateway.wait_at(gateway.smart_host, send(gateway)).tls
        assert gateway.smart_host.logins == [LOGIN]
        table = gateway.postfix.config / "pams_password_pams"
        assert (table.stat().st_mode & 0o777, table.stat().st_uid) == (0o600, 0)


def flow_a_wrong_password_lets_mail_wait(gateway):
    with login(gateway) as extra:
        configure_login(gateway, extra)
        gateway.smart_host.behaviour = Behaviour(login="another")
        message = send(gateway)
        gateway.wait_deferred("authentication failed")
        gateway.smart_host.behaviour = Behaviour(login=LOGIN)
        gateway.postfix.flush()
        gateway.wait_at(gateway.smart_host, message)


def flow_an_impostor_never_sees_the_password(gateway):
    with login(gateway) as extra:
        configure_login(gateway, extra)
        for behaviour in (Behaviour(login=LOGIN, certificate="wrong-name"), Behaviour(login=LOGIN, certificate="self-signed"),
                          Behaviour(login=LOGIN, starttls="absent"), Behaviour(login=LOGIN, starttls="refused")):
            gateway.smart_host.behaviour = behaviour
            send(gateway)
            gateway.wait_deferred("not verified" if behaviour.starttls == "offered" else "TLS is required")
            assert not gateway.smart_host.logins, behaviour
            gateway.postfix.delete_all()


def flow_every_smart_host_gets_the_password(gateway):
    with login(gateway) as extra, first_smart_host(gateway, extra) as first:
        first.behaviour = Behaviour(login=LOGIN)
        gateway.smart_host.behaviour = Behaviour(login=LOGIN)
        gateway.wait_at(first, send(gateway))
        first.stop()
        gateway.wait_at(gateway.smart_host, send(gateway))
        assert first.logins == [LOGIN] and gateway.smart_host.logins == [LOGIN]


def flow_setup_never_shows_the_password_and_doctor_notices_another_one(gateway):
    with login(gateway) as extra:
        configure_login(gateway, extra)
        (gateway.settings / "smart-host.password").write_text("changed\n")
        done = gateway.pamsctl("doctor", "--json", check=False)
        failing = {one["id"]: one["seen"] for one in json.loads(done.stdout)["checks"] if one["status"] == "fail"}
        assert set(failing) - {"smart_host"} == {"smtp_auth"}, failing  # this smart host offers no AUTH
        for arguments in ((), ("--json",)):
            shown = gateway.pamsctl("setup", "postfix", *arguments).stdout
            assert "pams_password_pams" in shown and "changed" not in shown and PASSWORD not in shown + done.stdout, shown


def flow_setup_refuses_a_password_that_others_may_read(gateway):
    with login(gateway) as extra:
        (gateway.settings / "smart-host.password").chmod(0o644)
        own = f'"{SMART_HOST_NAME}:{gateway.smart_host.port}"'
        gateway.write_settings(replace=((f"smart_hosts = [{own}]", f"smart_hosts = [{own}]\n{extra}"),))
        done = gateway.pamsctl("setup", "postfix", "--apply", check=False)
        assert done.returncode == 1 and "chmod 600" in done.stdout, done.stdout
