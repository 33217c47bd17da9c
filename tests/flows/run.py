#!/usr/bin/env python3
"""Runs the flows: real mail through a real Postfix, a running pams-milter and a TLS smart host, all on loopback.

    tests/flows/run.py [--bin build/release/bin] [--keep] [--jobs N] [NAME...]

A flow is a directory NN-name with a run.py; every function in it that begins with "flow_" is one promise, called with
the shared gateway (support/gateway.py; with GATEWAY = "sendmail" in it, support/sendmail_gateway.py). After each one the
runner itself looks for leaks and sets the gateway back. What LONG in it names begins first.
"""

import argparse
import collections
import importlib.util
import inspect
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import postfix, runner, sendmail  # noqa: E402

# Of each kind of gateway, why it cannot run here; None when it can.
WHY_NOT_HERE = {"postfix": postfix.why_not_here, "sendmail": sendmail.why_not_here}
SLOWEST = 15


def load(script):
    spec = importlib.util.spec_from_file_location("flow_" + script.parent.name.replace("-", "_"), script)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def flows(names):
    """Every flow whose title holds one of the names; all when there are none."""
    found = []
    for script in sorted(HERE.glob("[0-9][0-9]-*/run.py")):
        module = load(script)
        for name, function in vars(module).items():
            if name.startswith("flow_") and inspect.isfunction(function):
                title = f"{script.parent.name}: {name.removeprefix('flow_').replace('_', ' ')}"
                found.append(runner.Flow(title, function, getattr(module, "GATEWAY", "postfix"),
                                         name.removeprefix("flow_") in getattr(module, "LONG", ())))
    return [one for one in found if not names or any(name in one.title for name in names)]


def those_that_can_run(chosen, counts):
    """Says of the others why they cannot, and counts them as skipped."""
    for kind, why_not_here in WHY_NOT_HERE.items():
        here = [one for one in chosen if one.kind == kind]
        if here and (reason := why_not_here()):
            print(f"skip all {len(here)} flows on {kind}: {reason}")
            counts["skipped"] += len(here)
            chosen = [one for one in chosen if one.kind != kind]
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=HERE.parents[1] / "build/release/bin", help="directory of the binaries")
    parser.add_argument("--keep", action="store_true", help="leave the gateway's directory, for a look")
    parser.add_argument("names", nargs="*", help="only flows whose title holds one of these")
    parser.add_argument("--jobs", type=int, default=1, help="how many run at a time, each on a gateway of its own")
    options = parser.parse_args()
    counts = collections.Counter()
    chosen = those_that_can_run(flows(options.names), counts)
    results = runner.run(chosen, options.jobs, options.bin, options.keep)
    counts.update(one.outcome for one in results)
    print(f"the slowest of {len(results)}:")
    for one in sorted(results, key=lambda one: -one.seconds)[:SLOWEST]:
        print(f"  {one.seconds:5.1f} s  {one.title}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
