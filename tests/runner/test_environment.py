"""A task's `environment` reaches the module, whatever is in it, and is in no process list."""

import json

import pytest

from control import Control
from hosts import Host

VALUES = {
    "PLAIN": "value",
    "EMPTY": "",
    "SPACES": "  two  words ",
    "SINGLE": "it's",
    "DOUBLE": 'say "hello"',
    "DOLLAR": "$HOME ${HOME} $(id) `id`",
    "BACKSLASH": "a\\b \\n \\\\ end\\",
    "NEWLINE": "one\ntwo\n\nfour\n",
    "NEWLINE_AND_QUOTE": "it's\non 'two' lines",
    "TAB": "a\tb",
    "TILDE": "~/x:~",
    "GLOB": "* ? [a]",
    "PERCENT": "%s %d %%",
    "SEMICOLON": "; echo no & | < >",
    # Bytes 0x80 to 0xbf after 0xc2 and 0xc3: dash has meanings of its own for some of them.
    "LATIN": "".join(chr(code) for code in range(0xA0, 0x100)),
    "UNICODE": "日本 “quotes” 🙂",
}


@pytest.mark.parametrize("shell", ["/bin/dash", "/bin/bash"])
def test_every_value_arrives_as_it_is(bare: Host, control: Control, shell: str) -> None:
    """While the binary is stored and afterwards, as the user and as root."""
    names = {"first": False, "second": False, "first as root": True, "second as root": True}
    run = control.run(
        "".join(f"- {{name: {name}, edx_probe: , become: {become}}}\n" for name, become in names.items()),
        play=f"environment: {json.dumps(VALUES, ensure_ascii=False)}",
        # The shell that runs the one command: Ansible's `executable`.
        environment={"ANSIBLE_EXECUTABLE": shell},
    )
    assert [len(run.commands(name)) for name in names] == [2, 1, 2, 1]
    for name in names:
        seen = run.result(name).environment
        assert {key: seen.get(key) for key in VALUES} == VALUES


def test_a_variable_of_the_module_may_be_the_path_of_programs(bare: Host, control: Control) -> None:
    """PATH is the module's then, and not that of what runs it."""
    task = "- {name: NAME, edx_probe: {}, environment: {PATH: '/srv/none:/usr/bin:/bin'}}\n"
    run = control.run(task.replace("NAME", "first") + task.replace("NAME", "second"))
    assert [run.result(name).environment["PATH"] for name in ("first", "second")] == ["/srv/none:/usr/bin:/bin"] * 2


def test_the_play_and_the_task_may_both_set_some(bare: Host, control: Control) -> None:
    run = control.run(
        "- {edx_probe: {}, environment: {ONE: of the task}}", play="environment: {ONE: of the play, TWO: of the play}"
    )
    seen = run.result().environment
    assert (seen["ONE"], seen["TWO"]) == ("of the task", "of the play")
