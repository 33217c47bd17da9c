"""What the milter archived is found, exported so that other programs read it, kept, purged, and proven."""

import contextlib
import email
import email.policy
import hashlib
import json
import mailbox
import pwd
import shutil
import sqlite3
import subprocess
import zipfile

from support import messages
from support.milter import USER

BOB, CAROL = "bob@client.example", "carol@other.example"


@contextlib.contextmanager
def archive_of_its_own(gateway):
    """An empty archive, in place of that of the other flows."""
    directory = gateway.directory / "discovery"
    directory.mkdir(mode=0o700)
    shutil.chown(directory, USER, USER)
    former, gateway.archive.directory = gateway.archive.directory, directory
    gateway.milter.stop()
    gateway.write_settings(replace=[(f'"{former}"', f'"{directory}"')])
    try:
        yield directory
    finally:
        gateway.milter.stop()
        gateway.archive.directory = former
        shutil.rmtree(directory)


def archived(gateway, *mail):
    for message, recipients in mail:
        assert gateway.send(message, recipients).code == 250


def ask(gateway, *arguments):
    return json.loads(gateway.pamsctl("archive", *arguments, "--json").stdout)


def found(gateway, query):
    return {row["message_id"] for row in ask(gateway, "search", query)}


def foreign_files(directory):
    owner = pwd.getpwnam(USER).pw_uid
    return [str(path) for path in directory.rglob("*") if path.stat().st_uid != owner]


def flow_commands_of_root_leave_nothing_that_the_milter_cannot_use(gateway):
    with archive_of_its_own(gateway) as directory:
        for command in (("list",), ("search", "anything")):
            before = gateway.pamsctl("archive", *command, "--json", check=False)
            assert before.returncode == 1 and "there is no archive" in before.stderr, before
        gateway.milter.start()
        first, second = messages.flagged(subject="Merger"), messages.plain(subject="Lunch")
        assert ask(gateway, "search", "Merger") == []  # root makes the index
        archived(gateway, (first, [BOB]))
        assert found(gateway, "subject:merger") == {first.message_id}
        assert ask(gateway, "verify")["ok"]
        gateway.pamsctl("archive", "hold", "add", "case 1", "subject:merger")
        assert foreign_files(directory) == []
        archived(gateway, (second, [CAROL]))
        assert found(gateway, "lunch") == {second.message_id}
        as_the_milter = subprocess.run(
            [gateway.directory / "bin/pamsctl", "--config", gateway.settings / "pams-milter.toml", "archive", "search",
             "merger OR lunch", "--json"], capture_output=True, text=True, user=USER, group=USER, extra_groups=[], cwd="/")
        assert len(json.loads(as_the_milter.stdout)) == 2, as_the_milter.stderr
        assert "archive_failed" not in gateway.milter.log().rpartition("event=started")[2]


def flow_found_exported_held_and_purged(gateway):
    with archive_of_its_own(gateway):
        gateway.milter.start()
        merger = messages.flagged(subject="The merger of Friday")
        lunch = messages.plain(subject="Lunch on Friday")
        archived(gateway, (merger, [BOB, CAROL]), (lunch, [BOB]))
        both = {merger.message_id, lunch.message_id}
        for query, wanted in (("friday", both), ("subject:merger", {merger.message_id}),
                              ('"lunch on friday"', {lunch.message_id}), (f"to:{CAROL}", {merger.message_id}),
                              ("from:alice@example.org NOT merger", {lunch.message_id}), ("has:attachment", set()),
                              ("merger OR lunch", both), (f"messageid:{lunch.message_id}", {lunch.message_id}),
                              ("size:>1", both), ("sent:2020-01-01..2020-12-31", set()),
                              (f"body:{merger.unique}", {merger.message_id})):
            assert found(gateway, query) == wanted, f"{query}: {found(gateway, query)}"
        exports_are_read_by_others(gateway, {one["message_id"]: one["message"] for one in gateway.archive.records()})

        gateway.pamsctl("archive", "hold", "add", "case 1", "subject:merger")
        gateway.pamsctl("archive", "purge", "--older-than", "0 s", "--yes", check=False)
        left = ask(gateway, "list")
        assert merger.message_id in {row["message_id"] for row in left}, "a held record was purged"
        assert ask(gateway, "verify")["ok"]


def exports_are_read_by_others(gateway, sent):
    out = gateway.directory / "exports"
    out.mkdir()
    try:
        for form, name in (("eml", "eml"), ("mboxrd", "all.mbox"), ("zip", "all.zip")):
            gateway.pamsctl("archive", "export", "--format", form, "--output", out / name, "friday")
        files = [path.read_bytes() for path in (out / "eml").rglob("*.eml")]
        assert sorted(files) == sorted(sent.values()), "the directory holds other bytes than were archived"
        boxed = mailbox.mbox(out / "all.mbox", factory=lambda file: email.message_from_binary_file(file, policy=email.policy.default))
        assert {one["Message-ID"] for one in boxed} == set(sent)
        with zipfile.ZipFile(out / "all.zip") as packed:
            assert packed.testzip() is None
            inside = [packed.read(name) for name in packed.namelist() if name.endswith(".eml")]
            manifest = b"".join(packed.read(name) for name in packed.namelist() if not name.endswith(".eml")).decode()
        assert sorted(inside) == sorted(sent.values())
        for content in inside:
            assert hashlib.sha256(content).hexdigest() in manifest
    finally:
        shutil.rmtree(out)


def objects(directory):
    return sorted(path for path in (directory / "objects").rglob("*") if path.is_file())


def sql(statement):
    def change(directory):
        with contextlib.closing(sqlite3.connect(directory / "archive.db")) as database, database:
            database.execute(statement)
    return change


def change_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


TAMPERING = {
    "a message was removed": lambda directory: objects(directory)[0].unlink(),
    "a message was altered": lambda directory: change_byte(objects(directory)[0]),
    "a message was cut short": lambda directory: objects(directory)[0].write_bytes(objects(directory)[0].read_bytes()[:-4]),
    "two messages were exchanged": lambda directory: exchange(*objects(directory)[:2]),
    "the sender was altered": sql("UPDATE record SET sender = 'mallory@example.org' WHERE number = 2"),
    "a Bcc was removed": sql("UPDATE record SET recipients = 'bob@client.example' WHERE number = 1"),
    "the time was altered": sql("UPDATE record SET time = time - 86400 WHERE number = 2"),
    "a row was removed": sql("DELETE FROM record WHERE number = 2"),
    "a row and its link were removed": lambda directory: [
        sql(f"DELETE FROM {table} WHERE number = 2")(directory) for table in ("record", "chain")],
    "the last rows were removed": lambda directory: [
        sql(f"DELETE FROM {table} WHERE number >= 3")(directory) for table in ("record", "chain")],
    "two rows were reordered": lambda directory: [
        sql(f"UPDATE record SET number = {new} WHERE number = {old}")(directory) for old, new in ((1, 99), (2, 1), (99, 2))],
    "a row was inserted": sql("INSERT INTO record SELECT 77, 'x', time, message_id, queue_id, sender, recipients, subject, "
                              "size, rules, actions, connector, sent, received FROM record WHERE number = 1"),
    "a link was altered": sql("UPDATE chain SET hash = hash || '0' WHERE number = 2"),
    "the head was removed": lambda directory: (directory / "head").unlink(),
    "checkpoints were removed": sql("DELETE FROM checkpoint"),
}


def exchange(one, other):
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def flow_tampering_is_found(gateway):
    with archive_of_its_own(gateway) as directory:
        gateway.milter.start()
        archived(gateway, *((messages.plain(subject=f"Message {number}"), [BOB, CAROL]) for number in range(4)))
        gateway.milter.stop()
        assert ask(gateway, "verify")["ok"]
        sound = gateway.directory / "sound"
        shutil.copytree(directory, sound)
        try:
            for what, tamper in TAMPERING.items():
                tamper(directory)
                done = gateway.pamsctl("archive", "verify", "--json", check=False)
                assert done.returncode == 1 and json.loads(done.stdout)["problems"], f"not found: {what}: {done.stdout}"
                shutil.rmtree(directory)
                shutil.copytree(sound, directory)
            assert ask(gateway, "verify")["ok"]
        finally:
            shutil.rmtree(sound)
