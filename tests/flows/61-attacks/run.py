"""What an MTA, its operator or another program can do with a flagged message that Postfix holds: nobody but the smart
host can read it, wherever it comes to.

Each way is tried on mail that waited in the queue when it came (tried again, then requeued) and on mail that is sent while
it stands: first with the rules of `pamsctl setup` in force, which then still bring it to the smart host, then, on other mail,
with all of them gone. The daemon's check of the routing is off, for an attacker would know how to get past it.
"""

import json
import re
import shutil

from support import messages
from support.milter import USER
from support.postfix import Postfix
from support.ports import free_port
from support.sinks import Sinks
from support.smtp_server import Behaviour, Server
from support.waiting import wait_for

RECIPIENTS = ["bob@client.example", "carol@example.org", f"{USER}@client.example"]
UNVERIFIED = ("verify_route = true", "verify_route = false")
NO_RULES = {"header_checks": "", "milter_header_checks": "", "smtp_header_checks": "", "lmtp_header_checks": ""}
# The transport's client ends at once, since it cannot make out the address of the relay: the message waits.
NO_CLIENT = "malformed response"
LOCAL = {"mydestination": "client.example", "local_recipient_maps": "", "mail_spool_directory": "@SINKS@/",
         "alias_maps": "texthash:@CONFIG@/aliases"}


def main(**settings):
    """An edit of main.cf."""
    def edit(gateway, sinks):
        gateway.postfix.set(**{name: filled(gateway, sinks, value) for name, value in settings.items()})
    return edit


def filled(gateway, sinks, text):
    return sinks.fill(text).replace("@CONFIG@", str(gateway.postfix.config))


def service(setting):
    return lambda gateway, sinks: gateway.postfix.tool("postconf", "-P", filled(gateway, sinks, setting))


def line(key, text):
    return lambda gateway, sinks: gateway.postfix.tool("postconf", "-M", f"{key}={filled(gateway, sinks, text)}")


def both(*edits):
    def edit(gateway, sinks):
        for one in edits:
            one(gateway, sinks)
    return edit


def locally(aliases="", forward="", **settings):
    """The recipients have accounts here: local(8) delivers, with these aliases and this .forward of USER's."""
    def edit(gateway, sinks):
        sinks.file("aliases", aliases)
        if forward:
            sinks.file("forward-" + USER, forward, owner=USER)
        main(**{**LOCAL, "forward_path": "@CONFIG@/forward-$user", **settings})(gateway, sinks)
    return edit


PIPE = line("sink/unix", "sink unix - n n - - pipe flags=FR user=nobody argv=@PROGRAM@ ${recipient}")
BOXES = {"virtual_mailbox_domains": "client.example", "virtual_mailbox_base": "@SINKS@",
         "virtual_mailbox_maps": "static:box", "virtual_uid_maps": "static:1", "virtual_gid_maps": "static:1",
         "virtual_minimum_uid": "1"}

WAYS = {
    # copies and rewritten recipients
    "always_bcc outside": main(always_bcc="eve@elsewhere.example"),
    "always_bcc inside": main(always_bcc="eve@example.org"),
    "always_bcc to a mailbox": both(locally(), main(always_bcc="nobody@client.example")),
    "recipient_bcc_maps": main(recipient_bcc_maps="static:eve@elsewhere.example"),
    "recipient_bcc_maps for one": main(recipient_bcc_maps="inline:{ bob@client.example=eve@example.org }"),
    "sender_bcc_maps": main(sender_bcc_maps="static:eve@elsewhere.example"),
    "sender_bcc_maps inside": main(sender_bcc_maps="inline:{ alice@example.org=boss@example.org }"),
    "canonical_maps": main(canonical_maps="inline:{ bob@client.example=eve@elsewhere.example }"),
    "recipient_canonical_maps": main(recipient_canonical_maps="static:eve@example.org"),
    "sender_canonical_maps": main(sender_canonical_maps="static:eve@elsewhere.example"),
    "virtual alias outside": main(virtual_alias_maps="inline:{ carol@example.org=eve@elsewhere.example }"),
    "virtual alias of everybody": main(virtual_alias_maps="regexp:{{/@client/ eve@elsewhere.example}}"),
    "virtual alias to a list": main(virtual_alias_maps="inline:{ {bob@client.example = bob@client.example, eve@example.org} }"),
    # local delivery
    "a mailbox": locally(),
    "an alias to a program": locally(aliases='bob "|@PROGRAM@"'),
    "an alias to a file": locally(aliases="bob @SINKS@/file"),
    "an alias to the outside": locally(aliases="bob eve@elsewhere.example"),
    "an alias to an included list": locally(aliases="bob :include:@LIST@"),
    "a forward to a program": locally(forward='"|@PROGRAM@"'),
    "a forward to a file": locally(forward="@SINKS@/forwarded"),
    "a forward to the outside": locally(forward=f"\\{USER}, eve@elsewhere.example"),
    "luser_relay": locally(luser_relay="eve@elsewhere.example"),
    "fallback_transport": locally(fallback_transport="lmtp:unix:@SOCKET@"),
    "mailbox_command": locally(mailbox_command="@PROGRAM@"),
    "mailbox_transport": locally(mailbox_transport="lmtp:inet:127.0.0.1:@LMTP@"),
    # other transports
    "transport smtp": main(transport_maps="static:smtp:[127.0.0.1]:@SMTP@"),
    "transport lmtp by port": main(transport_maps="static:lmtp:inet:127.0.0.1:@LMTP@"),
    "transport lmtp by socket": main(transport_maps="static:lmtp:unix:@SOCKET@"),
    "transport pipe": both(PIPE, main(transport_maps="static:sink:")),
    "virtual mailboxes": main(**BOXES),
    "default transport": both(PIPE, main(default_transport="sink", relay_transport="sink")),
    "sender dependent transport": main(sender_dependent_default_transport_maps="static:smtp:[127.0.0.1]:@SMTP@"),
    "content_filter smtp": main(content_filter="smtp:[127.0.0.1]:@SMTP@"),
    "content_filter lmtp": main(content_filter="lmtp:unix:@SOCKET@"),
    "content_filter pipe": both(PIPE, main(content_filter="sink:dummy")),
    "a filter by body": main(body_checks="regexp:{{/fill up/ FILTER smtp:[127.0.0.1]:@SMTP@}}"),
    "a redirect by policy": main(smtpd_recipient_restrictions="check_client_access static:{REDIRECT eve@elsewhere.example}"),
    "a filter by policy": main(smtpd_data_restrictions="check_client_access static:{FILTER smtp:[127.0.0.1]:@SMTP@}"),
    "a BCC by policy": main(smtpd_recipient_restrictions="check_client_access static:{BCC eve@elsewhere.example}"),
    # the transport itself
    "the transport is a pipe": line("pams/unix", "pams unix - n n - - pipe flags=FR user=nobody argv=@PROGRAM@"),
    "the transport is smtp": both(line("pams/unix", "pams unix - - n - - smtp -o smtp_tls_security_level=may"),
                                  main(relayhost="[127.0.0.1]:@SMTP@", service_throttle_time="1s")),
    "the transport is local": both(locally(), line("pams/unix", "pams unix - n n - - local")),
    "TLS level may": main(smtp_tls_security_level="may", lmtp_tls_security_level="may"),
    "TLS level none": both(service("pams/unix/lmtp_tls_security_level=none"), main(smtp_tls_security_level="none")),
    # what Postfix tells
    "notices of all classes": main(notify_classes="bounce, 2bounce, data, delay, policy, protocol, resource, software",
                                   bounce_notice_recipient="eve@elsewhere.example"),
    "delay notices with bodies": main(delay_warning_time="1s", confirm_delay_cleared="yes", bounce_size_limit="100000",
                                      notify_classes="delay, resource", delay_notice_recipient="eve@elsewhere.example"),
    "bounces with bodies": main(bounce_size_limit="1000000", soft_bounce="no"),
}


# -- how it is tried --------------------------------------------------------------------------------------------------

def attack(gateway, edit):
    gateway.carriers_may_go_astray()
    gateway.use_setting_by_reload(*UNVERIFIED)
    with Sinks(gateway) as sinks:
        sinks.file("site_list", "eve@elsewhere.example")
        gateway.smart_host.stop()
        waited, kept = send(gateway), send(gateway)
        gateway.wait_deferred("Connection refused")
        wait_for("both wait", lambda: settled(gateway) and len(gateway.postfix.queue()) == 2)
        gateway.postfix.hold(kept.queue_id)
        edit(gateway, sinks)
        gateway.postfix.restart()
        gateway.smart_host.start()
        for message in (waited, tried(gateway, sinks)):
            assert gateway.smart_host.with_text(message.unique) or sinks.has(message.message_id) \
                or moving(gateway), "it is nowhere"
        assert kept.queue_id in gateway.postfix.queue_files(), "it was not kept for what comes now"
        gateway.postfix.set(**NO_RULES)
        gateway.postfix.restart()
        gateway.postfix.release(kept.queue_id)
        tried(gateway, sinks)


def tried(gateway, sinks):
    """What waits is tried again, then requeued; then something is sent, which is returned."""
    comes_to_something(gateway, gateway.postfix.flush)
    shows_nothing(gateway, sinks)
    comes_to_something(gateway, gateway.postfix.requeue_what_is_not_held)
    sent = send(gateway)
    comes_to_something(gateway, gateway.postfix.flush)
    shows_nothing(gateway, sinks)
    return sent


def send(gateway):
    message = messages.flagged_with_attachment()
    answer = gateway.send(message, RECIPIENTS)
    assert answer.code == 250, answer
    message.queue_id = answer.queue_id
    return message


def comes_to_something(gateway, how):
    """Delivered wherever, refused, or put off for a reason."""
    log = len(gateway.postfix.log())

    def has_ended(*words):
        return any(word in gateway.postfix.log()[log:] for word in (*words, NO_CLIENT))
    if moving(gateway):
        how()
        wait_for("it comes to something", lambda: has_ended("status=") or not moving(gateway))
    wait_for("all of it has come to something", lambda: settled(gateway) or has_ended())


def moving(gateway):
    """What the queue manager may try."""
    return [entry for entry in gateway.postfix.queue() if entry["queue_name"] != "hold"]


def settled(gateway):
    return all("delay_reason" in one for entry in moving(gateway) for one in entry["recipients"])


def shows_nothing(gateway, sinks):
    shown = sinks.shown() + gateway.sealed_leaks()
    assert not shown, "LEAK: " + "; ".join(shown)


def bounced(gateway):
    return any(one.sender == "" for one in gateway.mailboxes.transactions)


def promise_of(edit):
    return lambda gateway: attack(gateway, edit)


for name, way in WAYS.items():
    globals()[f"flow_{name} shows nothing".replace(" ", "_")] = promise_of(way)


def flow_a_redirect_by_body_shows_nothing_while_the_guard_stands(gateway):
    """REDIRECT in a table of header or body checks ends all filtering of that message, so that Postfix asks no milter about
    it: only the rules can hold it."""
    with Sinks(gateway) as sinks:
        gateway.use_setting_by_reload(*UNVERIFIED)
        gateway.use_postfix(body_checks="regexp:{{/fill up/ REDIRECT eve@elsewhere.example}}")
        send(gateway)
        for again in (gateway.postfix.flush, gateway.postfix.requeue_all):
            gateway.wait_deferred("local data error")
            shows_nothing(gateway, sinks)
            again()
        gateway.wait_deferred("local data error")
        shows_nothing(gateway, sinks)


def flow_a_redirect_by_content_makes_all_mail_to_the_outside_wait(gateway):
    """With such a rule the milter would not be asked at the end of the message: so the recipient is refused before it, for
    SMTP and for sendmail(1), whatever the rule says and wherever it leads."""
    for table in ("header_checks", "body_checks"):
        with Sinks(gateway) as sinks:
            gateway.use_postfix(**{table: "regexp:{{/./ REDIRECT eve@example.org}}" if table == "body_checks" else
                                   gateway.postfix.tool("postconf", "-h", table).strip() +
                                   ", regexp:{{/^Subject:/ REDIRECT eve@example.org}}"})
            for message in (messages.flagged(), messages.plain()):
                answer = gateway.send(message, ["bob@client.example"])
                assert answer.code == 451, answer
            message = messages.flagged()
            gateway.postfix.sendmail(message.data, "alice@example.org", ["bob@client.example"])
            wait_for("the milter defers what sendmail(1) brought",
                     lambda: "milter-reject: RCPT" in gateway.postfix.log_since_mark())
            shows_nothing(gateway, sinks)
            assert not gateway.at_normal_route(message)
            assert "content_redirects" in gateway.pamsctl("doctor", check=False).stdout
            gateway.reset()


# -- another MTA ------------------------------------------------------------------------------------------------------

def second_postfix(gateway):
    """At the same milter's socket, with no word of ours in its settings."""
    other = Postfix(gateway.folder / "second", gateway.relayhost.port, gateway.mailboxes.port)
    other.tool("postconf", "-F", "*/*/chroot=n")
    other.set(smtpd_milters=f"unix:{gateway.milter.unix_socket}", non_smtpd_milters=f"unix:{gateway.milter.unix_socket}")
    return other


def brings_nothing_readable(gateway, hand_in):
    gateway.carriers_may_go_astray()
    with Sinks(gateway) as sinks:
        other = second_postfix(gateway)
        other.start()
        try:
            message = messages.flagged_with_attachment()
            if hand_in(other, message):
                wait_for("it comes to something", lambda: "status=" in other.log())
            shown = sinks.shown() + gateway.sealed_leaks() + [
                f"the second Postfix's log shows {mark}" for mark in messages.secrets_in(other.log().encode())]
            assert not shown, "LEAK: " + "; ".join(shown)
        finally:
            other.stop()
            shutil.rmtree(other.folder)


def flow_a_second_postfix_at_the_same_milter_by_smtp(gateway):
    brings_nothing_readable(gateway, lambda other, message: gateway.send(
        message, RECIPIENTS, port=other.outbound_port).code == 250)


def flow_a_second_postfix_at_the_same_milter_by_its_sendmail_program(gateway):
    def hand_in(other, message):
        other.sendmail(message.data, "alice@example.org", RECIPIENTS)
        return True
    brings_nothing_readable(gateway, hand_in)


def flow_a_queue_that_was_copied_to_another_postfix(gateway):
    """A backup of the queue, or a moved machine: the carrier is handed to whoever; it shows nothing there."""
    gateway.carriers_may_go_astray()
    gateway.smart_host.stop()
    assert gateway.send(messages.flagged_with_attachment(), RECIPIENTS).code == 250
    queue_id = gateway.wait_deferred("Connection refused")["queue_id"]
    raw, carrier = gateway.postfix.queue_files()[queue_id], gateway.carrier_of(queue_id)
    assert not {messages.FLAGGED, messages.FLAGGED_BASE64} & set(messages.secrets_in(raw))
    assert not messages.secrets_in(carrier)


# -- mail that the milter never saw: held by the guard rules, and told without its body ----------------------------------

def unseen(gateway, edit, hand_in=None):
    """It waits in Postfix, unsealed. Then it expires: the notice has no body, nor has any copy of it."""
    with Sinks(gateway) as sinks:
        edit(gateway)
        gateway.postfix.restart()
        message = messages.flagged_with_attachment(subject="Held")
        (hand_in or by_smtp)(gateway, message)
        gateway.wait_deferred("pams-milter")
        gateway.use_postfix(maximal_queue_lifetime="0", notify_classes="bounce, 2bounce, delay, resource, software",
                            bounce_notice_recipient="eve@elsewhere.example")
        gateway.postfix.flush()
        wait_for("the notice", lambda: bounced(gateway))
        gateway.wait_empty_queue()
        assert not sinks.shown(), sinks.shown()
        assert not gateway.smart_host.with_text(message.unique)


def by_smtp(gateway, message):
    with gateway.connection() as client:
        client.mail("alice@example.org", ["RET=FULL"])
        client.rcpt(RECIPIENTS[0], ["NOTIFY=FAILURE,DELAY"])
        code, text = client.data(message.data)
        assert code == 250, text


def by_program(gateway, message):
    gateway.postfix.sendmail(message.data, "alice@example.org", RECIPIENTS)


def flow_unseen_no_milter_on_the_listener(gateway):
    unseen(gateway, lambda gateway: gateway.postfix.set(smtpd_milters=""))


def flow_unseen_no_milter_for_the_sendmail_program(gateway):
    unseen(gateway, lambda gateway: gateway.postfix.set(non_smtpd_milters=""), by_program)


def flow_unseen_the_milter_is_down_and_its_entry_says_accept(gateway):
    def edit(gateway):
        path = gateway.postfix.config / "main.cf"
        path.write_text(path.read_text().replace("default_action=tempfail", "default_action=accept"))
        gateway.milter.stop()
    unseen(gateway, edit)


def flow_unseen_milter_maps_that_disable(gateway):
    unseen(gateway, lambda gateway: gateway.postfix.set(smtpd_milter_maps="static:DISABLE"))


def flow_unseen_requeued_and_expired(gateway):
    def hand_in(gateway, message):
        by_smtp(gateway, message)
        gateway.wait_deferred("pams-milter")
        gateway.postfix.requeue_all()
    unseen(gateway, lambda gateway: gateway.postfix.set(smtpd_milters="", non_smtpd_milters=""), hand_in)


def flow_unseen_at_a_reinjection_listener_the_last_guard_holds_it(gateway):
    """No milter and no header checks there: the clients of Postfix, smtp and lmtp, look once more."""
    with Sinks(gateway) as sinks:
        port = free_port()
        gateway.postfix.tool("postconf", "-M", f"127.0.0.1:{port}/inet=127.0.0.1:{port} inet n - y - - smtpd "
                             "-o receive_override_options=no_milters,no_header_body_checks")
        for nexthop in ("smtp:[127.0.0.1]:@SMTP@", "lmtp:inet:127.0.0.1:@LMTP@", "lmtp:unix:@SOCKET@"):
            gateway.use_postfix(transport_maps="static:" + sinks.fill(nexthop))
            message = messages.flagged_with_attachment(subject="Held")
            assert gateway.send(message, RECIPIENTS[:1], port=port).code == 250
            gateway.wait_deferred("local data error")
            assert not sinks.shown(), (nexthop, sinks.shown())
            gateway.postfix.delete_all()


def flow_unseen_more_than_fifty_received_fields_by_the_sendmail_program(gateway):
    """Postfix refuses it itself, without asking anybody, and tells the sender."""
    with Sinks(gateway) as sinks:
        fields = [f"Received: from a{number}.example by b{number}.example; Mon, 05 Jan 2026 10:00:00 +0100"
                  for number in range(60)]
        message = messages.flagged(*fields, subject="Held")
        gateway.postfix.sendmail(message.data, "alice@example.org", RECIPIENTS[:1])
        wait_for("the notice, or it waits", lambda: bounced(gateway) or gateway.postfix.queue())
        assert not sinks.shown(), sinks.shown()


# -- notices about sealed mail -------------------------------------------------------------------------------------------

def notices(gateway, behaviour=None, sender="alice@example.org", **settings):
    """Postfix has every reason to tell, to everybody, at length."""
    with Sinks(gateway) as sinks:
        gateway.use_setting_by_reload(*UNVERIFIED)
        gateway.use_postfix(bounce_size_limit="1000000", delay_warning_time="1s", confirm_delay_cleared="yes",
                            notify_classes="bounce, 2bounce, data, delay, policy, protocol, resource, software",
                            bounce_notice_recipient="eve@elsewhere.example", delay_notice_recipient="eve@elsewhere.example",
                            **{"2bounce_notice_recipient": "eve@elsewhere.example"}, **settings)
        if behaviour:
            gateway.smart_host.behaviour = behaviour
        else:
            gateway.smart_host.stop()
        message = messages.flagged_with_attachment()
        answer = gateway.send(message, RECIPIENTS[:1], sender=sender)
        if answer.code != 250:
            return
        wait_for("a notice that names the message", lambda: sinks.has(message.message_id))
        assert not sinks.shown(), sinks.shown()


def flow_notice_of_a_refused_recipient(gateway):
    notices(gateway, Behaviour(rcpt_reply="550 5.1.1 no such recipient"))


def flow_notice_of_refused_content(gateway):
    notices(gateway, Behaviour(data_reply="554 5.6.0 not like this"))


def flow_notice_of_a_delay(gateway):
    notices(gateway)


def flow_notice_of_an_expired_message(gateway):
    notices(gateway, maximal_queue_lifetime="0")


def flow_notice_of_a_message_with_a_null_sender(gateway):
    """It cannot bounce: postmaster gets it, by 2bounce."""
    notices(gateway, Behaviour(rcpt_reply="550 5.1.1 no such recipient"), sender="")


def flow_notice_of_a_bounce_that_bounces(gateway):
    gateway.mailboxes.behaviour = Behaviour(rcpt_reply="550 5.1.1 the sender is gone")
    notices(gateway, Behaviour(rcpt_reply="550 5.1.1 no such recipient"))


# -- journal reports -------------------------------------------------------------------------------------------------------

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
path = "{folder}/journal"
submit_to = "127.0.0.1:{port}"
deliver_to = "lmtp:unix:{folder}/store.sock"
[[journal_rule]]
name = "All"
scope = "global"
journal_email_address = "journal@client.example"

[[archive]]"""


def report_shows_nothing(gateway, edit, with_rules):
    """The mailbox server is away, the report waits in Postfix; then somebody else tries to get it."""
    gateway.carriers_may_go_astray()
    store = Server("journal store", unix_socket=gateway.folder / "store.sock")
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
    folder = gateway.folder / "journal"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    shutil.chown(folder, USER, USER)
    gateway.use_settings(replace=[("[[archive]]", JOURNAL.format(folder=gateway.folder, port=free_port())),
                                  UNVERIFIED])
    gateway.pamsctl("setup", "postfix", "--apply")
    gateway.postfix.restart()


def promise_of_report(edit, with_rules):
    return lambda gateway: report_shows_nothing(gateway, edit, with_rules)


for name, way in REPORTS.items():
    for is_guarded in (True, False):
        title = f"flow_report {name} {'with' if is_guarded else 'without'}_the_rules"
        globals()[title.replace(" ", "_")] = promise_of_report(way, is_guarded)


# -- the flag is taken away before the milter sees it -----------------------------------------------------------------------

def table(rules):
    def edit(gateway):
        path = gateway.postfix.config / "slip"
        path.write_text(rules + "\n")
        now = gateway.postfix.tool("postconf", "-h", "header_checks").strip()
        gateway.postfix.set(header_checks=f"regexp:{path}, {now}")
    return edit


STRIPPERS = {
    "IGNORE": table("/^zivver-relay:/ IGNORE"),
    "STRIP": table("/^zivver-relay:/ STRIP"),
    "REPLACE with another name": table("/^zivver-relay:(.*)/ REPLACE X-Zivver-Was:$1"),
    "IGNORE of long values only": table("/^zivver-relay:.{60,}/ IGNORE"),
    "IGNORE of whatever is long": table("/^[a-z-]+:.{120,}/ IGNORE"),
    "IGNORE in any header of ours": table("/zivver/ IGNORE"),
    "message_drop_headers": lambda gateway: gateway.postfix.set(message_drop_headers="bcc, content-length, zivver-relay"),
    "message_drop_headers in capitals": lambda gateway: gateway.postfix.set(message_drop_headers="Zivver-Relay"),
}


def all_mail_to_the_outside_waits(gateway, edit):
    """Who could still tell which of it was flagged? Mail for the inside, and from the world, goes on."""
    edit(gateway)
    gateway.postfix.restart()
    wait_for("the milter has noticed", lambda: gateway.send(messages.plain(), RECIPIENTS[:1]).code == 451, pause=0.5)
    stripped = messages.flagged(f"zivver-relay: {'x' * 300}", subject="Held")
    long = messages.plain(f"zivver-relay: {'x' * 300}", is_flagged=True, subject="Held")
    for message in (messages.flagged(subject="Held"), stripped, long):
        assert gateway.send(message, RECIPIENTS[:1]).code == 451
        assert not gateway.at_normal_route(message)
    inbound = messages.plain()
    assert gateway.send(inbound, ["carol@example.org"], sender="bob@client.example", source="127.0.0.2",
                        port=gateway.postfix.inbound_port).code == 250
    gateway.wait_at(gateway.mailboxes, inbound)
    assert gateway.pamsctl("doctor", check=False).returncode == 1


def promise_of_stripper(edit):
    return lambda gateway: all_mail_to_the_outside_waits(gateway, edit)


for name, stripper in STRIPPERS.items():
    globals()["flow_the_flag_is_gone_" + name.replace(" ", "_")] = promise_of_stripper(stripper)


# -- what is archived and then refused -----------------------------------------------------------------------------------------

def flow_retries_of_a_message_without_message_id_leave_one_record(gateway):
    """The second archive fails: 451 at each try, each with another Message-ID and Received of Postfix's own."""
    second = gateway.folder / "second-archive"
    shutil.rmtree(second, ignore_errors=True)
    second.mkdir(mode=0o500)
    shutil.chown(second, USER, USER)
    rules = gateway.folder / "two-archives.toml"
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


def flow_what_postfix_refuses_after_the_milter_is_not_kept_as_sent(gateway):
    """The carrier is larger than Postfix takes: 552 behind the milter's back, and archive and trace say so."""
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
