"""`pamsctl trace evidence` gives an auditor one signed document, which the real openssl proves without the gateway."""

import json
import os
import shutil
import subprocess

from support import messages
from support.milter import USER
from support.outcome import Skipped
from support.trace import Trace
from support.waiting import wait_for

BOB, CAROL = "bob@client.example", "carol@other.example"
COMMAND = "openssl cms -verify -binary -inform PEM -in evidence.json.p7s -content evidence.json -CAfile evidence.json.pem -out /dev/null"


def use_checkpoint_key(gateway, algorithm):
    key = gateway.settings / "checkpoint.pem"
    subprocess.run(["openssl", "genpkey", *algorithm, "-out", key], check=True, capture_output=True)
    shutil.chown(key, USER, USER)
    key.chmod(0o600)
    archive = f'path = "{gateway.archive.directory}"'
    gateway.use_settings(replace=[(archive, f'{archive}\ncheckpoint_key = "{key}"')])
    return key


def delivered(gateway, *recipients):
    trace = Trace(gateway)
    message = messages.flagged(subject="Annual accounts")
    assert gateway.send(message, list(recipients)).code == 250
    arrived = gateway.wait_at(gateway.smart_host, message)
    wait_for("it is delivered in the trace", lambda: all(
        row["status"] == "Delivered" for row in trace.rows_of(message).values()), pause=0.3)
    return trace.rows_of(message)[recipients[0]], arrived


def proves(directory, command=COMMAND):
    return subprocess.run(command.split(), cwd=directory, capture_output=True).returncode == 0


def copied_elsewhere(gateway, row, name):
    """The auditor has the three files and nothing else."""
    written = gateway.directory / "evidence.json"
    gateway.pamsctl("trace", "evidence", row["id"], "--output", written)
    directory = gateway.directory / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for suffix in ("", ".p7s", ".pem"):
        shutil.move(f"{written}{suffix}", directory)
    return directory


def is_proved_by_openssl(gateway, algorithm):
    key = use_checkpoint_key(gateway, algorithm)
    row, arrived = delivered(gateway, BOB, CAROL)
    directory = copied_elsewhere(gateway, row, "auditor")
    document = json.loads((directory / "evidence.json").read_text())
    assert document["signature"]["command"] == COMMAND, document["signature"]
    assert proves(directory), "the command in the document proves it"
    public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout"], check=True, capture_output=True).stdout
    named = subprocess.run(["openssl", "x509", "-in", directory / "evidence.json.pem", "-noout", "-pubkey"],
                           check=True, capture_output=True).stdout
    assert public == named, "the certificate is that of the gateway's key"
    tampered = (directory / "evidence.json").read_text().replace(BOB, "eve@client.example")
    (directory / "evidence.json").write_text(tampered)
    assert not proves(directory), "a changed document is found out"
    return row, arrived, document


def flow_what_an_auditor_asks_stands_in_it_and_is_proved_with_an_ed25519_key(gateway):
    row, arrived, document = is_proved_by_openssl(gateway, ["-algorithm", "ed25519"])
    assert document["envelope"]["sender"] == arrived.sender
    assert sorted(one["address"] for one in document["envelope"]["recipients"]) == sorted(arrived.recipients)
    assert document["message"]["message_id"] == row["message_id"] and row["queue_id"] in document["message"]["queue_ids"]
    relayed = gateway.wait_relayed(arrived.recipients)[0]
    for delivery in document["deliveries"]:
        assert delivery["smart_host"] == f"localhost:{gateway.smart_host.port}", delivery
        assert delivery["certificate_sha256"] == relayed["certificate"] and delivery["certificate_verified"], delivery
        assert delivery["tls_protocol"].startswith("TLSv1.") and delivery["cipher"] not in ("", "not known"), delivery
        assert "localhost" in delivery["certificate_names"], delivery
        assert "250 2.0.0 taken" in delivery["reply"], delivery
    copy, = document["archive"]
    assert copy["chain"]["record_fits_chain"] and copy["chain"]["entry"] > 0, copy
    assert copy["content_sha256_as_sent"] and copy["outcome"] == "sent to the MTA", copy
    assert any("disclaimer" in one["text"].lower() for one in document["rules"]), document["rules"]
    summary = "\n".join(document["summary"])
    for words in (BOB, CAROL, row["id"], "was verified", "entry "):
        assert words in summary, summary


def flow_a_key_of_another_kind_proves_as_well(gateway):
    is_proved_by_openssl(gateway, ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])


def flow_without_a_key_nothing_looks_like_evidence(gateway):
    row, _ = delivered(gateway, BOB)
    output = gateway.directory / "evidence.json"
    refused = gateway.pamsctl("trace", "evidence", row["id"], "--output", output, check=False)
    assert refused.returncode == 1 and "checkpoint_key" in refused.stderr, refused
    assert not output.exists()
    printed = json.loads(gateway.pamsctl("trace", "evidence", row["id"]).stdout)
    assert printed["signature"] is None and printed["summary"][0].startswith("NOT SIGNED"), printed["summary"]


def flow_a_failed_write_leaves_no_part_of_it(gateway):
    use_checkpoint_key(gateway, ["-algorithm", "ed25519"])
    row, _ = delivered(gateway, BOB)
    directory = gateway.directory / "small"
    directory.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", directory]).returncode != 0:
        raise Skipped("a tmpfs cannot be mounted here")
    try:
        failed = gateway.pamsctl("trace", "evidence", row["id"], "--output", directory / "e.json", check=False)
        assert failed.returncode == 1 and "cannot be written" in failed.stderr, failed
        assert os.listdir(directory) == []
    finally:
        subprocess.run(["umount", directory], check=True)
    unknown = gateway.pamsctl("trace", "evidence", "AAAAAAAAAAA", check=False)
    assert unknown.returncode == 1 and "no message" in unknown.stderr, unknown
