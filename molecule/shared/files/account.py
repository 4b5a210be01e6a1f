"""Tells, as JSON, which tasks were lost and which ran twice.

Argument: a folder with one folder for each application server, in it what its workers did (tasks.log: number and broker)
and what its LMS said of each task (queued.log: number and word, the last one counts).
"""
import collections
import json
import pathlib
import sys


def lines(folder, name):
    """The words of each line of all servers' files."""
    for path in sorted(pathlib.Path(folder).glob(f"*/{name}")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield line.split()


def main():
    """All of it."""
    folder = sys.argv[1]
    said = {int(number): word for number, word in lines(folder, "queued.log")}
    # Those of heartbeats are below zero.
    ran = collections.Counter(int(number) for number, _ in lines(folder, "tasks.log") if int(number) > 0)
    queued = {number for number, word in said.items() if word in ("at_first", "queued")}
    maybe = {number for number, word in said.items() if word == "unknown"}
    print(json.dumps({
        "queued": len(queued),
        "while_moving": sum(word == "queued" for word in said.values()),
        "unknown": len(maybe),
        "lost": sorted(queued - ran.keys()),
        "twice": sorted(number for number, times in ran.items() if times > 1),
        "unasked": sorted(ran.keys() - queued - maybe),
    }))


main()
