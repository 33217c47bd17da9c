#!/usr/bin/env python3
"""Runs clang-tidy on the sources of milter/ and rules/, but not again on one that it found clean.

What clang-tidy sees of a source is the source, all that it includes, its flags, .clang-tidy and the program itself. A digest
of all of it is stored, as an empty file, in $XDG_CACHE_HOME/pams-milter-tidy when clang-tidy found nothing, never of
one with a finding. What a source includes is what the compiler told ninja: build before.

    tests/lint/tidy.py [-p build/dev] [-j N] [NAME...]      only sources whose path holds one of these
"""

import argparse
import functools
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WINGS = ("milter", "rules")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pams-milter-tidy"
DEPENDENCIES = re.compile(r"(\S+): #deps \d+, deps mtime (\d+) \((\w+)\)\n((?:    .*\n)*)")


@functools.cache
def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def included(build):
    """Object -> (when the compiler told it, in ns; what its source includes, itself among it). Not of an object that ninja
    would build again."""
    told = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    return {name: (int(when), [(build / line.strip()).resolve() for line in lines.splitlines()])
            for name, when, state, lines in DEPENDENCIES.findall(told + "\n") if state == "VALID"}


def key_of(command, dependencies, program):
    """None when it is not known what the source includes now."""
    when, files = dependencies.get(output_of(command), (0, []))
    if not files or changed(files, when):
        return None
    seen = [program, digest(ROOT / ".clang-tidy"), *flags_of(command)]
    seen += [f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path} {digest(path)}" for path in sorted(files)]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()


def changed(files, since):
    return any(not path.exists() or path.stat().st_mtime_ns > since for path in files)


def flags_of(command):
    """Without what differs between two copies of this repository only."""
    return [word.replace(str(ROOT), ".") for word in shlex.split(command["command"])]


def output_of(command):
    words = shlex.split(command["command"])
    return words[words.index("-o") + 1]


def commands_of(build, names):
    commands = json.loads((build / "compile_commands.json").read_text())
    for command in commands:
        path = Path(command["file"]).resolve()
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in WINGS:
            if not names or any(name in command["file"] for name in names):
                yield command


def check(command, key, build):
    """Whether it is clean; says what was found."""
    done = subprocess.run(["clang-tidy", "-quiet", "-p", str(build), command["file"]], capture_output=True, text=True)
    if done.returncode == 0 and key:
        (CACHE / key).touch()
    if done.returncode != 0:
        print(f"FAIL {command['file']}\n{done.stdout}{done.stderr}", flush=True)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-p", dest="build", type=Path, default=ROOT / "build/dev", help="where compile_commands.json is")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count(), help="how many at a time")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    program = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    dependencies = included(options.build.resolve())
    work = [(command, key_of(command, dependencies, program)) for command in commands_of(options.build, options.names)]
    left = [(command, key) for command, key in work if not key or not (CACHE / key).exists()]
    print(f"{len(work)} sources, {len(work) - len(left)} found clean before, unknown includes: "
          f"{sum(not key for _, key in left)}", flush=True)
    with ThreadPoolExecutor(options.jobs) as jobs:
        clean = list(jobs.map(lambda one: check(*one, options.build), left))
    print(f"clang-tidy: {len(left)} checked, {clean.count(False)} with findings")
    return 0 if all(clean) and work else 1


if __name__ == "__main__":
    sys.exit(main())
