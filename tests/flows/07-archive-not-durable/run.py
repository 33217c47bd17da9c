"""What cannot be archived is not sent: the sender keeps it and tries again."""

import contextlib
import os
import pwd
import subprocess

from support import messages
from support.milter import USER
from support.outcome import Skipped
from support.trace import Trace
from support.waiting import wait_for

OUTSIDE = ["bob@client.example"]


def is_not_taken(gateway, message):
    answer = gateway.send(message, OUTSIDE)
    assert answer.code == 451 and "4.3.0" in answer.text, answer
    assert gateway.postfix.queue() == []
    assert not gateway.at_normal_route(message) and not gateway.smart_host.with_text(message.unique)


def is_told_as_deferred_and_not_as_archived(gateway, message):
    trace = Trace(gateway)
    wait_for("it is in the trace", lambda: trace.rows_of(message), pause=0.3)
    row, = trace.rows_of(message).values()
    assert row["status"] == "Deferred" and "451 4.3.0" in row["reply"], row
    assert trace.rows_of(message, "--status", "deferred") and not trace.rows_of(message, "--status", "failed")
    told = gateway.pamsctl("trace", "show", row["id"]).stdout
    archiving = [line for line in told.splitlines() if "archive" in line.split(" (")[0]]
    assert archiving and all("not done" in line or "answered 451" in line for line in archiving), told
    assert "archived as" not in told, told


def arrives(gateway, message, server):
    assert gateway.send(message, OUTSIDE).code == 250
    gateway.wait_at(server, message)
    assert len(gateway.archive.with_text(message.unique)) == 1


@contextlib.contextmanager
def unwritable(directory):
    """Takes the right to write from the directory and everything below it."""
    directories = [directory, *(path for path in directory.rglob("*") if path.is_dir())]
    modes = {path: path.stat().st_mode & 0o7777 for path in directories}
    try:
        for path in directories:
            path.chmod(0o500)
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@contextlib.contextmanager
def small_disk(gateway):
    """A disk of 2 MB in the archive's place. The milter is started again, so that it sees it."""
    owner = pwd.getpwnam(USER)
    options = f"size=2m,mode=0700,uid={owner.pw_uid},gid={owner.pw_gid}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", gateway.archive.directory])
    if mounted.returncode != 0:
        raise Skipped("a tmpfs cannot be mounted here")
    try:
        gateway.milter.stop()
        gateway.milter.start()
        yield
    finally:
        gateway.milter.stop()
        subprocess.run(["umount", gateway.archive.directory], check=True)


def flow_unwritable_directory_flagged(gateway):
    message = messages.flagged()
    with unwritable(gateway.archive.directory):
        is_not_taken(gateway, message)
        is_told_as_deferred_and_not_as_archived(gateway, message)
    arrives(gateway, message, gateway.smart_host)


def flow_unwritable_directory_ordinary(gateway):
    message = messages.plain()
    with unwritable(gateway.archive.directory):
        is_not_taken(gateway, message)
    arrives(gateway, message, gateway.relayhost)


def flow_full_disk(gateway):
    message = messages.flagged()
    message.data += b"".join(os.urandom(35).hex().encode() + b"\r\n" for _ in range(60000))
    with small_disk(gateway):
        is_not_taken(gateway, message)
        assert not gateway.archive.with_text(message.unique), "half a message was left in the archive"
        small = messages.flagged()  # what still fits is archived, so the disk is not left full of debris
        arrives(gateway, small, gateway.smart_host)
    gateway.milter.start()
    arrives(gateway, message, gateway.smart_host)


def flow_a_full_disk_recovers_by_itself_when_there_is_room_again(gateway):
    with small_disk(gateway):
        filler = gateway.archive.directory / "filler"
        filler.write_bytes(b"")
        with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
            while file.write(b"x" * 4096) == 4096:
                pass
        message = messages.flagged()
        is_not_taken(gateway, message)
        filler.unlink()
        arrives(gateway, message, gateway.smart_host)
        assert gateway.pamsctl("archive", "verify", check=False).returncode == 0
