"""The message trace as `pamsctl trace` tells it."""

import json




class Trace:
    def __init__(self, gateway):
        self.gateway = gateway

    def rows(self, *filters):
        return json.loads(self.gateway.pamsctl("trace", "--json", "--limit", "1000000", *filters).stdout)

    def rows_of(self, message, *filters):
        """recipient -> row."""
        return {row["recipient"]: row for row in self.rows("--message-id", message.message_id, *filters)}

    def story(self, row_id):
        return json.loads(self.gateway.pamsctl("trace", "show", row_id, "--json").stdout)

    def leaks(self):
        """(exit code, leaks)"""
        done = self.gateway.pamsctl("trace", "leaks", "--json", check=False)
        return done.returncode, json.loads(done.stdout)["leaks"]

    def gaps(self):
        return json.loads(self.gateway.pamsctl("trace", "leaks", "--json", check=False).stdout)["gaps"]

