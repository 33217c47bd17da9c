"""Waiting for something that must happen. Polls with a deadline: no test sleeps and hopes."""

import time


class DidNotHappen(AssertionError):
    """What was waited for did not come before the deadline."""


def wait_for(what, probe, seconds=30, pause=0.03):
    """Returns the first true answer of `probe()`, asked every `pause` seconds; raises DidNotHappen when none comes."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise DidNotHappen(f"{what}: not seen within {seconds} s")
        time.sleep(pause)
