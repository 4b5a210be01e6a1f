"""What matters most, with the Ansible versions that Open edX pins and with newer ones."""

import subprocess
from pathlib import Path

import pytest

from control import Control
from hosts import ROOT, Host

VERSIONS = sorted(
    (path.stem.removeprefix("ansible-") for path in (ROOT / "constraints").glob("ansible-*.txt")),
    key=lambda version: [int(part) for part in version.split(".")],
)

PLAY = """
- name: predicts
  edx_settings: &wanted {path: /srv/settings.yml, create: true, settings: {COLOUR: red, DB_PASSWORD: canary-secret}}
  become: true
  check_mode: true
- name: does
  edx_settings: *wanted
  become: true
- name: does nothing more
  edx_settings: *wanted
  become: true
- name: fails
  edx_settings: {path: /srv/missing.yml, settings: {A: 1}}
  ignore_errors: true
- name: hides
  edx_settings: {path: /srv/settings.yml, settings: {COLOUR: canary-colour}}
  become: true
  no_log: true
- name: sees its environment
  edx_probe: {text: "it's ünïcödé", nothing: null}
  environment: {TEXT: "it's $HOME\\nand more"}
- name: sees it again
  edx_probe: {text: "it's ünïcödé", nothing: null}
  environment: {TEXT: "it's $HOME\\nand more"}
- name: steps back
  edx_probe: {text: "it's ünïcödé", nothing: null}
  vars: {edx_runner: false}
"""


def test_there_are_versions_to_test_with() -> None:
    assert VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_a_module_behaves_the_same_with_ansible(bare: Host, control: Control, version: str) -> None:
    found = subprocess.run(
        [ROOT / "tools" / "ansible-versions", version], stdout=subprocess.PIPE, text=True, check=True, timeout=600
    ).stdout.strip()
    if found.startswith("skipped"):
        pytest.skip(found.removeprefix("skipped: "))
    run = control.run(PLAY, bin_folder=Path(found.split()[1]) / "bin", options="-vvvv --diff")

    assert [len(run.commands(task)) for task in ("predicts", "does", "does nothing more", "fails")] == [2, 1, 1, 2]
    assert [run.result(task)["changed"] for task in ("predicts", "does", "does nothing more")] == [True, True, False]
    assert bare.sh("cat /srv/settings.yml") == "---\nCOLOUR: canary-colour\nDB_PASSWORD: canary-secret\n"
    assert run.msg("fails") == "/srv/missing.yml: there is no such file; with create: true it is made"
    assert "canary" not in run.output
    assert bare.stored("/root/.ansible/edxops") == [control.file_name("edx_settings")]

    assert [len(run.commands(task)) for task in ("sees its environment", "sees it again")] == [2, 1]
    for task in ("sees its environment", "sees it again", "steps back"):
        result = run.result(task)
        assert result.by_runner is (task != "steps back")
        assert (result.arguments["text"], result.arguments["nothing"]) == ("it's ünïcödé", None)
    for task in ("sees its environment", "sees it again"):
        assert run.result(task).environment["TEXT"] == "it's $HOME\nand more"
