#!/usr/bin/env python3
"""Boots a minimal Debian 12, installs the package as README.md says, and looks whether its promises hold on a real machine.

    tests/boot/run.py [--package build/deb/pams-milter_*.deb] [NAME...]

Each scenario is a machine of its own (scenarios/*.py); its steps come one after the other, and the first that fails ends it.
The last line counts: "N passed, N failed, N skipped".
"""

import argparse
import importlib.util
import inspect
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "flows")]  # the flows' smart host serves here too

from machines import image  # noqa: E402
from machines.gateway import BootedGateway  # noqa: E402


def scenarios(names):
    for script in sorted((HERE / "scenarios").glob("*.py")):
        if names and not any(name in script.stem for name in names):
            continue
        spec = importlib.util.spec_from_file_location(script.stem, script)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def steps_of(module):
    return [function for name, function in vars(module).items() if name.startswith("step_") and inspect.isfunction(function)]


def run(module, package, counts):
    steps = steps_of(module)
    try:
        with BootedGateway(image.image(package, *getattr(module, "PACKAGES", ())), package) as gateway:
            while steps:
                began = time.monotonic()
                steps[0](gateway)
                print(f"ok   {title(module, steps.pop(0))} ({time.monotonic() - began:.1f} s)", flush=True)
                counts["passed"] += 1
    except Exception:  # whatever it is, the other scenarios go on
        print(f"FAIL {title(module, steps[0])}\n{traceback.format_exc()}", flush=True)
        counts["failed"] += 1
        counts["skipped"] += len(steps) - 1


def title(module, step):
    return f"{module.__name__}: {step.__name__.removeprefix('step_').replace('_', ' ')}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--package", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    chosen = list(scenarios(options.names))
    if reason := image.why_not_here():
        counts["skipped"] = sum(len(steps_of(one)) for one in chosen)
        print(f"skip the boot test: {reason}")
    else:
        found = sorted((HERE.parent.parent / "build/deb").glob("pams-milter_*.deb"))
        package = options.package or (found[-1] if found else sys.exit("no package: run packaging/build-deb.sh first"))
        for module in chosen:
            run(module, package.resolve(), counts)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
