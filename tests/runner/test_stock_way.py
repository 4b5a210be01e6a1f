"""When the runner steps back, and a module goes Ansible's own way: uploaded for the task, removed after it."""

import pytest

from control import Control
from hosts import Host


@pytest.mark.parametrize("pipelining", ["True", "False"])
def test_ansibles_pipelining_makes_no_difference(bare: Host, control: Control, pipelining: str) -> None:
    run = control.run(
        "- {name: first, edx_probe: }\n- {name: second, edx_probe: }", environment={"ANSIBLE_PIPELINING": pipelining}
    )
    assert run.result("second").by_runner
    assert [len(run.commands(task)) for task in ("first", "second")] == [2, 1]
    assert run.uploads() == []


def test_edx_runner_turns_it_off_in_any_of_ansibles_words(bare: Host, control: Control) -> None:
    run = control.run(
        """
        - {name: "false", edx_probe: , vars: {edx_runner: false}}
        - {name: "no", edx_probe: , vars: {edx_runner: "no"}}
        - {name: "off", edx_probe: , vars: {edx_runner: "Off"}}
        - {name: a template, edx_probe: , vars: {edx_runner: "{{ wanted }}"}}
        - {name: "true", edx_probe: , vars: {edx_runner: true}}
        - {name: "yes", edx_probe: , vars: {edx_runner: "yes"}}
        """,
        wanted=False,
    )
    for word in ("false", "no", "off", "a template"):
        assert not run.result(word).by_runner
        assert len(run.uploads(word)) == 2, "the binary and its arguments"
    for word in ("true", "yes"):
        assert run.result(word).by_runner
    assert bare.lines("find ~deploy/.ansible/tmp -type f") == [], "what was uploaded is removed"


def test_edx_runner_is_off_by_the_command_line(bare: Host, control: Control) -> None:
    assert not control.run("- edx_probe:", options="-e edx_runner=false").result().by_runner


def test_keeping_remote_files_keeps_them(bare: Host, control: Control) -> None:
    """As for a Python module: to look at what Ansible uploaded, and run it by hand."""
    run = control.run("- edx_probe:", environment={"ANSIBLE_KEEP_REMOTE_FILES": "1"})
    assert not run.result().by_runner
    assert len(bare.lines("find ~deploy/.ansible/tmp -type f")) == 2
