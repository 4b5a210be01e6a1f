"""Thirty tasks of the same work, by each way to bring a module to a host."""
import json
import pathlib
import platform
import re
import statistics
import sys

from bench import modules, page
from bench.hosts import BENCH, ROOT, Failed

TASKS = 30
ROUND_TRIPS = [0, 30]
ROUNDS = 3
ENDPOINTS = ["172.31.5.9:11211", "172.31.5.10:11211"]
FOLDER = "/var/tmp/bench"

MITOGEN = {
    "ANSIBLE_STRATEGY_PLUGINS": "{venv}/lib/python" + "%d.%d" % sys.version_info[:2]
                                + "/site-packages/ansible_mitogen/plugins/strategy",
    "ANSIBLE_STRATEGY": "mitogen_linear",
}
RUNNER = {
    "ANSIBLE_LIBRARY": str(ROOT / "build/library/library"),
    "ANSIBLE_ACTION_PLUGINS": str(ROOT / "build/library/action_plugins"),
}
STOCK = {"ANSIBLE_LIBRARY": f"{ROOT / 'build/bin' / platform.machine()}"}
PYTHON = {"ANSIBLE_LIBRARY": str(BENCH / "library")}
OURS = {"edx_cache_endpoint": {"path": FOLDER, "endpoints": ENDPOINTS[:1], "replace": ENDPOINTS}}
THEIRS = {"cache_endpoint": OURS["edx_cache_endpoint"]}
NOTHING = {"debug": {"msg": "nothing"}}


class Way:
    """One way: settings of Ansible, and what each task says."""

    def __init__(self, name, settings, task, baseline=None):
        self.name = name
        self.settings = settings
        self.task = task
        self.baseline = baseline
        self.seconds = {round_trip: [] for round_trip in ROUND_TRIPS}
        self.executions = self.uploads = self.round_trips = self.kilobytes = None

    def playbook(self, folder, tasks=TASKS):
        """A warm-up, in which the connection is made and what is kept on the target gets there, then the tasks."""
        names = ["Warm up"] * 2 + ["Measured"] * tasks
        path = pathlib.Path(folder) / "tasks.json.yml"
        path.write_text(json.dumps([{
            "name": "Tasks", "hosts": "app1", "gather_facts": False, "become": True,
            "tasks": [{"name": name, **self.task} for name in names],
        }]))
        return path

    def median(self, round_trip):
        """Milliseconds a task."""
        return statistics.median(self.seconds[round_trip]) * 1000

    def net(self, round_trip):
        """The same without what Ansible needs to run a task that does nothing."""
        return self.median(round_trip) - (self.baseline.median(round_trip) if self.baseline else 0)


def ways():
    """All of them, the runner first."""
    nothing = Way("a task that does nothing (`debug`)", {}, NOTHING)
    nothing_there = Way("a task that does nothing, under Mitogen", MITOGEN, NOTHING)
    return [
        Way("the runner", RUNNER, OURS, nothing),
        Way("stock path: the binary in `library/`", STOCK, OURS, nothing),
        Way("Python module, pipelined", PYTHON, THEIRS, nothing),
        Way("Python module under Mitogen", PYTHON | MITOGEN, THEIRS, nothing_there),
        Way("the runner under Mitogen", RUNNER | MITOGEN, OURS, nothing_there),
        nothing,
        nothing_there,
    ]


def check(way, run):
    """A way that did other work would win too easily."""
    if run.said.count("ok: [app1]") < TASKS or "changed: [app1]" in run.said:
        raise Failed(f"{way.name} did something else:\n{run.said}")


def measure(hosts, compared):
    """In turn, so that a noisy machine is noisy for all of them."""
    for round_trip in ROUND_TRIPS:
        hosts.set_round_trip(round_trip)
        for number in range(ROUNDS):
            print(f"bench: tasks, {round_trip} ms, round {number + 1} of {ROUNDS}", file=sys.stderr)
            for way in compared:
                run = hosts.play(way.settings, way.playbook(hosts.scratch))
                check(way, run)
                start, end = run.span("Measured")
                way.seconds[round_trip].append((end - start) / TASKS)
                way.round_trips = sum(start <= at <= end for at in run.round_trips) / TASKS
                way.kilobytes = sum(size for at, size in run.uploads if start <= at <= end) / TASKS / 1000


def count(hosts, compared, tasks=5):
    """What the connection plugin says that it did, in its verbose log."""
    for way in compared:
        said = hosts.play(way.settings, way.playbook(hosts.scratch, tasks), "-vvvv").said
        measured = said[said.index("TASK [Measured]"):]
        way.executions = len(re.findall(r"SSH: EXEC ", measured)) / tasks
        way.uploads = len(re.findall(r"(?:SSH: (?:PUT|FETCH)|<[^>]*> PUT) ", measured)) / tasks


def report(compared):
    """The section's text."""
    runner = compared[0]
    lines = [
        f"Each way runs {TASKS} tasks that find nothing to do: `edx_cache_endpoint`, or an equivalent Python module",
    ]
    return lines


def main(hosts):
    """Measures, and returns the section."""
    hosts.shell("app1", f"mkdir -p {FOLDER}")
    path = hosts.scratch / "lms.yml"
    modules.settings_file(path, 600)
    hosts.put("app1", path, FOLDER)
    compared = ways()
    count(hosts, compared)
    measure(hosts, compared)
    return compared
