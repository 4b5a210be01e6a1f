"""The keywords of a task: delegate_to, loop, until, timeout, async, run_once, module_defaults, a value from a vault."""

import subprocess
import sys
import textwrap
from pathlib import Path

from control import Control
from hosts import Host

FOLDER = "/home/deploy/.ansible/edxops"


def test_delegated_it_is_stored_and_runs_on_the_other_host(bare: Host, bare2: Host, control: Control) -> None:
    run = control.run("- {edx_probe: {mark: /srv/ran}, delegate_to: bare2, become: true}")
    assert run.result().by_runner
    assert bare2.lines("cat /srv/ran") == ["ran"]
    assert (bare2.stored("/root/.ansible/edxops"), bare.stored("/root/.ansible/edxops")) == ([control.file_name()], [])
    assert all(f" {bare2.address} " in command for command in run.commands())


def test_delegated_to_the_control_node_it_runs_there_without_ssh(bare: Host, control: Control) -> None:
    home = control.folder / "home"
    run = control.run("- {name: first, edx_probe: , delegate_to: localhost}\n- {name: second, edx_probe: , delegate_to: localhost}")
    assert run.result("second").by_runner
    assert run.commands() == []
    assert [path.name for path in (home / ".ansible" / "edxops").iterdir()] == [control.file_name()]
    assert bare.stored("/home/deploy/.ansible") == []


def test_a_loop_takes_one_command_for_each_item(bare: Host, control: Control) -> None:
    run = control.run("- {edx_probe: {text: '{{ item }}'}, loop: [a, b, c]}")
    assert len(run.commands()) == 4
    items = [result for event, result in run.events() if event == "item ok"]
    assert [result.arguments["text"] for result in items] == ["a", "b", "c"]


def test_until_runs_it_again(bare: Host, control: Control) -> None:
    run = control.run(
        """
        - edx_probe: {mark: /srv/ran}
          become: true
          register: probe
          until: probe.attempts == 3
          retries: 5
          delay: 0
        """
    )
    assert bare.lines("cat /srv/ran") == ["ran"] * 3
    assert len(run.commands()) == 4
    assert [event for event, _ in run.events()] == ["retry", "retry", "ok"]


def test_timeout_ends_the_task(bare: Host, control: Control) -> None:
    run = control.run("- {edx_probe: {sleep: 20}, timeout: 1}", fails=True, timeout=15)
    assert "Timed out after 1 second(s)." in run.output


def test_run_once_runs_on_one_host(bare: Host, bare2: Host, control: Control) -> None:
    control.run("- {edx_probe: {mark: /srv/ran}, run_once: true, become: true}", hosts="bare1,bare2")
    assert [host.stored("/srv") for host in (bare, bare2)] == [["ran"], []]


def test_module_defaults_and_vaulted_values_are_arguments_as_any(bare: Host, control: Control) -> None:
    password = control.folder / "password"
    password.write_text("of the vault\n")
    vaulted = subprocess.run(
        [Path(sys.executable).parent / "ansible-vault", "encrypt_string", "--vault-password-file", password],
        input="canary-vaulted ünïcödé",
        env=control.environment(Path("/dev/null"), {}),
        text=True,
        capture_output=True,
        check=True,
        timeout=30,
    ).stdout
    task = f"""
- name: NAME
  edx_probe:
    mapping:
      password: {textwrap.indent(vaulted, "        ").strip()}
  module_defaults:
    edx_probe: {{text: a default}}
"""
    run = control.run(
        task.replace("NAME", "first") + task.replace("NAME", "second"), options=f"-vvvv --vault-password-file {password}"
    )
    for name in ("first", "second"):
        arguments = run.result(name).arguments
        assert arguments["mapping"] == {"password": "canary-vaulted ünïcödé"}
        assert arguments["text"] == "a default"
    assert "canary" not in run.output


def test_no_verbosity_shows_the_arguments(bare: Host, control: Control) -> None:
    task = "- {name: NAME, edx_probe: {text: canary-argument}, environment: {TEXT: canary-environment}}\n"
    run = control.run(task.replace("NAME", "first") + task.replace("NAME", "second"), options="-vvvvvv")
    assert run.result("second").arguments["_ansible_verbosity"] == 6
    assert "canary" not in run.output


def test_async_goes_the_stock_way_and_needs_a_python(python: Host, control: Control) -> None:
    run = control.run(
        """
        - name: waits
          edx_probe: {text: waited for}
          async: 20
          poll: 1
        - name: starts
          edx_probe: {sleep: 1}
          async: 20
          poll: 0
          register: job
        - name: asks
          async_status: {jid: "{{ job.ansible_job_id }}"}
          register: asked
          until: asked.finished
          retries: 20
          delay: 1
        """,
        hosts="python1",
    )
    assert run.result("waits").arguments["text"] == "waited for"
    assert not run.result("waits").by_runner
    assert run.result("starts")["finished"] in (0, False)
    ((_, result),) = [event for event in run.events("asks") if event[0] == "ok"]
    assert result.folder == "/home/deploy"


def test_async_without_a_python_fails_and_shows_what_is_missing(bare: Host, control: Control) -> None:
    run = control.run("- {edx_probe: , async: 20, poll: 1}", fails=True)
    ((_, result),) = run.events()
    assert result["module_stdout"] == "/bin/sh: 1: /usr/bin/python3: not found\r\n"
