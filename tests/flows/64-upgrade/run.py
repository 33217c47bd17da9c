"""From the version before mail was sealed to this one, while its flagged mail waits in the queue.

That version recorded the smart host with each flagged message (FILTER pams:[host]:port), and `pams` was an smtp client that proved
who the host is. Now `pams` is an lmtp client. Where the recorded host is this machine itself, other programs of this machine
listen at that port when the new client comes: they must be told nothing, and the mail must come through sealed.
"""

import contextlib
from pathlib import Path

from support import messages
from support.smtp_server import Server
from support.waiting import wait_for

FORMER = Path(__file__).parent / "former"
OUTSIDE = ["bob@client.example", "dan@client.example"]


class FormerSetup:
    """Postfix as `pamsctl setup postfix --apply` left it then, whose smart hosts are the `servers`, which are away. Entered with
    `with`."""

    def __init__(self, gateway, *servers):
        self.gateway, self.servers = gateway, servers

    def __enter__(self):
        postfix = self.gateway.postfix
        self.milters = postfix.tool("postconf", "-h", "smtpd_milters").strip()
        routes = "\n".join(f"/^X-PAMS-Route:[[:space:]]*token-{server.name}$/ FILTER pams:{nexthop}"
                           for server, nexthop in self.hosts())
        for path in FORMER.glob("pams_*"):
            (postfix.config / path.name).write_text(path.read_text().replace("@ROUTES@", routes))
        postfix.tool("postconf", "-MX", "pams/unix")
        service = (FORMER / "master.cf").read_text()
        for name, value in (("CA_FILE", self.gateway.certificates.ca_file), ("CONFIG", postfix.config)):
            service = service.replace(f"@{name}@", str(value))
        with open(postfix.config / "master.cf", "a") as master:
            master.write(service)
        postfix.tool("postconf", "-X", "lmtp_header_checks", "bounce_size_limit")
        # Its milter is not here: it let the messages pass with the marker of their route. They are tried when told so.
        self.gateway.use_postfix(smtpd_milters="", queue_run_delay="1h", minimal_backoff_time="1h", maximal_backoff_time="1h")
        return self

    def __exit__(self, *_):
        self.gateway.postfix.set(smtpd_milters=self.milters)

    def hosts(self):
        return zip(self.servers, (f"[127.0.0.1]:{self.servers[0].port}", f"[localhost]:{self.servers[1].port}"))

    def entry(self, queue_id):
        return next(one for one in self.gateway.postfix.queue() if one["queue_id"] == queue_id)

    def queue(self, server):
        """A flagged message that waits for that smart host, and its queue id."""
        message = messages.flagged(f"X-PAMS-Route: token-{server.name}")
        answer = self.gateway.send(message, OUTSIDE)
        assert answer.code == 250, answer
        wait_for("it waits for its smart host", lambda: answer.queue_id in in_queue(self.gateway, "deferred"))
        refused = [one["delay_reason"] for one in self.entry(answer.queue_id)["recipients"]]
        assert all(f":{server.port}: Connection refused" in reason for reason in refused), refused
        return message, answer.queue_id


@contextlib.contextmanager
def strangers():
    """Programs of this machine that are no smart host: they listen when the former setup is over."""
    servers = Server("lmtp", is_lmtp=True), Server("smtp")
    try:
        for server in servers:
            server.stop()
        yield servers
    finally:
        for server in servers:
            server.stop()


def in_queue(gateway, name):
    return sorted(one["queue_id"] for one in gateway.postfix.queue() if one["queue_name"] == name)


def tried_again(gateway, ids):
    """Postfix tries each of them once more and keeps it."""
    gateway.postfix.mark_log()
    gateway.postfix.flush()
    for queue_id in ids:
        wait_for("it was tried", lambda queue_id=queue_id: f"{queue_id}: to=<" in gateway.postfix.log_since_mark())


def flow_flagged_mail_of_the_former_version_waits_and_comes_through_sealed_once(gateway):
    with strangers() as servers:
        with FormerSetup(gateway, *servers) as former:
            queued = [former.queue(server) for server in servers]
        ids = sorted(queue_id for _, queue_id in queued)
        assert "--apply puts them on hold" in gateway.pamsctl("setup", "postfix").stdout
        said = gateway.pamsctl("setup", "postfix", "--apply").stdout
        assert "2 of them on hold now" in said and "pamsctl queue release --all" in said, said
        assert in_queue(gateway, "hold") == ids, gateway.postfix.queue()
        for server in servers:
            server.start()
        gateway.postfix.restart()
        gateway.postfix.flush()
        assert in_queue(gateway, "hold") == ids, gateway.postfix.queue()

        # Somebody takes them off hold by hand, as mail is not on hold that came while the setup was changed.
        gateway.postfix.tool("postsuper", "-H", "ALL")
        tried_again(gateway, ids)
        log = gateway.postfix.log_since_mark()
        assert "status=deferred (server configuration error)" in log, log
        assert "status=bounced" not in log and "status=sent" not in log, log
        assert not any(server.connections for server in servers), "the new transport spoke to a stranger"

        gateway.pamsctl("queue", "release", "--all")
        for message, _ in queued:
            arrived = gateway.wait_at(gateway.smart_host, message)
            assert arrived.tls and sorted(arrived.recipients) == OUTSIDE, arrived
            assert not messages.fields_named(arrived.data, "X-PAMS-Route")
        gateway.wait_relayed(OUTSIDE * len(queued))
        gateway.wait_empty_queue()
        assert not any(server.connections for server in servers)
