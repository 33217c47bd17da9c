"""Edits of Postfix's settings that could bring a flagged message elsewhere than to the smart host. An edit is a function of
the gateway and the sinks (support/sinks.py), whose names it fills in."""

from .milter import USER

RECIPIENTS = ["bob@client.example", "carol@example.org", f"{USER}@client.example"]
UNVERIFIED = ("verify_route = true", "verify_route = false")
NO_RULES = {"header_checks": "", "milter_header_checks": "", "smtp_header_checks": "", "lmtp_header_checks": ""}
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


def shows_nothing(gateway, sinks):
    shown = sinks.shown() + gateway.sealed_leaks()
    assert not shown, "LEAK: " + "; ".join(shown)


def bounced(gateway):
    return any(one.sender == "" for one in gateway.mailboxes.transactions)
