"""Metrics and health of a running gateway: what is counted is what happened, /healthz tells what is wrong and that it
is over, and nobody who asks for them, however badly, delays mail, a reload or a stop."""

import contextlib
import http.client
import re
import shutil
import socket
import subprocess

from support import messages
from support.milter import USER
from support.ports import free_port
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]
REFUSES = """
[[transport_rule]]
name = "No word of it"
[transport_rule.if]
subject_contains_words = ["unspeakable"]
[[transport_rule.do]]
reject_message = { reason_text = "not that word" }
"""
LONG = ("health_tells_what_is_wrong_and_that_it_is_over",)
SERIES = re.compile(r"^(\w+(?:\{.*\})?) (\S+)$", re.MULTILINE)


def section(listen):
    return f'[metrics]\nlisten = "{listen}"\n\n[trace]'


def serve(gateway):
    """By a reload: the port."""
    port = free_port()
    gateway.use_setting_by_reload("[trace]", section(f"127.0.0.1:{port}"))
    return port


def get(port, path="/metrics"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def scrape(port):
    status, page = get(port)
    assert status == 200, page
    return {name: float(value) for name, value in SERIES.findall(page)}


def wait_healthy(port):
    def is_healthy():
        return get(port, "/healthz") == (200, "ok\n")
    try:
        wait_for("health", is_healthy, 60)
    except AssertionError as problem:
        raise AssertionError(f"{problem}: {get(port, '/healthz')}") from None


def wait_ill(port, *words):
    def is_ill():
        status, page = get(port, "/healthz")
        return status == 503 and all(word in page for word in words)
    wait_for(f"503 with {words}", is_ill, 60)


@contextlib.contextmanager
def connected(port, count, text=b""):
    """Clients that have said `text` and neither end nor read."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)  # more than the listener's queue takes do not get through
            client.connect_ex(("127.0.0.1", port))
            with contextlib.suppress(OSError):
                client.send(text)
        yield


def flow_what_happens_to_messages_is_counted(gateway):
    port = serve(gateway)
    rules = gateway.settings / "rules.toml"
    rules.write_text(rules.read_text() + REFUSES)
    gateway.pamsctl("reload")
    wait_healthy(port)
    before = scrape(port)
    flagged = messages.flagged()
    ordinary = messages.plain()
    assert gateway.send(flagged, OUTSIDE).code == 250
    assert gateway.send(ordinary, OUTSIDE).code == 250
    assert gateway.send(messages.plain(subject="An unspeakable word"), OUTSIDE).code == 550
    assert gateway.send(messages.plain("zivver-relay: ", is_flagged=True), OUTSIDE).code == 451  # says nothing
    gateway.wait_at(gateway.smart_host, flagged)
    gateway.wait_at(gateway.relayhost, ordinary)
    after = scrape(port)
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    expected = {
        'pams_messages_total{class="flagged",verdict="accept"}': 1,
        'pams_messages_total{class="outbound",verdict="accept"}': 1,
        'pams_messages_total{class="outbound",verdict="reject"}': 1,
        'pams_messages_total{class="anomaly",verdict="defer"}': 1,
        'pams_deferred_total{reason="anomaly"}': 1,
        'pams_rule_matches_total{rule="Company disclaimer"}': 3,
        'pams_rule_matches_total{rule="No word of it"}': 1,
        "pams_message_seconds_count": 4,
        "pams_archive_seconds_count": 2,
    }
    counted = {name: value for name, value in grown.items() if re.search(r"_(total|count)\b", name)}
    assert counted == expected, counted
    assert after["pams_route_verified"] == 1, after
    assert "pams_journal_spool_reports" not in after, "nothing is journaled here"
    wait_for("the search index has them all", lambda: scrape(port).get("pams_archive_lag_records") == 0, 90)


def flow_the_certificate_and_the_version_are_told(gateway):
    port = serve(gateway)
    name = ('pams_connector_certificate_expiry_seconds{connector="Zivver Plugin Assisted Mail Submission",'
            f'host="localhost:{gateway.smart_host.port}"}}')
    seconds = wait_for("the certificate's end", lambda: scrape(port).get(name), 60)
    assert 0 < seconds < 100 * 366 * 86400, seconds
    version = subprocess.run([gateway.milter.program, "--version"], capture_output=True, text=True).stdout.split()[-1]
    assert scrape(port)[f'pams_build_info{{version="{version}"}}'] == 1
    assert not gateway.smart_host.transactions, "asking brings no mail"


def flow_reloads_are_counted(gateway):
    port = serve(gateway)
    before = scrape(port)
    gateway.pamsctl("reload")
    sound = (gateway.settings / "rules.toml").read_text()
    (gateway.settings / "rules.toml").write_text("[[transport_rule]]\nnmae = 1\n")
    assert gateway.pamsctl("reload", check=False).returncode == 1
    (gateway.settings / "rules.toml").write_text(sound)
    after = scrape(port)
    for result in ("success", "failure"):
        name = f'pams_config_reload_total{{result="{result}"}}'
        assert after[name] - before[name] == 1, (name, before, after)


def flow_health_tells_what_is_wrong_and_that_it_is_over(gateway):
    port = serve(gateway)
    wait_healthy(port)

    hidden = gateway.seal_key.with_suffix(".hidden")
    gateway.seal_key.rename(hidden)
    wait_ill(port, "seal key:", "flagged mail waits")
    hidden.rename(gateway.seal_key)
    wait_healthy(port)

    shutil.chown(gateway.archive.directory, "root", "root")
    wait_ill(port, "archive compliance:")
    shutil.chown(gateway.archive.directory, USER, USER)
    wait_healthy(port)

    sound = gateway.postfix.tool("postconf", "-h", "milter_header_checks").strip()
    gateway.use_postfix(milter_header_checks="")
    wait_ill(port, "route not verified", "milter_header_checks")
    assert scrape(port)["pams_route_verified"] == 0
    gateway.use_postfix(milter_header_checks=sound)
    wait_healthy(port)
    assert scrape(port)["pams_route_verified"] == 1


def flow_bad_clients_delay_no_mail_no_reload_and_no_stop(gateway):
    port = serve(gateway)
    large = b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 60000 + b"\r\n\r\n"
    for count, text in ((200, b""), (40, b"GET /metrics HT"), (40, b"GET /metrics HTTP/1.1\r\n\r\n" * 200), (40, large)):
        with connected(port, count, text):
            flagged, ordinary = messages.flagged(), messages.plain()
            assert gateway.send(flagged, OUTSIDE).code == 250
            assert gateway.send(ordinary, OUTSIDE).code == 250
            gateway.wait_at(gateway.smart_host, flagged)
            gateway.wait_at(gateway.relayhost, ordinary)
            gateway.pamsctl("reload")
    assert get(port)[0] == 200
    with connected(port, 200):
        gateway.milter.stop()
    gateway.milter.start()
    assert get(port)[0] == 200


def flow_an_address_that_is_taken_stops_nothing(gateway):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        gateway.use_settings(replace=[("[trace]", section(f"127.0.0.1:{port}"))])
        assert "event=metrics_unavailable" in gateway.milter.log()
        message = messages.flagged()
        assert gateway.send(message, OUTSIDE).code == 250
        gateway.wait_at(gateway.smart_host, message)
        assert "metrics are not served" in gateway.pamsctl("reload").stdout
    gateway.pamsctl("reload")
    assert get(port)[0] == 200


def flow_a_reload_moves_and_ends_it(gateway):
    first = serve(gateway)
    place = gateway.directory / "run/metrics.sock"
    gateway.write_settings(replace=[("[trace]", section(f"unix:{place}"))])
    gateway.pamsctl("reload")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(place))
        client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.0 "), "no answer at the unix socket"
    assert place.stat().st_mode & 0o777 == 0o660
    gateway.write_settings()
    gateway.pamsctl("reload")
    assert not place.exists()
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", first)) != 0, "it is still served at the former address"
