#!/usr/bin/env python3
"""What sealing and relaying cost, beside direct delivery, in one run on one gateway.

    tests/bench/sealing.py [--bin build/release/bin] [--messages 200] [--size 5000] [--rounds 3]

Sends flagged messages (sealed, relayed over verified TLS) and ordinary ones (the same bytes by the same client, straight to
the relayhost in clear) in turns, over one connection, and waits until all have arrived. Prints the seconds of each round and
the ratio; figures of different runs do not compare.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/flows"))

from support import messages, postfix  # noqa: E402
from support.client import send_over  # noqa: E402
from support.gateway import Gateway  # noqa: E402
from support.waiting import wait_for  # noqa: E402


def one_round(gateway, make, server, count, size):
    """Seconds until the last was accepted, and until the last has arrived."""
    server.reset()
    batch = [make() for _ in range(count)]
    for message in batch:
        message.data += (b"x" * 74 + b"\r\n") * (size // 76)
    began = time.monotonic()
    with gateway.connection() as client:
        for message in batch:
            answer = send_over(client, message, ["bob@client.example"])
            assert answer.code == 250, answer
    accepted = time.monotonic() - began
    wait_for("all have arrived", lambda: len(server.transactions) >= count, 600)
    return accepted, time.monotonic() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=ROOT / "build/release/bin")
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--size", type=int, default=5000, help="bytes of a message")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if reason := postfix.why_not_here():
        sys.exit(f"cannot run: {reason}")
    gateway = Gateway(options.bin)
    ratios = {"accepted": [], "delivered": []}
    try:
        gateway.start()
        for number in range(options.rounds):
            gateway.reset()
            sealed = one_round(gateway, messages.flagged, gateway.smart_host, options.messages, options.size)
            direct = one_round(gateway, messages.plain, gateway.relayhost, options.messages, options.size)
            for name, one, other in zip(ratios, sealed, direct):
                ratios[name].append(one / other)
                print(f"round {number + 1}: {name}: sealed {one:.2f} s, direct {other:.2f} s, ratio {one / other:.2f}",
                      flush=True)
        for name, values in ratios.items():
            print(f"{name}: median ratio {statistics.median(values):.2f} of {options.rounds} rounds, "
                  f"{options.messages} messages of {options.size} bytes")
    finally:
        gateway.stop()
        gateway.remove()


if __name__ == "__main__":
    main()
