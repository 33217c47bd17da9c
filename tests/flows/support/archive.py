"""The archive directory as an operator finds it: messages and what is recorded about them."""

import contextlib
import sqlite3
import subprocess
from pathlib import Path


class Archive:
    def __init__(self, directory: Path):
        self.directory = directory

    def records(self):
        """Every record: its row, with the archived message's bytes under "message"."""
        if not (self.directory / "archive.db").exists():
            return []
        with contextlib.closing(sqlite3.connect(self.directory / "archive.db")) as database:
            database.row_factory = sqlite3.Row
            rows = [dict(row) for row in database.execute("SELECT * FROM record ORDER BY number")]
        for row in rows:
            row["recipients"] = row["recipients"].split("\n")
            row["rules"] = row["rules"].split("\n") if row["rules"] else []
            row["message"] = self._message(row["sent"])
        return rows

    def _message(self, name):
        path = self.directory / "objects" / name[:2] / name[2:4] / name
        return subprocess.run(["zstd", "-dcq", str(path)], check=True, capture_output=True).stdout

    def with_text(self, text):
        return [one for one in self.records() if text.encode() in one["message"]]
