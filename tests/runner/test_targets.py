"""Targets that are not as expected: another architecture or system, programs that are missing, shells, noise."""

import pytest

from control import Control, Run
from hosts import Host

# Without dpkg's configuring, which takes ten times as long.
EXTRACT_SHELLS = """
test -x /usr/bin/fish || {
  mkdir /opt/shells; cd /opt/shells
  apt-get --quiet=2 download tcsh fish fish-common libpcre2-32-0
  for package in *.deb; do dpkg --extract "$package" .; done
  cp --recursive usr /; cp bin/* /usr/bin/
} >/dev/null 2>&1
"""

TASKS = "- {name: first, edx_probe: {}}\n- {name: second, edx_probe: {}}"


def commands(run: Run) -> list[int]:
    return [len(run.commands(task)) for task in ("first", "second")]


def uname(bare: Host, answer: str) -> None:
    bare.first_on_path("deploy", uname=f"[ \"$*\" = -sm ] && echo '{answer}'")


def test_the_target_says_which_binary_it_needs(bare: Host, control: Control) -> None:
    uname(bare, "Linux aarch64")
    run = control.run(TASKS)
    assert commands(run) == [2, 1]
    assert run.result("second")["architecture"] == "aarch64"
    assert bare.stored("/home/deploy/.ansible/edxops") == [control.file_name(architecture="aarch64")]


@pytest.mark.parametrize("system", ["Linux armv7l", "FreeBSD amd64"])
def test_another_system_is_a_sentence(bare: Host, control: Control, system: str) -> None:
    uname(bare, system)
    run = control.run("- edx_probe:", fails=True)
    assert run.msg() == (
        f"bare1 is {system}, for which there is no binary of edx_probe: there is one for Linux aarch64 and Linux x86_64."
    )
    assert len(run.commands()) == 1


@pytest.mark.parametrize("stock", [False, True], ids=["the runner's way", "the stock way"])
def test_an_architecture_that_was_not_built_is_a_sentence(bare: Host, control: Control, stock: bool) -> None:
    uname(bare, "Linux aarch64")
    control.probes["aarch64"].unlink()
    run = control.run("- edx_probe:", fails=True, edx_runner=not stock)
    assert run.msg() == (
        "bare1 is Linux aarch64, for which there is no binary of edx_probe: there is one for Linux x86_64."
    )


def test_no_binary_on_the_control_node_is_a_sentence(bare: Host, control: Control) -> None:
    for binary in control.probes.values():
        binary.unlink()
    run = control.run("- edx_probe:", fails=True)
    assert run.msg() == (
        f"There is no binary of edx_probe in {control.binaries}: build them with 'make build', or install the "
        "collection from an artifact that 'make dist' made."
    )
    assert run.commands() == []


def test_without_a_program_that_it_needs_it_goes_the_stock_way(bare: Host, control: Control) -> None:
    """Four users, each of whom lacks one."""
    users = {program: f"no-{program}" for program in ("stat", "sha256sum", "gzip", "mktemp")}
    for program, user in users.items():
        bare.hide(bare.user(user), program)
    control.inventory(dict.fromkeys(users, "bare1"), users)
    bare.sh("chmod 1777 /srv")
    run = control.run("- edx_probe: {mark: '/srv/{{ inventory_hostname }}'}", hosts="all")
    for program, user in users.items():
        assert not run.result(host=program).by_runner
        assert bare.lines(f"cat /srv/{program}") == ["ran"], "it ran once"
        assert f"<{program}> edx_runner: edx_probe goes the stock way, uploaded for this task" in run.output
        assert bare.lines(f"find ~{user}/.ansible -type f") == [], "nothing is left"


@pytest.mark.parametrize("shell", ["/bin/dash", "/bin/sh", "/usr/bin/tcsh", "/usr/bin/fish"])
def test_any_login_shell_will_do(bare: Host, control: Control, shell: str) -> None:
    """Also with `environment`, and with sudo, which quote once more."""
    if bare.sh(f"{EXTRACT_SHELLS} test -x {shell} || echo no", timeout=120).endswith("no\n"):
        pytest.skip(f"{shell} as a login shell, since its package cannot be had here")
    bare.sh(f"usermod --shell {shell} deploy")
    run = control.run(
        TASKS + "\n- {name: as root, edx_probe: {}, become: true}", play="environment: {TEXT: \"it's ! $HOME \\\\\"}"
    )
    assert commands(run) == [2, 1]
    for task in ("first", "second", "as root"):
        assert run.result(task).environment["TEXT"] == "it's ! $HOME \\"
    assert bare.stored("/home/deploy/.ansible/edxops") == [control.file_name()]


def test_what_a_login_shell_prints_is_no_part_of_the_answer(bare: Host, control: Control) -> None:
    bare.write("/home/deploy/.bashrc", "echo Welcome; echo '[oh no]'; echo careful >&2\n")
    run = control.run(TASKS)
    assert commands(run) == [2, 1]
    assert run.result("second").by_runner


def test_a_cd_in_the_login_shell_is_kept(bare: Host, control: Control) -> None:
    """As for a Python module: the login decides where it begins."""
    bare.write("/home/deploy/.bashrc", "cd /srv\n")
    assert control.run("- edx_probe:").result().folder == "/srv"
