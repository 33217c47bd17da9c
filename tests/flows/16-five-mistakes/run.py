"""A configuration with five mistakes (pams-milter.toml): all five are told at once, each at its line, by both programs."""

import re
import subprocess
from pathlib import Path

CONFIG = Path(__file__).with_name("pams-milter.toml")


def expected():
    """line number -> what its diagnostic must name"""
    lines = CONFIG.read_text().splitlines()
    return {number + 2: line.removeprefix("# mistake: ") for number, line in enumerate(lines)
            if line.startswith("# mistake: ")}


def five_are_told(done):
    output = done.stdout + done.stderr
    told = {int(line): text for line, text in re.findall(r"(?m)^[^:\n]*:(\d+):\d+: error: (.*)$", output)}
    assert done.returncode == 1, f"exit code {done.returncode}"
    assert sorted(told) == sorted(expected()), f"errors at lines {sorted(told)}, not {sorted(expected())}:\n{output}"
    for line, word in expected().items():
        assert word in told[line], f"line {line}: {told[line]!r} does not name {word!r}"


def flow_pamsctl_check_tells_all_five(gateway):
    five_are_told(gateway.pamsctl("check", check=False, config=CONFIG))


def flow_pams_milter_check_tells_all_five(gateway):
    five_are_told(subprocess.run([gateway.milter.program, "--config", CONFIG, "--check"], capture_output=True,
                                 text=True, stdin=subprocess.DEVNULL))


def flow_a_sound_configuration_passes_both(gateway):
    assert gateway.pamsctl("check").returncode == 0
    subprocess.run([gateway.milter.program, "--config", gateway.milter.config, "--check"], check=True,
                   capture_output=True, stdin=subprocess.DEVNULL)


def flow_the_shipped_example_passes(gateway):
    example = Path(__file__).parents[3] / "packaging/examples/pams-milter.toml"
    assert gateway.pamsctl("check", config=example).returncode == 0
