#!/usr/bin/env python3
"""Runs the flows: real mail through a real Postfix, a running pams-milter and a TLS smart host, all on loopback.

    tests/flows/run.py [--bin build/release/bin] [--keep] [NAME...]

A flow is a folder NN-name with a run.py; every function in it that begins with "flow_" is one promise, called with
the shared gateway (support/gateway.py). After each one the runner itself looks for leaks and sets the gateway back.
"""

import argparse
import importlib.util
import inspect
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support.gateway import Gateway  # noqa: E402
from support.outcome import Skipped  # noqa: E402
from support.postfix import why_not_here  # noqa: E402


def flows(names):
    """(title, function) of every flow whose title holds one of the names; all when there are none."""
    found = []
    for script in sorted(HERE.glob("[0-9][0-9]-*/run.py")):
        spec = importlib.util.spec_from_file_location("flow_" + script.parent.name.replace("-", "_"), script)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        for name, function in vars(module).items():
            if name.startswith("flow_") and inspect.isfunction(function):
                found.append((f"{script.parent.name}: {name.removeprefix('flow_').replace('_', ' ')}", function))
    return [one for one in found if not names or any(name in one[0] for name in names)]


def run_one(title, function, gateway):
    """"passed", "failed" or "skipped", and says it."""
    began = time.monotonic()
    try:
        gateway.reset()
        function(gateway)
        leaks = gateway.leaks() + gateway.traced_leaks()
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
    print("leaks:", gateway.leaks())
    print("queue:", gateway.postfix.queue())
    for name, text in (("Postfix", gateway.postfix.log()), ("pams-milter", gateway.milter.log())):
        print(f"---- last lines of {name}'s log")
        print("\n".join(text.splitlines()[-15:]), flush=True)


def run_all(chosen, gateway, keep):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    try:
        gateway.start()
        for title, function in chosen:
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
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=HERE.parents[1] / "build/release/bin", help="folder of the binaries")
    parser.add_argument("--keep", action="store_true", help="leave the gateway's folder behind, for a look")
    parser.add_argument("names", nargs="*", help="only flows whose title holds one of these")
    options = parser.parse_args()
    chosen = flows(options.names)
    if reason := why_not_here():
        print(f"skip all flows: {reason}\n0 passed, 0 failed, {len(chosen)} skipped")
        return 0
    counts = run_all(chosen, Gateway(options.bin), options.keep)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
