"""What a client of the gateway says and hears."""

import smtplib
from dataclasses import dataclass


@dataclass
class Answer:
    """What the gateway said to a sender: to the message, or to the first command that it refused."""

    code: int
    text: str

    @property
    def queue_id(self):
        return self.text.rpartition(" ")[2]

    def __str__(self):
        return f"{self.code} {self.text}"


def send_over(client, message, recipients, sender="alice@example.org"):
    """One message over an open connection; the first refusal is the answer, and then RSET."""
    commands = [lambda: client.mail(sender)]
    commands += [lambda one=one: client.rcpt(one) for one in recipients]
    for command in commands:
        answer = Answer(*decoded(command()))
        if answer.code >= 400:
            client.rset()
            return answer
    try:
        return Answer(*decoded(client.data(message.data)))
    except smtplib.SMTPDataError as refusal:  # DATA itself was refused
        return Answer(*decoded((refusal.smtp_code, refusal.smtp_error)))


def decoded(reply):
    return reply[0], reply[1].decode(errors="replace")
