"""A Postfix that has had rspamd and OpenDKIM for years: README's five commands, and mail passes all three in the right order."""

import base64
import email
import hashlib
import re

from machines.gateway import readme_commands
from support import messages

PACKAGES = ("opendkim", "opendkim-tools", "rspamd")
RSPAMD, OPENDKIM = "inet:localhost:11332", "inet:localhost:8891"
SITE = f"""
opendkim-genkey --directory=/etc/dkimkeys --domain=example.org --selector=gw
chown opendkim: /etc/dkimkeys/gw.private
printf 'Syslog yes\\nUserID opendkim\\nUMask 007\\nDomain example.org\\nSelector gw\\nKeyFile /etc/dkimkeys/gw.private\\nMode s\\nSocket inet:8891@localhost\\n' \\
  > /etc/opendkim.conf
printf 'dns {{ timeout = 0.1s; retransmits = 1; }}\n' > /etc/rspamd/local.d/options.inc
systemctl restart opendkim rspamd
postconf -e 'smtpd_milters = {RSPAMD}, {OPENDKIM}' 'non_smtpd_milters = $smtpd_milters' 'milter_default_action = accept'
systemctl reload postfix
"""


def step_the_site_signs_and_scans(gateway):
    gateway.run(SITE)
    for port in (11332, 8891):
        gateway.listens_at(port)
    message = gateway.submit(messages.plain())
    assert b"DKIM-Signature:" in gateway.sees_at(gateway.next_host, message).data


def step_five_commands_of_the_readme_are_enough(gateway):
    for command in readme_commands():
        gateway.type_readme_command(command)


def step_its_milters_are_still_there_in_their_order(gateway):
    milters = gateway.told("postconf -h smtpd_milters")
    places = [milters.find(one) for one in (RSPAMD, "pams-milter", OPENDKIM)]
    assert -1 not in places and places == sorted(places), milters


def body_hash(data):
    """RFC 6376, 3.4.3 (simple) and 3.7: what `bh=` must be."""
    body = data.partition(b"\r\n\r\n")[2].rstrip(b"\r\n") + b"\r\n"
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def step_ordinary_mail_is_signed_after_the_disclaimer(gateway):
    taken = gateway.sees_at(gateway.next_host, gateway.submit(messages.plain()))
    header = email.message_from_bytes(taken.data)
    assert b"Example B.V." in taken.data, taken.data.decode()
    signed = re.search(r"\bbh=([^;]+)", header["DKIM-Signature"])[1]
    assert re.sub(r"\s", "", signed) == body_hash(taken.data), taken.data.decode()


def step_a_flagged_message_arrives_as_it_was_written(gateway):
    gateway.flagged_arrives()
    gateway.nothing_leaked()


def step_doctor_has_nothing_to_say(gateway):
    assert not gateway.doctor(), gateway.told("pamsctl doctor")
