"""Promise P1, looked at from outside after each flow: what a flagged message says is seen nowhere but at the smart host."""

import json
from pathlib import Path

from . import messages


class LeakSearch:
    """What a gateway (support/gateway.py) looks for at its servers, in its logs and its queue."""

    def leaks(self):
        """Promise P1, looked at from outside: what came where nothing flagged may come."""
        found = [f"{server.name} got the body of a flagged message" for server in (self.relayhost, self.mailboxes)
                 for one in list(server.transactions) if messages.FLAGGED.encode() in one.data]
        found += [f"{server.name} got a message with zivver-relay" for server in (self.relayhost, self.mailboxes)
                  for one in list(server.transactions) if messages.fields_named(one.data, "zivver-relay")]
        found += [f"the smart host was told in clear: {command}" for command in self.smart_host.clear_commands]
        found += [f"the milter's log: {line}" for line in self.milter.log().splitlines()
                  if "Sanitizer" in line or "runtime error" in line]
        return found

    def sealed_leaks(self):
        """Promise P1 of what is sealed: where content of a flagged message can be read by others than the smart host.
        What the guard rules hold unsealed stays readable in the queue; it goes nowhere, so it is only looked for
        elsewhere."""
        found = [f"{server.name} can read {mark}" for server in (self.relayhost, self.mailboxes)
                 for one in list(server.transactions) for mark in messages.secrets_in(one.data)]
        found += [f"{name} tells {mark}" for name, text in self._logs() for mark in messages.secrets_in(text.encode())]
        found += self._readable_in_queue()
        found += [f"core file {path}" for path in (*Path("/").glob("core*"), *self.directory.glob("**/core*"))
                  if path.is_file() and messages.secrets_in(path.read_bytes())]
        return found

    def _logs(self):
        return (("the mail log", self.mail_log_since_mark()), ("the relay's log", self.relay.log_since_mark()),
                ("the milter's log", self.milter_log()))

    def mail_log_since_mark(self):
        return self.postfix.log_since_mark()

    def _readable_in_queue(self):
        """postcat shows nothing at all; the file's raw bytes nothing of the body but its very end."""
        found = []
        for queue_id, raw in self.postfix.queue_files().items():
            if b"X-PAMS-Sealed" not in raw:
                continue
            found += [f"the queue file {queue_id} holds {mark}" for mark in messages.secrets_in(raw)
                      if mark != messages.HIDDEN]
            found += [f"postcat shows {mark} in {queue_id}" for mark in messages.secrets_in(self.postfix.postcat(queue_id))]
        return found

    def traced_leaks(self):
        """What the product itself says about promise P1."""
        said = json.loads(self.pamsctl("trace", "leaks", "--json", check=False).stdout)
        expected = ("carrier", "unknown") if self._may_go_astray else ()
        return [f"pamsctl trace leaks: {one}" for one in said["leaks"]
                if one["id"] not in self.known_leaks and one["kind"] not in expected]
