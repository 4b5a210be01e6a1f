#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of edx_programs, generated from its Rust declaration: see modules/edx_programs/."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: edx_programs
short_description: "Makes Open edX's programs run with their present settings files"
version_added: 0.1.0
description:
  - >-
    Restarts, through supervisor, those of Open edX's programs that started before one of their settings files was last
    written, and waits until they run.
  - A program that somebody stopped stays stopped, unless the task says otherwise.
  - >-
    Programs outside a Celery worker group restart first, all at the same time, so that they are down no longer than the
    slowest of them takes. Only when all of them run do the workers follow, each with a supervisorctl of its own that
    goes on after the module has ended, since a worker finishes its tasks before it stops.
  - Also stops programs, Celery workers gracefully, and starts them again, for the time in which a queue of tasks moves.
options:
  programs:
    description:
      - "The programs, by the names that supervisorctl status shows, and GROUP:* for all of a group."
      - "Those that this host's supervisor does not know are left out and listed in the result as C(absent)."
    type: list
    elements: str
    required: true
  state:
    description:
      - "What is wanted of the programs: current, restarted, running, stopped or started."
      - C(current) restarts those that started before a settings file they read was last written.
      - >-
        C(restarted) restarts all of them. One that ended by itself or could not start is started; one that somebody
        stopped is so only with O(start_stopped).
      - C(running) changes nothing, and fails when one of them does not run.
      - >-
        C(stopped) stops all of them with supervisor's own stop, which lets a Celery worker finish the tasks it has, and
        waits until they have stopped. It fails when one of them has not in time; that one goes on stopping by itself,
        and to run the module again joins the wait. A C(supervisorctl restart) or C(start) of one of them from earlier
        that is still at work is ended.
      - >-
        C(started) starts those that do not run, also those that somebody stopped, and leaves the others alone. One that
        is stopping starts as soon as it has stopped.
    type: str
    default: current
    choices:
      - current
      - restarted
      - running
      - stopped
      - started
  kind:
    description:
      - "Which of O(programs) and O(restart) are meant: all, workers or others."
      - >-
        C(workers) are the programs of Celery workers, told by their name or their group's; C(others) are those that are
        none. What is left out is not looked at, and is in no list of the result.
    type: str
    default: all
    choices:
      - all
      - workers
      - others
  restart:
    description:
      - Programs to restart in any case, for example because check mode predicts that a file of theirs would change.
      - They need not be in O(programs).
    type: list
    elements: str
  start_stopped:
    description:
      - >-
        Whether to start programs that do not run. Without it they are left as they are, with a warning. One that is
        stopping starts as soon as it has stopped.
    type: bool
    default: false
  strict:
    description:
      - Whether a program that supervisor does not know is a failure.
    type: bool
    default: false
  path:
    description:
      - "The folder with Open edX's settings files."
    type: path
    default: /edx/etc
  supervisorctl:
    description:
      - "The host's supervisorctl."
    type: path
    default: /edx/bin/supervisorctl
  timeout:
    description:
      - >-
        Seconds within which the restarted or started programs must run, and those that are no workers must have
        stopped.
      - Also the seconds within which C(supervisorctl status) must answer.
    type: int
    default: 120
  worker_timeout:
    description:
      - >-
        Seconds to wait for the workers that restart or stop, and for programs that start once they have stopped; those
        that still finish their tasks go on by themselves.
      - They are listed as C(pending), with a warning; with O(state=stopped) it is a failure.
    type: int
    default: 60
  worker_log:
    description:
      - The file to which the restarts and starts that go on by themselves add what supervisor says.
    type: path
    default: /var/log/edx_programs.log
attributes:
  check_mode:
    description: Predicts exactly what a real run would report, and changes nothing.
    support: full
  diff_mode:
    description: Shows the lines that change, with secrets masked.
    support: full
notes:
  - "The settings files a program reads are those of its service, as Open edX's own roles start it."
  - >-
    A program counts as current when its process started after the modification time of each of them. A file that was
    moved or copied into place with an old modification time is pointed out in a warning.
  - In check mode O(state=stopped) takes it that all programs will have stopped in time.
author:
  - edxops (@edxops)
'''

EXAMPLES = r'''
- name: Check that the platform runs
  edxops.scaling.edx_programs:
    programs: [lms, cms, 'edxapp_worker:*']
    state: running

- name: Make the platform use its present settings
  edxops.scaling.edx_programs:
    programs: [lms, cms, 'edxapp_worker:*', ecommerce, discovery]

- name: Let the workers finish their tasks, and stop
  edxops.scaling.edx_programs:
    programs: [lms, cms, 'edxapp_worker:*', ecomworker]
    kind: workers
    state: stopped
    worker_timeout: 3600
  register: workers

- name: Start those that ran
  edxops.scaling.edx_programs:
    programs: '{{ workers.was_running }}'
    state: started
'''

RETURN = r'''
restarted:
  description: >-
    The programs that were restarted, or would be in check mode; those in pending among them where this run restarts
    them.
  type: list
  returned: always
  sample: [lms, cms]
started:
  description: The programs that did not run and were started.
  type: list
  returned: always
  sample: []
already_current:
  description: The programs that run and were left alone.
  type: list
  returned: always
  sample: [ecommerce]
absent:
  description: "What was given and is unknown to this host's supervisor."
  type: list
  returned: always
  sample: [discovery]
pending:
  description: >-
    The programs that have yet to stop before they start again, from this run or an earlier one; with O(state=stopped)
    those that have yet to stop.
  type: list
  returned: always
  sample: ['edxapp_worker:lms_default_1']
stopped:
  description: The programs that this run stopped, or would in check mode; those in pending among them.
  type: list
  returned: with O(state=stopped)
  sample: ['edxapp_worker:lms_default_1']
already_stopped:
  description: The programs that did not run, or were stopping already and have stopped.
  type: list
  returned: with O(state=stopped)
  sample: [ecomworker]
was_running:
  description: >-
    The programs that ran before, or were being started or restarted: those to start afterwards. A run that finds them
    stopped or stopping does not list them, so keep the list of the first run, or of one in check mode before it.
  type: list
  returned: with O(state=stopped)
  sample: ['edxapp_worker:lms_default_1']
reasons:
  description: Why each program was restarted or started.
  type: dict
  returned: always
  sample: {lms: '/edx/etc/lms.yml was written at 2026-11-22T03:10:00Z, after lms started at 2026-11-20T08:00:00Z'}
status:
  description: "The state of each program, in supervisor's words."
  type: dict
  returned: always
  sample: {lms: RUNNING, cms: RUNNING}
failures:
  description: What is wrong with each program that does not run as it should.
  type: dict
  returned: failure
  sample: {cms: 'was RUNNING, is FATAL (Exited too quickly (process log may have details))'}
'''

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(
        argument_spec={
            "programs": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "default": "current", "choices": ["current", "restarted", "running", "stopped", "started"]},
            "kind": {"type": "str", "default": "all", "choices": ["all", "workers", "others"]},
            "restart": {"type": "list", "elements": "str"},
            "start_stopped": {"type": "bool", "default": False},
            "strict": {"type": "bool", "default": False},
            "path": {"type": "path", "default": "/edx/etc"},
            "supervisorctl": {"type": "path", "default": "/edx/bin/supervisorctl"},
            "timeout": {"type": "int", "default": 120},
            "worker_timeout": {"type": "int", "default": 60},
            "worker_log": {"type": "path", "default": "/var/log/edx_programs.log"},
        },
        supports_check_mode=True,
        # Arguments may hold secrets: they go to no log, and not into the result.
        no_log=True,
    )
    module.fail_json(
        msg="edx_programs is a binary, and the action plugin that runs it was not found. "
        "Copy action_plugins/ of edxops.scaling along with library/, or install the collection.",
        invocation={"module_args": {}},
    )


if __name__ == "__main__":
    main()
