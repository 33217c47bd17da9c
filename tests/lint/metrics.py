#!/usr/bin/env python3
"""Compares packaging/prometheus and packaging/grafana with milter/metrics/table.def, and has promtool check and test
the alert rules (Debian's package prometheus; skipped without it).

    tests/lint/metrics.py [ROOT]

Whatever is asked for exists: a metric of the table, a histogram by its _bucket, _sum or _count. Each alert is named in
the tests of the rules.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROW = re.compile(r"^METRIC\((\w+), (\w+), ", re.MULTILINE)
NAME = re.compile(r"\bpams_\w+")
RULES = "packaging/prometheus/pams-milter.rules.yml"
TESTS = "packaging/prometheus/pams-milter.test.yml"
DASHBOARD = "packaging/grafana/pams-milter.json"


def series_of(table):
    """Every name under which Prometheus stores what the table has."""
    rows = ROW.findall(table)
    parts = [f"{name}_{part}" for name, kind in rows if kind == "Histogram" for part in ("bucket", "sum", "count")]
    return {name for name, kind in rows if kind != "Histogram"} | set(parts), {name for name, _ in rows}


def expressions_of(dashboard):
    """What the dashboard's panels and variables ask for."""
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return asked + [variable["query"]["query"] for variable in dashboard["templating"]["list"] if variable["type"] == "query"]


def problems_of(root):
    series, metrics = series_of((root / "milter/metrics/table.def").read_text())
    rules = (root / RULES).read_text()
    asked = {RULES: re.findall(r"expr: (.*)", rules), TESTS: re.findall(r"series: '(\w+)", (root / TESTS).read_text()),
             DASHBOARD: expressions_of(json.loads((root / DASHBOARD).read_text()))}
    for path, expressions in asked.items():
        names = {name for expression in expressions for name in NAME.findall(expression)}
        yield from (f"{path}: there is no {name}" for name in sorted(names - series))
        if not names:
            yield f"{path}: asks for nothing"
    told = {name for name in NAME.findall(" ".join(asked[DASHBOARD]))}
    shown = {name for name in metrics if any(one == name or one.startswith(name + "_") for one in told)}
    yield from (f"{DASHBOARD}: does not show {name}" for name in sorted(metrics - shown))
    tests = (root / TESTS).read_text()
    yield from (f"{TESTS}: {alert} is never tested" for alert in re.findall(r"alert: (\w+)", rules) if alert not in tests)


def promtool_says(root):
    for command in (("check", "rules", RULES), ("test", "rules", TESTS)):
        done = subprocess.run(["promtool", *command], cwd=root, capture_output=True, text=True)
        if done.returncode != 0:
            yield f"promtool {' '.join(command)}: {done.stdout}{done.stderr}"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2]
    problems = list(problems_of(root))
    has_promtool = shutil.which("promtool") is not None
    if has_promtool:
        problems += promtool_says(root)
    else:
        print("skip promtool: Debian's package prometheus is not installed")
    print("\n".join(f"FAIL {one}" for one in problems) or "alert rules and dashboard ask for metrics that exist")
    if not has_promtool:
        print(f"{int(not problems)} passed, {int(bool(problems))} failed, 1 skipped")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
