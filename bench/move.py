"""The whole move of memcached: ours, and the one that stock modules make, from the same start to the same end."""
import json
import os
import statistics
import subprocess
import sys
import time

from bench import page
from bench.hosts import BENCH, ROOT, Failed, quietly
from bench.tasks import MITOGEN, RUNNER

TITLE = "The whole move of memcached"
ROUND_TRIPS = [0, 30]
ROUNDS = int(os.environ.get("EDXOPS_BENCH_ROUNDS", "3"))
OURS = ROOT / "playbooks/migrate_memcached.yml"
REFERENCE = BENCH / "reference/migrate_memcached.yml"

SNAPSHOT = "test -e /root/bench.tar || tar -C / -cpf /root/bench.tar edx/etc edx/app/edx_ansible"
# As before the first run, and nobody has a binary or a temporary folder there yet.
RESTORE = {
    "app1": """
        rm -rf /edx/etc /edx/app/edx_ansible /root/.ansible /home/admin/.ansible
        tar -C / -xpf /root/bench.tar
        for program in lms cms; do /edx/bin/supervisorctl restart $program >/dev/null & done
        wait
        for port in 8000 8010; do
            until curl --fail --silent --output /dev/null http://127.0.0.1:$port/heartbeat; do sleep 0.1; done
        done
    """,
    "cache1": """
        export DEBIAN_FRONTEND=noninteractive
        apt-get -qq purge --autoremove memcached >/dev/null 2>&1
        userdel memcache 2>/dev/null || true
        rm -rf /etc/memcached.conf* /root/.ansible /home/admin/.ansible
    """,
}
SETTINGS = "printf 'stats settings\\r\\nquit\\r\\n' | nc 127.0.0.1 11211"
# Nothing of these reaches a host.
ON_THE_CONTROL_NODE = {"assert", "debug", "fail", "set_fact", "include_role", "include_tasks", "meta",
                       "ansible.builtin.validate_argument_spec"}


class Way:
    """One way to move, and what its runs took."""

    def __init__(self, name, short, playbook, settings):
        self.name = name
        self.short = short
        self.playbook = playbook
        self.settings = settings
        self.runs = {round_trip: [] for round_trip in ROUND_TRIPS}

    def median(self, round_trip, figure=lambda run: run.seconds):
        """Of a figure of its runs."""
        return statistics.median(figure(run) for run in self.runs[round_trip])


def ways():
    """Ours first."""
    ours = RUNNER | {"ANSIBLE_ROLES_PATH": str(ROOT / "roles")}
    return [
        Way("`migrate_memcached.yml`", "ours", OURS, ours),
        Way("the reference, stock modules", "reference", REFERENCE, {}),
        Way("the reference under Mitogen", "under Mitogen", REFERENCE, MITOGEN),
    ]


def end_state(hosts):
    """What a move leaves behind: files and what the next upgrade reads, as Python reads them; the daemon's own settings."""
    observe = (ROOT / "molecule/shared/files/observe.py").read_text(encoding="utf-8")
    seen = json.loads(subprocess.run(
        [ROOT / "tools/podman", "exec", "--interactive", "edxops-bench-app1", "python3", "-"], input=observe,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout)
    return {
        "files": {name: (about["sha256"], about["owner"], about["mode"]) for name, about in seen["files"].items()},
        "server_vars": seen["server_vars"],
        "memcached": sorted(line for line in hosts.shell("cache1", SETTINGS).splitlines() if line.startswith("STAT")),
        "copies": sum(name.endswith("~") for name in seen["others"]),
    }


def same(one, other):
    """Whether two moves ended alike. Copies have names of their own, so that only their number counts, where files lie beside."""
    return all(one[what] == other[what] for what in ["files", "server_vars", "memcached"]) and one["copies"] == other["copies"]


def measure(hosts, compared):
    """In turn, each from the same start; stops when two end differently."""
    hosts.shell("app1", SNAPSHOT)
    wanted = None
    for round_trip in ROUND_TRIPS:
        hosts.set_round_trip(round_trip)
        for number in range(ROUNDS):
            print(f"bench: move, {round_trip} ms, round {number + 1} of {ROUNDS}", file=sys.stderr)
            for way in compared:
                for name, script in RESTORE.items():
                    hosts.shell(name, script)
                way.runs[round_trip].append(hosts.play(way.settings, way.playbook))
                state = end_state(hosts)
                wanted = wanted or state
                if not same(state, wanted):
                    raise Failed(f"{way.name} ended differently:\n{json.dumps(state, indent=1)}\n{json.dumps(wanted, indent=1)}")


def shares(run):
    """Where a run's time went, in seconds by what for."""
    found = dict.fromkeys(["restart", "install", "http", "modules", "control", "ansible"], 0.0)
    profile = run.profile()
    install = max((row for row in profile if row[2] in ("memcached_install", "apt")), key=lambda row: row[3])
    for row in profile:
        _, task, action, seconds = row
        if row is install:
            found["install"] += seconds
        elif action in ("edx_programs", "command") and "estart" in task:
            found["restart"] += seconds
        elif action == "uri":
            found["http"] += seconds
        elif action in ON_THE_CONTROL_NODE or task in run.skipped():
            found["control"] += seconds
        else:
            found["modules"] += seconds
    found["ansible"] = run.seconds - sum(found.values())
    return found


WHAT = {
    "restart": "programs restarted by supervisor",
    "install": "memcached installed (apt-get and dpkg); ours configures it in the same task",
    "modules": "all other tasks on the hosts, and the connections made",
    "http": "LMS and Studio asked over HTTP (`uri`)",
    "control": "tasks that only the control node has (assert, include, argument specs, skipped ones)",
    "ansible": "`ansible-playbook` starts and ends",
}


def by_hand(hosts):
    """Seconds of the work itself, on the hosts, without Ansible."""
    timed = {}
    for name, script in RESTORE.items():
        hosts.shell(name, script)
    for what, (name, script) in {
        "install": ("cache1", "DEBIAN_FRONTEND=noninteractive apt-get -qq install memcached >/dev/null 2>&1"),
        "restart": ("app1", "/edx/bin/supervisorctl restart lms cms edxapp_worker:* ecommerce discovery insights analytics_api"),
    }.items():
        started = time.monotonic()
        hosts.shell(name, script)
        timed[what] = time.monotonic() - started
    return timed


def report(compared, hand):
    """The comparison, then where each way's time goes."""
    ours = compared[0]
    head = ["way"]
    rows = [[way.name] for way in compared]
    for at in ROUND_TRIPS:
        head += [f"{at} ms away: s", "compared"]
        for row, way in zip(rows, compared):
            row += [f"{way.median(at):.1f}", f"{way.median(at) / ours.median(at):.2f}"]
    head += ["tasks on hosts", "round trips"]
    for row, way in zip(rows, compared):
        run = way.runs[ROUND_TRIPS[-1]][-1]
        row += [str(run.on_hosts(ON_THE_CONTROL_NODE)), str(len(run.round_trips))]
    lines = [
        "From an application server with its local memcached and a host without any, to the move done and proved:",
        "[migrate_memcached.yml](../playbooks/migrate_memcached.yml) against the same move with the modules that Ansible",
        "brings, [as an experienced operator writes it](../bench/reference/migrate_memcached.yml), pipelined, and that under",
        "Mitogen. Before each run both hosts are as before the first one, without our binaries. After each run all files of",
        "`/edx/etc` are the same byte for byte, with the same owners and modes, as many copies lie beside them,",
        "`server-vars.yml` has the same variables, and memcached says the same of its settings; the benchmark stops if not.",
        "The cache host has got Python for the reference's and Mitogen's sake, and memcached's package lies in apt's own",
        "cache already. Ours plans everything in check mode before it changes anything, reads what it verifies from every",
        "file and from the cache, and finds out which files and programs are affected; the reference knows that beforehand",
        f"and does not look. The medians of {ROUNDS} round{'s' * (ROUNDS != 1)}, whole `ansible-playbook` runs.",
        "",
        *page.table(head, rows),
        "",
        "Where the time goes, in seconds:",
        "",
    ]
    head = ["part"] + [f"{way.short}, {at} ms" for at in ROUND_TRIPS for way in compared]
    rows = [[text] + [f"{way.median(at, lambda run, part=part: shares(run)[part]):.1f}" for at in ROUND_TRIPS for way in compared]
            for part, text in WHAT.items()]
    own = lambda way, at: way.median(at, lambda run: run.seconds - shares(run)["restart"] - shares(run)["install"])
    return lines + page.table(head, rows) + [
        "",
        "Without the first two parts, which are supervisor's and apt-get's: " + "; ".join(
            f"{way.short} " + " and ".join(f"{own(way, at):.1f} s ({own(way, at) / own(ours, at):.2f}) at {at} ms" for at in ROUND_TRIPS)
            for way in compared) + ".",
        "",
        f"By hand on the hosts `apt-get install` takes {hand['install']:.1f} s, and `supervisorctl restart` of these programs in one",
        f"command, one after the other, {hand['restart']:.1f} s; `edx_programs` restarts them at the same time.",
    ]


def main(hosts):
    """Measures, and returns the section by title."""
    compared = ways()
    measure(hosts, compared)
    return {TITLE: report(compared, by_hand(hosts))}
