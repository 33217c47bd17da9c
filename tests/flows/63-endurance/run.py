"""Thousands of flagged messages while milter, relay and Postfix's processes are killed at random, and the smart host
misbehaves in between: every one that was answered 250 is at the smart host once for each recipient, or still queued.

What came twice is counted and must have its reason: the smart host had taken it, and a process that had to note
that was killed, or the answer was cut off, before it was noted (RFC 5321 leaves no way around that).

PAMS_ENDURANCE is how many messages are sent; PAMS_FLOW_SEED repeats the choice of what is killed.
"""

import collections
import os
import random
import re
import threading
import time

from support import messages
from support.endurance import send_all
from support.smtp_server import Behaviour
from support.waiting import wait_for

LONG = ("killed_at_random",)
MESSAGES = int(os.environ.get("PAMS_ENDURANCE", "300"))
SEED = int(os.environ.get("PAMS_FLOW_SEED", str(random.randrange(1_000_000))))
PEOPLE = ["ann@client.example", "bob@other.example", "carol@example.org", "dan@client.example"]
UNIQUE = re.compile(rb"FLAGGED-[0-9a-f]{16}")
QUEUE_ID = re.compile(rb"\bid ([0-9A-F]+)\b")
MOODS = (Behaviour(), Behaviour(), Behaviour(hang_up_at="DATA"), Behaviour(hang_up_at="end"), Behaviour(hang_up_at="taken"),
         Behaviour(data_reply="451 4.3.2 not now"), Behaviour(certificate="wrong-name"), Behaviour(starttls="absent"),
         Behaviour(rcpt_replies={PEOPLE[1]: "450 4.2.1 busy"}))


class Moods(threading.Thread):
    """The smart host changes its behaviour with each few messages that reach it, or that fail to."""

    def __init__(self, smart_host, chance):
        super().__init__(daemon=True)
        self.smart_host, self.chance = smart_host, chance
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            mood = self.chance.choice(MOODS)
            connections = self.smart_host.connections
            self.smart_host.behaviour = mood
            while not self.over.is_set() and self.smart_host.connections < connections + 5:
                self.over.wait(0.02)
        self.smart_host.behaviour = Behaviour()

    def end(self):
        self.over.set()
        self.join()


def make_mail(chance):
    mail = []
    for _ in range(MESSAGES):
        message = messages.flagged()
        message.data += b"".join(chance.randbytes(30).hex().encode() + b"\r\n" for _ in range(chance.choice((0, 5, 300, 2000))))
        mail.append((message, sorted(chance.sample(PEOPLE, chance.randint(1, 4)))))
    return mail


def copies_at(smart_host):
    """(message, recipient) -> the copies that came, by time."""
    found = collections.defaultdict(list)
    for one in sorted(smart_host.transactions, key=lambda one: one.time):
        unique = UNIQUE.search(messages.body_of(one.data)).group().decode()
        for recipient in one.recipients:
            found[unique, recipient].append(one)
    return found


def reasons_for(copies, killer):
    """Why each copy but the last was not the last; None for one that has no reason."""
    by_queue_id = collections.defaultdict(list)
    for one in copies:
        by_queue_id[QUEUE_ID.search(one.data).group(1)].append(one)
    reasons = [reason_to_send_again(*pair, killer) for same in by_queue_id.values() for pair in zip(same, same[1:])]
    unique = UNIQUE.search(messages.body_of(copies[0].data)).group().decode()
    unheard = [span for message, span in killer.progress.failed if message.unique == unique and killed_in(*span, killer.kills)]
    more = len(by_queue_id) - 1
    return reasons + (["Postfix was killed before it answered the sender"] * more if more <= len(unheard) else [None])


def reason_to_send_again(copy, later, killer):
    """The same queue file. A client of Postfix that is killed is no reason: the relay has noted it."""
    if not copy.answered:
        return "the smart host hung up instead of answering"
    return "the relay was killed" if killed_in(copy.begun, later.time, killer.kills, "pams-relay") else None


def killed_in(began, ended, kills, name=""):
    return any(name in one and began <= killed and before <= ended for one, before, killed in kills)


def queued(gateway):
    return {(entry["queue_id"], one["address"]) for entry in gateway.postfix.queue() for one in entry["recipients"]}


def flow_killed_at_random(gateway):
    gateway.use_postfix(service_throttle_time="1s")
    chance = random.Random(SEED)
    mail = make_mail(chance)
    moods = Moods(gateway.smart_host, random.Random(SEED + 1))
    began = time.monotonic()
    moods.start()
    try:
        accepted, attempts, killer = send_all(gateway, mail, chance)
    finally:
        moods.end()
    assert len(accepted) == MESSAGES
    sent_in = time.monotonic() - began
    gateway.postfix.flush()
    wait_for("the queue is empty", lambda: not gateway.postfix.queue(), 120 + MESSAGES / 20)

    copies, waiting = copies_at(gateway.smart_host), queued(gateway)
    lost = [(message.unique, recipient) for message, recipients, answer, _ in accepted for recipient in recipients
            if not copies[message.unique, recipient] and (answer.queue_id, recipient) not in waiting]
    assert not lost, f"{len(lost)} were answered 250 and are nowhere: {lost[:5]}"
    sent_to = {message.unique: recipients for message, recipients, *_ in accepted}
    strangers = [key for key, came in copies.items() if came and key[1] not in sent_to.get(key[0], ())]
    assert not strangers, f"came to others: {strangers[:5]}"
    doubles = {key: reasons_for(came, killer) for key, came in copies.items() if len(came) > 1}
    unexplained = [(key, [QUEUE_ID.search(one.data).group(1) for one in copies[key]], reasons)
                   for key, reasons in doubles.items() if None in reasons]
    assert not unexplained, f"{len(unexplained)} came more than once without a reason: {unexplained[:5]}"
    told = collections.Counter(reason for reasons in doubles.values() for reason in reasons)
    print(f"     seed {SEED}: {MESSAGES} messages by {attempts} attempts in {sent_in:.0f} s; killed {killer.told()}; "
          f"{sum(map(len, doubles.values()))} copies too many of {len(doubles)} of {sum(len(recipients) for _, recipients, *_ in accepted)} deliveries"
          + "".join(f"; {count} {reason}" for reason, count in told.items()) + f"; {len(waiting)} still queued")
