"""What is stored on a target is checked before each run: anything but the very binary, safe from others, never runs."""

import pytest

from control import Control
from hosts import Host

FOLDER = "/home/deploy/.ansible/edxops"

# What root does to a binary that was stored as it should be: $file in $folder. $other is another program of the user's.
FAULTS = {
    "one byte changed": "printf X | dd of=$file bs=1 seek=40 conv=notrunc status=none",
    "something added": "echo 'echo ran >>/srv/tampered' >>$file",
    "another program": "cp --preserve=mode,ownership $other $file",
    "truncated": "truncate --size 100 $file",
    "empty": "truncate --size 0 $file",
    "a symbolic link to another program": "rm $file; ln -s $other $file; chown -h deploy $file",
    "a symbolic link to the same content": "mv $file $folder/moved; ln -s moved $file; chown -h deploy $file",
    "a symbolic link to nothing": "rm $file; ln -s /srv/none $file",
    "a folder": "rm $file; mkdir --mode 700 $file; chown deploy: $file; cp --preserve=all $other $file/",
    "a symbolic link to a folder": "rm $file; ln -s /srv/folder $file; mkdir --mode 777 /srv/folder",
    "a fifo": "rm $file; mkfifo --mode 700 $file; chown deploy: $file",
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
    "folder: a symbolic link": "mv $folder $folder.moved; ln -s $folder.moved $folder; chown -h deploy $folder",
    "folder: a file": "rm -r $folder; touch $folder",
}

TASK = "- edx_probe:"


def store(bare: Host, control: Control, fault: str = "") -> str:
    """Puts the binary where the runner would, and spoils it. Gives back where it is."""
    file = f"{FOLDER}/{control.file_name()}"
    bare.sh(f"mkdir --parents --mode 700 {FOLDER}; chown deploy: ~deploy/.ansible {FOLDER}")
    bare.write(file, control.probes["x86_64"].read_text(), owner="deploy", mode="700")
    bare.write("/srv/other", "#!/bin/sh\necho ran >>/srv/tampered\n", owner="deploy", mode="700")
    bare.sh(f"chmod 1777 /srv; file={file}; folder={FOLDER}; other=/srv/other; {fault}")
    return file


def test_as_it_should_be_it_runs_with_one_command(bare: Host, control: Control) -> None:
    store(bare, control)
    run = control.run(TASK)
    assert (run.result().by_runner, len(run.commands())) == (True, 1)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_spoiled_one_never_runs_and_is_replaced(bare: Host, control: Control, fault: str) -> None:
    file = store(bare, control, FAULTS[fault])
    run = control.run(TASK + "\n- {name: again, edx_probe: }")
    assert run.result("again").by_runner
    assert len(run.commands("edx_probe")) == 2, "not run as it was: stored again"
    assert len(run.commands("again")) == 1
    assert "tampered" not in bare.stored("/srv"), "it ran"
    assert bare.lines(f"stat -c '%A %U' {FOLDER} {file}") == ["drwx------ deploy", "-rwx------ deploy"]
    assert bare.lines(f"sha256sum <{file}") == [control.file_name().partition("-")[2] + "  -"]
    assert [name for name in bare.stored(FOLDER) if name.startswith(".")] == [], "nothing temporary is left"


@pytest.mark.parametrize("fault", FOLDER_FAULTS)
def test_a_folder_that_cannot_be_trusted_is_left_for_the_next(bare: Host, control: Control, fault: str) -> None:
    store(bare, control, FOLDER_FAULTS[fault])
    run = control.run(TASK + "\n- {name: again, edx_probe: }")
    assert run.result("again").by_runner
    assert [len(run.commands(task)) for task in ("edx_probe", "again")] == [2, 1]
    uid = bare.sh("id -u deploy").strip()
    assert bare.stored(f"/var/tmp/edxops-{uid}") == [control.file_name()]


@pytest.mark.parametrize("mode", ["700", "777"])
def test_a_folder_that_somebody_else_made_beforehand_is_not_used(bare: Host, control: Control, mode: str) -> None:
    """Anybody can make /var/tmp/edxops-UID. What they put there has the right name, and even the right content."""
    store(bare, control, "rm -rf $folder; touch $folder")
    uid = bare.sh("id -u deploy").strip()
    bare.sh(f"mkdir --mode {mode} /var/tmp/edxops-{uid}; chown nobody /var/tmp/edxops-{uid}")
    bare.write(f"/var/tmp/edxops-{uid}/{control.file_name()}", "echo ran >>/srv/tampered\n", "nobody", "777")
    run = control.run(TASK)
    assert run.result().by_runner
    assert "tampered" not in bare.stored("/srv"), "it ran"
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
