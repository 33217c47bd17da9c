#!/usr/bin/env python3
"""Whether the manual pages of a build are sound roff, hold every row of the tables in the code, and name pages and commands
that exist.

    tests/lint/manuals.py BUILD

BUILD is a build directory with man/ in it, build/release for example. What needs a program that is not there is skipped.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Page -> tables whose every row it must name, and how a row is written.
TABLES = {
    "pams-rules.5": ("rules/conditions/table.def", "rules/actions/table.def"),
    "pams-milter.8": ("milter/log/events.def", "milter/metrics/table.def"),
    "pamsctl.1": ("milter/doctor/checks/table.def",),
}
ROW = re.compile(r"^[A-Z]+\(([a-z0-9_]+)", re.MULTILINE)
REFERENCE = re.compile(r"\b(pams[a-z.-]*)\(([1-8])\)")
# Where it is a command: in backticks, at the beginning of a line of code, after another command.
COMMAND = re.compile(r"(?:`|^ *|&& )pamsctl ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.MULTILINE)
PROSE = ("README.md", "packaging/doc/*.md", "packaging/postfix/README.md", "packaging/sendmail/README.md", "packaging/man/*.in")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout, done.stderr.strip()


def roff_problems(page):
    """What groff says with all its warnings."""
    yield from run("groff", "-ww", "-K", "utf8", "-T", "utf8", "-man", "-z", str(page))[1].splitlines()


def mandoc_problems(page):
    yield from run("mandoc", "-T", "lint", "-W", "warning", str(page))[0].splitlines()


def rendered(page):
    """As a terminal shows it, without the overstrikes of bold and on one line: names may be broken at a hyphen."""
    text = run("groff", "-K", "utf8", "-T", "ascii", "-P-c", "-rLL=2000n", "-man", str(page))[0]
    return " ".join(re.sub(".\b", "", text).split())


# Markup, and what a reader must see of it.
ODD = (
    (".a dot, 'quotes' and \\fBbackslashes", ".a dot, 'quotes' and \\fBbackslashes"),
    ("'tick \\n `-w ^~ 'x' \\e`", "'tick \\n -w ^~ 'x' \\e"),
    ("    .code 'a' ^~ \\(em -- \"b\"", ".code 'a' ^~ \\(em -- \"b\""),
)


def escape_problems(build):
    """Nothing in a text is taken for a request or an escape."""
    with tempfile.TemporaryDirectory() as directory:
        page, out = Path(directory, "odd.1.in"), Path(directory, "odd.1")
        page.write_text("% odd 1 2026-01-01\n# ODD\n" + "\n\n".join(markup for markup, _ in ODD) + "\n")
        out.write_text(run(str(build / "bin/pams-manual"), str(page), str(build / "packaging/man/commands.json"))[0])
        text = rendered(out)
        for markup, seen in ODD:
            if seen not in text:
                yield f"{markup!r} is not shown as {seen!r}"


def missing_rows(page):
    text = rendered(page)
    for table in TABLES.get(page.name, ()):
        for name in ROW.findall((ROOT / table).read_text()):
            if not re.search(rf"\b{name}\b", text):
                yield f"{page.name}: {name} of {table} is not there"


def missing_pages(pages):
    known = {tuple(page.name.rsplit(".", 1)) for page in pages}
    for page in pages:
        for reference in set(REFERENCE.findall(rendered(page))):
            if reference not in known:
                yield f"{page.name}: there is no page {reference[0]}({reference[1]})"


def unknown_commands(commands):
    tree = {each["name"].split()[-1]: {below["name"].split()[-1] for below in each["subcommands"]}
            for each in commands["subcommands"]}
    for pattern in PROSE:
        for file in sorted(ROOT.glob(pattern)):
            for word, second in COMMAND.findall(file.read_text()):
                if word not in tree:
                    yield f"{file.relative_to(ROOT)}: there is no command pamsctl {word}"
                elif tree.get(word) and second and second not in tree[word]:
                    yield f"{file.relative_to(ROOT)}: there is no command pamsctl {word} {second}"


def checks(build):
    """(name, program that it needs, problems)"""
    pages = sorted((build / "man").glob("*.[1-8]"))
    if not pages:
        yield "built", None, [f"{build}/man has no pages; build the target manuals"]
        return
    for page in pages:
        yield f"groff {page.name}", "groff", roff_problems(page)
        yield f"mandoc {page.name}", "mandoc", mandoc_problems(page)
    for page in pages:
        if page.name in TABLES:
            yield f"tables of {page.name}", "groff", missing_rows(page)
    yield "references", "groff", missing_pages(pages)
    yield "escapes", "groff", escape_problems(build)
    commands = json.loads((build / "packaging/man/commands.json").read_text())
    yield "commands in the prose", None, unknown_commands(commands)


def main(build):
    passed = failed = skipped = 0
    for name, program, problems in checks(Path(build)):
        if program and not shutil.which(program):
            print(f"skip {name}: {program} is not installed")
            skipped += 1
            continue
        found = list(problems)
        passed, failed = passed + (not found), failed + bool(found)
        if found:
            print(f"FAIL {name}", *found, sep="\n  ")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
