#!/usr/bin/env python3
"""Compares the tables of directories in milter/README.md and rules/README.md with the tree.

The first table of each README has a row for each directory: | `relay/`, `relay_main.cpp` | what it is |. Whatever it names
exists. A table that names directories below one (`mta/postfix/`) names all of them.

    tests/lint/directories.py [ROOT]
"""

import collections
import itertools
import re
import sys
from pathlib import Path

WINGS = ("milter", "rules")
ROW = re.compile(r"^\| *(`[^|]*)\|(.*)")
NAME = re.compile(r"`([^` ]+)`")


def first_table(text):
    def is_row(line):
        return line.startswith("|")
    lines = itertools.dropwhile(lambda line: not is_row(line), text.splitlines())
    return list(itertools.takewhile(is_row, lines))


def named(readme):
    """What the rows begin with, and which directories the rest of them names."""
    rows = [match for line in first_table(readme.read_text()) if (match := ROW.match(line))]
    first = [name for row in rows for name in NAME.findall(row[1])]
    return first, [name for row in rows for name in NAME.findall(row[2]) if name.endswith("/")]


def directories_of(wing):
    """Those that hold sources, themselves or below: "ctl/", "ctl/queue/"."""
    parents = {parent for path in wing.rglob("*.[chd][pe][pf]") for parent in path.relative_to(wing).parents}
    return {f"{path}/" for path in parents if path != Path()}


def is_wanted(directory, known):
    """Directly in the wing, or beside one that the table names."""
    parent = directory[:directory.rstrip("/").rfind("/") + 1]
    return not parent or any(one != parent and one.startswith(parent) for one in known)


def problems_of(wing):
    readme = wing / "README.md"
    first, rest = named(readme)
    known = {*first, *rest}
    found = [f"{readme}: no row for {one}" for one in sorted(directories_of(wing) - known) if is_wanted(one, known)]
    found += [f"{readme}: {one} is not there" for one in sorted(known) if not exists(wing, one)]
    return found + [f"{readme}: two rows for {one}" for one, count in collections.Counter(first).items() if count > 1]


def exists(wing, name):
    """As seen from the wing, or from the root."""
    return (wing / name).exists() or (wing.parent / name).exists()


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2]
    problems = [f"FAIL {problem}" for wing in WINGS for problem in problems_of(root / wing)]
    print("\n".join(problems) or "each directory has its row")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
