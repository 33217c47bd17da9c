"""A message that is archived and then refused: the archive does not say that it was sent, nor hold it once for each try."""

import json
import re
import shutil

from support import messages
from support.attacks import RECIPIENTS
from support.milter import USER
from support.waiting import wait_for


def flow_retries_of_a_message_without_message_id_leave_one_record(gateway):
    """The second archive fails: 451 at each try, each with another Message-ID and Received of Postfix's own."""
    second = gateway.directory / "second-archive"
    shutil.rmtree(second, ignore_errors=True)
    second.mkdir(mode=0o500)
    shutil.chown(second, USER, USER)
    rules = gateway.directory / "two-archives.toml"
    rules.write_text('[[transport_rule]]\nname = "Keep"\n'
                     '[[transport_rule.do]]\narchive = { to = "compliance" }\n[[transport_rule.do]]\narchive = { to = "second" }\n')
    more = f'[[archive]]\nname = "second"\npath = "{second}"\n\n[[archive]]\nname = "compliance"'
    gateway.use_settings(rules=rules, replace=[('[[archive]]\nname = "compliance"', more)])
    message = messages.flagged()
    message.data = re.sub(rb"Message-ID:.*\r\n", b"", message.data)
    for _ in range(3):
        assert gateway.send(message, RECIPIENTS[:1]).code == 451
    assert not gateway.archive.with_text(message.unique), "archived, but not sent"
    second.chmod(0o700)
    for _ in range(2):  # the second time as a client that did not hear our 250
        wait_for("it is taken", lambda: gateway.send(message, RECIPIENTS[:1]).code == 250, pause=0.5)
    wait_for("it arrives", lambda: gateway.smart_host.with_text(message.unique))
    assert len(gateway.archive.with_text(message.unique)) == 1


def flow_what_postfix_refuses_after_the_milter_is_not_archived_as_sent(gateway):
    """The carrier is larger than Postfix takes: 552 after the milter has agreed, and archive and trace say so."""
    gateway.use_postfix(message_size_limit="350000")
    message = messages.flagged()
    message.data += (b"0123456789" * 7 + b"\r\n") * 4000
    answer = gateway.send(message, RECIPIENTS[:1])
    assert answer.code >= 400, answer
    if gateway.archive.with_text(message.unique):
        def said():
            rows = json.loads(gateway.pamsctl("archive", "search", f"messageid:{message.message_id}", "--json").stdout)
            return "refused" in json.dumps(rows)
        wait_for("the archive says that it was refused", said, pause=0.5)
