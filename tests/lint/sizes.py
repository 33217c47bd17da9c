#!/usr/bin/env python3
"""Fails when a file has more than 350 lines or a function more than 60, and names it. Functions of
C++ are found by the indentation that clang-format gives them, those of sh by theirs, those of Python by its parser.

    tests/lint/sizes.py [ROOT]
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

DIRECTORIES = ("milter", "rules", "tests", "packaging")
LINES_OF_A_FILE = 350
LINES_OF_A_FUNCTION = 60
SOURCES = (".cpp", ".hpp", ".def", ".py", ".sh", ".cmake", ".txt")
# Path -> why it may be longer. Nothing is, without its reason.
EXEMPT: dict[str, str] = {}
RAW_STRING = re.compile(r'R"(\w*)\(.*?\)\1"', re.DOTALL)
# What else ends with a line of nothing but }.
NO_FUNCTION = re.compile(r"[ }]*(if|else|for|while|do|switch|case|try|catch|namespace|extern)\b")


def functions_of_cpp(text):
    """(name, first line, last line). A line of nothing but } closes what began at the last line that is not indented deeper."""
    lines = RAW_STRING.sub(lambda match: "\n" * match[0].count("\n"), text).splitlines()
    for end, line in enumerate(lines):
        if line.strip() != "}":
            continue
        start = next((number for number in range(end - 1, -1, -1)
                      if lines[number].strip() and not lines[number].startswith((line.replace("}", " "), "#"))), end)
        if not NO_FUNCTION.match(lines[start]):
            yield lines[start].partition("(")[0].split(" ")[-1], start + 1, end + 1


def functions_of_python(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno


def functions_of_sh(lines):
    for number, line in enumerate(lines):
        if match := re.match(r"(\w+)\(\) *\{", line):
            end = next((last for last in range(number, len(lines)) if lines[last].startswith("}")), number)
            yield match[1], number + 1, end + 1


def functions_of(path, text):
    if path.suffix in (".cpp", ".hpp"):
        return functions_of_cpp(text)
    if path.suffix == ".py":
        return functions_of_python(text)
    return functions_of_sh(text.splitlines()) if text.startswith("#!") else ()


def problems_of(path, text):
    count = len(text.splitlines())
    if count > LINES_OF_A_FILE:
        yield f"{path}: {count} lines"
    for name, first, last in functions_of(path, text):
        if last - first + 1 > LINES_OF_A_FUNCTION:
            yield f"{path}:{first}: {name} has {last - first + 1} lines"


def sources(root):
    listed = subprocess.run(["git", "ls-files", *DIRECTORIES], cwd=root, capture_output=True, text=True, check=True)
    for path in map(Path, listed.stdout.splitlines()):
        if (root / path).is_file() and (path.suffix in SOURCES or is_script(root / path)):
            yield path


def is_script(path):
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2]
    problems = [problem for path in sources(root) if str(path) not in EXEMPT
                for problem in problems_of(path, (root / path).read_text(errors="replace"))]
    print("\n".join(f"FAIL {one}" for one in problems) or "no file and no function is too long")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
