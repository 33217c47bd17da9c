"""The same package with a later version, as an upgrade brings it."""

import contextlib
import re
import subprocess
import tempfile
from pathlib import Path


@contextlib.contextmanager
def newer(package: Path):
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory, "tree")
        subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"^(Version: .*)$", r"\1+later", control.read_text(), flags=re.M))
        made = Path(directory, "later.deb")
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, made], check=True, capture_output=True)
        yield made
