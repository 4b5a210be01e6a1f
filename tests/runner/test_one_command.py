"""What travels: the binary once, and after that one command for each task."""

from control import Control
from hosts import Host

FOLDER = "/home/deploy/.ansible/edxops"

SETTINGS = """
- name: {name}
  edx_settings: {{path: /srv/settings.yml, create: true, settings: {{A: 1}}}}
  become: {become}
"""


def test_the_first_task_stores_the_binary_and_the_later_ones_take_one_command_each(bare: Host, control: Control) -> None:
    bare.sh("chmod 777 /srv")
    run = control.run("".join(SETTINGS.format(name=name, become="false") for name in ("first", "second", "third")))

    assert [len(run.commands(task)) for task in ("first", "second", "third")] == [2, 1, 1]
    assert run.uploads() == []
    assert [event for event, _ in run.events()] == ["ok", "ok", "ok"]
    assert [run.result(task)["changed"] for task in ("first", "second", "third")] == [True, False, False]

    name = control.file_name("edx_settings")
    assert bare.stored(FOLDER) == [name]
    assert bare.lines(f"stat -c '%A %U' {FOLDER} {FOLDER}/{name}") == ["drwx------ deploy", "-rwx------ deploy"]
    assert bare.lines(f"sha256sum <{FOLDER}/{name}") == [name.partition("-")[2] + "  -"]
    assert bare.lines("ls -A ~deploy/.ansible; ls -d /var/tmp/edxops* /tmp/edxops* 2>/dev/null; true") == ["edxops"]
    assert bare.lines("command -v python3 python; true") == [], "bare1 has no Python"
