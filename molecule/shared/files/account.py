"""Waits until the workers have done everything, and then tells, as JSON, which tasks were lost and which ran twice.

Arguments: how many tasks were queued at first, and for how many seconds to wait.
"""
import collections
import json
import pathlib
import sys
import time

DONE = pathlib.Path("/edx/var/log/supervisor/tasks.log")
QUEUED = pathlib.Path("/root/queued.log")


def done():
    """How often each task ran."""
    lines = DONE.read_text(encoding="utf-8").splitlines() if DONE.exists() else []
    numbers = (int(line.split()[0]) for line in lines)
    # Those of heartbeats are below zero.
    return collections.Counter(number for number in numbers if number > 0)


def queued():
    """What the LMS said of each task."""
    lines = QUEUED.read_text(encoding="utf-8").splitlines() if QUEUED.exists() else []
    return {int(number): word for number, word in (line.split() for line in lines)}


def main():
    """All of it."""
    first, seconds = int(sys.argv[1]), int(sys.argv[2])
    said = queued()
    wanted = set(range(1, first + 1)) | {number for number, word in said.items() if word == "queued"}
    maybe = {number for number, word in said.items() if word == "unknown"}
    end = time.monotonic() + seconds
    while not wanted <= done().keys() and time.monotonic() < end:
        time.sleep(0.5)
    # One that would run a second time does it now.
    time.sleep(2)
    ran = done()
    print(json.dumps({
        "queued": len(wanted),
        "while_moving": sum(word == "queued" for word in said.values()),
        "unknown": len(maybe),
        "lost": sorted(wanted - ran.keys()),
        "twice": sorted(number for number, times in ran.items() if times > 1),
        "unasked": sorted(ran.keys() - wanted - maybe),
    }))


main()
