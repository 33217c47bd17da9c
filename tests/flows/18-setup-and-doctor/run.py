"""`pamsctl setup postfix --apply` on a site that has it already, and `pamsctl doctor` on one where somebody slipped."""

import json

from support import messages


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


def brief(gateway):
    done = gateway.pamsctl("doctor", "--brief", check=False)
    assert len(done.stdout.splitlines()) == 1, done.stdout
    return done.returncode, done.stdout


def flow_a_monitoring_system_gets_one_line_and_the_exit_codes_of_its_kind(gateway):
    checks = json.loads(gateway.pamsctl("doctor", "--json", check=False).stdout)["checks"]
    warnings = sum(check["status"] == "warn" and "follows" not in check for check in checks)
    code, line = brief(gateway)
    assert (code, line.split(" ")[1]) == ((1, "WARNING") if warnings else (0, "OK")), line
    gateway.postfix.set(milter_header_checks="")
    code, line = brief(gateway)
    assert code == 2 and line.startswith("PAMS CRITICAL - 2 failures") and "milter_header_checks: " in line, line
    assert "flagged mail waits" in line and line.endswith(f" | failures=2 warnings={warnings}\n"), line


def flow_a_broken_configuration_is_a_check_that_fails(gateway):
    broken = gateway.directory / "broken.toml"
    broken.write_text("[milter]\nverify_route = maybe\n")
    done = gateway.pamsctl("doctor", "--json", check=False, config=broken)
    check, = json.loads(done.stdout)["checks"]
    assert done.returncode == 1 and (check["id"], check["status"]) == ("configuration", "fail"), check
    assert check["diagnostics"][0]["line"] == 2 and check["remedy"], check
    assert gateway.pamsctl("doctor", "--brief", check=False, config=broken).returncode == 2


def flow_doctor_finds_a_slip_and_setup_corrects_it(gateway):
    before = gateway.postfix_files()[gateway.postfix.config / "main.cf"]
    gateway.postfix.set(milter_header_checks="")
    assert doctor(gateway) == (1, ["milter_header_checks", "reloaded"])
    setup(gateway)
    assert doctor(gateway) == (1, ["reloaded"])
    gateway.postfix.restart()
    assert doctor(gateway) == (0, [])
    assert gateway.postfix_files()[gateway.postfix.config / "main.cf"] == before


def flow_a_postfix_that_is_not_there_is_said_once(gateway):
    """With one remedy; what cannot be looked at then does not repeat it."""
    gateway.use_settings(replace=[(f'postfix_config = "{gateway.postfix.config}"', 'postfix_config = "/nowhere"')])
    done = gateway.pamsctl("doctor", check=False)
    assert done.returncode == 1 and "\nfail\tpostfix: " in done.stdout, done.stdout
    assert done.stdout.count("No such file") == 1 and done.stdout.count("[milter] postfix_config") == 1, done.stdout
    assert "skip\tmilter_header_checks: not looked at while postfix fails\n" in done.stdout, done.stdout
    failures = [line for line in done.stdout.splitlines() if line.startswith("fail\t")]
    assert done.stdout.splitlines()[-1].startswith(f"{len(failures)} failure"), done.stdout
    assert gateway.send(messages.flagged(), ["bob@client.example"]).code == 451
    assert "route check postfix fails" in gateway.milter.log()
