"""Mail from programs on the gateway itself, submitted with sendmail(1)."""

import json

from support import messages
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]


def flow_flagged(gateway):
    message = messages.flagged()
    gateway.postfix.sendmail(message.data, "alice@example.org", [*OUTSIDE, "carol@example.org"])
    arrived = gateway.wait_at(gateway.smart_host, message)
    assert arrived.tls
    assert sorted(arrived.recipients) == ["bob@client.example", "carol@example.org"], arrived.recipients
    assert b"registered at the Chamber of Commerce" in arrived.data
    assert not gateway.at_normal_route(message)


def flow_ordinary(gateway):
    message = messages.plain()
    gateway.postfix.sendmail(message.data, "alice@example.org", OUTSIDE)
    arrived = gateway.wait_at(gateway.relayhost, message)
    assert b"registered at the Chamber of Commerce" in arrived.data


def flow_while_the_milter_is_away_it_stays_in_the_maildrop(gateway):
    gateway.milter.stop()
    message = messages.flagged()
    gateway.postfix.sendmail(message.data, "alice@example.org", OUTSIDE)
    wait_for("Postfix has tried", lambda: "milter-reject" in gateway.postfix.log_since_mark())
    assert [one["queue_name"] for one in gateway.postfix.queue()] == ["maildrop"], json.dumps(gateway.postfix.queue())
    assert not gateway.at_normal_route(message)

    gateway.milter.start()
    gateway.postfix.wake_pickup()
    gateway.wait_at(gateway.smart_host, message)
