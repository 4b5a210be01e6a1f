"""The runner's functions, and its types. Without hosts."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from control import RUNNER


@pytest.fixture(scope="module")
def runner() -> Any:
    spec = importlib.util.spec_from_file_location("edx_runner", RUNNER)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_folders_are_tried_in_this_order(runner: Any) -> None:
    tmpdirs = ["/var/tmp", "/tmp"]
    home, others = ["~/.ansible/edxops"], ["/var/tmp/edxops-$edx_u", "/tmp/edxops-$edx_u"]
    assert runner.folders("~/.ansible/tmp", tmpdirs, None) == home + others
    assert runner.folders("/srv/tmp/", tmpdirs, None) == ["/srv/tmp/edxops-$edx_u"] + home + others
    assert runner.folders("~/tmp", tmpdirs, None) == ["~/tmp/edxops-$edx_u"] + home + others
    assert runner.folders("$HOME/.ansible/tmp", ["/a b", "/tmp"], None) == home + ["/tmp/edxops-$edx_u"]
    assert runner.folders("/srv/tmp", tmpdirs, ["/opt/", "~/x"]) == ["/opt/edxops-$edx_u", "~/x/edxops-$edx_u"]


@pytest.mark.parametrize("folder", ["/opt", "/opt/edx_ops-1.0@x+y", "~/edxops", "/opt/edxops/"])
def test_plain_folders(runner: Any, folder: str) -> None:
    assert runner.PLAIN_FOLDER.match(folder)


@pytest.mark.parametrize(
    "folder", ["", "~", "/", "opt", "~root/x", "/a b", "/a;b", "/$x", "/`x`", "/a\n", "/a\nb", "/é", "/a//b", "/a'", "/*", "/{a,b}"]
)
def test_what_a_shell_might_take_otherwise_is_no_plain_folder(runner: Any, folder: str) -> None:
    assert not runner.PLAIN_FOLDER.match(folder)


def test_the_users_number_is_asked_for_once_and_only_when_needed(runner: Any) -> None:
    assert runner.each("f", ["~/.ansible/edxops", "/var/tmp/edxops-$edx_u", "/tmp/edxops-$edx_u"]) == [
        "[ -O ~ ] && f ~/.ansible/edxops",
        "edx_u=$(id -u); f /var/tmp/edxops-$edx_u",
        "f /tmp/edxops-$edx_u",
    ]
    assert runner.each("f", ["~/x-$edx_u"]) == ["edx_u=$(id -u); [ -O ~ ] && f ~/x-$edx_u"]


def test_a_report_is_found_wherever_it_stands(runner: Any) -> None:
    assert runner.find_report("Welcome\nedxops-1 absent abc\n", "edxops-1") == ("absent", "abc")
    assert runner.find_report("edxops-1 system FreeBSD amd64\r\n", "edxops-1") == ("system", "FreeBSD amd64")
    assert runner.find_report('{"changed": false}\n', "edxops-1") is None
    assert runner.find_report('{"msg": "edxops-1 absent abc"}\nedxops-12 absent\nedxops-1\n', "edxops-1") is None


def test_arguments_are_one_line_of_ascii(runner: Any) -> None:
    """The shell that stores the binary reads them as one line."""
    arguments = {"text": "one\ntwo \u2028 ü", "list": [1, None, True], "nested": {"a": 1.5}}
    encoded = runner.as_json(arguments)
    assert encoded.isascii() and b"\n" not in encoded
    assert json.loads(encoded) == arguments


def test_the_environment_is_one_line_whatever_is_in_it(runner: Any) -> None:
    assert runner.environment_on_stdin("") == ("", "", b"")
    _, _, line = runner.environment_on_stdin("A='one\ntwo' B=ü")
    assert line == "export A='one'\"$edx_l\"'two' B=ü\n".encode()


def check_script(text: str) -> None:
    assert "'" not in text and "\n" not in text
    assert text.count("!") == text.count("[ ! -"), "csh: an exclamation mark stands between blanks"
    for shell in ("dash", "bash"):
        subprocess.run([shell, "-n", "-c", text], check=True, timeout=10)


def test_the_waiting_shells_script_is_such_a_line_too(runner: Any) -> None:
    check_script(runner.channel_script(["~/x", "/tmp/x-$edx_u"], "edxops-1"))


@pytest.mark.parametrize("script", ["run_script", "install_script"])
def test_a_script_is_one_line_that_quoting_cannot_spoil(runner: Any, script: str) -> None:
    """It is quoted by Ansible for sudo, for the shell, and for a login shell that may be csh or fish."""
    binaries = {"x86_64": runner.Binary("/x", "a" * 64), "aarch64": runner.Binary("/y", "b" * 64)}
    for environment in ("", "A=1"):
        text, head = getattr(runner, script)("edx_probe", binaries, ["~/x", "/tmp/x-$edx_u"], "edxops-1", environment)
        assert head == (b"export A=1\n" if environment else b"")
        check_script(text)


def test_a_binary_that_cannot_be_read_is_as_one_that_was_not_built(
    runner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "BINARIES", str(tmp_path))
    assert runner.find_binaries("edx_probe") == {}
    (tmp_path / "x86_64" / "edx_probe").mkdir(parents=True)
    (tmp_path / "aarch64").mkdir()
    (tmp_path / "aarch64" / "edx_probe").write_bytes(b"")
    assert list(runner.find_binaries("edx_probe")) == ["aarch64"]


def test_types() -> None:
    """Ansible has hardly any types: what comes from it is anything, and may be returned as what it should be."""
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--ignore-missing-imports"]
        + ["--allow-subclassing-any", "--no-warn-return-any", "--cache-dir=/dev/null", RUNNER],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_socket_of_a_connection_is_found_by_its_name_or_its_pattern(runner: Any, tmp_path: Path) -> None:
    (tmp_path / "ansible-ssh-10.0.0.5-2222-deploy").touch()
    (tmp_path / "abc").touch()

    def found(control_path: str) -> bool:
        words = ["ssh", "-o", f'ControlPath="{control_path}"', "-o", "Port=2222", "-o", 'User="deploy"', "10.0.0.5", "true"]
        return runner.control_socket([word.encode() for word in words]) is not None

    assert found(f"{tmp_path}/abc")
    assert found(f"{tmp_path}/ansible-ssh-%h-%p-%r")
    assert not found(f"{tmp_path}/%C"), "only SSH itself knows that one"
    assert not found(f"{tmp_path}/gone")
