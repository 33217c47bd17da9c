#!/usr/bin/env python3
"""Runs the flows: real mail through a real Postfix, a running pams-milter and a TLS smart host, all on loopback.

    tests/flows/run.py [--bin build/release/bin] [--keep] [--jobs N] [NAME...]

A flow is a folder NN-name with a run.py; every function in it that begins with "flow_" is one promise, called with
the shared gateway (support/gateway.py; with GATEWAY = "sendmail" in it, support/sendmail_gateway.py). After each one the runner itself looks for leaks and sets the gateway back.
"""

import argparse
import collections
import importlib.util
import inspect
import re
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import postfix, sendmail  # noqa: E402
from support.gateway import Gateway  # noqa: E402
from support.outcome import Skipped  # noqa: E402
from support.sendmail_gateway import SendmailGateway  # noqa: E402

SUM = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")
# What a flow's GATEWAY names: the class, and why it cannot run here (None when it can).
GATEWAYS = {"postfix": (Gateway, postfix.why_not_here), "sendmail": (SendmailGateway, sendmail.why_not_here)}


def flows(names):
    """(title, function, kind of gateway) of every flow whose title holds one of the names; all when there are none."""
    found = []
    for script in sorted(HERE.glob("[0-9][0-9]-*/run.py")):
        spec = importlib.util.spec_from_file_location("flow_" + script.parent.name.replace("-", "_"), script)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        for name, function in vars(module).items():
            if name.startswith("flow_") and inspect.isfunction(function):
                title = f"{script.parent.name}: {name.removeprefix('flow_').replace('_', ' ')}"
                found.append((title, function, getattr(module, "GATEWAY", "postfix")))
    return [one for one in found if not names or any(name in one[0] for name in names)]


def run_parts(jobs):
    """As many processes with a gateway each; what they say comes one after the other. True when all passed."""
    parts = [subprocess.Popen([sys.executable, *sys.argv, f"--part={number}/{jobs}"], stdout=subprocess.PIPE, text=True)
             for number in range(jobs)]
    with ThreadPoolExecutor(jobs) as readers:
        said = list(readers.map(lambda part: part.communicate()[0], parts))
    counts = collections.Counter()
    for part, text in zip(parts, said):
        body, _, last = text.rstrip("\n").rpartition("\n")
        found = SUM.fullmatch(last)
        print(body if found else f"{text}\nFAIL part: it ended with {part.returncode}", flush=True)
        for place, name in enumerate(("passed", "failed", "skipped"), 1):
            counts[name] += int(found.group(place)) if found else name == "failed"
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return not counts["failed"] and not any(part.returncode for part in parts)


def run_one(title, function, gateway):
    """"passed", "failed" or "skipped", and says it."""
    began = time.monotonic()
    try:
        gateway.reset()
        function(gateway)
        leaks = gateway.leaks() + gateway.sealed_leaks() + gateway.traced_leaks()
        assert not leaks, "LEAK: " + "; ".join(leaks)
    except Skipped as reason:
        print(f"skip {title}: {reason}", flush=True)
        return "skipped"
    except Exception as problem:  # whatever it is, the other flows shall still run
        print(f"FAIL {title}: {type(problem).__name__}: {problem}", flush=True)
        show_what_happened(gateway)
        return "failed"
    print(f"ok   {title} ({time.monotonic() - began:.1f} s)", flush=True)
    return "passed"


def show_what_happened(gateway):
    traceback.print_exc(limit=-2, file=sys.stdout)
    print("leaks:", gateway.leaks() + gateway.sealed_leaks())
    print("queue:", gateway.mta.queue())
    for name, text in ((type(gateway.mta).__name__, gateway.mta.log()), ("pams-milter", gateway.milter.log()),
                       ("pams-relay", gateway.relay.log())):
        print(f"---- last lines of {name}'s log")
        print("\n".join(text.splitlines()[-15:]), flush=True)


def run_all(chosen, gateway, keep, counts):
    try:
        gateway.start()
        for title, function, _ in chosen:
            counts[run_one(title, function, gateway)] += 1
    except Exception as problem:
        print(f"FAIL gateway: {type(problem).__name__}: {problem}", flush=True)
        show_what_happened(gateway)
        counts["failed"] += 1
    finally:
        gateway.stop()
        if keep:
            print(f"kept: {gateway.folder}")
        else:
            gateway.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=HERE.parents[1] / "build/release/bin", help="folder of the binaries")
    parser.add_argument("--keep", action="store_true", help="leave the gateway's folder behind, for a look")
    parser.add_argument("names", nargs="*", help="only flows whose title holds one of these")
    parser.add_argument("--jobs", type=int, default=1, help="how many run at a time, each on a gateway of its own")
    parser.add_argument("--part", default="0/1", help=argparse.SUPPRESS)
    options = parser.parse_args()
    part, parts = map(int, options.part.split("/"))
    if options.jobs > 1 and parts == 1:
        return 0 if run_parts(options.jobs) else 1
    chosen = flows(options.names)[part::parts]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for kind, (gateway, why_not_here) in GATEWAYS.items():
        here = [one for one in chosen if one[2] == kind]
        if here and (reason := why_not_here()):
            print(f"skip all {len(here)} flows on {kind}: {reason}")
            counts["skipped"] += len(here)
        elif here:
            run_all(here, gateway(options.bin), options.keep, counts)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
