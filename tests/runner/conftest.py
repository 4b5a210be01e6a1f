"""Brings the hosts of Molecule's scenario `runner` up for these tests, and removes them, after a failure too.

EDXOPS_KEEP_HOSTS=1 leaves them, and uses those that are there: for working on the tests.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

from control import ARCHITECTURES, MODULES, Control
from hosts import PODMAN, ROOT, Host

NAMES = ("bare1", "bare2", "python1")


def molecule(step: str) -> None:
    program = Path(sys.executable).parent
    done = subprocess.run(
        [program / "molecule", step, "--scenario-name", "runner"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{program}:{os.environ['PATH']}", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    if done.returncode:
        pytest.fail(f"molecule {step} failed:\n{done.stdout}", pytrace=False)


def are_up() -> bool:
    command = [PODMAN, "ps", "--quiet", "--filter", "label=edxops.scenario=runner"]
    return len(subprocess.check_output(command, timeout=60).split()) == len(NAMES)


@pytest.fixture(scope="session")
def hosts() -> Iterator[dict[str, Host]]:
    keep = os.environ.get("EDXOPS_KEEP_HOSTS")
    try:
        if not keep or not are_up():
            molecule("destroy")
            molecule("create")
        hosts = {name: Host(name) for name in NAMES}
        yield hosts
        for host in hosts.values():
            host.shell.close()
    finally:
        if not keep:
            molecule("destroy")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built modules, copied: somebody may be building while the tests run."""
    folder = tmp_path_factory.mktemp("bin")
    for architecture in ARCHITECTURES:
        (folder / architecture).mkdir()
        for module in MODULES:
            binary = ROOT / "build" / "bin" / architecture / module
            if not binary.exists():
                pytest.fail(f"there is no {binary}: run 'make build' first")
            shutil.copy(binary, folder / architecture / module)
    return folder


def fresh(host: Host) -> Iterator[Host]:
    host.clean()
    host.user("deploy")
    yield host
    host.clean()


@pytest.fixture
def bare(hosts: dict[str, Host]) -> Iterator[Host]:
    """bare1, which has no Python. Its user `deploy`, who may become root, is new."""
    yield from fresh(hosts["bare1"])


@pytest.fixture
def bare2(hosts: dict[str, Host]) -> Iterator[Host]:
    yield from fresh(hosts["bare2"])


@pytest.fixture
def python(hosts: dict[str, Host]) -> Iterator[Host]:
    """python1, which has a Python, for what Ansible itself needs one."""
    yield from fresh(hosts["python1"])


@pytest.fixture
def control(hosts: dict[str, Host], built: Path, tmp_path: Path) -> Iterator[Control]:
    control = Control(tmp_path, hosts, "deploy", built)
    yield control
    control.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """As tools/run-tests shows them."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.write_line("skipped: " + reason.removeprefix("Skipped: "))
