"""Everything is killed at any time, again and again, while mail flows: nothing is lost, doubled, leaked or forgotten.

Several senders, each with its connection, send flagged and ordinary messages and retry what was not answered 250.
Meanwhile the milter, the relay and Postfix's processes, its master too, are killed with SIGKILL, one after the other.
At the end everything that was answered 250 is in the archive once, has arrived where it belongs, and is in the trace, or
the trace shows a gap there.

PAMS_FLOW_MESSAGES is how many messages are sent; PAMS_FLOW_SEED repeats the choice of what is killed.
"""

import collections
import datetime
import json
import os
import random
import re
import time

from support import messages
from support.endurance import send_all
from support.trace import Trace
from support.waiting import wait_for

LONG = ("killed_at_random",)
MESSAGES = int(os.environ.get("PAMS_FLOW_MESSAGES", "500"))
SEED = int(os.environ.get("PAMS_FLOW_SEED", str(random.randrange(1_000_000))))
UNIQUE = re.compile(rb"(?:FLAGGED|ORDINARY)-[0-9a-f]{16}")


def make_mail(chance):
    mail = []
    for number in range(MESSAGES):
        message = chance.choice((messages.flagged, messages.plain))(subject=f"Message {number}")
        message.data += b"".join(chance.randbytes(30).hex().encode() + b"\r\n" for _ in range(chance.choice((0, 5, 300))))
        mail.append((message, chance.choice((["bob@client.example"], ["bob@client.example", "carol@other.example"]))))
    return mail


def arrived_at(server):
    return collections.Counter(
        (UNIQUE.search(messages.body_of(one.data)).group().decode(), recipient)
        for one in server.transactions for recipient in one.recipients)


def are_archived_once(gateway, accepted):
    found = collections.Counter()
    for record in gateway.archive.records():
        unique = UNIQUE.search(messages.body_of(record["message"]))
        if unique:
            found[unique.group().decode(), tuple(record["recipients"])] += 1
    wrong = {message.unique: found[message.unique, tuple(recipients)] for message, recipients, *_ in accepted
             if found[message.unique, tuple(recipients)] != 1}
    assert not wrong, f"number of records of messages that were answered 250: {wrong}"


def have_arrived(gateway, accepted):
    """How many copies more than one came: a client of Postfix, or the relay, that is killed between the smart host's
    answer and the note of it."""
    servers = {True: arrived_at(gateway.smart_host), False: arrived_at(gateway.relayhost)}
    copies = 0
    for message, recipients, *_ in accepted:
        is_flagged = message.unique.startswith(messages.FLAGGED)
        for recipient in recipients:
            count = servers[is_flagged][message.unique, recipient]
            assert count >= 1, f"{message.unique} was answered 250 and did not reach {recipient}"
            assert servers[not is_flagged][message.unique, recipient] == 0, f"{message.unique} went the wrong way"
            copies += count - 1
    return copies


def are_traced(trace, accepted, killer):
    known = {row["queue_id"] for row in trace.rows()}
    gaps = [(time_of(gap["from"]), time_of(gap["until"])) for gap in trace.gaps()]
    missing = [(answer, when) for _, _, answer, when in accepted if answer.queue_id not in known]
    for answer, (sent, answered) in missing:  # the milter's own answer came at some time between the two
        assert any(began <= answered and sent <= ended for began, ended in gaps), (
            f"{answer}, sent {sent}, answered {answered}: neither traced nor in one of {len(gaps)} gaps")
    unseen = [(before, after) for before, after in killer.times_of("pams-milter")
              if not any(began <= after and before <= ended for began, ended in gaps)]
    assert not unseen, f"the milter was killed at {unseen}, and the trace shows no gap"
    return len(missing)


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def flow_killed_at_random(gateway):
    # A service whose process dies at once is otherwise not started again for a minute.
    gateway.use_postfix(service_throttle_time="1s")
    chance = random.Random(SEED)
    mail = make_mail(chance)
    began = time.monotonic()
    accepted, attempts, killer = send_all(gateway, mail, chance)
    assert len(accepted) == MESSAGES
    sent_in = time.monotonic() - began
    gateway.postfix.flush()
    wait_for("the queue is empty", lambda: not gateway.postfix.queue(), 60 + MESSAGES / 50)

    copies = have_arrived(gateway, accepted)
    are_archived_once(gateway, accepted)
    verified = json.loads(gateway.pamsctl("archive", "verify", "--json").stdout)
    assert verified["ok"], verified
    trace = Trace(gateway)
    missing = are_traced(trace, accepted, killer)
    assert trace.leaks() == (0, [])
    print(f"     seed {SEED}: {MESSAGES} messages by {attempts} attempts in {sent_in:.0f} s; killed "
          + killer.told() + f"; {copies} came twice; {verified['records']} records; {missing} in a gap of the trace")
