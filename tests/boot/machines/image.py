"""A minimal Debian 12 with Postfix as Debian sets it up, made by apt once and kept below /var/cache."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

CACHE = Path(os.environ.get("PAMS_BOOT_CACHE", "/var/cache/pams-milter-tests"))
# What a server has that the package does not ask for. No rsyslog: Debian 12 does not install it by default.
BASE = ["apt", "ca-certificates", "dbus", "postfix", "procps", "systemd-sysv"]
POSTFIX = "postfix postfix/main_mailer_type select Internet Site\npostfix postfix/mailname string gateway.example.org\n"


def why_not_here():
    """None when a machine can be booted here."""
    if os.geteuid() != 0:
        return "only root can boot a machine"
    for tool in ("mmdebstrap", "systemd-nspawn", "nsenter"):
        if not shutil.which(tool):
            return f"{tool} is not installed (packaging/install-packages.sh boot)"
    if not Path("/sys/fs/cgroup").is_dir():
        return "there are no control groups"
    return None


def dependencies(package: Path):
    """What apt would fetch for the package: the booted machine has no network."""
    fields = subprocess.run(["dpkg-deb", "-f", package, "Depends", "Recommends"], check=True, capture_output=True, text=True).stdout
    groups = re.sub(r"^\w+:|\([^)]*\)", "", fields, flags=re.M).replace("\n", ",").split(",")
    return [group.split("|")[0].strip() for group in groups if group.strip()]


def image(package: Path, *further):
    """The directory of an image that has the package's dependencies and the `further` packages. It is not written to."""
    packages = sorted({*BASE, *dependencies(package), *further})
    key = hashlib.sha256("\n".join([*packages, POSTFIX]).encode()).hexdigest()[:16]
    made = CACHE / key
    if not made.is_dir():
        make(made, packages)
    return made


def make(directory: Path, packages):
    draft = directory.with_name(f"{directory.name}.draft-{os.getpid()}")
    directory.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mmdebstrap", "--quiet", "--variant=apt", "--include=" + ",".join(packages),
                    "--essential-hook=chroot \"$1\" debconf-set-selections <<'END'\n" + POSTFIX + "END", "bookworm", str(draft)],
                   check=True, stdin=subprocess.DEVNULL)
    draft.rename(directory)
