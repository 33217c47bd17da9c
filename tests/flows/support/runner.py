"""Runs flows on several gateways at a time. Each gateway lives in a process of its own, which gets the next flow when it is
done with one, so that none is idle while there is work."""

import contextlib
import io
import multiprocessing
import multiprocessing.connection
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from . import ports
from .gateway import Gateway
from .outcome import Skipped
from .sendmail_gateway import SendmailGateway

GATEWAYS = {"postfix": Gateway, "sendmail": SendmailGateway}


@dataclass(eq=False)
class Flow:
    title: str
    function: Callable
    kind: str  # of GATEWAYS
    is_long: bool  # begins first, so that no gateway is still at it when the others are done


@dataclass
class Result:
    title: str
    outcome: str  # "passed", "failed" or "skipped"
    text: str  # what is printed
    seconds: float = 0


@dataclass
class Worker:
    """A process with a gateway, as seen from outside."""

    process: multiprocessing.Process
    connection: multiprocessing.connection.Connection
    flow: Flow | None = None  # at which it is
    kind: str | None = None  # of its gateway


def run(flows, jobs, binaries: Path, keep):
    """Prints each result when it comes; returns all of them."""
    pending = sorted(flows, key=lambda flow: (flow.kind == "postfix", not flow.is_long))
    workers = start_workers(pending.copy(), min(jobs, len(pending)), binaries, keep)
    for worker in workers:
        give_next(worker, pending)
    results = []
    while workers:
        for connection in multiprocessing.connection.wait([one.connection for one in workers]):
            worker = next(one for one in workers if one.connection is connection)
            try:
                come = [connection.recv()]
                give_next(worker, pending)
            except EOFError:
                workers.remove(worker)
                come = failure_of(worker)
            print("".join(one.text for one in come), end="", flush=True)
            results += come
    left = [Result(flow.title, "failed", f"FAIL {flow.title}: no gateway was left to run it\n") for flow in pending]
    print("".join(one.text for one in left), end="")
    return results + left


def start_workers(flows, count, binaries, keep):
    context = multiprocessing.get_context("fork")  # the flows are loaded already
    workers = []
    for number in range(count):
        ours, theirs = context.Pipe()
        inherited = [ours, *(one.connection for one in workers)]
        process = context.Process(target=work, args=(flows, theirs, inherited, number, count, binaries, keep))
        process.start()
        theirs.close()
        workers.append(Worker(process, ours))
    return workers


def give_next(worker, pending):
    """A flow for the gateway that the worker has, else one for another kind; none: it ends."""
    worker.flow = next((flow for flow in pending if flow.kind == worker.kind), pending[0] if pending else None)
    if worker.flow:
        pending.remove(worker.flow)
        worker.kind = worker.flow.kind
    with contextlib.suppress(OSError):  # it has ended: failure_of() tells
        worker.connection.send(worker.flow and worker.flow.title)


def failure_of(worker):
    """Of one that has ended; nothing when it ended well."""
    worker.process.join()
    if not worker.flow and not worker.process.exitcode:
        return []
    title = worker.flow.title if worker.flow else "gateway"
    return [Result(title, "failed", f"FAIL {title}: its process ended with {worker.process.exitcode}\n")]


# -- in the process of a gateway ------------------------------------------------------------------------------


def work(flows, connection, inherited, number, count, binaries, keep):
    for one in inherited:  # else this process would not notice that the runner has ended
        one.close()
    ports.use_share(number, count)
    by_title = {flow.title: flow for flow in flows}
    gateways = Gateways(binaries, keep)
    try:
        while title := received(connection):
            said = io.StringIO()
            began = time.monotonic()
            with contextlib.redirect_stdout(said):
                outcome = run_one(by_title[title], gateways)
            connection.send(Result(title, outcome, said.getvalue(), time.monotonic() - began))
    finally:
        gateways.end()


def received(connection):
    """None: nothing is left to do, or the runner is gone."""
    with contextlib.suppress(EOFError):
        return connection.recv()


class Gateways:
    """The gateway of this process, of the kind that the flow at hand needs."""

    def __init__(self, binaries, keep):
        self.binaries, self.keep = binaries, keep
        self.running = None

    def get(self, kind):
        if type(self.running) is not GATEWAYS[kind]:
            self.end()
            self.running = GATEWAYS[kind](self.binaries)
            try:
                self.running.start()
            except Exception:
                show_what_happened(self.running)
                self.end()
                raise
        return self.running

    def end(self):
        gateway, self.running = self.running, None
        if not gateway:
            return
        try:
            gateway.stop()
        finally:
            if self.keep:
                print(f"left: {gateway.directory}", flush=True)
            else:
                gateway.remove()


def run_one(flow, gateways):
    """"passed", "failed" or "skipped", and says it."""
    began = time.monotonic()
    try:
        gateway = gateways.get(flow.kind)
        gateway.reset()
        flow.function(gateway)
        leaks = gateway.leaks() + gateway.sealed_leaks() + gateway.traced_leaks()
        assert not leaks, "LEAK: " + "; ".join(leaks)
    except Skipped as reason:
        print(f"skip {flow.title}: {reason}")
        return "skipped"
    except Exception as error:  # whatever it is, the other flows shall still run
        print(f"FAIL {flow.title}: {type(error).__name__}: {error}")
        print(traceback.format_exc(limit=-2))
        if gateways.running:
            show_what_happened(gateways.running)
        return "failed"
    print(f"ok   {flow.title} ({time.monotonic() - began:.1f} s)")
    return "passed"


def show_what_happened(gateway):
    print("leaks:", gateway.leaks() + gateway.sealed_leaks())
    print("queue:", gateway.mta.queue())
    for name, text in ((type(gateway.mta).__name__, gateway.mta.log()), ("pams-milter", gateway.milter.log()),
                       ("pams-relay", gateway.relay.log())):
        print(f"---- last lines of {name}'s log")
        print("\n".join(text.splitlines()[-15:]))
