"""Old builds go, so that a target does not fill up."""

from control import Control
from hosts import Host

FOLDER = "/home/deploy/.ansible/edxops"


def prepare(bare: Host, script: str) -> None:
    bare.sh(f"mkdir --parents --mode 700 {FOLDER}; cd {FOLDER}\n{script}\nchown -R deploy: ~deploy/.ansible")


def test_of_one_module_the_three_newest_builds_stay(bare: Host, control: Control) -> None:
    prepare(
        bare,
        """
        for days in 1 2 3 4 5; do touch --date "$days days ago" edx_probe-old$days; done
        touch --date '9 days ago' edx_settings-old edx_probes-old edx_prob-old
        """,
    )
    control.run("- edx_probe:")
    assert bare.stored(FOLDER) == sorted(
        [control.file_name(), "edx_probe-old1", "edx_probe-old2", "edx_settings-old", "edx_probes-old", "edx_prob-old"]
    )


def test_the_build_that_runs_stays_though_others_seem_newer(bare: Host, control: Control) -> None:
    """The target's clock was set back since they were stored."""
    prepare(bare, "for days in 1 2 3 4; do touch --date \"$days days\" edx_probe-new$days; done")
    run = control.run("- {name: first, edx_probe: }\n- {name: second, edx_probe: }")
    assert [len(run.commands(task)) for task in ("first", "second")] == [2, 1]
    assert bare.stored(FOLDER) == sorted([control.file_name(), "edx_probe-new2", "edx_probe-new3", "edx_probe-new4"])


def test_nothing_outside_of_the_folder_is_pruned(bare: Host, control: Control) -> None:
    """A folder that stands where a build would: ls lists what is in it, by names that are the home's too."""
    prepare(bare, "mkdir edx_probe-odd; touch edx_probe-odd/important edx_probe-odd/b edx_probe-odd/c edx_probe-odd/d")
    bare.sh("touch ~deploy/important ~deploy/b ~deploy/c ~deploy/d")
    control.run("- edx_probe:")
    assert {"important", "b", "c", "d"} <= set(bare.stored("/home/deploy"))


def test_a_running_build_is_not_disturbed_by_an_update(bare: Host, control: Control) -> None:
    """A new build is another file: the old one stays for who runs it."""
    control.run("- edx_probe:")
    old = control.file_name()
    slow = control.start("- edx_probe: {sleep: 5}")
    bare.sh("until pgrep -u deploy sleep; do sleep 0.1; done", timeout=60)
    control.build_probe()
    run = control.run("- edx_probe:")
    assert slow.end().status == 0
    assert len(run.commands()) == 2
    assert bare.stored(FOLDER) == sorted([old, control.file_name()])
