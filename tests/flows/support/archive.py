"""The archive folder as an operator finds it: messages and what is recorded about them."""

import json
from pathlib import Path


class Archive:
    def __init__(self, folder: Path):
        self.folder = folder

    def records(self):
        """Every record: its JSON, with the archived message's bytes under "message"."""
        found = []
        for path in sorted(self.folder.rglob("*.json")):
            record = json.loads(path.read_text())
            record["message"] = path.with_suffix(".eml").read_bytes()
            found.append(record)
        return found

    def with_text(self, text):
        return [one for one in self.records() if text.encode() in one["message"]]
