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
        """(exit code, leaks), as they would be without those that former flows made on purpose."""
        done = self.gateway.pamsctl("trace", "leaks", "--json", check=False)
        leaks = json.loads(done.stdout)["leaks"]
        assert done.returncode == (1 if leaks else 0), done
        new = [one for one in leaks if one["id"] not in self.gateway.known_leaks]
        return (1 if new else 0), new

    def gaps(self):
        return json.loads(self.gateway.pamsctl("trace", "leaks", "--json", check=False).stdout)["gaps"]

