"""A control node of a test's own: the runner, the binaries beside it, and what plays with them over SSH."""

import base64
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import uuid
from pathlib import Path
from typing import Any, Optional

from hosts import KEY, ROOT, Host

RUNNER = ROOT / "plugins" / "action" / "edx_runner.py"
CHANNEL = ROOT / "plugins" / "action" / "edx_binaries" / "channel"
HERE = Path(__file__).parent
ARCHITECTURES = ("x86_64", "aarch64")
MODULES = ("edx_settings", "edx_verify")


def decoded(text: str) -> str:
    return base64.b64decode(text).decode()


class Result(dict[str, Any]):
    """What a module answered. The rest is of edx_probe, the module that says what it sees."""

    @property
    def arguments(self) -> dict[str, Any]:
        return dict(json.loads(decoded(self["arguments"])))

    @property
    def environment(self) -> dict[str, str]:
        return dict(entry.split("=", 1) for entry in decoded(self["environment"]).split("\0") if entry)

    @property
    def folder(self) -> str:
        return decoded(self["folder"]).strip()

    @property
    def by_runner(self) -> bool:
        """Whether it ran with `-`, arguments on standard input, and not with a file of arguments."""
        return decoded(self["argument"]) == "-"


class Run:
    """What came of one ansible-playbook."""

    def __init__(self, status: int, output: str, records: list[dict[str, Any]]):
        self.status, self.output, self.records = status, output, records

    def __repr__(self) -> str:
        return f"exit status {self.status}\n{self.output}"

    def events(self, task: str = "", host: str = "") -> list[tuple[str, Result]]:
        """Everything that Ansible told of a task, as ("ok", its result), in order."""
        return [
            (record["event"], Result(record["result"]))
            for record in self.records
            if task in (record["task"], "") and host in (record["host"], "")
        ]

    def result(self, task: str = "", host: str = "") -> Result:
        """The result of the one task of that name, on one host; without a name, of the only task."""
        ((_, result),) = [event for event in self.events(task, host) if " " not in event[0] and event[0] != "retry"]
        return result

    def msg(self, task: str = "") -> str:
        """What the task failed with."""
        ((event, result),) = self.events(task)
        assert event == "failed", self
        return str(result["msg"])

    def commands(self, task: str = "", user: str = "") -> list[str]:
        """The commands that the SSH connection, or that of one user, ran for the task, as -vvv shows them."""
        return [command for command in self._shown(task, "SSH: EXEC ") if f"User=\"{user}" in command]

    def to_waiting_shell(self, task: str = "") -> int:
        """How many runs of the task went to the shell that waits on the host."""
        return sum(part.count("went to the shell that waits there") for part in self._parts(task))

    def uploads(self, task: str = "") -> list[str]:
        """The files that Ansible uploaded for the task."""
        return self._shown(task, "PUT ")

    def _shown(self, task: str, what: str) -> list[str]:
        return [
            line for part in self._parts(task) for line in re.findall(rf"^<\S+> {what}(.*)$", part, flags=re.MULTILINE)
        ]

    def _parts(self, task: str) -> list[str]:
        """What was printed during the task."""
        parts = re.split(r"^TASK \[", self.output, flags=re.MULTILINE)[1:]
        return [part for part in parts if not task or part.startswith(task + "]")]


class Control:
    """A control node: a folder with playbooks, the runner as their action plugin, and a home of its own."""

    def __init__(self, folder: Path, hosts: dict[str, Host], user: str, bin_folder: Path):
        self.folder, self.hosts, self.user = folder, hosts, user
        # For sockets: their paths are short, and a test's folder is not.
        self.short = Path(tempfile.mkdtemp(prefix="edx-"))
        self.sockets = self.short / "cp"
        self.sockets.mkdir(mode=0o700)
        self.plugins = folder / "action_plugins"
        self.binaries = self.plugins / "edx_binaries"
        for module in (*MODULES, "edx_probe"):
            self.plugins.mkdir(exist_ok=True)
            shutil.copy(RUNNER, self.plugins / f"{module}.py")
        for architecture in ARCHITECTURES:
            (self.binaries / architecture).mkdir(parents=True)
            for module in MODULES:
                (self.binaries / architecture / module).symlink_to(bin_folder / architecture / module)
        (folder / "library").mkdir()
        (folder / "library" / "edx_probe.py").write_text("DOCUMENTATION = ''\n")
        self.build_probe()
        (folder / "home").mkdir()
        (folder / "ansible.cfg").touch()
        self.inventory({name: name for name in hosts})

    def use_channel(self) -> None:
        """Has tasks go to a shell that waits on the host. Most tests leave that out, and see each command."""
        shutil.copy(CHANNEL, self.binaries)

    def build_probe(self, change: str = "") -> None:
        """Builds edx_probe for both architectures: content, and so a hash, that no other test has."""
        self.probes = {}
        for architecture in ARCHITECTURES:
            text = (HERE / "probe.sh").read_text().replace(" ARCHITECTURE\n", f" {architecture}\n")
            path = self.binaries / architecture / "edx_probe"
            path.write_text(f"{text}{change}\n# {uuid.uuid4()}\n")
            path.chmod(0o755)
            self.probes[architecture] = path

    def file_name(self, module: str = "edx_probe", architecture: str = "x86_64") -> str:
        """What the binary is called on a target."""
        data = (self.binaries / architecture / module).read_bytes()
        return f"{module}-{hashlib.sha256(data).hexdigest()}"

    def inventory(self, names: dict[str, str], users: Optional[dict[str, str]] = None) -> None:
        """Hosts by their names in the inventory: several may be one and the same, each with a user of its own."""
        entries = {}
        for name, host in names.items():
            entries[name] = {
                "ansible_host": self.hosts[host].address,
                "ansible_user": (users or {}).get(name, self.user),
                "ansible_ssh_private_key_file": str(KEY),
                "ansible_ssh_common_args": "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no "
                "-o LogLevel=ERROR",
            }
        (self.folder / "inventory.json").write_text(json.dumps({"all": {"hosts": entries}}))

    def environment(self, record: Path, changes: dict[str, str]) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "LANG": "C.UTF-8",
            "EDX_RECORD": str(record),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"),
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.sockets),
            "ANSIBLE_LOCAL_TEMP": str(self.short / "tmp"),
            "ANSIBLE_INVENTORY": str(self.folder / "inventory.json"),
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "ANSIBLE_NOCOWS": "1",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PYTHON_INTERPRETER": "auto_silent",
            **changes,
        }

    def start(
        self,
        tasks: str,
        hosts: str = "bare1",
        options: str = "-vvv",
        environment: Optional[dict[str, str]] = None,
        bin_folder: Path = Path(sys.executable).parent,
        play: str = "",
        **variables: Any,
    ) -> "Started":
        """Starts ansible-playbook with a play of these tasks; `play` is further keywords of the play's own."""
        name = uuid.uuid4().hex[:8]
        book, record = self.folder / f"{name}.yml", self.folder / f"{name}.json"
        book.write_text(
            f"- hosts: {hosts}\n  gather_facts: false\n{textwrap.indent(textwrap.dedent(play).strip(), '  ')}\n"
            f"  vars: {json.dumps(variables, ensure_ascii=False)}\n  tasks:\n{textwrap.indent(textwrap.dedent(tasks).strip(), '  ')}\n",
            encoding="utf-8",
        )
        record.touch()
        process = subprocess.Popen(
            [str(bin_folder / "ansible-playbook"), *shlex.split(options), str(book)],
            cwd=self.folder,
            env=self.environment(record, environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        return Started(process, record)

    def run(self, tasks: str, timeout: float = 60, fails: bool = False, **how: Any) -> Run:
        """Runs a play of these tasks on bare1 and waits for its end, which is a good one unless `fails`."""
        run = self.start(tasks, **how).end(timeout)
        assert run.status == (2 if fails else 0), run
        return run

    def disconnect(self) -> None:
        """Ends the SSH connections that Ansible keeps open."""
        for socket in self.sockets.iterdir():
            subprocess.run(
                ["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "any"], stderr=subprocess.DEVNULL, timeout=10
            )
            socket.unlink(missing_ok=True)

    def close(self) -> None:
        self.disconnect()
        shutil.rmtree(self.short)


class Started:
    """An ansible-playbook that runs."""

    def __init__(self, process: "subprocess.Popen[str]", record: Path):
        self.process, self.record = process, record

    def end(self, timeout: float = 60) -> Run:
        try:
            output, _ = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            output, _ = self.process.communicate()
            raise AssertionError(f"ansible-playbook did not end in {timeout} seconds:\n{output}") from None
        records = [json.loads(line) for line in self.record.read_text().splitlines()]
        return Run(self.process.returncode, output, records)

    def kill(self) -> None:
        """Ends it as kill -9 does, with all that it started."""
        os.killpg(self.process.pid, 9)
