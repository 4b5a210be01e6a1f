"""What is stored on a target is checked before each run: anything but the very binary, safe from others, never runs."""

from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import fresh
from control import Control
from hosts import Host

# What root does to a binary that was stored as it should be: $file in $folder, of $user, whose other program is $other.
FAULTS = {
    "one byte changed": "printf X | dd of=$file bs=1 seek=40 conv=notrunc status=none",
    "something added": 'echo "echo ran >>/srv/$user-tampered" >>$file',
    "another program": "cp --preserve=mode,ownership $other $file",
    "truncated": "truncate --size 100 $file",
    "empty": "truncate --size 0 $file",
    "a symbolic link to another program": "rm $file; ln -s $other $file; chown -h $user $file",
    "a symbolic link to the same content": "mv $file $folder/moved; ln -s moved $file; chown -h $user $file",
    "a symbolic link to nothing": "rm $file; ln -s $other-none $file",
    "a folder": "rm $file; mkdir --mode 700 $file; chown $user: $file; cp --preserve=all $other $file/",
    "a symbolic link to a folder": "rm $file; ln -s $other-folder $file; mkdir --mode 777 $other-folder",
    "a fifo": "rm $file; mkfifo --mode 700 $file; chown $user: $file",
    "group may write": "chmod 720 $file",
    "all may read": "chmod 755 $file",
    "not executable": "chmod 600 $file",
    "setuid": "chmod 4700 $file",
    "somebody else's": "chown nobody $file",
    "root's": "chown root $file",
    "folder: group may write": "chmod 770 $folder",
    "folder: all may write": "chmod 777 $folder",
    "folder: sticky": "chmod 1700 $folder",
    "folder: setgid": "chmod 2700 $folder",
}

# As those, and the folder itself cannot be used any more: the next one is.
FOLDER_FAULTS = {
    "folder: somebody else's": "chown nobody $folder",
    "folder: root's": "chown root $folder",
    "folder: a symbolic link": "mv $folder $folder.moved; ln -s $folder.moved $folder; chown -h $user $folder",
    "folder: a file": "rm -r $folder; touch $folder",
}

TASK = "- edx_probe:"


def store(bare: Host, control: Control, fault: str = "", user: str = "deploy") -> None:
    """Puts the binary where the runner would, and spoils it."""
    folder = f"/home/{user}/.ansible/edxops"
    file = f"{folder}/{control.file_name()}"
    bare.sh(f"mkdir --parents --mode 700 {folder}; chown {user}: ~{user}/.ansible {folder}")
    bare.write(file, control.probes["x86_64"].read_text(), owner=user, mode="700")
    bare.write(f"/srv/{user}-other", f"#!/bin/sh\necho ran >>/srv/{user}-tampered\n", owner=user, mode="700")
    bare.sh(f"chmod 1777 /srv; file={file}; folder={folder}; other=/srv/{user}-other; user={user}; {fault}")


class Outcome(NamedTuple):
    """What came of two tasks on a host where the stored binary was spoiled."""

    commands: list[int]
    by_runner: list[bool]
    in_srv: list[str]
    in_folder: list[str]
    modes: list[str]
    sha256: str
    in_var_tmp: list[str]


@pytest.fixture(scope="module")
def outcomes(hosts: dict[str, Host], built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Of each fault. All of them meet one play, each with a user of its own, since a play takes its time to begin."""
    faults = {**FAULTS, **FOLDER_FAULTS, "": ""}
    users = {fault: f"user{number}" for number, fault in enumerate(faults)}
    outcomes = {}
    with contextmanager(fresh)(hosts["bare1"]) as bare:
        control = Control(tmp_path_factory.mktemp("tampered"), hosts, "deploy", built)
        for fault, user in users.items():
            store(bare, control, faults[fault], bare.user(user, sudo=""))
        control.inventory(dict.fromkeys(users.values(), "bare1"), {user: user for user in users.values()})
        run = control.run(
            "- {name: first, edx_probe: }\n- {name: second, edx_probe: }", hosts="all", options="-vvv -f 4", timeout=120
        )
        for fault, user in users.items():
            folder = f"/home/{user}/.ansible/edxops"
            file = f"{folder}/{control.file_name()}"
            uid = bare.sh(f"id -u {user}").strip()
            outcomes[fault] = Outcome(
                commands=[len(run.commands(task, f'{user}"')) for task in ("first", "second")],
                by_runner=[run.result(task, user).by_runner for task in ("first", "second")],
                in_srv=[name.removeprefix(f"{user}-") for name in bare.stored("/srv") if name.startswith(f"{user}-")],
                in_folder=[name.replace(control.file_name(), "the binary") for name in bare.stored(folder)],
                modes=bare.lines(f"stat -c '%A %U' {folder} {file} 2>/dev/null | sed s/{user}/user/; true"),
                sha256=bare.sh(f"sha256sum <{file} | cut -c1-64").strip().replace(control.file_name()[-64:], "right"),
                in_var_tmp=[name.replace(control.file_name(), "the binary") for name in bare.stored(f"/var/tmp/edxops-{uid}")],
            )
        control.close()
    return outcomes


def test_as_it_should_be_it_runs_with_one_command(outcomes: dict[str, Outcome]) -> None:
    assert outcomes[""].commands == [1, 1]
    assert outcomes[""].by_runner == [True, True]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_spoiled_one_never_runs_and_is_replaced(outcomes: dict[str, Outcome], fault: str) -> None:
    outcome = outcomes[fault]
    assert "tampered" not in outcome.in_srv, "it ran"
    assert outcome.commands == [2, 1], "not run as it was: stored again"
    assert outcome.by_runner == [True, True]
    assert outcome.modes == ["drwx------ user", "-rwx------ user"]
    assert outcome.sha256 == "right"
    assert [name for name in outcome.in_folder if name not in ("the binary", "moved")] == []
    assert outcome.in_var_tmp == []


@pytest.mark.parametrize("fault", FOLDER_FAULTS)
def test_a_folder_that_cannot_be_trusted_is_left_for_the_next(outcomes: dict[str, Outcome], fault: str) -> None:
    assert outcomes[fault].commands == [2, 1]
    assert outcomes[fault].by_runner == [True, True]
    assert outcomes[fault].in_var_tmp == ["the binary"]


@pytest.mark.parametrize("mode", ["700", "777"])
def test_a_folder_that_somebody_else_made_beforehand_is_not_used(bare: Host, control: Control, mode: str) -> None:
    """Anybody can make /var/tmp/edxops-UID. What they put there has the right name, and even the right content."""
    store(bare, control, "rm -rf $folder; touch $folder")
    uid = bare.sh("id -u deploy").strip()
    bare.sh(f"mkdir --mode {mode} /var/tmp/edxops-{uid}; chown nobody /var/tmp/edxops-{uid}")
    bare.write(f"/var/tmp/edxops-{uid}/{control.file_name()}", "echo ran >>/srv/deploy-tampered\n", "nobody", "777")
    run = control.run(TASK)
    assert run.result().by_runner
    assert "deploy-tampered" not in bare.stored("/srv"), "it ran"
    assert bare.stored(f"/tmp/edxops-{uid}") == [control.file_name()]


def test_a_link_that_somebody_else_made_beforehand_leads_nowhere(bare: Host, control: Control) -> None:
    """The link leads to a folder of the user's own, which must not get files, nor another mode."""
    store(bare, control, "rm -rf $folder; touch $folder")
    uid = bare.sh("id -u deploy").strip()
    bare.sh(f"mkdir --mode 755 ~deploy/www; chown deploy: ~deploy/www; ln -s ~deploy/www /var/tmp/edxops-{uid}")
    run = control.run(TASK)
    assert run.result().by_runner
    assert bare.stored("/home/deploy/www") == []
    assert bare.lines("stat -c %a ~deploy/www") == ["755"]
    assert bare.stored(f"/tmp/edxops-{uid}") == [control.file_name()]
