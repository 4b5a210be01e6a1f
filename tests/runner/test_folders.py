"""Where the binary is kept: the home, or another folder where that does not do."""

import pytest

from control import Control, Run
from hosts import Host

HOME = "/home/deploy/.ansible/edxops"

TASKS = "- {name: first, edx_probe: {mark: /srv/ran}}\n- {name: second, edx_probe: {mark: /srv/ran}}"


@pytest.fixture
def uid(bare: Host) -> str:
    bare.sh("chmod 1777 /srv")
    return bare.sh("id -u deploy").strip()


def commands(run: Run) -> list[int]:
    return [len(run.commands(task)) for task in ("first", "second")]


def test_a_home_mounted_noexec(bare: Host, control: Control, uid: str) -> None:
    bare.mount("/home/deploy/.ansible", "noexec", owner="deploy")
    run = control.run(TASKS)
    assert commands(run) == [2, 1]
    assert bare.lines("cat /srv/ran") == ["ran", "ran"]
    assert bare.stored(f"/var/tmp/edxops-{uid}") == [control.file_name()]
    assert bare.stored(HOME) == []


def test_a_home_mounted_noexec_after_the_binary_was_stored_there(bare: Host, control: Control, uid: str) -> None:
    """Its check passes and it cannot be executed: the arguments are still to be read then, by the next one."""
    bare.mount("/home/deploy/.ansible", "size=10m", owner="deploy")
    control.run("- edx_probe:")
    assert bare.stored(HOME) == [control.file_name()]
    bare.sh("mount -o remount,noexec /home/deploy/.ansible")
    run = control.run(TASKS)
    assert commands(run) == [2, 1]
    assert run.result("second").by_runner
    assert bare.lines("cat /srv/ran") == ["ran", "ran"]
    assert bare.stored(f"/var/tmp/edxops-{uid}") == [control.file_name()]
    assert bare.stored(HOME) == []


def test_a_home_that_may_not_be_written(bare: Host, control: Control, uid: str) -> None:
    bare.sh("chown root ~deploy; chmod 755 ~deploy")
    run = control.run(TASKS)
    assert commands(run) == [2, 1]
    assert bare.stored(f"/var/tmp/edxops-{uid}") == [control.file_name()]


def test_no_folder_that_can_run_anything_is_a_sentence(bare: Host, control: Control, uid: str) -> None:
    bare.mount("/home/deploy/.ansible", "noexec", owner="deploy")
    bare.mount("/srv/opt", "noexec,mode=1777")
    run = control.run("- edx_probe:", fails=True, edx_runner_paths=["/srv/opt", "~/.ansible/there", "/proc/none"])
    assert run.msg() == (
        "bare1 has no folder where this user may keep and run edx_probe: tried /srv/opt/edxops-UID, "
        "~/.ansible/there/edxops-UID, /proc/none/edxops-UID. Each is missing and cannot be made, is somebody else's, "
        "is full or is mounted noexec. Name one in edx_runner_paths."
    )
    assert bare.lines("find /srv /home/deploy/.ansible -type f") == [], "nothing is left"


def test_edx_runner_paths_names_folders(bare: Host, control: Control, uid: str) -> None:
    """In their order, a folder for each user in them, and no other."""
    bare.mount("/srv/noexec", "noexec,mode=1777")
    bare.sh("mkdir --mode 1777 /srv/second")
    run = control.run(
        TASKS, edx_runner_paths=["/srv/noexec", "{{ second }}", "~/third"], second="/srv/second"
    )
    assert commands(run) == [2, 1]
    assert bare.stored(f"/srv/second/edxops-{uid}") == [control.file_name()]
    assert bare.stored("/home/deploy/.ansible") == []

    assert commands(control.run(TASKS, edx_runner_paths="~/third/")) == [2, 1]
    assert bare.stored(f"/home/deploy/third/edxops-{uid}") == [control.file_name()]


def test_edx_runner_paths_that_are_no_folders_are_refused(bare: Host, control: Control) -> None:
    run = control.run(
        """
        - {name: a space, edx_probe: , vars: {edx_runner_paths: [/srv/a b]}, ignore_errors: true}
        - {name: a command, edx_probe: , vars: {edx_runner_paths: [/srv/x, $(date)]}, ignore_errors: true}
        - {name: relative, edx_probe: , vars: {edx_runner_paths: relative}, ignore_errors: true}
        - {name: empty, edx_probe: , vars: {edx_runner_paths: []}, ignore_errors: true}
        """
    )
    rule = "edx_runner_paths: must be folders as /opt/edxops or ~/edxops, of letters, digits and ._@+-"
    assert run.msg("a space") == f"{rule}, and '/srv/a b' is not."
    assert run.msg("a command") == f"{rule}, and '$(date)' is not."
    assert run.msg("relative") == f"{rule}, and 'relative' is not."
    assert run.msg("empty") == f"{rule}, and is empty."
    assert run.commands() == []


def test_a_remote_tmp_of_ones_own_is_used_first(bare: Host, control: Control, uid: str) -> None:
    bare.sh("mkdir --mode 1777 /srv/tmp")
    assert commands(control.run(TASKS, environment={"ANSIBLE_REMOTE_TMP": "/srv/tmp"})) == [2, 1]
    assert bare.stored(f"/srv/tmp/edxops-{uid}") == [control.file_name()]


def test_a_remote_tmp_that_is_no_plain_folder_is_left_out(bare: Host, control: Control, uid: str) -> None:
    assert commands(control.run(TASKS, environment={"ANSIBLE_REMOTE_TMP": "$HOME/tmp"})) == [2, 1]
    assert bare.stored(HOME) == [control.file_name()]


def test_a_full_disk_is_said_and_nothing_is_left(bare: Host, control: Control, uid: str) -> None:
    bare.mount("/home/deploy/.ansible", "size=128k", owner="deploy")
    run = control.run("- edx_settings: {path: /srv/settings.yml, create: true, settings: {A: 1}}", fails=True)
    assert run.msg() == (
        f"edx_settings did not arrive whole in {HOME} on bare1, and was removed: "
        "gzip: stdout: No space left on device. Is the disk full?"
    )
    assert bare.lines("find ~deploy/.ansible -type f") == []


def test_the_umask_of_the_login_is_the_modules_and_not_the_folders(bare: Host, control: Control, uid: str) -> None:
    for umask in ("0002", "0077", "0777"):
        bare.sh(f"rm -rf ~deploy/.ansible; echo 'umask {umask}' >~deploy/.bashrc")
        run = control.run(TASKS)
        assert commands(run) == [2, 1]
        assert [run.result(task)["umask"] for task in ("first", "second")] == [umask] * 2
        assert bare.lines(f"stat -c %a ~deploy/.ansible {HOME} {HOME}/*") == ["700"] * 3


def test_a_folder_swapped_between_check_and_start_is_not_run_from(bare: Host, control: Control, uid: str) -> None:
    """Who can write above the folder could put another in its place; here sha256sum does, just after the check."""
    bare.sh("chmod 777 /srv")
    control.run("- edx_probe:", edx_runner_paths=["/srv"])
    folder, name = f"/srv/edxops-{uid}", control.file_name()
    swap = f"mv {folder} /srv/checked; mkdir {folder}; printf '#!/bin/sh\\necho >/srv/ran\\n' >{folder}/{name}; chmod 700 {folder} {folder}/{name}"
    bare.first_on_path("deploy", sha256sum=f'/usr/bin/sha256sum "$@"; [ -e /srv/checked ] || {{ {swap}; }}')
    run = control.run("- edx_probe:", edx_runner_paths=["/srv"])
    assert "checked" in bare.stored("/srv"), "it was swapped"
    assert run.result().by_runner
    assert "ran" not in bare.stored("/srv")
