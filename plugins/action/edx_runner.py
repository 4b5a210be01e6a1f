# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs this project's modules, which are static binaries, with one command on the connection per task.

Ansible itself uploads a binary for every task. This keeps it on the target, under its content's hash, in a folder
of the user that runs it, and sends the arguments on standard input. What is in the folder is checked against that
hash before each run. docs/runner.md explains.

All the rest is Ansible's own: its ActionBase builds the arguments, reads the result, cleans up. Only three of its
steps are replaced, and with a task that cannot go this way (async, a connection that has no standard input to give)
two of them are not.

The first task for a host is a command of its own; the ones that follow in the same run are lines to a shell that waits
for them there, where SSH and sudo allow that (edx_binaries/channel).
"""

from __future__ import absolute_import, annotations, division, print_function

__metaclass__ = type

import datetime
import fcntl
import gzip
import hashlib
import json
import os
import re
import secrets
import shlex
import socket
import struct
import subprocess
import sys

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible import constants as C
from ansible.errors import AnsibleConnectionFailure
from ansible.executor import module_common
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins import action as ansible_action
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.vars import merge_hash

# Beside this file: edx_binaries/ARCHITECTURE/MODULE.
BINARIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "edx_binaries")

# What keeps a shell on the host open for the tasks that follow.
CHANNEL = os.path.join(BINARIES, "channel")

# As `uname -m` calls them on Linux.
ARCHITECTURES = ("x86_64", "aarch64")

# How many builds of one module stay in a target's folder: this one, and those of other control nodes or versions.
KEPT_BUILDS = 3

# A folder that a shell takes as it is, unquoted.
PLAIN_FOLDER = re.compile(r"(~?/[\w.@+-]+)+/?\Z", re.ASCII)

# The folder's mode and the file's as stat prints them: a directory with 0700 and a regular file with 0700.
SAFE_MODES = "41c081c0"

DEFAULT_REMOTE_TMP = "~/.ansible/tmp"

# The folder that the target's shell has opened, in the shell and in what it starts.
OPENED = "/proc/self/fd/3"

display = Display()


class Binary(NamedTuple):
    """A module's binary for one architecture, on the control node."""

    path: str
    sha256: str


class Report(NamedTuple):
    """What the target's shell said instead of running the module."""

    word: str
    rest: str


def find_binaries(module: str) -> Dict[str, Binary]:
    """The module's binaries by architecture; those that were not built are left out."""
    found = {}
    for architecture in ARCHITECTURES:
        path = os.path.join(BINARIES, architecture, module)
        try:
            with open(path, "rb") as file:
                found[architecture] = Binary(path, hashlib.sha256(file.read()).hexdigest())
        except OSError:
            continue
    return found


def folders(remote_tmp: str, system_tmpdirs: List[str], wanted: Optional[List[str]]) -> List[str]:
    """Where the binary may be on the target, in the order in which they are tried, as the shell's words.

    $edx_u is the number of the user who runs the module: folders that users share get one folder for each.
    """
    if wanted:
        return [f"{folder.rstrip('/')}/edxops-$edx_u" for folder in wanted]
    tried = ["~/.ansible/edxops"]
    if remote_tmp != DEFAULT_REMOTE_TMP and PLAIN_FOLDER.match(remote_tmp):
        # Somebody moved it, for example because home folders are mounted noexec.
        tried.insert(0, f"{remote_tmp.rstrip('/')}/edxops-$edx_u")
    return tried + [f"{folder.rstrip('/')}/edxops-$edx_u" for folder in system_tmpdirs if PLAIN_FOLDER.match(folder)]


def choose_binary(module: str, binaries: Dict[str, Binary], token: str) -> str:
    """Shell text: $edx_n is the file name for this target's architecture, $edx_h the hash. Ends the script where there is none."""
    cases = "".join(
        f'"Linux {architecture}") edx_h={binary.sha256};; ' for architecture, binary in sorted(binaries.items())
    )
    return f'case "$(uname -sm)" in {cases}*) echo "{token} system $(uname -sm)"; exit;; esac; edx_n={module}-$edx_h'


def each(function: str, places: List[str], has_number: bool = False) -> List[str]:
    """Shell text: the function for each folder. The user's number costs a process, so it is asked for when it is needed."""
    calls: List[str] = []
    for place in places:
        # In somebody else's home nothing is looked for: sudo and su may leave HOME as it was.
        guard = "[ -O ~ ] && " if place.startswith("~/") else ""
        number = "edx_u=$(id -u); " if "$edx_u" in place and not has_number else ""
        has_number = has_number or bool(number)
        calls.append(f"{number}{guard}{function} {place}")
    return calls


def environment_on_stdin(environment: str) -> Tuple[str, str, bytes]:
    """A task's `environment`: what reads it, what sets it, and the line itself, which is so in no process list."""
    if not environment:
        return "", "", b""
    return (
        'edx_l=$(printf "\\nx"); edx_l=${edx_l%x}; IFS= read -r edx_e; ',
        'eval "$edx_e" && ',
        export_line(environment),
    )


def export_line(environment: str) -> bytes:
    """Shell text on one line: a newline in a value comes as $edx_l."""
    quoted = environment.replace("\n", "'\"$edx_l\"'")
    return to_bytes(f"export {quoted}\n" if quoted else ":\n")


def run_script(module: str, binaries: Dict[str, Binary], places: List[str], token: str, environment: str) -> Tuple[str, bytes]:
    """The command for a target that has the binary, and what standard input begins with.

    One line, without quotes of its own but double ones: it is quoted twice or three times on its way.
    """
    read, export, head = environment_on_stdin(environment)
    script = [
        choose_binary(module, binaries, token),
        run_if_sound(f'{export}"$1" -'),
        *each("edx_run", places),
        f'echo "{token} absent $edx_h"',
    ]
    return read + "; ".join(script), head


def run_if_sound(run: str) -> str:
    """Shell text: the function edx_run FOLDER, which runs the binary there if it is the one meant and nobody else could have
    written it, and ends with its exit status.

    The folder is opened once, and what is checked and run is in that one: who can rename a folder above it could put
    another in its place in between.
    """
    return (
        f'edx_run() {{ [ -d "$1" ] && [ ! -L "$1" ] && [ -r "$1" ] || return 1; exec 3<"$1"; set -- {OPENED}; '
        '[ -O $1/. ] && [ -O $1/$edx_n ] && set -- $1/$edx_n $(stat -c %f $1/. $1/$edx_n) && '
        f'[ "$2$3" = {SAFE_MODES} ] && [ "$(sha256sum <"$1")" = "$edx_h  -" ] && '
        # 126: the folder was mounted noexec since. Nothing was read from standard input then, and the next one follows.
        f"{{ {run}; edx_r=$?; [ $edx_r = 126 ] || exit $edx_r; }}; }}"
    )


def channel_script(places: List[str], token: str) -> str:
    """The command that waits for tasks: a line with its number, the module and its hashes, one with its environment, one with
    its arguments.

    As run_script, for each of them; both outputs end with a line that has the number.
    """
    return "; ".join(
        [
            '[ "$(command -v printf)" = printf ] || exit',
            "edx_s=$(uname -sm); edx_u=$(id -u)",
            'edx_l=$(printf "\\nx"); edx_l=${edx_l%x}',
            run_if_sound('eval "$edx_e"; printf "%s\\n" "$edx_a" | "$1" -'),
            f'echo "{token} ready"',
            'while read -r edx_q edx_n edx_x edx_y && IFS= read -r edx_e && IFS= read -r edx_a; do case "$edx_s" in '
            '"Linux x86_64") edx_h=$edx_x;; "Linux aarch64") edx_h=$edx_y;; *) edx_h=-;; esac',
            f"edx_n=$edx_n-$edx_h; ( {'; '.join(each('edx_run', places, has_number=True))}; "
            f'if [ $edx_h = - ]; then echo "{token} system $edx_s"; else echo "{token} absent $edx_h"; fi ); edx_r=$?',
            f'printf "\\n%s end %s %s\\n" {token} $edx_q $edx_r; printf "\\n%s end %s %s\\n" {token} $edx_q $edx_r >&2; done',
        ]
    )


def install_script(module: str, binaries: Dict[str, Binary], places: List[str], token: str, environment: str) -> Tuple[str, bytes]:
    """The command that stores the binary and runs it. Standard input: the environment, the arguments as one line, then
    the binary, compressed.

    Nothing of it but the binary touches the disk: `read` takes single bytes and so no more than its line, and printf
    is the shell's own (asked first).
    """
    read, export, head = environment_on_stdin(environment)
    needs = (
        "for edx_c in stat sha256sum mktemp gzip; do "
        f'command -v $edx_c >/dev/null || {{ echo "{token} lacks $edx_c"; exit; }}; done'
    )
    # An empty script tells whether the folder may run anything; the binary then takes that file's place. Its "#!" is
    # written "#\041": in csh, somebody's login shell, an exclamation mark with a word after it is no part of a text.
    attempt = (
        'edx_try() { mkdir -p "$1" 2>/dev/null && [ -d "$1" ] && [ -r "$1" ] || return 1; '
        # Opened once, as in edx_run; and not where a link led to: that folder's mode is not this plugin's to set.
        f'exec 3<"$1"; edx_f=$1; edx_d={OPENED}; [ "$(stat -c %d:%i "$1")" = "$(stat -c %d:%i $edx_d/.)" ] && '
        '[ -O $edx_d/. ] && chmod g-s,u=rwx,go= $edx_d/. && '
        'edx_t=$(mktemp $edx_d/.XXXXXXXX 2>/dev/null) || return 1; printf "#\\041/bin/sh\\n" >"$edx_t" && '
        'chmod 700 "$edx_t" && "$edx_t" </dev/null >/dev/null 2>&1 || { rm -f "$edx_t" "$1/$edx_n"; return 1; }; }'
    )
    attempts = " || ".join(f"{{ {call}; }}" for call in each("edx_try", places))
    script = [
        choose_binary(module, binaries, token),
        needs,
        attempt,
        "edx_m=$(umask); umask 077",
        f'{attempts} || {{ echo "{token} nowhere"; exit; }}',
        # What an earlier run left when it was killed.
        'find "$edx_d/." -name ".*" -type f -mmin +60 -exec rm -f {} + 2>/dev/null',
        'gzip -dc >"$edx_t"',
        f'[ "$(sha256sum <"$edx_t")" = "$edx_h  -" ] || {{ rm -f "$edx_t"; echo "{token} damaged $edx_f"; exit; }}',
        # Into a folder, or a link to one, mv would move it.
        '[ ! -d "$edx_d/$edx_n" ] || rm -rf "$edx_d/$edx_n"; mv -f "$edx_t" "$edx_d/$edx_n"',
        f'ls -td "$edx_d"/{module}-* | tail -n +{KEPT_BUILDS + 1} | '
        # The one that runs now stays, whatever the target's clock made of the times.
        'while read -r edx_o; do [ "$edx_o" = "$edx_d/$edx_n" ] || rm -f "$edx_o"; done',
        "umask $edx_m",
        f'[ "$(command -v printf)" = printf ] || {{ echo "{token} stored"; exit; }}',
        f'{export}printf "%s\\n" "$edx_a" | "$edx_d/$edx_n" -',
    ]
    return read + "IFS= read -r edx_a; " + "; ".join(script), head


def find_report(output: str, token: str) -> Optional[Report]:
    """What the shell reported, wherever it stands: a login shell may print things of its own before."""
    for line in output.splitlines():
        if line.startswith(token + " "):
            word, dummy, rest = line[len(token) + 1 :].partition(" ")
            return Report(word, rest)
    return None


def as_json(arguments: Dict[str, Any]) -> bytes:
    """The module's arguments, as this version of Ansible gives them to modules."""
    encoder = getattr(ansible_action, "get_module_encoder", None)
    if encoder is None:
        # Before ansible-core 2.19.
        return to_bytes(json.dumps(arguments, default=as_plain))
    direction = ansible_action.Direction.CONTROLLER_TO_MODULE
    return to_bytes(json.dumps(arguments, cls=encoder("legacy", direction)))


def as_plain(value: Any) -> Any:
    """What JSON has no word for, as Ansible from 2.19 on puts it."""
    if getattr(value, "__ENCRYPTED__", False):
        return to_text(value.data)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    return to_text(value)


def failure(msg: str) -> str:
    """A module's answer that says what kept it from running."""
    return json.dumps({"failed": True, "changed": False, "msg": msg})


class ActionModule(ActionBase):
    """Any module of this project: which one is in the task."""

    _supports_check_mode = True
    _supports_async = True

    # Ansible's own, until a task puts another in its place.
    _low_level_execute_command: Any

    def run(self, tmp: Any = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """As Ansible's own action plugin for modules that have none."""
        result = super().run(tmp, task_vars)
        del tmp
        if result.get("skipped"):
            return result
        self._variables = task_vars or {}
        self._module = self._task.action.rpartition(".")[2]
        wrap_async = bool(self._task.async_val and not self._connection.has_native_async)
        problem = self._prepare(wrap_async)
        if not problem:
            answer = ActionBase._execute_module(self, task_vars=task_vars, wrap_async=wrap_async)
            if self._falls_back:
                # The target cannot do it this plugin's way, and nothing ran.
                problem = self._as_ansible_does()
                answer = {} if problem else ActionBase._execute_module(self, task_vars=task_vars)
        if problem:
            answer = {"failed": True, "changed": False, "msg": problem}
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return merge_hash(result, answer)

    def _prepare(self, wrap_async: bool) -> Optional[str]:
        """Chooses the way, and says in a sentence why there is none."""
        self._falls_back = False
        self._host = self._task.delegate_to or self._variables.get("inventory_hostname") or "this host"
        if getattr(self._connection._shell, "SHELL_FAMILY", "sh") == "powershell":
            return f"{self._module} runs on Linux, and {self._host} is a Windows host."
        self._binaries = find_binaries(self._module)
        if not self._binaries:
            return (
                f"There is no binary of {self._module} in {BINARIES}: build them with 'make build', or install the "
                "collection from an artifact that 'make dist' made."
            )
        self._places, problem = self._find_places()
        if problem:
            return problem
        # Ansible's strategies may put methods of their own before this class's (Mitogen's does), so that the three
        # steps are replaced on this object. What it had is what a command goes through.
        self._execute: Any = self._low_level_execute_command
        if self._is_off("edx_runner") or wrap_async or not self._has_stdin():
            return self._as_ansible_does()
        self._payload = b""
        self._configure_module = self._arguments_as_module
        self._is_pipelining_enabled = lambda *args, **kwargs: True
        self._low_level_execute_command = self._run_on_target
        return None

    def _is_off(self, name: str) -> bool:
        """Whether a variable says no, in any of Ansible's words for it; it may be a template."""
        value = self._templar.template(self._variables.get(name))
        return value is not None and not boolean(value, strict=False)

    def _find_places(self) -> Tuple[List[str], Optional[str]]:
        wanted = self._variables.get("edx_runner_paths")
        if wanted is not None:
            wanted = self._templar.template(wanted)
            if isinstance(wanted, str):
                wanted = [wanted]
            wrong = [folder for folder in wanted if not PLAIN_FOLDER.match(str(folder))]
            if wrong or not wanted:
                return [], (
                    "edx_runner_paths: must be folders as /opt/edxops or ~/edxops, of letters, digits and ._@+-"
                    + (f", and '{wrong[0]}' is not." if wrong else ", and is empty.")
                )
        return folders(
            str(self.get_shell_option("remote_tmp", default=DEFAULT_REMOTE_TMP)),
            [str(folder) for folder in self.get_shell_option("system_tmpdirs", default=["/var/tmp", "/tmp"])],
            wanted,
        ), None

    def _has_stdin(self) -> bool:
        """Whether a command on this connection, as this user, can read what is sent to it."""
        become = self._connection.become
        return (
            (self._connection.has_pipelining or self._is_mitogen())
            # su asks for its password on the terminal. Ansible 2.8 knows that by its name only.
            and (not become or (getattr(become, "pipelining", True) and become.name != "su"))
            and not self._asks_for_terminal()
            and not C.DEFAULT_KEEP_REMOTE_FILES
        )

    def _asks_for_terminal(self) -> bool:
        """Whether the options of SSH want a terminal: it has no end of input, and shows what is sent to it."""
        words: List[str] = []
        for option in ("ssh_args", "ssh_common_args", "ssh_extra_args"):
            text = self.get_connection_option(option) or getattr(self._play_context, option, None) or ""
            try:
                words += shlex.split(str(text))
            except ValueError:
                continue
        return any(re.match(r"(-t+|(-o)?RequestTTY[= ](yes|force))\Z", word, re.IGNORECASE) for word in words)

    def _is_mitogen(self) -> bool:
        """Mitogen's connections run a command in one round trip, as the become user already, and give it standard
        input, though they say nothing of it."""
        return hasattr(self._connection, "get_chain")

    # --- Ansible's way: upload, run, remove

    def _as_ansible_does(self) -> Optional[str]:
        self._low_level_execute_command = self._execute
        answer = self._execute("uname -sm")
        system = answer["stdout"].strip().rpartition("\n")[2]
        architecture = system.partition(" ")[2]
        if not system.startswith("Linux ") or architecture not in self._binaries:
            return self._no_binary_for(system or answer["stderr"].strip() or "an unknown system")
        self._binary = self._binaries[architecture]
        self._configure_module = self._binary_as_module
        self._is_pipelining_enabled = lambda *args, **kwargs: False
        display.vvv(f"edx_runner: {self._module} goes the stock way, uploaded for this task", host=self._host)
        return None

    def _binary_as_module(self, module_name: str, module_args: Dict[str, Any], task_vars: Any = None) -> Any:
        if module_name != self._task.action:
            # async_wrapper
            return ActionBase._configure_module(self, module_name, module_args, task_vars)
        with open(self._binary.path, "rb") as file:
            return self._built("binary", None, file.read(), self._binary.path)

    @staticmethod
    def _built(style: str, shebang: Optional[str], data: bytes, path: str) -> Any:
        """What _configure_module gives back, in this version of Ansible."""
        built = getattr(module_common, "_BuiltModule", None)
        if built is None:
            return style, shebang, data, path
        return built(b_module_data=data, module_style=style, shebang=shebang, serialization_profile="legacy"), path

    # --- this plugin's way

    def _arguments_as_module(self, module_name: str, module_args: Dict[str, Any], task_vars: Any = None) -> Any:
        """To Ansible, a pipelined module is text that goes to an interpreter's standard input. So are our arguments."""
        del module_name, task_vars
        self._payload = as_json(module_args)
        return self._built("new", f"#!{self._module}", self._payload, self._module)

    def _run_on_target(self, cmd: str, sudoable: bool = True, in_data: Any = None, **kwargs: Any) -> Dict[str, Any]:
        if in_data is not self._payload:
            return self._execute(cmd, sudoable=sudoable, in_data=in_data, **kwargs)
        environment = self._compute_environment_string().strip()
        token = self._token()
        script, head = run_script(self._module, self._binaries, self._places, token, environment)
        channel = self._find_channel(token)
        answer = self._ask(channel, environment) if channel else None
        is_command = answer is None
        if answer is None:
            answer = self._send(script, head + self._payload)
        report = find_report(answer["stdout"], token)
        if is_command and answer["rc"] == 0 and not (report and report.word == "system"):
            # The first command made the connection that a channel shares.
            channel = channel or self._find_channel(token)
            if channel:
                self._open(channel, token)
        if report and report.word == "absent":
            answer = self._install(report.rest, token, environment)
            report = find_report(answer["stdout"], token)
            if report and report.word == "stored":
                answer = self._send(script, head + self._payload)
                report = find_report(answer["stdout"], token)
        if report is None:
            if "you must have a tty" in answer["stderr"]:
                report = Report("lacks", "a sudo that needs no terminal")
            else:
                return answer
        return dict(answer, rc=0, stdout=failure(self._explain(report, answer)))

    def _install(self, sha256: str, token: str, environment: str) -> Dict[str, Any]:
        (path,) = (binary.path for binary in self._binaries.values() if binary.sha256 == sha256)
        with open(path, "rb") as file:
            data = gzip.compress(file.read(), compresslevel=6)
        script, head = install_script(self._module, self._binaries, self._places, token, environment)
        display.vvv(f"edx_runner: {self._host} gets {self._module}, {len(data)} bytes", host=self._host)
        return self._send(script, head + self._payload + b"\n" + data)

    def _explain(self, report: Report, answer: Dict[str, Any]) -> str:
        errors = answer["stderr"].strip().rpartition("\n")[2]
        if report.word == "system":
            return self._no_binary_for(report.rest)
        if report.word == "lacks":
            self._falls_back = True
            return f"{self._host} has no {report.rest}."
        tried = ", ".join(place.replace("-$edx_u", "-UID") for place in self._places)
        if report.word == "nowhere":
            return (
                f"{self._host} has no folder where this user may keep and run {self._module}: tried {tried}. Each is "
                "missing and cannot be made, is somebody else's, is full or is mounted noexec. Name one in edx_runner_paths."
            )
        if report.word == "damaged":
            return (
                f"{self._module} did not arrive whole in {report.rest} on {self._host}, and was removed"
                + (f": {errors}." if errors else ".")
                + " Is the disk full?"
            )
        return f"{self._module} is not on {self._host} although it was just stored: tried {tried}."

    def _no_binary_for(self, system: str) -> str:
        built = " and ".join(f"Linux {architecture}" for architecture in sorted(self._binaries))
        return f"{self._host} is {system}, for which there is no binary of {self._module}: there is one for {built}."

    def _send(self, script: str, data: bytes) -> Dict[str, Any]:
        """One command on the connection."""
        shell = self._play_context.executable or "/bin/sh"
        become = self._become()
        if become and self._needs_no_password(become):
            # Ansible waits for sudo's success before it sends anything, a round trip. Without a password
            # there is nothing to wait for: with -n, sudo reads nothing from standard input.
            command = become.build_become_command(script, self._connection._shell)
            answer = self._execute(command, sudoable=False, in_data=data, executable=shell)
            if answer["rc"] == 0 or not become.check_missing_password(to_bytes(answer["stderr"])):
                return answer
        return self._execute(script, in_data=data, executable=shell)

    @staticmethod
    def _token() -> str:
        """Begins the shell's own lines. The same for a whole run of ansible-playbook, whose channels know it too."""
        return "edxops-" + hashlib.sha256(os.fsencode(C.DEFAULT_LOCAL_TMP)).hexdigest()[:8]

    def _become(self) -> Any:
        """What makes this task another user's, if anything does: Ansible leaves it out for the user who logs in."""
        remote_user, become_user = self._get_remote_user(), self.get_become_option("become_user")
        is_same = remote_user == become_user and any((remote_user, become_user)) and not C.BECOME_ALLOW_SAME_USER
        return None if is_same else self._connection.become

    def _needs_no_password(self, become: Any) -> bool:
        return (
            become.name == "sudo"
            and not self._is_mitogen()
            and self._connection.transport == "ssh"
            and not self.get_become_option("become_pass")
            and "-n" in (self.get_become_option("become_flags") or "").split()
        )

    # --- the tasks that follow

    def _find_channel(self, token: str) -> Optional["Channel"]:
        """The channel that this task could use or open: over an SSH connection that Ansible keeps open, to a user who
        needs no password."""
        connection, become = self._connection, self._become()
        if (
            self._is_off("edx_runner_channel")
            or self._is_mitogen()
            or connection.transport != "ssh"
            or not hasattr(connection, "_run")
            or (become and not self._needs_no_password(become))
            # Ansible would have sshpass type it.
            or self.get_connection_option("password")
            or getattr(self._play_context, "password", None)
            or not os.path.exists(CHANNEL)
        ):
            return None
        user = [become.name, *(self.get_become_option(f"become_{name}") for name in ("exe", "flags", "user"))] if become else []
        script = channel_script(self._places, token)
        command = self._ssh_command(become.build_become_command(script, connection._shell) if become else script)
        master = control_socket(command) if command else None
        if not command or master is None:
            return None
        # All but the command itself, which holds a random word of sudo's. A connection that was reset has another socket.
        identity = json.dumps([[os.fsdecode(word) for word in command[:-1]], user, self._places, master])
        name = "edx-" + hashlib.sha256(os.fsencode(identity)).hexdigest()[:16]
        return Channel(os.path.join(to_text(C.DEFAULT_LOCAL_TMP), name), [os.fsdecode(word) for word in command])

    def _ssh_command(self, command: str) -> Optional[List[bytes]]:
        """The command line that Ansible's SSH plugin would run, which it tells nobody but itself."""
        caught: List[List[bytes]] = []

        def catch(cmd: List[bytes], *args: Any, **kwargs: Any) -> Tuple[int, bytes, bytes]:
            caught.append([to_bytes(word) for word in cmd])
            return 0, b"", b""

        self._connection._run = catch
        try:
            self._execute(command, sudoable=False, in_data=b"-", executable=self._play_context.executable or "/bin/sh")
        finally:
            del self._connection._run
        return caught[0] if caught else None

    def _ask(self, channel: "Channel", environment: str) -> Optional[Dict[str, Any]]:
        hashes = [self._binaries[name].sha256 if name in self._binaries else "-" for name in ARCHITECTURES]
        head = to_bytes(" ".join([secrets.token_hex(8), self._module, *hashes])) + b"\n" + export_line(environment)
        answer = channel.ask(head + self._payload + b"\n")
        if answer:
            display.vvv(f"edx_runner: {self._module} went to the shell that waits there", host=self._host)
        return answer

    def _open(self, channel: "Channel", token: str) -> None:
        if channel.open(token):
            display.vvv("edx_runner: the tasks that follow find a shell that waits for them", host=self._host)


def control_socket(command: List[bytes]) -> Optional[List[int]]:
    """What identifies the socket of the SSH connection that this command would share, if it is there."""
    found: Dict[bytes, bytes] = {}
    for word in command[:-2]:
        option, dummy, value = word.partition(b"=")
        # SSH goes by the first.
        found.setdefault(option, value.strip(b'"'))
    path = found.get(b"ControlPath", b"")
    for token, value in ((b"%h", command[-2]), (b"%p", found.get(b"Port", b"22")), (b"%r", found.get(b"User", b""))):
        path = path.replace(token, value)
    if not path or b"%" in path:
        return None
    try:
        status = os.stat(os.path.expanduser(path))
    except OSError:
        return None
    return [status.st_dev, status.st_ino, status.st_mtime_ns]


LOST = "The SSH connection ended while the module ran."


class Channel:
    """A shell on the host that runs one task after the other, as the worker processes of one ansible-playbook see it."""

    LENGTH = struct.Struct(">I")
    ANSWER = struct.Struct(">IIi")

    def __init__(self, path: str, command: List[str]) -> None:
        self.path, self.command = path, command

    def ask(self, request: bytes) -> Optional[Dict[str, Any]]:
        """The answer to one request; none where another way is to be taken, and nothing ran."""
        if not os.path.exists(self.path):
            return None
        try:
            lock = open(self.path + ".lock", "wb")
        except OSError:
            return None
        with lock, socket.socket(socket.AF_UNIX) as server:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                server.connect(self.path)
                server.sendall(self.LENGTH.pack(len(request)) + request)
                if server.recv(1) != b"A":
                    return None
            except OSError:
                # Another task is at it just now, or it ended.
                return None
            try:
                out_length, err_length, status = self.ANSWER.unpack(self._read(server, self.ANSWER.size))
                out, err = self._read(server, out_length), self._read(server, err_length)
            except OSError as error:
                raise AnsibleConnectionFailure(LOST) from error
        return {"rc": status, "stdout": to_text(out), "stderr": to_text(err)}

    @staticmethod
    def _read(server: socket.socket, length: int) -> bytes:
        data = b""
        while len(data) < length:
            read = server.recv(min(length - len(data), 1 << 20))
            if not read:
                raise AnsibleConnectionFailure(LOST)
            data += read
        return data

    def open(self, token: str) -> bool:
        """Has it opened for the tasks that follow, and does not wait for that."""
        # 107 bytes are what a socket's path may have.
        if os.path.exists(self.path) or os.path.exists(self.path + ".refused") or len(os.fsencode(self.path)) > 107:
            return False
        # Ansible names the folder after its own process, and tempfile adds eight characters. Where that has ended, nobody
        # would end the channel.
        if not re.match(rf"ansible-local-{os.getppid()}.{{8}}\Z", os.path.basename(os.path.dirname(self.path))):
            return False
        # Nothing may be asked at a terminal, and no connection be made that Ansible does not know of.
        options = ["-o", "BatchMode=yes", "-o", "ControlMaster=no", "-o", "ProxyCommand=false"]
        setup = {
            "command": [self.command[0], *options, *self.command[1:]],
            "socket": self.path,
            "token": token,
            "pid": os.getppid(),
        }
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", CHANNEL],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            close_fds=True,
        )
        if process.stdin:
            with process.stdin as stdin:
                stdin.write(json.dumps(setup).encode())
        return True
