"""What an operator may expect of any module: check mode, diff, no_log, what fails, what is registered."""

from control import Control
from hosts import Host


def test_check_mode_predicts_and_changes_nothing_and_diff_shows_it(bare: Host, control: Control) -> None:
    bare.write("/srv/settings.yml", "A: 1\n")
    task = """
    - edx_settings: {path: /srv/settings.yml, settings: {A: 2}}
      become: true
    """
    predicted = control.run(task, options="--check --diff")
    assert predicted.result()["changed"] is True
    assert bare.sh("cat /srv/settings.yml") == "A: 1\n"
    assert "\n-A: 1\n+A: 2\n" in predicted.output

    real = control.run(task, options="--diff")
    assert real.result() == predicted.result()
    assert bare.sh("cat /srv/settings.yml") == "A: 2\n"


def test_no_log_hides_what_the_module_got_and_said(bare: Host, control: Control) -> None:
    run = control.run(
        """
        - edx_settings: {path: /srv/settings.yml, create: true, settings: {COLOUR: canary-5f1b}}
          become: true
          no_log: true
        """,
        options="-vvvv --diff",
    )
    assert run.result()["censored"] == (
        "the output has been hidden due to the fact that 'no_log: true' was specified for this result"
    )
    assert bare.sh("cat /srv/settings.yml") == "---\nCOLOUR: canary-5f1b\n"
    assert "canary-5f1b" not in run.output


def test_a_module_that_fails_fails_the_task_with_its_words(bare: Host, control: Control) -> None:
    run = control.run("- edx_settings: {path: /srv/missing.yml, settings: {A: 1}}", fails=True)
    assert run.msg() == "/srv/missing.yml: there is no such file; with create: true it is made"
    assert len(run.commands()) == 2


def test_warnings_are_shown_and_keywords_see_the_result(bare: Host, control: Control) -> None:
    bare.write("/srv/settings.yml", "A: 1\n")
    bare.write("/srv/source.yml", "B: '{{ nobody }}'\n")
    run = control.run(
        """
        - name: warns
          edx_settings: {path: /srv/settings.yml, sources: [/srv/source.yml]}
          become: true
          register: settings
        - name: sees what was registered
          debug: {msg: "{{ settings.path }} {{ settings.changed_keys }}"}
        - name: never changed
          edx_settings: {path: /srv/settings.yml, settings: {A: 2}}
          become: true
          changed_when: false
        - name: fails when told
          edx_settings: {path: /srv/settings.yml, settings: {A: 2}}
          register: again
          failed_when: not again.changed
          ignore_errors: true
        - name: may fail
          edx_settings: {path: /srv/missing.yml, settings: {A: 1}}
          failed_when: false
        """,
        options="",
    )
    (warning,) = run.result("warns")["warnings"]
    assert "B" in warning and "[WARNING]: " in run.output
    assert run.result("sees what was registered")["msg"] == "/srv/settings.yml ['B']"
    assert run.result("never changed")["changed"] is False
    assert bare.lines("grep A: /srv/settings.yml") == ["A: 2"]
    assert run.result("fails when told")["failed_when_result"] is True
    assert [event for event, _ in run.events("may fail")] == ["ok"]


def test_an_unknown_option_is_refused_by_the_module(bare: Host, control: Control) -> None:
    run = control.run("- edx_settings: {path: /srv/settings.yml, colour: red}", fails=True)
    assert "colour" in run.msg()


def test_it_runs_where_a_python_module_runs(python: Host, control: Control) -> None:
    """The same folder, the same umask, the same user: by SSH, and as root by sudo."""
    run = control.run(
        """
        - name: ours
          edx_probe:
        - name: Python's
          shell: pwd; umask; id -un
        - name: ours as root
          edx_probe:
          become: true
        - name: Python's as root
          shell: pwd; umask; id -un
          become: true
        """,
        hosts="python1",
    )
    for ours, pythons in (("ours", "Python's"), ("ours as root", "Python's as root")):
        result = run.result(ours)
        assert result.by_runner
        assert [result.folder, result["umask"], result["user"]] == run.result(pythons)["stdout_lines"]
    assert run.result("ours").folder == "/home/deploy"


def test_the_exit_status_is_ignored_and_the_answer_counts(bare: Host, control: Control) -> None:
    run = control.run("- {name: first, edx_probe: {exit: 3}}\n- {name: second, edx_probe: {exit: 3}}")
    assert [event for event, _ in run.events()] == ["ok", "ok"]


def test_arguments_of_any_kind_arrive_as_they_are(bare: Host, control: Control) -> None:
    """On the way that stores the binary they go through the shell's `read` and `printf`, afterwards straight to the module."""
    task = r"""
    - name: {name}
      edx_probe:
        text: "quotes ' and \", dollar $HOME `id` $(id), back\\slash \\n %s %d, tab\t, newline\n, ünïcödé ÁÂÃ 日本 🙂"
        numbers: [1, 2.5, -3]
        nothing: null
        empty: ""
        mapping: {{a: {{b: [true, false]}}}}
        long: "{{{{ 'x' * 200000 }}}}"
    """
    run = control.run(task.format(name="first") + task.format(name="second"))
    assert (len(run.commands("first")), len(run.commands("second"))) == (2, 1)
    for name in ("first", "second"):
        arguments = {key: value for key, value in run.result(name).arguments.items() if not key.startswith("_ansible")}
        assert arguments == {
            "text": "quotes ' and \", dollar $HOME `id` $(id), back\\slash \\n %s %d, tab\t, newline\n, ünïcödé ÁÂÃ 日本 🙂",
            "numbers": [1, 2.5, -3],
            "nothing": None,
            "empty": "",
            "mapping": {"a": {"b": [True, False]}},
            "long": "x" * 200000,
        }
