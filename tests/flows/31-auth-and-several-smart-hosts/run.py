"""SMTP AUTH at the smart host, and several smart hosts.

The relay tries the hosts in order, with the same demands on each; when none is in order the message waits. The password
is said over verified TLS, to a host that has proved who it is, and to nobody else. Postfix has no part in it: a change
needs no `pamsctl setup`.
"""

import base64
import contextlib
import shutil

from support import messages
from support.certificates import SMART_HOST_NAME
from support.milter import USER
from support.smtp_server import Behaviour, Server

PASSWORD = "correct horse battery"
LOGIN = base64.b64encode(f"\0gate\0{PASSWORD}".encode()).decode()
RECIPIENTS = ["bob@client.example", "carol@example.org"]


@contextlib.contextmanager
def first_smart_host(gateway, extra=""):
    """A smart host before the gateway's own, which becomes the second."""
    first = Server("first smart host", gateway.certificates)
    try:
        own = f'"{SMART_HOST_NAME}:{gateway.smart_host.port}"'
        gateway.use_settings(replace=[(f"smart_hosts = [{own}]",
                                       f'smart_hosts = ["{SMART_HOST_NAME}:{first.port}", {own}]\n{extra}')])
        yield first
        assert not first.clear_commands, first.clear_commands
    finally:
        first.stop()


@contextlib.contextmanager
def login(gateway, mode=0o600):
    """Settings for a connector with a user; the password is readable for the relay's user alone."""
    path = gateway.settings / "smart-host.password"
    path.write_text(PASSWORD + "\n")
    shutil.chown(path, USER, USER)
    path.chmod(mode)
    try:
        yield f'username = "gate"\npassword_file = "{path.name}"'
    finally:
        path.unlink()


def send(gateway):
    message = messages.flagged()
    answer = gateway.send(message, RECIPIENTS)
    assert answer.code == 250, answer
    return message


def use_login(gateway, extra):
    own = f'"{SMART_HOST_NAME}:{gateway.smart_host.port}"'
    gateway.use_settings(replace=[(f"smart_hosts = [{own}]", f"smart_hosts = [{own}]\n{extra}")])


# -- several smart hosts -------------------------------------------------------------------------------------------


def flow_the_first_takes_it(gateway):
    with first_smart_host(gateway) as first:
        transaction = gateway.wait_at(first, send(gateway))
        assert transaction.tls and sorted(transaction.recipients) == RECIPIENTS
        assert not gateway.smart_host.transactions


def flow_the_first_is_down(gateway):
    with first_smart_host(gateway) as first:
        first.stop()
        transaction = gateway.wait_at(gateway.smart_host, send(gateway))
        assert transaction.tls and sorted(transaction.recipients) == RECIPIENTS
        gateway.wait_empty_queue()


def flow_the_first_is_not_proven(gateway):
    with first_smart_host(gateway) as first:
        for behaviour in (Behaviour(certificate="wrong-name"), Behaviour(certificate="self-signed"),
                          Behaviour(certificate="expired"), Behaviour(certificate="cn-only"),
                          Behaviour(starttls="absent"), Behaviour(starttls="refused")):
            first.behaviour = behaviour
            assert gateway.wait_at(gateway.smart_host, send(gateway)).tls
            assert not first.transactions and not first.clear_commands, behaviour


def flow_none_is_in_order(gateway):
    with first_smart_host(gateway) as first:
        first.behaviour = Behaviour(starttls="absent")
        gateway.smart_host.behaviour = Behaviour(certificate="other-ca")
        message = send(gateway)
        gateway.wait_deferred("leads to no authority")
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
        gateway.wait_deferred("leads to no authority")
        gateway.smart_host.behaviour = Behaviour()
        gateway.postfix.requeue_all()
        gateway.wait_at(gateway.smart_host, message)


# -- SMTP AUTH ------------------------------------------------------------------------------------------------------


def flow_the_relay_logs_in(gateway):
    with login(gateway) as extra:
        use_login(gateway, extra)
        gateway.smart_host.behaviour = Behaviour(login=LOGIN)
        assert gateway.wait_at(gateway.smart_host, send(gateway)).tls
        assert gateway.smart_host.logins == [LOGIN]
        gateway.wait_empty_queue()
        for name, text in (("relay", gateway.relay.log()), ("milter", gateway.milter.log()), ("mail", gateway.postfix.log())):
            assert PASSWORD not in text and LOGIN not in text, f"the {name} log tells the password"


def flow_a_wrong_password_lets_mail_wait(gateway):
    with login(gateway) as extra:
        use_login(gateway, extra)
        gateway.smart_host.behaviour = Behaviour(login="another")
        message = send(gateway)
        gateway.wait_deferred("or the password")
        gateway.smart_host.behaviour = Behaviour(login=LOGIN)
        gateway.postfix.flush()
        gateway.wait_at(gateway.smart_host, message)


def flow_an_impostor_never_sees_the_password(gateway):
    with login(gateway) as extra:
        use_login(gateway, extra)
        for reason, behaviour in (("wanted is", Behaviour(login=LOGIN, certificate="wrong-name")),
                                  ("self-signed", Behaviour(login=LOGIN, certificate="self-signed")),
                                  ("does not offer STARTTLS", Behaviour(login=LOGIN, starttls="absent")),
                                  ("refuses STARTTLS", Behaviour(login=LOGIN, starttls="refused"))):
            gateway.smart_host.behaviour = behaviour
            send(gateway)
            gateway.wait_deferred(reason)
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


def flow_a_password_that_others_may_read_is_not_used(gateway):
    with login(gateway, mode=0o644) as extra:
        use_login(gateway, extra)
        gateway.smart_host.behaviour = Behaviour(login=LOGIN)
        message = send(gateway)
        gateway.wait_deferred("chmod 600")
        assert not gateway.smart_host.logins
        (gateway.settings / "smart-host.password").chmod(0o600)
        gateway.postfix.flush()
        gateway.wait_at(gateway.smart_host, message)
