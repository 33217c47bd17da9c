"""Ports on loopback, for servers that must come back on the same port after they were stopped."""

import contextlib
import random
import socket

# Below those that the kernel gives to outgoing connections: these could take a port while its server restarts.
ports = range(15000, 32000)


def use_share(number, count):
    """From now on this process takes its ports from one of `count` equal shares, so that no other gateway gets a port of
    its own while the server on it is stopped."""
    global ports
    size = len(ports) // count
    ports = ports[number * size:(number + 1) * size]


def free_port():
    while True:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", random.choice(ports)))
            return probe.getsockname()[1]


def greets(port):
    """Whether an SMTP server answers there."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            return connection.recv(4) == b"220 "
    except OSError:
        return False
