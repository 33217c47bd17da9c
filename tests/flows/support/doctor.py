"""What `pamsctl doctor` says of the gateway."""

import json


def findings(gateway):
    done = gateway.pamsctl("doctor", "--json", check=False)
    return {check["id"]: check for check in json.loads(done.stdout)["checks"]}


def named(gateway):
    """id -> "warn" or "fail", of all that is not ok."""
    return {name: check["status"] for name, check in findings(gateway).items() if check["status"] != "ok"}
