#!/usr/bin/env python3
"""What a message costs: disk, syncs and memory, on one gateway with the disclaimer and the archive of the example.

    tests/bench/sizing.py [--bin build/release/bin] [--messages 200]

Prints the figures of pams-milter(8), "SIZING": bytes on disk for each message by size, calls of fsync and fdatasync by each
program (strace), and the memory of both programs when idle and after the largest message that a connector takes.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/flows"))

from support import messages, postfix  # noqa: E402
from support.client import send_over  # noqa: E402
from support.gateway import Gateway  # noqa: E402
from support.waiting import wait_for  # noqa: E402

SYNCS = "fsync,fdatasync,sync_file_range,syncfs,msync"


def with_attachment(make, size):
    """A text and an attachment that does not compress, about `size` bytes as sent."""
    message = make("MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b")
    header, _, text = message.data.partition(b"\r\n\r\n")
    noise = os.urandom(size * 57 // 78)
    lines = (messages.base64.b64encode(noise[at:at + 57]) for at in range(0, len(noise), 57))
    message.data = b"\r\n".join([header, b"", b"--b", b"Content-Type: text/plain; charset=us-ascii", b"", text, b"--b",
                                 b"Content-Type: application/pdf; name=report.pdf", b"Content-Transfer-Encoding: base64", b"",
                                 *lines, b"--b--", b""])
    return message


def used(path):
    """Bytes of disk below `path`: blocks, not lengths."""
    return sum(each.stat().st_blocks * 512 for each in path.rglob("*") if each.is_file())


def send(gateway, make, server, count, size):
    """Sends one after the other and waits until all have arrived and the trace knows."""
    with gateway.connection() as client:
        for _ in range(count):
            message = with_attachment(make, size)
            answer = send_over(client, message, ["bob@client.example"])
            assert answer.code == 250, answer
    wait_for("all have arrived", lambda: len(server.transactions) >= count, 600)
    gateway.wait_empty_queue()


def show_disk(gateway, make, server, kind, count):
    """The databases are measured while nobody has them open, so without their logs."""
    for size in (5_000, 100_000, 1_000_000):
        gateway.reset()
        gateway.restart_programs()
        places = {"archive, messages": gateway.directory / "archive/objects", "archive, all": gateway.directory / "archive",
                  "trace and relay": gateway.directory / "trace"}
        before = used_at_rest(gateway, places)
        send(gateway, make, server, count, size)
        after = used_at_rest(gateway, places)
        grown = ", ".join(f"{name} {(after[name] - before[name]) // count}" for name in places)
        print(f"disk: {kind} message of {size} bytes, {count} of them: bytes each: {grown}", flush=True)


def used_at_rest(gateway, places):
    gateway.relay.stop()
    gateway.milter.stop()
    found = {name: used(path) for name, path in places.items()}
    gateway.milter.start()
    gateway.relay.start()
    return found


def count_syncs(gateway, make, server, kind, count):
    gateway.reset()
    files = {}
    tracers = []
    for name, program in (("pams-milter", gateway.milter), ("pams-relay", gateway.relay)):
        files[name] = gateway.directory / f"{name}.strace"
        tracers.append(subprocess.Popen(["strace", "-qq", "-f", "-e", f"trace={SYNCS}", "-o", files[name],
                                         "-p", str(program.process.pid)]))
        wait_for("strace is attached", lambda pid=program.process.pid: "TracerPid:\t0" not in
                 Path(f"/proc/{pid}/status").read_text())
    send(gateway, make, server, count, 5_000)
    for tracer in tracers:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
    for name, file in files.items():
        calls = len(re.findall(r"sync\w*\(", file.read_text()))
        print(f"syncs: {kind} message, one at a time, {name}: {calls / count:.1f} each", flush=True)


def memory(program):
    """Megabytes resident now, and the most so far."""
    status = Path(f"/proc/{program.process.pid}/status").read_text()
    return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "VmHWM")]


def show_memory(gateway):
    gateway.restart_programs()
    gateway.reset()
    for when, size in (("idle", 0), ("after a message of 1 MB", 1_000_000), ("after one of 45 MB", 45_000_000)):
        if size:
            send(gateway, messages.flagged, gateway.smart_host, 1, size)
            gateway.smart_host.reset()
        for name, program in (("pams-milter", gateway.milter), ("pams-relay", gateway.relay)):
            now, most = memory(program)
            print(f"memory: {name} {when}: {now:.0f} MB now, {most:.0f} MB at most", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=ROOT / "build/release/bin")
    parser.add_argument("--messages", type=int, default=200)
    options = parser.parse_args()
    if reason := postfix.why_not_here():
        sys.exit(f"cannot run: {reason}")
    gateway = Gateway(options.bin)
    try:
        gateway.start()
        gateway.reset()
        show_memory(gateway)
        for make, server, kind in ((messages.flagged, gateway.smart_host, "flagged"),
                                   (messages.plain, gateway.relayhost, "ordinary")):
            count_syncs(gateway, make, server, kind, options.messages)
            show_disk(gateway, make, server, kind, options.messages)
    finally:
        gateway.stop()
        gateway.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
