"""What several flows on Sendmail ask."""

import json

from . import messages
from .smtp_server import Behaviour

RECIPIENTS = ["bob@client.example", "carol@example.org", "dan@client.example"]


def doctor(gateway):
    done = gateway.pamsctl("doctor", "--json", check=False)
    return [check["id"] for check in json.loads(done.stdout)["checks"] if check["status"] == "fail"]


def stays(gateway, message):
    assert not gateway.at_normal_route(message) and not gateway.smart_host.with_text(message.unique)


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
