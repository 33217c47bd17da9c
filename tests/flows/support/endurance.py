"""Mail that flows while everything is killed at any time, again and again: for the flows of endurance.

Several senders, each with its connection, send messages and retry what was not answered 250. Meanwhile the milter, the
relay and Postfix's processes, its master too, are killed with SIGKILL, one after the other.
"""

import collections
import contextlib
import datetime
import smtplib
import threading
import time

from .client import send_over

SENDERS = 8


class Progress:
    """Counts the attempts of all senders, so that what is killed is killed between, and within, messages."""

    def __init__(self):
        self.attempts = 0
        self.is_over = False
        self.failed = []  # (message, (when it was sent, when it failed)): attempts that were not answered 250
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
            answer = None
            try:
                answer = send_over(client, message, recipients)
            finally:
                if answer is None or answer.code != 250:
                    self.progress.failed.append((message, (began, now())))
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
        self.kills = []  # (name, before it, after it)
        self.problem = None

    @property
    def killed(self):
        return collections.Counter(name for name, _, _ in self.kills)

    def times_of(self, name):
        return [(began, ended) for one, began, ended in self.kills if one == name]

    def told(self):
        return ", ".join(f"{name} {count}" for name, count in sorted(self.killed.items()))

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
        killed = now()
        self.gateway.milter.start()
        self.kills.append(("pams-milter", began, killed))

    def kill_relay(self):
        began = now()
        self.gateway.relay.kill()
        killed = now()
        self.gateway.relay.start()
        self.kills.append(("pams-relay", began, killed))

    def kill_postfix(self):
        began = now()
        name = self.gateway.postfix.kill_one(self.chance)
        self.kills.append((name, began, now()))
        if name == "master":
            self.gateway.postfix.start_again()


def send_all(gateway, mail, chance):
    """Sends all of it, (message, recipients) each; returns what was accepted, how many attempts it took, and the killer."""
    progress = Progress()
    senders = [Sender(gateway, mail[first::SENDERS], progress) for first in range(SENDERS)]
    killer = Killer(gateway, chance, progress)
    for one in (killer, *senders):
        one.start()
    for sender in senders:
        sender.join(120 + len(mail) / 2)
        assert not sender.is_alive(), "a sender is still trying"
    progress.end()
    killer.join()
    refusals = [sender.given_up for sender in senders if sender.given_up]
    assert not refusals and not killer.problem, (refusals, killer.problem)
    return [one for sender in senders for one in sender.accepted], progress.attempts, killer


def now():
    return datetime.datetime.now(datetime.timezone.utc)
