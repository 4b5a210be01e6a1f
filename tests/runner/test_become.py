"""Other users: root, ordinary ones, with a password, by what asks for a terminal."""

import pytest

from control import Control
from hosts import Host

PROBE = """
- name: first
  edx_probe:
  become: true
- name: second
  edx_probe:
  become: true
"""


def test_root_has_a_folder_of_its_own(bare: Host, control: Control) -> None:
    run = control.run(PROBE)
    assert [len(run.commands(task)) for task in ("first", "second")] == [2, 1]
    assert run.result("second")["user"] == "root"
    assert bare.stored("/root/.ansible/edxops") == [control.file_name()]
    assert bare.stored("/home/deploy/.ansible") == []


def test_an_ordinary_user_with_a_home_keeps_it_there(bare: Host, control: Control) -> None:
    bare.user("edxapp", sudo="")
    run = control.run(PROBE, play="become_user: edxapp")
    assert [len(run.commands(task)) for task in ("first", "second")] == [2, 1]
    assert run.result("second")["user"] == "edxapp"
    assert bare.lines("stat -c '%A %U' ~edxapp/.ansible/edxops") == ["drwx------ edxapp"]
    assert bare.stored("/home/edxapp/.ansible/edxops") == [control.file_name()]


def test_an_ordinary_user_without_a_home_keeps_it_in_var_tmp(bare: Host, control: Control) -> None:
    bare.user("edxapp", sudo="")
    bare.sh("rm -r ~edxapp")
    run = control.run(PROBE, play="become_user: edxapp")
    assert [len(run.commands(task)) for task in ("first", "second")] == [2, 1]
    uid = bare.sh("id -u edxapp").strip()
    assert bare.stored(f"/var/tmp/edxops-{uid}") == [control.file_name()]


def test_somebody_elses_home_is_left_alone_where_sudo_keeps_it(bare: Host, control: Control) -> None:
    """Without sudo's -H, HOME stays that of the user who logged in: root writes nothing into it."""
    bare.may("deploy", "ALL=(ALL) NOPASSWD: ALL\nDefaults:deploy !always_set_home, env_keep += HOME")
    run = control.run(PROBE, environment={"ANSIBLE_BECOME_FLAGS": "-S -n"})
    assert [len(run.commands(task)) for task in ("first", "second")] == [2, 1]
    assert bare.stored("/home/deploy/.ansible") == []
    assert bare.stored("/var/tmp/edxops-0") == [control.file_name()]


def test_sudo_that_asks_for_a_password_gets_it(bare: Host, control: Control) -> None:
    bare.may("deploy", "ALL=(ALL) ALL")
    bare.sh("chpasswd", stdin="deploy:canary-password\n")
    environment = "environment: {TOKEN: of the environment}"
    with bare.watching("cat /proc/[0-9]*/cmdline 2>/dev/null") as processes:
        run = control.run(PROBE, play=environment, ansible_become_password="canary-password", options="-vvvv")
    assert [len(run.commands(task)) for task in ("first", "second")] == [2, 1]
    for task in ("first", "second"):
        assert run.result(task)["user"] == "root"
        assert run.result(task).environment["TOKEN"] == "of the environment"
    assert "canary" not in processes.seen + run.output


def test_a_missing_password_is_said_in_ansibles_words(bare: Host, control: Control) -> None:
    bare.may("deploy", "ALL=(ALL) ALL")
    run = control.run("- {edx_probe: {}, become: true}", fails=True)
    assert "Missing sudo password" in run.msg()


def test_a_wrong_password_is_said_in_ansibles_words(bare: Host, control: Control) -> None:
    bare.may("deploy", "ALL=(ALL) ALL")
    bare.sh("chpasswd", stdin="deploy:right\n")
    run = control.run("- {edx_probe: {}, become: true}", ansible_become_password="wrong", fails=True)
    assert "Incorrect sudo password" in run.msg()


def test_a_user_who_may_not_become_root_is_told_so(bare: Host, control: Control) -> None:
    bare.may("deploy", "ALL=(nobody) NOPASSWD: ALL")
    run = control.run("- {edx_probe: {}, become: true}", fails=True)
    assert "Missing sudo password" in run.msg()


def test_a_sudo_that_wants_a_terminal_gets_one_the_stock_way(bare: Host, control: Control) -> None:
    bare.may("deploy", "ALL=(ALL) NOPASSWD: ALL\nDefaults:deploy requiretty")
    run = control.run("- {edx_probe: {mark: /srv/ran}, become: true}")
    assert not run.result().by_runner
    assert run.result()["user"] == "root"
    assert bare.lines("cat /srv/ran") == ["ran"], "it ran once"


def test_su_asks_on_the_terminal_and_goes_the_stock_way(bare: Host, control: Control) -> None:
    bare.user("edxapp", sudo="")
    bare.sh("chpasswd", stdin="edxapp:of edxapp\nroot:of root\n")
    run = control.run(
        """
        - edx_probe:
          become: true
          become_method: su
        """,
        ansible_become_password="of root",
    )
    assert not run.result().by_runner
    assert run.result()["user"] == "root"


@pytest.mark.parametrize("user", ["root", "edxapp"])
def test_the_module_waits_for_nothing_that_sudo_says(bare: Host, control: Control, user: str) -> None:
    """sudo's own lecture and messages of a login are on standard error, and no part of the answer."""
    bare.user("edxapp", sudo="")
    bare.may("deploy", "ALL=(ALL) NOPASSWD: ALL\nDefaults:deploy lecture=always")
    run = control.run(f"- {{edx_probe: {{}}, become: true, become_user: {user}}}")
    assert run.result()["user"] == user
