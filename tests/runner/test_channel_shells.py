"""The shell that waits on the host, as different shells are: the user's login shell, and the one that runs commands."""

import json

import pytest

from control import Control
from hosts import Host
from test_environment import VALUES
from test_targets import EXTRACT_SHELLS

TASKS = f"""
- {{name: opens, edx_probe: }}
- {{name: as root, edx_probe: , become: true}}
- pause: {{seconds: 1}}
- name: next
  edx_probe: &arguments {{text: "it's \\\\n % ünïcödé", exit: 3}}
  environment: &values {json.dumps(VALUES, ensure_ascii=False)}
- name: next as root
  edx_probe: *arguments
  environment: *values
  become: true
- {{name: without, edx_probe: }}
"""


@pytest.mark.parametrize("login", ["/bin/bash", "/usr/bin/tcsh", "/usr/bin/fish"])
@pytest.mark.parametrize("shell", ["/bin/dash", "/bin/bash"])
def test_a_task_that_follows_sees_what_it_was_given(bare: Host, control: Control, login: str, shell: str) -> None:
    if bare.sh(f"{EXTRACT_SHELLS} test -x {login} || echo no", timeout=120).endswith("no\n"):
        pytest.skip(f"{login} as a login shell, since its package cannot be had here")
    bare.sh(f"usermod --shell {login} deploy")
    control.use_channel()
    run = control.run(TASKS, environment={"ANSIBLE_EXECUTABLE": shell})
    for task in ("next", "next as root"):
        assert (len(run.commands(task)), run.to_waiting_shell(task)) == (0, 1)
        result = run.result(task)
        assert {key: result.environment.get(key) for key in VALUES} == VALUES
        assert result.arguments["text"] == "it's \\n % ünïcödé"
    assert run.to_waiting_shell("without") == 1
    assert not set(VALUES) & set(run.result("without").environment), "a task's environment is its own"


def test_a_task_whose_shell_is_killed_is_not_run_again(bare: Host, control: Control) -> None:
    """It may have done its work."""
    control.use_channel()
    bare.sh("chmod 1777 /srv")
    play = control.start(
        """
        - edx_probe:
        - pause: {seconds: 1}
        - name: is lost
          edx_probe: {sleep: 5, mark: /srv/ran}
          ignore_unreachable: true
        - {name: next, edx_probe: }
        """
    )
    bare.sh("until test -e /srv/ran; do sleep 0.1; done; pkill -KILL -u deploy -f 'edx_run[(]'")
    run = play.end()
    assert run.status == 0, run
    assert bare.lines("cat /srv/ran") == ["ran"]
    ((event, result),) = run.events("is lost")
    assert (event, result["msg"]) == ("unreachable", "Task failed: The SSH connection ended while the module ran.")
    assert run.result("next").by_runner
