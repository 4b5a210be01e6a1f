"""The shell on the host that runs the tasks which follow the first: a line for each of them, and no command."""

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from control import RUNNER, Control, Run
from hosts import Host

WENT = "edx_runner: edx_probe went to the shell that waits there"
OPENED = "edx_runner: the tasks that follow find a shell that waits for them"

# Long enough for the shell to be there when the next task comes.
PAUSE = "- {name: pause, wait_for: {timeout: 2}, delegate_to: localhost, connection: local, become: false}\n"


@pytest.fixture
def control(control: Control) -> Control:
    """A control node that has what keeps the shell open. The other tests' have not."""
    shutil.copy(RUNNER.parent / "edx_binaries" / "channel", control.binaries / "channel")
    return control


def processes(control: Control) -> list[str]:
    """Those that keep a shell open for this control node."""
    found = subprocess.run(["pgrep", "--full", str(control.binaries / "channel")], stdout=subprocess.PIPE, text=True)
    return found.stdout.split()


def ended(control: Control) -> bool:
    """Whether they are gone, which they may take a moment for."""
    deadline = time.monotonic() + 10
    while processes(control) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not processes(control)


def part(run: Run, task: str) -> str:
    """What -vvv showed of a task."""
    (text,) = [part for part in run.output.split("TASK [")[1:] if part.startswith(task + "]")]
    return text


@pytest.mark.parametrize("become", ["false", "true"])
def test_the_tasks_that_follow_take_no_command(bare: Host, control: Control, become: str) -> None:
    run = control.run(
        "- {name: first, edx_probe: }\n" + PAUSE + "- {name: second, edx_probe: {answer: 42}}\n- {name: third, edx_probe: }",
        play=f"become: {become}",
    )
    assert [len(run.commands(task)) for task in ("first", "second", "third")] == [2, 0, 0]
    assert OPENED in part(run, "first")
    assert WENT in part(run, "second") and WENT in part(run, "third")
    first, second = run.result("first"), run.result("second")
    assert second.arguments["answer"] == 42
    assert (second["user"], second["umask"], second.folder) == (first["user"], first["umask"], first.folder)
    assert second.environment.keys() - {"SHLVL", "_", "PWD", "OLDPWD"} == first.environment.keys() - {"SHLVL", "_", "PWD", "OLDPWD"}
    assert ended(control)


def test_each_task_has_an_environment_of_its_own(bare: Host, control: Control) -> None:
    value = "a 'b' \"c\" $HOME\n`d` \\n é"
    run = control.run(
        "- {name: first, edx_probe: }\n"
        + PAUSE
        + "- name: second\n  edx_probe:\n  environment: {EDX_TEST: '{{ value }}'}\n- {name: third, edx_probe: }",
        value=value,
    )
    assert WENT in part(run, "second") and WENT in part(run, "third")
    assert run.result("second").environment["EDX_TEST"] == value
    assert "EDX_TEST" not in run.result("third").environment


def test_users_have_shells_of_their_own(bare: Host, control: Control) -> None:
    bare.user("other")
    tasks = "".join(
        f"- {{name: {name} {user}, edx_probe: , become: true, become_user: {user}}}\n"
        for name in ("first", "second")
        for user in ("root", "other")
    )
    half = tasks.index("- {name: second")
    run = control.run("- {name: zeroth, edx_probe: }\n" + tasks[:half] + PAUSE + tasks[half:] + "- {name: last, edx_probe: }")
    assert [run.result(f"second {user}")["user"] for user in ("root", "other")] == ["root", "other"]
    assert run.result("last")["user"] == "deploy"
    assert run.output.count(WENT) >= 3


def test_a_long_answer_and_long_arguments_come_whole(bare: Host, control: Control) -> None:
    text = "x" * 300_000
    run = control.run("- {name: first, edx_probe: }\n" + PAUSE + "- {name: second, edx_probe: {text: '{{ text }}'}}", text=text)
    assert WENT in part(run, "second")
    assert run.result("second").arguments["text"] == text


def test_a_tampered_binary_is_not_run_by_the_shell_either(bare: Host, control: Control) -> None:
    path = f"/home/deploy/.ansible/edxops/{control.file_name()}"
    run = control.run(
        "- {name: first, edx_probe: }\n"
        + PAUSE
        + f"- {{name: tamper, raw: 'echo echo tampered >{path}'}}\n"
        + "- {name: second, edx_probe: }\n- {name: third, edx_probe: }"
    )
    assert run.result("second").by_runner and "tampered" not in str(run.result("second"))
    assert "gets edx_probe" in part(run, "second"), "it was stored again"
    assert WENT in part(run, "third")


def test_a_connection_that_is_reset_gets_a_new_shell(bare: Host, control: Control) -> None:
    bare.sh("groupadd --force edx-late")
    run = control.run(
        "- {name: first, edx_probe: }\n"
        + PAUSE
        + "- {name: join, raw: 'sudo usermod --append --groups edx-late deploy'}\n- meta: reset_connection\n"
        + "- {name: second, edx_probe: }\n"
        + PAUSE
        + "- {name: third, edx_probe: }"
    )
    assert OPENED in part(run, "first")
    assert WENT not in part(run, "second"), "the old shell is not in the group"
    assert len(run.commands("second")) == 1
    assert WENT in part(run, "third")


def test_a_task_that_takes_too_long_is_given_up(bare: Host, control: Control) -> None:
    run = control.run(
        "- {name: first, edx_probe: }\n"
        + PAUSE
        + "- name: slow\n  edx_probe: {sleep: 30}\n  timeout: 2\n  ignore_errors: true\n- {name: second, edx_probe: }",
    )
    ((event, slow),) = run.events("slow")
    assert event == "failed"
    assert "timed out" in str(slow).lower() or "did not complete" in str(slow).lower(), slow
    assert run.result("second").by_runner
    assert ended(control)


def test_a_shell_that_dies_while_a_task_runs_is_a_lost_connection(bare: Host, control: Control) -> None:
    play = control.start("- {name: first, edx_probe: }\n" + PAUSE + "- {name: second, edx_probe: {sleep: 20}}")
    bare.sh("until pgrep -u deploy sleep; do sleep 0.1; done", timeout=60)
    for pid in processes(control):
        os.kill(int(pid), 9)
    run = play.end()
    ((event, result),) = run.events("second")
    assert event == "unreachable"
    assert "The SSH connection ended while the module ran." in result["msg"]


def test_a_shell_that_died_before_is_not_missed(bare: Host, control: Control) -> None:
    play = control.start("- {name: first, edx_probe: }\n" + PAUSE + PAUSE + "- {name: second, edx_probe: }")
    deadline = time.monotonic() + 30
    while not processes(control):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for pid in processes(control):
        os.kill(int(pid), 9)
    run = play.end()
    assert run.status == 0, run
    assert len(run.commands("second")) == 1


def test_it_ends_with_an_ansible_playbook_that_is_killed(bare: Host, control: Control) -> None:
    play = control.start("- {name: first, edx_probe: }\n" + PAUSE + "- {name: second, edx_probe: {sleep: 30}}")
    bare.sh("until pgrep -u deploy sleep; do sleep 0.1; done", timeout=60)
    assert processes(control)
    play.kill()
    play.process.wait()
    assert ended(control)


def test_an_ansible_playbook_that_is_killed_in_its_first_task_leaves_none(bare: Host, control: Control) -> None:
    """Its worker goes on to the end of that task, and has nobody to open a shell for."""
    # So that the task is the first command of its run: a shell is opened after that.
    control.run("- edx_probe:", edx_runner_channel=False)
    play = control.start("- {name: first, edx_probe: {sleep: 4}}\n- {name: second, edx_probe: }")
    bare.sh("until pgrep -u deploy sleep; do sleep 0.1; done", timeout=60)
    os.kill(play.process.pid, 9)
    play.process.wait()
    bare.sh("while pgrep -u deploy sleep; do sleep 0.1; done", timeout=60)
    time.sleep(3)
    assert not processes(control)


def test_forks_that_meet_at_one_host_do_not_wait_for_each_other(bare: Host, control: Control) -> None:
    control.inventory({f"name{number}": "bare1" for number in range(4)})
    run = control.run(
        "- {name: first, edx_probe: }\n" + PAUSE + "- {name: second, edx_probe: {sleep: 3}}",
        hosts="all",
        options="-vvv --forks 4",
    )
    assert [event for event, _ in run.events("second")] == ["ok"] * 4
    by_shell = part(run, "second").count(WENT)
    assert by_shell >= 1
    assert len(run.commands("second")) == 4 - by_shell


def test_neither_arguments_nor_environment_are_in_a_process_list(bare: Host, control: Control) -> None:
    look = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"
    secret, hidden = "Wo3dFrIeNd", "Qu1eT"
    with bare.watching(look) as host:
        play = control.start(
            "- {name: first, edx_probe: }\n"
            + PAUSE
            + f"- name: second\n  edx_probe: {{password: {secret}, sleep: 2}}\n  environment: {{EDX_TEST: {hidden}}}\n  no_log: true",
        )
        below = ""
        while play.process.poll() is None:
            below += subprocess.run(["ps", "-eo", "args"], stdout=subprocess.PIPE, text=True).stdout
            time.sleep(0.05)
        run = play.end()
    assert WENT in part(run, "second")
    for text in (host.seen, below, run.output):
        assert secret not in text and hidden not in text
    assert bare.lines(f"grep -rl -e {secret} -e {hidden} /tmp /var/tmp /home /root 2>/dev/null; true") == []
    local: list[Path] = [path for path in (control.folder / "home").rglob("*") if path.is_file()]
    assert not any(secret.encode() in path.read_bytes() for path in local)


@pytest.mark.parametrize(
    ("why", "environment", "variables"),
    [
        ("it is turned off", {}, {"edx_runner_channel": False}),
        ("connections are not kept", {"ANSIBLE_SSH_ARGS": "-o ControlMaster=no"}, {}),
    ],
)
def test_there_is_none_where(bare: Host, control: Control, why: str, environment: dict[str, str], variables: dict[str, bool]) -> None:
    run = control.run(
        "- {name: first, edx_probe: }\n" + PAUSE + "- {name: second, edx_probe: }", environment=environment, **variables
    )
    assert len(run.commands("second")) == 1, why
    assert OPENED not in run.output


def test_there_is_none_where_sudo_asks_for_a_password(bare: Host, control: Control) -> None:
    bare.may("deploy", "ALL=(ALL) ALL")
    bare.sh("echo deploy:S3kret | chpasswd")
    run = control.run(
        "- {name: first, edx_probe: }\n" + PAUSE + "- {name: second, edx_probe: }",
        play="become: true",
        ansible_become_password="S3kret",
    )
    assert run.result("second")["user"] == "root"
    assert len(run.commands("second")) == 1
    assert OPENED not in run.output


def test_what_a_login_shell_says_is_no_answer(bare: Host, control: Control) -> None:
    bare.sh("echo 'echo welcome; echo \"{ not json\" >&2' >~deploy/.bashrc")
    run = control.run("- {name: first, edx_probe: }\n" + PAUSE + "- {name: second, edx_probe: }")
    assert WENT in part(run, "second")
    assert run.result("second").by_runner


class Keeper:
    """The channel by itself, with a shell of this machine in the place of the one on a host."""

    SCRIPT = (
        'echo "T ready"; while read -r number rest; do read -r environment; read -r arguments; sleep 1; '
        'echo "answer to $arguments"; printf "\\nT end %s 0\\n" $number; printf "\\nT end %s 0\\n" $number >&2; done'
    )

    def __init__(self, folder: Path, script: str = SCRIPT):
        self.path = str(folder / "s")
        setup = {"command": ["sh", "-c", script], "socket": self.path, "token": "T", "pid": os.getpid()}
        program = [sys.executable, "-I", "-S", str(RUNNER.parent / "edx_binaries" / "channel")]
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE)
        assert self.process.stdin
        with self.process.stdin as stdin:
            stdin.write(json.dumps(setup).encode())
        deadline = time.monotonic() + 10
        while not os.path.exists(self.path):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def asks(self, number: str, arguments: str) -> socket.socket:
        """A client that has asked and not yet read anything."""
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(20)
        client.connect(self.path)
        request = f"{number} edx_probe - -\n:\n{arguments}\n".encode()
        client.sendall(struct.pack(">I", len(request)) + request)
        return client

    def ended(self) -> bool:
        self.process.wait(timeout=20)
        return not os.path.exists(self.path)


def test_what_was_answered_to_nobody_is_answered_to_nobody_else(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    first = keeper.asks("1", "first")
    assert first.recv(1, socket.MSG_PEEK) == b"A"
    # With the byte unread this is a reset, not an end.
    first.close()
    assert keeper.ended()


def test_answers_go_to_those_who_asked(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    for number in ("1", "2"):
        with keeper.asks(number, f"request {number}") as client:
            assert client.recv(1) == b"A"
            out, err, status = struct.unpack(">IIi", client.recv(12, socket.MSG_WAITALL))
            assert client.recv(out, socket.MSG_WAITALL).decode() == f"answer to request {number}\n"
            assert (err, status) == (0, 0)
    os.unlink(keeper.path)
    assert keeper.ended()


def test_a_shell_that_does_not_come_is_not_waited_for_long(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, "sleep 1000")
    with keeper.asks("1", "first") as client:
        assert client.recv(1) == b"", "nothing was sent on, so another way can be taken"
    assert keeper.ended()
    assert os.path.exists(keeper.path + ".refused")
