"""`pamsctl setup postfix --apply` on a site that has it already, and `pamsctl doctor` on one where somebody slipped."""

import json


def setup(gateway):
    listeners = [gateway.postfix.outbound_service, "pickup"]
    words = [word for one in listeners for word in ("--outbound", one)]
    return gateway.pamsctl("setup", "postfix", *words, "--apply")


def doctor(gateway):
    """Exit code, and the ids of the checks that fail."""
    done = gateway.pamsctl("doctor", "--json", check=False)
    checks = json.loads(done.stdout)["checks"]
    return done.returncode, [check["id"] for check in checks if check["status"] == "fail"]


def flow_a_second_setup_changes_nothing(gateway):
    before = gateway.postfix_files()
    setup(gateway)
    assert gateway.postfix_files() == before


def flow_doctor_is_content_with_what_setup_made(gateway):
    assert doctor(gateway) == (0, [])


def flow_doctor_finds_a_slip_and_setup_mends_it(gateway):
    before = gateway.postfix_files()[gateway.postfix.config / "main.cf"]
    gateway.postfix.set(milter_header_checks="")
    assert doctor(gateway) == (1, ["milter_header_checks"])
    setup(gateway)
    assert doctor(gateway) == (0, [])
    assert gateway.postfix_files()[gateway.postfix.config / "main.cf"] == before
