"""What an MTA or its operator can do with the journal report of a flagged message: as in 61-attacks, nobody but the
mailbox server can read it."""

import shutil

from support import messages
from support.attacks import NO_RULES, RECIPIENTS, UNVERIFIED, locally, main
from support.milter import USER
from support.ports import free_port
from support.sinks import Sinks
from support.smtp_server import Server
from support.waiting import wait_for


REPORTS = {
    "always_bcc": main(always_bcc="eve@elsewhere.example"),
    "recipient_bcc_maps": main(recipient_bcc_maps="inline:{ journal@client.example=eve@elsewhere.example }"),
    "canonical maps": main(recipient_canonical_maps="inline:{ journal@client.example=eve@elsewhere.example }"),
    "a virtual alias": main(virtual_alias_maps="inline:{ journal@client.example=eve@elsewhere.example }"),
    "an alias to a program": locally(aliases='journal "|@PROGRAM@"'),
    "an alias with the delimiter": locally(aliases="journal+x @SINKS@/file\njournal @SINKS@/file"),
    "an alias to the outside": locally(aliases="journal eve@elsewhere.example"),
    "luser_relay": locally(luser_relay="eve@elsewhere.example"),
    "fallback_transport": locally(fallback_transport="lmtp:inet:127.0.0.1:@LMTP@"),
    "a transport": main(transport_maps="static:smtp:[127.0.0.1]:@SMTP@"),
}
JOURNAL = """
[journal]
path = "{directory}/journal"
submit_to = "127.0.0.1:{port}"
deliver_to = "lmtp:unix:{directory}/store.sock"
[[journal_rule]]
name = "All"
scope = "global"
journal_email_address = "journal@client.example"

[[archive]]"""


def report_shows_nothing(gateway, edit, with_rules):
    """The mailbox server is away, the report waits in Postfix; then somebody else tries to get it."""
    gateway.carriers_may_go_astray()
    store = Server("journal store", unix_socket=gateway.directory / "store.sock")
    try:
        with Sinks(gateway) as sinks:
            use_journal(gateway)
            store.stop()
            message = messages.flagged_with_attachment()
            answer = gateway.send(message, RECIPIENTS[:1])
            assert answer.code == 250, answer
            gateway.wait_at(gateway.smart_host, message)
            gateway.wait_deferred("store.sock")
            if not with_rules:
                gateway.postfix.set(**NO_RULES)
            edit(gateway, sinks)
            gateway.postfix.restart()
            log = len(gateway.postfix.log())
            gateway.postfix.requeue_all()
            wait_for("it comes to something", lambda: "status=" in gateway.postfix.log()[log:])
            store.start()
            gateway.postfix.flush()
            if with_rules:
                wait_for("the report at the mailbox server", lambda: store.with_text(message.unique))
            assert not sinks.shown() and not gateway.sealed_leaks(), sinks.shown() + gateway.sealed_leaks()
    finally:
        store.stop()


def use_journal(gateway):
    directory = gateway.directory / "journal"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    shutil.chown(directory, USER, USER)
    gateway.use_settings(replace=[("[[archive]]", JOURNAL.format(directory=gateway.directory, port=free_port())),
                                  UNVERIFIED])
    gateway.pamsctl("setup", "postfix", "--apply")
    gateway.postfix.restart()


def promise_of_report(edit, with_rules):
    return lambda gateway: report_shows_nothing(gateway, edit, with_rules)


for name, way in REPORTS.items():
    for is_guarded in (True, False):
        title = f"flow_report {name} {'with' if is_guarded else 'without'}_the_rules"
        globals()[title.replace(" ", "_")] = promise_of_report(way, is_guarded)
