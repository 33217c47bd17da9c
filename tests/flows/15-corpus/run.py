"""Hundreds of real and broken messages (PAMS_CORPUS) through `pamsctl test`, with an appended and a prepended
disclaimer, in ASCII and with letters beyond it.

Every one must end with a verdict and, when a judge stands beside the corpus (../tools/mime_oracle.py), be edited in
exactly the right place with every other byte unchanged. Without PAMS_CORPUS the messages of the other flows serve.
"""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

FLOWS = Path(__file__).parents[1]
CORPUS = Path(os.environ.get("PAMS_CORPUS") or FLOWS)
ORACLE = CORPUS.parent / "tools/mime_oracle.py"
MARKS = ("PAMS-DISCLAIMER-TEXT", "PAMS-DISCLAIMER-HTML")  # by these the judge finds what was inserted
RULES = """
[[transport_rule]]
name = "Disclaimer"
[transport_rule.if]
sent_to_scope = "not_in_organization"
[[transport_rule.do]]
apply_html_disclaimer = {{ location = "{location}", html_file = "disclaimer.html", text_file = "disclaimer.txt", \
fallback_action = "ignore" }}
"""


# The oracle wants a disclaimer in it, but its root has two different Content-Type fields: readers disagree whether it is
# one text or a multipart, so there is no place that is right for all of them (RFC 2045 allows one field).
LEFT_ALONE = ["malformed/mail__multiple_content_types.eml"]


def flow_append_ascii(gateway):
    judge(gateway, "append", "registered at the Chamber of Commerce")


def flow_prepend_ascii(gateway):
    judge(gateway, "prepend", "registered at the Chamber of Commerce")


def flow_append_beyond_ascii(gateway):
    judge(gateway, "append", "Vertraulichkeit für café-naïve Ωmega, € 5")


def flow_prepend_beyond_ascii(gateway):
    judge(gateway, "prepend", "Vertraulichkeit für café-naïve Ωmega, € 5")


def judge(gateway, location, words):
    work = gateway.directory / "corpus" / f"{location}-{len(words)}"
    config = write_settings(gateway, work, location, words)
    originals = [path for path in sorted(CORPUS.rglob("*.eml")) if path.is_file()]
    assert originals, f"no messages below {CORPUS}"
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as several:
        faults = [one for one in several.map(lambda path: fault_of(gateway, config, work, path), originals) if one]
    assert not faults, f"{len(faults)} of {len(originals)} messages:\n  " + "\n  ".join(faults[:20])
    if ORACLE.exists():
        ask_the_oracle(work, location)
    shutil.rmtree(work)


def write_settings(gateway, work, location, words):
    shutil.copytree(gateway.settings, work)
    (work / "rules.toml").write_text(RULES.format(location=location))
    (work / "disclaimer.txt").write_text(f"{MARKS[0]} {words}\n")
    (work / "disclaimer.html").write_text(f"<p>{MARKS[1]} {words}</p>\n")
    return work / "pams-milter.toml"


def fault_of(gateway, config, work, path):
    """Tests one message; None, or what is wrong with the answer."""
    name = path.relative_to(CORPUS)
    original, changed = work / "original" / name, work / "changed" / name
    for target in (original, changed):
        target.parent.mkdir(parents=True, exist_ok=True)
    original.write_bytes(re.sub(rb"\r?\n", b"\r\n", path.read_bytes()))  # as SMTP carries it
    done = gateway.pamsctl("test", "--eml", original, "--sender", "a@example.org", "--recipient", "b@klant.example",
                           "--json", "--out", changed, check=False, config=config)
    if done.returncode != 0:
        return f"{name}: exit {done.returncode}: {(done.stdout + done.stderr)[-300:].strip()}"
    verdict = json.loads(done.stdout)["verdict"]
    if verdict != "accept" or not changed.exists():
        return f"{name}: {verdict}, {'with' if changed.exists() else 'without'} output"
    return None


def ask_the_oracle(work, location):
    done = subprocess.run([sys.executable, ORACLE, work / "original", work / "changed", "--batch", "--summary", "--mode",
                           location, "--text-marker", MARKS[0], "--html-marker", MARKS[1]], capture_output=True, text=True)
    answer = json.loads(done.stdout)
    wrong = [f"{name}: {why}" for name, why in answer["files"].items() if name not in LEFT_ALONE]
    assert not wrong and answer["total"] > 0, f"the oracle finds {len(wrong)} faults: {answer['error_codes']}\n  " + "\n  ".join(wrong[:20])
