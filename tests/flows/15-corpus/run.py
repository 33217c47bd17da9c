"""Hundreds of real and broken messages (PAMS_CORPUS) through `pamsctl test`, with an appended and a prepended
disclaimer, in ASCII and with letters beyond it, ignoring or wrapping what cannot be edited.

Every one must end with a verdict and, when a judge stands beside the corpus (../tools/mime_oracle.py), be edited in
exactly the right place with every other byte unchanged, and as the rule says it did. Without PAMS_CORPUS the messages of the other flows serve.
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
fallback_action = "{fallback}" }}
"""


# The oracle wants a disclaimer in it, but its root has two different Content-Type fields: readers disagree whether it is
# one text or a multipart, so there is no place that is right for all of them (RFC 2045 allows one field).
LEFT_ALONE = ["malformed/mail__multiple_content_types.eml"]

# What the rule says it did, and what the oracle must see of it.
SEEN = {"added to": "edited", "no text but attachments": "beside", "nothing to add to": "unchanged", "cannot be edited": "unchanged"}
ASCII = "registered at the Chamber of Commerce"
BEYOND_ASCII = "Vertraulichkeit für café-naïve Ωmega, € 5"


def flow_append_or_ignore(gateway):
    judge(gateway, "append", "ignore", ASCII)


def flow_prepend_or_ignore(gateway):
    judge(gateway, "prepend", "ignore", ASCII)


def flow_append_or_wrap(gateway):
    judge(gateway, "append", "wrap", BEYOND_ASCII)


def flow_prepend_or_wrap(gateway):
    judge(gateway, "prepend", "wrap", BEYOND_ASCII)


def judge(gateway, location, fallback, words):
    work = gateway.directory / "corpus" / f"{location}-{fallback}"
    config = write_settings(gateway, work, location, fallback, words)
    originals = [path for path in sorted(CORPUS.rglob("*.eml")) if path.is_file()]
    assert originals, f"no messages below {CORPUS}"
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as several:
        faults = [one for one in several.map(lambda path: fault_of(gateway, config, work, path), originals) if one]
    assert not faults, f"{len(faults)} of {len(originals)} messages:\n  " + "\n  ".join(faults[:20])
    if ORACLE.exists():
        ask_the_oracle(work, location)
    shutil.rmtree(work)


def write_settings(gateway, work, location, fallback, words):
    shutil.copytree(gateway.settings, work)
    (work / "rules.toml").write_text(RULES.format(location=location, fallback=fallback))
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
    plan = json.loads(done.stdout)
    if plan["verdict"] != "accept" or not changed.exists():
        return f"{name}: {plan['verdict']}, {'with' if changed.exists() else 'without'} output"
    outcomes = [action["outcome"] for rule in plan["rules"] for action in rule["actions"]]
    changed.with_suffix(".outcome").write_text(" ".join(outcomes))
    return wrapping_fault(name, original, changed) if "): wrapped" in " ".join(outcomes) else None


def wrapping_fault(name, original, changed):
    """A wrapped message is there byte for byte, with a blank line after its header if it had none. The oracle knows no
    message/rfc822, so it is not asked about this one."""
    before, after = original.read_bytes(), changed.read_bytes()
    original.unlink()
    begin = after.find(b"\r\n\r\n", after.find(b"\r\nContent-Type: message/rfc822\r\n")) + 4
    inside = after[begin:after.rfind(b"\r\n--")]
    same = len(os.path.commonprefix([before, inside]))
    if inside not in (before, before[:same] + b"\r\n" + before[same:]):
        return f"{name}: the wrapped message is not as it was from byte {same} on"
    return None if all(mark.encode() in after[:begin] for mark in MARKS) else f"{name}: wrapped without disclaimer"


def ask_the_oracle(work, location):
    done = subprocess.run([sys.executable, ORACLE, work / "original", work / "changed", "--batch", "--mode", location,
                           "--text-marker", MARKS[0], "--html-marker", MARKS[1]], capture_output=True, text=True)
    files = {name: one for name, one in json.loads(done.stdout)["files"].items() if name not in LEFT_ALONE}
    wrong = [f"{name}: {one['errors'] or one['kind']}" for name, one in files.items() if one["verdict"] != "pass"]
    wrong += [f"{name}: {said}, but {one['kind']}" for name, one in files.items()
              if not is_as_said(said := (work / "changed" / name).with_suffix(".outcome").read_text(), one["kind"])]
    assert not wrong and files, f"the oracle finds {len(wrong)} faults\n  " + "\n  ".join(wrong[:20])


def is_as_said(said, kind):
    return any(said.startswith(words) and kind == seen for words, seen in SEEN.items())
