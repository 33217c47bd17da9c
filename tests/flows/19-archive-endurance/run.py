"""Everything is killed at any time, again and again, while mail flows: nothing is lost, doubled, leaked or forgotten.

Several senders, each with its connection, send flagged and ordinary messages and retry what was not answered 250.
Meanwhile the milter, the relay and Postfix's processes, its master too, are killed with SIGKILL, one after the other.
At the end everything that was answered 250 is in the archive once, has arrived where it belongs, and is in the trace, or
the trace shows a gap there.

PAMS_FLOW_MESSAGES is how many messages are sent; PAMS_FLOW_SEED repeats the choice of what is killed.
"""

import collections
import contextlib
import datetime
import json
import os
import random
import re
import smtplib
import threading
import time

from support import messages
from support.gateway import send_over
from support.trace import Trace
from support.waiting import wait_for

MESSAGES = int(os.environ.get("PAMS_FLOW_MESSAGES", "500"))
SEED = int(os.environ.get("PAMS_FLOW_SEED", str(random.randrange(1_000_000))))
SENDERS = 8
UNIQUE = re.compile(rb"(?:FLAGGED|ORDINARY)-[0-9a-f]{16}")


class Progress:
    """Counts the attempts of all senders, so that what is killed is killed between, and within, messages."""

    def __init__(self):
        self.attempts = 0
        self.is_over = False
        self.changed = threading.Condition()

    def count(self):
        with self.changed:
            self.attempts += 1
            self.changed.notify_all()

    def end(self):
        with self.changed:
            self.is_over = True
            self.changed.notify_all()

    def wait_for_more(self, attempts):
        """False when it is over."""
        with self.changed:
            wanted = self.attempts + attempts
            self.changed.wait_for(lambda: self.is_over or self.attempts >= wanted)
            return not self.is_over


class Sender(threading.Thread):
    """One MTA or mail program: sends its messages one after the other, each until it is taken."""

    def __init__(self, gateway, mail, progress):
        super().__init__(daemon=True)
        self.gateway, self.mail, self.progress = gateway, mail, progress
        self.accepted = []  # (message, recipients, answer, (when it was sent, when answered))
        self.given_up = None

    def run(self):
        waiting = collections.deque(self.mail)
        while waiting and not self.given_up and not self.progress.is_over:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                with self.gateway.connection() as client:
                    self.send_over(client, waiting)

    def send_over(self, client, waiting):
        """Until something is refused: an smtpd that did not reach the milter refuses all that comes over this connection."""
        while waiting and not self.progress.is_over:
            message, recipients = waiting[0]
            self.progress.count()
            began = now()
            answer = send_over(client, message, recipients)
            if answer.code >= 500:
                self.given_up = answer
            if answer.code != 250:
                return
            self.accepted.append((message, recipients, answer, (began, now())))
            waiting.popleft()


class Killer(threading.Thread):
    """Kills one process after the other and starts again what does not come back by itself."""

    def __init__(self, gateway, chance, progress):
        super().__init__(daemon=True)
        self.gateway, self.chance, self.progress = gateway, chance, progress
        self.killed = collections.Counter()
        self.milter_killed = []
        self.problem = None

    def run(self):
        try:
            while self.progress.wait_for_more(self.chance.randint(5, 40)):
                time.sleep(self.chance.uniform(0, 0.05))  # anywhere within the messages that are on their way
                self.chance.choice((self.kill_milter, self.kill_relay, self.kill_postfix, self.kill_postfix))()
        except Exception as problem:
            self.problem = problem
            self.progress.end()

    def kill_milter(self):
        began = now()
        self.gateway.milter.kill()
        self.milter_killed.append((began, now()))
        self.gateway.milter.start()
        self.killed["pams-milter"] += 1

    def kill_relay(self):
        self.gateway.relay.kill()
        self.gateway.relay.start()
        self.killed["pams-relay"] += 1

    def kill_postfix(self):
        name = self.gateway.postfix.kill_one(self.chance)
        self.killed[name] += 1
        if name == "master":
            self.gateway.postfix.start_again()


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def make_mail(chance):
    mail = []
    for number in range(MESSAGES):
        message = chance.choice((messages.flagged, messages.plain))(subject=f"Message {number}")
        message.data += b"".join(chance.randbytes(30).hex().encode() + b"\r\n" for _ in range(chance.choice((0, 5, 300))))
        mail.append((message, chance.choice((["bob@client.example"], ["bob@client.example", "carol@other.example"]))))
    return mail


def send_all(gateway, mail, chance):
    progress = Progress()
    senders = [Sender(gateway, mail[first::SENDERS], progress) for first in range(SENDERS)]
    killer = Killer(gateway, chance, progress)
    for one in (killer, *senders):
        one.start()
    for sender in senders:
        sender.join(120 + MESSAGES / 2)
        assert not sender.is_alive(), "a sender is still trying"
    progress.end()
    killer.join()
    refusals = [sender.given_up for sender in senders if sender.given_up]
    assert not refusals and not killer.problem, (refusals, killer.problem)
    return [one for sender in senders for one in sender.accepted], progress.attempts, killer


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
    unseen = [(before, after) for before, after in killer.milter_killed
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
          + ", ".join(f"{name} {count}" for name, count in sorted(killer.killed.items()))
          + f"; {copies} came twice; {verified['records']} records; {missing} in a gap of the trace")
