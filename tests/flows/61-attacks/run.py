"""What an MTA, its operator or another program can do with a flagged message that Postfix holds: nobody but the smart
host can read it, wherever it comes to.

Each way is tried on mail that waited in the queue when it came (tried again, then requeued) and on mail that is sent while
it stands: first with the rules of `pamsctl setup` in force, which then still bring it to the smart host, then, on other mail,
with all of them gone. The daemon's check of the routing is off, for an attacker would know how to get past it.
"""

from support import messages
from support.attacks import NO_RULES, RECIPIENTS, UNVERIFIED, both, line, locally, main, service, shows_nothing
from support.milter import USER
from support.sinks import Sinks
from support.waiting import wait_for

# The transport's client ends at once, since it cannot make out the address of the relay: the message waits.
NO_CLIENT = "malformed response"
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
        waited, held = send(gateway), send(gateway)
        gateway.wait_deferred("Connection refused")
        wait_for("both wait", lambda: settled(gateway) and len(gateway.postfix.queue()) == 2)
        gateway.postfix.hold(held.queue_id)
        edit(gateway, sinks)
        gateway.postfix.restart()
        gateway.smart_host.start()
        for message in (waited, tried(gateway, sinks)):
            assert gateway.smart_host.with_text(message.unique) or sinks.has(message.message_id) \
                or moving(gateway), "it is nowhere"
        assert held.queue_id in gateway.postfix.queue_files(), "it was not held for what comes now"
        gateway.postfix.set(**NO_RULES)
        gateway.postfix.restart()
        gateway.postfix.release(held.queue_id)
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
