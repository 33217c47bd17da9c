#!/usr/bin/env python3
"""Writes the standard's table of named character references (HTML 13.5), sorted by name, as rows of C++:
{"AElig", "\\303\\206"},

    html_references.py FILE

Python has the table: html.entities.html5. A name that may stand without ";" has two rows.
"""

import html.entities
import sys


def literal(text):
    return '"' + "".join(f"\\{byte:03o}" for byte in text.encode()) + '"'


with open(sys.argv[1], "w", encoding="ascii") as out:
    for name, text in sorted(html.entities.html5.items()):
        out.write(f'{{"{name}", {literal(text)}}},\n')
