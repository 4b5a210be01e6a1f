"""The hosts of the benchmark, and Ansible on them, through a relay that can make them far."""
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from bench.relay import Relay

ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "edxops"
STATE = CACHE / "bench"
NAMES = {"app1": "edx_app_servers", "cache1": "edx_cache_servers"}

INVENTORY = """\
---
all:
  vars:
    ansible_host: 127.0.0.1
    ansible_user: admin
    ansible_private_key_file: {key}
    ansible_ssh_common_args: >-
      -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o IdentitiesOnly=yes -o LogLevel=ERROR
    ansible_python_interpreter: /usr/bin/python3
"""


class Failed(Exception):
    """A run that should have worked did not."""


def run(argv, **more):
    """Runs a command, to its end also when the benchmark is stopped: it may be starting hosts that are to be removed."""
    given = more.pop("input", None)
    with subprocess.Popen(argv, text=True, stdin=subprocess.DEVNULL if given is None else subprocess.PIPE, **more) as process:
        try:
            said, _ = process.communicate(given)
        except SystemExit:
            process.communicate()
            raise
    return process.returncode, said


def quietly(argv, **more):
    """Runs a command; shows what it printed only when it fails."""
    returned, said = run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if returned:
        raise Failed(f"{' '.join(map(str, argv))} failed:\n{said}")
    return said


def project_venv():
    """Where Molecule is."""
    return pathlib.Path(quietly([ROOT / "tools/setup", "--print-venv"]).strip())


def bench_venv():
    """An environment with Ansible and Mitogen, in which every compared way runs; made once."""
    constraints = [ROOT / "constraints.txt", BENCH / "constraints.txt"]
    identity = subprocess.run(["sha256sum"], check=True, stdout=subprocess.PIPE,
                              input=b"".join(path.read_bytes() for path in constraints) + sys.version.encode())
    venv = CACHE / f"venv-bench-{identity.stdout[:12].decode()}"
    if not (venv / "complete").exists():
        print(f"bench: making the Python environment {venv}", file=sys.stderr)
        shutil.rmtree(venv, ignore_errors=True)
        quietly([sys.executable, "-m", "venv", venv])
        arguments = [part for path in constraints for part in ["--constraint", path]]
        quietly([venv / "bin/pip", "--quiet", "--disable-pip-version-check", "install",
                 "ansible-core", "mitogen", *arguments])
        (venv / "complete").touch()
    return venv


def environment(**more):
    """The machine's, without what would change how Ansible runs."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "MOLECULE_"))}
    return clean | {"LC_ALL": "C.UTF-8"} | more


def molecule(step):
    """Starts or removes the hosts. What a killed run left behind goes first."""
    STATE.mkdir(parents=True, exist_ok=True)
    quietly([project_venv() / "bin/molecule", step, "--scenario-name", "bench"], cwd=ROOT,
            env=environment(MOLECULE_GLOB="bench/molecule.yml", MOLECULE_EPHEMERAL_DIRECTORY=str(STATE),
                            EDXOPS_ARCHITECTURE=platform.machine(),
                            PATH=f"{project_venv() / 'bin'}:{os.environ['PATH']}"))


class Hosts:
    """app1 and cache1, each behind a relay of its own; removed at the end, also of a failure or a signal."""

    def __init__(self):
        self.relays = {}
        self.scratch = None

    def __enter__(self):
        for number in [signal.SIGTERM, signal.SIGHUP]:
            signal.signal(number, lambda *_: sys.exit("bench: stopped"))
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="bench-"))
        self.venv = bench_venv()
        try:
            if not (os.environ.get("EDXOPS_KEEP") == "1" and self._running()):
                print("bench: starting hosts", file=sys.stderr)
                molecule("destroy")
                molecule("create")
            self._relay()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for relay in self.relays.values():
            relay.close()
        shutil.rmtree(self.scratch, ignore_errors=True)
        if os.environ.get("EDXOPS_KEEP") != "1":
            molecule("destroy")

    def _running(self):
        found = quietly([ROOT / "tools/podman", "ps", "--quiet", "--filter", "label=edxops.scenario=bench"])
        return len([line for line in found.splitlines() if " " not in line]) == len(NAMES)

    def _relay(self):
        hosts = {}
        inspected = json.loads(subprocess.run(
            [ROOT / "tools/podman", "inspect", *[f"edxops-bench-{name}" for name in NAMES]],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
        self.addresses = {container["Config"]["Hostname"]: container["NetworkSettings"]["Networks"]["edxops-bench"]["IPAddress"]
                          for container in inspected}
        text = INVENTORY.format(key=CACHE / "id_ed25519")
        for name, group in NAMES.items():
            self.relays[name] = Relay(self.addresses[name])
            text += f"{group}:\n  hosts:\n    {name}:\n      ansible_port: {self.relays[name].port}\n"
        self.inventory = self.scratch / "inventory.yml"
        self.inventory.write_text(text)

    def set_round_trip(self, milliseconds):
        """Of both hosts."""
        for relay in self.relays.values():
            relay.set_round_trip(milliseconds)

    def shell(self, name, script):
        """As root on a host, beside SSH."""
        return quietly([ROOT / "tools/podman", "exec", f"edxops-bench-{name}", "sh", "-ec", script])

    def put(self, name, path, folder):
        """Copies a file to a host, beside SSH."""
        quietly([ROOT / "tools/podman", "cp", path, f"edxops-bench-{name}:{folder}/"])

    def play(self, way, playbook, *arguments, **variables):
        """Runs a playbook one way, with connections of its own, and returns what it stamped."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.scratch))
        stamps = folder / "stamps"
        for relay in self.relays.values():
            relay.count_from_zero()
        settings = {
            "ANSIBLE_CONFIG": str(BENCH / "ansible.cfg"),
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_HOST_KEY_CHECKING": "0",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
            "ANSIBLE_CALLBACK_PLUGINS": str(BENCH / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "stamps",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "ANSIBLE_NOCOLOR": "1",
            "BENCH_STAMPS": str(stamps),
        } | {key: str(value).format(venv=self.venv) for key, value in way.items()}
        started = time.time()
        with open(folder / "output", "w", encoding="utf-8") as output:
            returned, _ = run(
                [self.venv / "bin/ansible-playbook", "--inventory", self.inventory, playbook,
                 "--extra-vars", json.dumps(variables), *arguments],
                stdout=output, stderr=subprocess.STDOUT, env=environment(**settings))
        ended = time.time()
        said = (folder / "output").read_text()
        if returned:
            raise Failed(f"{playbook} failed:\n{said}")
        # The masters of its SSH connections would otherwise go on for a minute.
        for master in (folder / "cp").glob("*"):
            subprocess.run(["ssh", "-o", f"ControlPath={master}", "-O", "exit", "nowhere"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return Run(ended - started, [json.loads(line) for line in stamps.read_text().splitlines()], said,
                   [at for relay in self.relays.values() for at in relay.round_trips],
                   [upload for relay in self.relays.values() for upload in relay.uploads])


class Run:
    """What is known of one run of a playbook."""

    def __init__(self, seconds, stamps, said, round_trips, uploads):
        self.seconds = seconds
        self.stamps = stamps
        self.said = said
        self.round_trips = round_trips
        self.uploads = uploads

    def span(self, name):
        """From when to when the tasks of a name ran, which stand together."""
        start = next(stamp["at"] for stamp in self.stamps if stamp["event"] == "task" and stamp["task"] == name)
        inside, end = False, start
        for stamp in self.stamps:
            if stamp["event"] == "task":
                inside = stamp["task"] == name
            elif inside and stamp["event"] == "ok":
                end = stamp["at"]
        return start, end

    def each(self, name):
        """Seconds of each of these tasks, from its start to the start of the next one, or to its result."""
        start, end = self.span(name)
        starts = [stamp["at"] for stamp in self.stamps if stamp["event"] == "task" and start <= stamp["at"] <= end]
        return [after - before for before, after in zip(starts, [*starts[1:], end])]

    def profile(self):
        """Each task, and the seconds until what follows it started: (play, task, action, seconds)."""
        marks = [stamp for stamp in self.stamps if stamp["event"] in ("play", "task", "end")]
        return [(mark["play"], mark["task"], mark["action"], following["at"] - mark["at"])
                for mark, following in zip(marks, marks[1:]) if mark["event"] == "task"]

    def skipped(self):
        """Names of tasks that no host ran."""
        names = {}
        task = None
        for stamp in self.stamps:
            if stamp["event"] == "task":
                task = stamp["task"]
            elif task and "host" in stamp:
                names.setdefault(task, set()).add(stamp["event"])
        return {name for name, events in names.items() if events == {"skipped"}}

    def on_hosts(self, elsewhere):
        """How many tasks' actions reached a host."""
        return sum(action not in elsewhere and task not in self.skipped() for _, task, action, _ in self.profile())
