"""Several plays and forks that arrive together, and one that is killed."""

import os
import time

from control import Control
from hosts import Host

FOLDER = "/home/deploy/.ansible/edxops"


def test_eight_plays_at_once_on_a_new_host(bare: Host, control: Control) -> None:
    plays = [control.start("- {name: first, edx_probe: }\n- {name: second, edx_probe: }") for _ in range(8)]
    runs = [play.end(timeout=120) for play in plays]
    assert [run.status for run in runs] == [0] * 8, runs
    assert all(run.result("second").by_runner for run in runs)
    assert bare.stored(FOLDER) == [control.file_name()]


def test_eight_forks_at_once_on_a_new_host(bare: Host, control: Control) -> None:
    """Names that are one and the same host, as an inventory may have them."""
    control.inventory({f"name{number}": "bare1" for number in range(8)})
    run = control.run("- {name: first, edx_probe: }\n- {name: second, edx_probe: }", hosts="all", options="-vvv --forks 8")
    assert [event for event, _ in run.events()] == ["ok"] * 16
    assert len(run.commands("second")) == 8
    assert bare.stored(FOLDER) == [control.file_name()]


def slow_upload(bare: Host, seconds: int) -> None:
    """The target takes its time before it reads the binary. The shell's buffers do not hold all of one so large."""
    bare.sh("chmod 1777 /srv")
    bare.first_on_path("deploy", gzip=f"echo >/srv/begun; sleep {seconds}; exec /usr/bin/gzip \"$@\"")


def begin(bare: Host, control: Control) -> None:
    """A play that is killed when the upload has begun."""
    for binary in control.probes.values():
        binary.write_bytes(binary.read_bytes() + b"exit\n" + os.urandom(9_000_000))
    play = control.start("- edx_probe:")
    deadline = time.monotonic() + 30
    while "begun" not in bare.stored("/srv"):
        assert time.monotonic() < deadline, "the upload did not begin"
        time.sleep(0.1)
    play.kill()
    play.process.wait()
    control.disconnect()


def test_a_play_that_is_killed_in_mid_upload_leaves_nothing(bare: Host, control: Control) -> None:
    slow_upload(bare, seconds=1)
    begin(bare, control)
    bare.sh("while pgrep -u deploy gzip; do sleep 0.1; done; sleep 0.5")
    assert bare.stored(FOLDER) == []


def test_a_target_that_goes_down_in_mid_upload_has_no_half_a_binary(bare: Host, control: Control) -> None:
    slow_upload(bare, seconds=20)
    begin(bare, control)
    bare.sh("pkill -KILL -u deploy; rm -r ~deploy/first ~deploy/.bashrc")
    (left,) = bare.stored(FOLDER)
    assert left.startswith("."), "a temporary name: nothing runs it"

    # What another play may be writing at this time stays. After an hour it is a leftover.
    control.build_probe()
    control.run("- edx_probe:")
    assert bare.stored(FOLDER) == sorted([left, control.file_name()])
    bare.sh(f"touch --date '2 hours ago' {FOLDER}/{left}")
    first = control.file_name()
    control.build_probe()
    control.run("- edx_probe:")
    assert bare.stored(FOLDER) == sorted([first, control.file_name()])
