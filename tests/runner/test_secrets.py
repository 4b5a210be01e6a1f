"""Secrets stay in memory: not in a process list, not on a disk, not in what -vvvv prints."""

import pytest

from control import Control
from hosts import Host

# What every process shows to every user.
COMMAND_LINES = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; echo"

# Every file on any of the host's file systems that was written since the test began. The look does not find itself.
WRITTEN = (
    "for folder in / /tmp /run /dev/shm; do "
    "find $folder -xdev -type f -newer /root/begin -exec grep -l canar[y] {} + 2>/dev/null; done; true"
)

TASK = """
- name: slow
  edx_probe: {password: canary-argument, sleep: 1.5}
  environment: {TOKEN: canary-environment}
  become: BECOME
"""


@pytest.mark.parametrize("become", [False, True], ids=["as the user", "as root"])
@pytest.mark.parametrize("stored", [False, True], ids=["while it stores the binary", "when it is stored"])
def test_an_argument_and_the_environment_are_nowhere_but_in_the_module(
    bare: Host, control: Control, stored: bool, become: bool
) -> None:
    if stored:
        control.run(f"- {{edx_probe: {{}}, become: {become}}}")
    bare.sh("touch /root/begin")
    with bare.watching(COMMAND_LINES) as processes, bare.watching(WRITTEN) as files:
        run = control.run(TASK.replace("BECOME", str(become)), options="-vvvv")

    result = run.result("slow")
    assert result.by_runner
    assert result.arguments["password"] == "canary-argument", "the module got it"
    assert result.environment["TOKEN"] == "canary-environment"

    assert f"{control.file_name()} -" in processes.seen, "the module was seen while it ran"
    assert "canary" not in processes.seen
    assert files.seen == ""
    assert bare.sh(WRITTEN) == ""
    assert "canary" not in run.output


def test_the_watch_would_see_it(bare: Host, control: Control) -> None:
    """Ansible's own way has the arguments in a file while the module runs, and the environment on the command line."""
    bare.sh("touch /root/begin")
    with bare.watching(COMMAND_LINES) as processes, bare.watching(WRITTEN) as files:
        run = control.run(TASK.replace("BECOME", "false"), edx_runner=False)
    assert not run.result("slow").by_runner
    assert "TOKEN=canary-environment" in processes.seen
    assert "/home/deploy/.ansible/tmp/" in files.seen


def test_a_secret_option_of_a_real_module_is_not_shown(bare: Host, control: Control) -> None:
    bare.sh("touch /root/begin")
    run = control.run(
        """
        - edx_settings: {path: /srv/settings.yml, create: true, settings: {DB_PASSWORD: canary-setting}}
          become: true
        """,
        options="-vvvv --diff",
    )
    assert "canary" not in run.output
    assert bare.lines(WRITTEN) == ["/srv/settings.yml"]
