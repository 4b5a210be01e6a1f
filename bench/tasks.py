"""Thirty tasks of the same work, by each way to bring a module to a host."""
import json
import os
import pathlib
import platform
import re
import shlex
import statistics
import sys
import time

from bench import modules, page, relay
from bench.hosts import BENCH, CACHE, ROOT, Failed, quietly

TITLE = "Thirty tasks, each way"
PARTS = "Where the time of a task goes"
TASKS = 30
ROUND_TRIPS = [0, 30]
ROUNDS = int(os.environ.get("EDXOPS_BENCH_ROUNDS", "2"))
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

    def __init__(self, name, settings, task, baseline=None, optional=False, variables=None):
        self.name = name
        self.settings = settings
        self.task = task
        self.baseline = baseline
        self.optional = optional
        self.variables = variables or {}
        self.seconds = {round_trip: [] for round_trip in ROUND_TRIPS}
        self.executions = self.uploads = self.round_trips = self.kilobytes = None
        self.command = None

    def playbook(self, folder, tasks):
        """A warm-up, in which the connection is made and what is kept on the target gets there, then the tasks."""
        names = ["Warm up"] * 2 + ["Measured"] * tasks
        path = pathlib.Path(folder) / "tasks.json.yml"
        path.write_text(json.dumps([{
            "name": "Tasks", "hosts": "app1", "gather_facts": False, "become": True, "vars": self.variables,
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
        Way("the runner, a command for each task", RUNNER, OURS, nothing, variables={"edx_runner_channel": False}),
        Way("stock path: the binary in `library/`", STOCK, OURS, nothing),
        Way("Python module, pipelined", PYTHON, THEIRS, nothing),
        Way("Python module under Mitogen", PYTHON | MITOGEN, THEIRS, nothing_there),
        Way("the runner under Mitogen", RUNNER | MITOGEN, OURS, nothing_there, optional=True),
        nothing,
        nothing_there,
    ]


def check(way, run):
    """A way that did other work would win too easily."""
    if run.said.count("ok: [app1]") < TASKS or "changed: [app1]" in run.said:
        raise Failed(f"{way.name} did something else:\n{run.said}")


def measure(hosts, compared, parts):
    """In turn, so that a noisy machine is noisy for all of them."""
    for round_trip in ROUND_TRIPS:
        hosts.set_round_trip(round_trip)
        for number in range(ROUNDS):
            print(f"bench: tasks, {round_trip} ms, round {number + 1} of {ROUNDS}", file=sys.stderr)
            for way in compared:
                run = hosts.play(way.settings, way.playbook(hosts.scratch, TASKS))
                check(way, run)
                start, end = run.span("Measured")
                way.seconds[round_trip] += run.each("Measured")
                way.round_trips = sum(start <= at <= end for at in run.round_trips) / TASKS
                way.kilobytes = sum(size for at, size in run.uploads if start <= at <= end) / TASKS / 1000
            parts.sample(round_trip)


def count(hosts, compared, tasks=5):
    """What the connection plugin says that it did, in its verbose log. Leaves out a way that need not work and does not."""
    for way in list(compared):
        try:
            said = hosts.play(way.settings, way.playbook(hosts.scratch, tasks), "-vvvv").said
        except Failed as problem:
            if not way.optional:
                raise
            print(f"bench: {way.name} is left out: {problem}", file=sys.stderr)
            compared.remove(way)
            continue
        measured = said[said.index("TASK [Measured]"):]
        commands = re.findall(r"SSH: EXEC (.*)", measured)
        way.executions = len(commands) / tasks
        way.command = shlex.split(commands[-1]) if commands else None
        way.uploads = len(re.findall(r"(?:SSH: (?:PUT|FETCH)|<[^>]*> PUT) ", measured)) / tasks


class Parts:
    """The steps of a task by the runner, each with all before it, the last one with the runner's own command."""

    def __init__(self, hosts, runner):
        self.path = hosts.scratch / "parts"
        self.options = [
            "-F", "none", "-i", str(CACHE / "id_ed25519"), "-p", str(hosts.relays["app1"].port), "-o", f"ControlPath={self.path}",
            *[part for option in ["IdentitiesOnly=yes", "LogLevel=ERROR", "UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no"]
              for part in ["-o", option]],
        ]
        ssh = ["ssh", *self.options, "admin@127.0.0.1"]
        self.open = [*ssh, "-o", "ControlMaster=yes", "-o", "ControlPersist=60", "-n", "-f", "sleep 1"]
        self.close = ["ssh", "-O", "exit", *self.options, "admin@127.0.0.1"]
        self.steps = {
            "client": ["ssh", "-O", "check", *self.options, "admin@127.0.0.1"],
            "command": [*ssh, "true"],
            "sudo": [*ssh, "/bin/sh -c 'sudo -H -S -n -u root /bin/sh -c true'"],
            # As it was logged, over this connection instead.
            "module": [f"ControlPath={self.path}" if word.startswith("ControlPath=") else word for word in runner.command],
        }
        self.arguments = json.dumps(next(iter(runner.task.values())))
        self.seconds = {at: {name: [] for name in self.steps} for at in ROUND_TRIPS}

    def sample(self, round_trip, runs=6):
        """Each step some times, in turn."""
        quietly(self.open)
        for _ in range(runs):
            for name, command in self.steps.items():
                started = time.perf_counter()
                said = quietly(command, input=self.arguments)
                self.seconds[round_trip][name].append(time.perf_counter() - started)
                if name == "module" and json.loads(said.strip().rpartition("\n")[2]).get("changed") is not False:
                    raise Failed(f"the runner's command, by hand: {said}")
        quietly(self.close)

    def median(self, round_trip, name):
        """Milliseconds."""
        return statistics.median(self.seconds[round_trip][name]) * 1000


def report(compared, far):
    """The comparison."""
    runner = compared[0]
    head = ["way"]
    for round_trip in ROUND_TRIPS:
        head += [f"{round_trip} ms away: ms a task", "compared", "without Ansible's own", "compared"]
    rows = []
    for way in compared:
        row = [way.name]
        for round_trip in ROUND_TRIPS:
            row += [f"{way.median(round_trip):.0f}", f"{way.median(round_trip) / runner.median(round_trip):.2f}"]
            row += [f"{way.net(round_trip):.0f}", f"{way.net(round_trip) / runner.net(round_trip):.2f}"] if way.baseline else ["", ""]
        rows.append(row)
    number = lambda value: f"{value:.1f}".removesuffix(".0")
    return [
        f"`edx_cache_endpoint` on a 600-line `lms.yml`, {TASKS} tasks that find nothing to do, as most tasks of most runs",
        "do: so what is compared is the way to the host, and no side waits for a disk. The runner hands",
        "a task to a shell of its own that waits on the host, which the warm-up has started, or, told so with",
        "`edx_runner_channel: false`, runs a command on the connection for each task. The Python module is",
        "[cache_endpoint.py](../bench/library/cache_endpoint.py), which does the same with PyYAML's C loader. All run under",
        f"one ansible-core on one machine, on a real sshd behind a relay that adds {' or '.join(map(str, ROUND_TRIPS))} ms",
        f"to each round trip (it is found to add {' and '.join(f'{far[at]:.1f}' for at in ROUND_TRIPS)}, and to carry hundreds of MB/s);",
        "with `become: true` (sudo), pipelining, an SSH connection that stays open and was there before, without facts.",
        f"Medians of {TASKS * ROUNDS} tasks in {ROUNDS} round{'s' * (ROUNDS != 1)}; \"Ansible's own\" is a task that does nothing, under the same strategy.",
        "",
        *page.table(head, rows),
        "",
        f"What goes over the connection for each task, {ROUND_TRIPS[-1]} ms away (commands and uploads as the connection plugin logs",
        "them with `-vvvv`; neither the lines to the waiting shell nor what Mitogen says are commands of its; a round trip is an",
        "answer for which the client waited, as the relay sees it):",
        "",
        *page.table(["way", "commands", "uploads", "round trips", "kB sent"], [
            [way.name, number(way.executions), number(way.uploads), number(way.round_trips), number(way.kilobytes)]
            for way in compared if way.baseline]),
    ]


def report_parts(compared, parts, far):
    """The runner's own time, taken apart."""
    shell, command = compared[:2]
    between = lambda before, after, at: parts.median(at, after) - parts.median(at, before)
    checked = lambda at: between("sudo", "module", at)
    none = lambda at: None
    rows = []
    for name, *costs in [
        ("Ansible itself: a task that does nothing", shell.baseline.median, shell.baseline.median),
        ("starting the SSH client", none, lambda at: parts.median(at, "client")),
        ("round trips; for a command also sshd and the login shell", far.get, lambda at: between("client", "command", at)),
        ("sudo, and root's shell", none, lambda at: between("command", "sudo", at)),
        ("on the host: the binary's owner, mode and SHA-256 checked, the module run", checked, checked),
        ("the rest: the runner, and what Ansible does for a task that has a host", lambda at: shell.net(at) - far[at] - checked(at),
         lambda at: command.net(at) - parts.median(at, "module")),
        ("together", shell.median, command.median),
    ]:
        rows.append([name, *["" if cost(at) is None else f"{cost(at):.0f}" for cost in costs for at in ROUND_TRIPS]])
    return [
        "One task by the runner, taken apart; what stands before the runner's own command was measured with the same SSH",
        "client, sshd and sudo without Ansible, in between:",
        "",
        *page.table(["part", *[f"{what}, {at} ms away: ms" for what in ["the shell that waits", "a command for each task"]
                               for at in ROUND_TRIPS]], rows),
        "",
        "A command that reads standard input waits for three round trips, on a connection that is open already: one opens a",
        "channel, one starts the command, and one carries the input, for which sshd gives no room before the command runs. A",
        "line to a shell that runs already waits for one, and starts neither an SSH client nor sudo. Nothing that gets an",
        "answer to each task before the next can wait for less. What would beat it: several tasks in one round trip, the",
        "binary checked and started in less than the processes that this takes now, and less of Ansible's own.",
    ]


def main(hosts):
    """Measures, and returns the sections by title."""
    hosts.shell("app1", f"mkdir -p {FOLDER}")
    path = hosts.scratch / "lms.yml"
    modules.settings_file(path, 600)
    hosts.put("app1", path, FOLDER)
    compared = ways()
    count(hosts, compared)
    parts = Parts(hosts, compared[1])
    far = {round_trip: relay.measured(round_trip)[0] for round_trip in ROUND_TRIPS}
    measure(hosts, compared, parts)
    return {TITLE: report(compared, far), PARTS: report_parts(compared, parts, far)}
