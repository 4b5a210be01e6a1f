"""edx_queues: what it takes to bring queued tasks to another Redis."""
import contextlib
import pathlib
import socket
import statistics
import sys
import tempfile

from bench.hosts import BENCH, bench_venv
from bench.look import daemon, timed
from bench.modules import module
from bench.page import table
from bench.relay import Relay

TITLE = "Bringing queued tasks to another Redis"
QUEUE = "edx.lms.core.default"
ROUNDS = 3
FAR = 30
# As long as one of edx-platform's with its envelope.
TASK = b"x" * 900


def say(port, *words):
    """One command, whose answer is one line."""
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rwb") as stream:
        stream.write(b"*%d\r\n%s" % (len(words), b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)))
        stream.flush()
        return stream.readline()


def queue(port, tasks):
    """So many of them."""
    for first in range(0, tasks, 1000):
        some = [b"%d %s" % (number, TASK) for number in range(first, min(first + 1000, tasks))]
        say(port, b"LPUSH", QUEUE.encode(), *some)


def moved(command, source, destination, tasks):
    """Seconds, of the median round; stops where not all of them come."""
    seconds = []
    for _ in range(ROUNDS):
        for port in (source, destination):
            say(port, b"FLUSHALL")
        queue(source, tasks)
        seconds.append(timed(command, quiet=True)[0])
        if say(destination, b"LLEN", QUEUE.encode()) != b":%d\r\n" % tasks:
            sys.exit(f"bench: not all tasks came: {' '.join(command)}")
    return statistics.median(seconds)


def main():
    """The section."""
    rows = []
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        source, destination = (daemon(stack, "redis", folder) for _ in range(2))
        relay = Relay("127.0.0.1", destination)
        stack.callback(relay.close)
        for delay in [0, FAR]:
            relay.set_round_trip(delay)
            port = relay.port if delay else destination
            ours = module("edx_queues", source=f"127.0.0.1:{source}", destination=f"127.0.0.1:{port}")
            theirs = [str(bench_venv() / "bin/python"), str(BENCH / "reference/move_queue.py"), str(source), str(port), QUEUE]
            for tasks in [1_000, 10_000, 100_000]:
                # One after the other would take an hour.
                compared = tasks <= (1_000 if delay else 100_000)
                first = moved(ours, source, destination, tasks)
                row = [f"{delay} ms", f"{tasks:,}".replace(",", " "), f"{first:.2f}", f"{first / tasks * 1e6:.0f}"]
                if compared:
                    second = moved(theirs, source, destination, tasks)
                    row += [f"{second:.2f}", f"{second / first:.1f}"]
                rows.append(row + [""] * (6 - len(row)))
    return {TITLE: [
        "`edx_queues` from one real Redis on this machine to another, and to the same behind the relay that adds 30 ms to each",
        f"round trip, with tasks of {len(TASK)} bytes. The Python script,",
        "[move_queue.py](../bench/reference/move_queue.py), pops each task here and pushes it there, and loses one when it is",
        "killed in between; `edx_queues` loses and doubles none. Neither Redis keeps anything on a disk here: one with an",
        "append-only file is given two seconds to write it, three times in a move of both, whatever the number of tasks.",
        f"Whole processes, medians of {ROUNDS} rounds.",
        "",
        *table(["away", "tasks", "`edx_queues`, s", "µs a task", "Python, s", "compared"], rows),
    ]}
