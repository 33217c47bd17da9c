"""What Postfix itself can write into its log of a flagged message before the milter seals it: the line that a rule matches,
what -v and debug_peer_level show. Each way is seen to show it; doctor names the way; after its remedy nothing is shown.

The messages here are not marked as secret, for the runner would find the marks in the log, and rightly.
"""

import secrets
import subprocess

from support import doctor, messages

OUTSIDE = ["bob@client.example"]


def rules(parameter, text):
    """A table of the site's own after what is there."""
    def edit(gateway):
        path = gateway.postfix.config / "site_rules"
        path.write_text(f"# the site's\n{text}\n")
        now = gateway.postfix.tool("postconf", "-h", parameter).strip()
        gateway.postfix.set(**{parameter: f"{now}, regexp:{path}".lstrip(", ")})
    return edit


def verbose(service, flags="-v"):
    def edit(gateway):
        line = gateway.postfix.tool("postconf", "-M", service).strip()
        gateway.postfix.tool("postconf", "-M", f"{service}={' '.join(line.split())} {flags}")
    return edit


def verbose_listener(gateway):
    verbose(f"{gateway.postfix.outbound_service}/inet", "-v -v -v")(gateway)


def debug_peers(gateway):
    gateway.postfix.set(debug_peer_list="127.0.0.1", debug_peer_level="3")


def by_smtp(gateway, message):
    assert gateway.send(message, OUTSIDE).code == 250


def by_program(gateway, message):
    gateway.postfix.sendmail(message.data, "alice@example.org", OUTSIDE)


def subject(message):
    return messages.fields_named(message.data, "Subject")[0].decode()


def text(message):
    return message.unique


def beginning(message):
    return "data " + subject(message)[:10]


# how it is set -> what of the message the log shows then, and how it is handed in
WAYS = {
    "WARN on the subject": (rules("header_checks", "/^Subject:/ WARN"), subject, by_smtp),
    "INFO on the subject, on two lines": (rules("header_checks", "/^subject:/\n  INFO a subject"), subject, by_smtp),
    "INFO for any header of the sendmail program": (rules("header_checks", "/./ INFO"), subject, by_program),
    "PREPEND before the subject": (rules("header_checks", "/^Subject:/ PREPEND X-Has-Subject: yes"), subject, by_smtp),
    "WARN on a line of the body": (rules("body_checks", "/^Dear/ WARN a letter"), text, by_smtp),
    "the header of a part": (rules("mime_header_checks", "/^Content-/ INFO"), lambda message: "secret-name", by_smtp),
    "the subject of an attached message": (rules("nested_header_checks", "/^Subject:/ INFO"),
                                           lambda message: "attached-subject", by_smtp),
    "cleanup -v": (verbose("cleanup/unix"), subject, by_smtp),
    "pickup -v": (verbose("pickup/unix"), text, by_program),
    "smtpd -v -v -v": (verbose_listener, beginning, by_smtp),
    "debug_peer_list": (debug_peers, beginning, by_smtp),
}


def flagged():
    """With an attachment and a message inside."""
    message = messages.plain("zivver-relay: f3b1c0de.example", "MIME-Version: 1.0",
                             "Content-Type: multipart/mixed; boundary=outer", subject="Shown-" + secrets.token_hex(8))
    header, body = messages.header_of(message.data), messages.body_of(message.data)
    message.data = (header + b"\r\n--outer\r\nContent-Type: text/plain\r\n\r\n" + body
                    + b"--outer\r\nContent-Type: application/pdf; name=secret-name.pdf\r\n\r\nx\r\n"
                    + b"--outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: attached-subject\r\n\r\nx\r\n--outer--\r\n")
    return message


def logs(gateway, hand_in, shown):
    """Whether the log shows that of a flagged message, which gets to the smart host in any case."""
    message = flagged()
    begin = len(gateway.postfix.log())
    hand_in(gateway, message)
    gateway.wait_at(gateway.smart_host, message)
    gateway.wait_empty_queue()
    return shown(message) in gateway.postfix.log()[begin:]


def follow(gateway, remedy):
    """The command of the remedy, at this Postfix, which is then restarted."""
    command = remedy.partition("; ")[0].removesuffix(" && postfix reload")
    command = command.replace("postconf ", f"postconf -c {gateway.postfix.config} ", 1)
    subprocess.run(command, shell=True, check=True, capture_output=True)
    gateway.postfix.restart()


def finding(gateway):
    return doctor.findings(gateway)["logged_content"]


def is_shown_told_and_corrected(gateway, edit, shown, hand_in):
    edit(gateway)
    gateway.postfix.restart()
    assert logs(gateway, hand_in, shown), "the log does not show it"
    told = finding(gateway)
    assert told["status"] == "warn" and told["seen"] and told["why"], told
    follow(gateway, told["remedy"])
    assert not logs(gateway, hand_in, shown), "the log shows it after the remedy"
    assert finding(gateway)["status"] == "ok", finding(gateway)


def promise_of(way):
    return lambda gateway: is_shown_told_and_corrected(gateway, *way)


for name, way in WAYS.items():
    globals()[f"flow_{name} is told and fixed".replace(" ", "_")] = promise_of(way)


def flow_as_it_was_set_up_nothing_is_shown(gateway):
    for hand_in in (by_smtp, by_program):
        for shown in (subject, text, beginning, lambda message: "secret-name", lambda message: "attached-subject"):
            assert not logs(gateway, hand_in, shown)
    assert finding(gateway)["status"] == "ok", finding(gateway)


def flow_rules_that_show_no_content_are_not_told(gateway):
    rules("header_checks", "/^Subject: spam/ IGNORE\n/^From: eve@/ REJECT\n/^X-Spam-Flag: YES/ HOLD")(gateway)
    gateway.postfix.set(debug_peer_list="127.0.0.1")
    gateway.postfix.restart()
    for shown in (subject, text, beginning):
        assert not logs(gateway, by_smtp, shown)
    assert finding(gateway)["status"] == "ok", finding(gateway)
