#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of edx_queues, generated from its Rust declaration: see modules/edx_queues/."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: edx_queues
short_description: "Brings Celery's queued tasks from one Redis to another"
version_added: 0.1.0
description:
  - >-
    Carries the queues of Open edX's Celery workers, and whatever else is in the broker's databases, from one Redis to
    another, in order and with the time to live of each key, so that no task is lost and none is there twice.
  - >-
    A run that was killed, at whatever point, is finished by running it again; until then nothing is lost, and a task is
    at one of the two or on its way, never at both.
  - "What the destination has already stays: its tasks are newer than those that come, and run after them."
  - "Also waits until a broker's own workers have taken all tasks, and says what is queued where."
options:
  source:
    description:
      - "The Redis that has the tasks, as host:port; without a port it is 6379."
    type: str
    required: true
  source_username:
    description:
      - The ACL user there (Redis 6 and later).
    type: str
  source_password:
    description:
      - The password there.
    type: str
  destination:
    description:
      - >-
        The Redis that is to have them, as host:port. Write it the same way each time: a move that was interrupted is
        told by it.
    type: str
  destination_username:
    description:
      - The ACL user there (Redis 6 and later).
    type: str
  destination_password:
    description:
      - The password there.
    type: str
  state:
    description:
      - >-
        C(carried) brings all keys from O(source) to O(destination). It refuses while workers are connected to
        O(source), since a task in their hands could run twice.
      - C(drained) waits until the workers of O(source) have taken all tasks.
      - >-
        C(paused) tells the workers of O(source), by Celery's own remote control, to take no more tasks, and waits until
        none waits for any. One that is stopped while it waits may take one more and lose it; so pause them first. They
        take tasks again when they are restarted.
      - "C(returned) puts back what an interrupted run had taken out of the source's queues and not handed over."
      - C(reported) changes nothing and says what is queued.
    type: str
    default: carried
    choices:
      - carried
      - drained
      - paused
      - returned
      - reported
  databases:
    description:
      - "The numbers of the databases that are the broker's. Unset means all that hold keys."
      - "Name them where this Redis is also something else's cache or store."
    type: list
    elements: str
  allow_public:
    description:
      - Whether servers with public addresses are accepted.
    type: bool
    default: false
  timeout:
    description:
      - Seconds within which a server must give one answer.
    type: int
    default: 30
  drain_timeout:
    description:
      - Seconds to wait for O(state=drained).
    type: int
    default: 600
attributes:
  check_mode:
    description: Predicts exactly what a real run would report, and changes nothing.
    support: full
  diff_mode:
    description: Shows the lines that change, with secrets masked.
    support: full
notes:
  - >-
    Pause the workers (O(state=paused)) and stop them first (M(edxops.scaling.edx_programs) with C(state=stopped) and
    C(kind=workers)), point the producers to the new Redis and restart them, carry the queues, then start the workers.
  - >-
    While a move is under way its tasks are under names that start with C(edxops.queues:carry:) on the source. On the
    destination a note of a few bytes stays for an hour.
  - >-
    A server with an append-only file is given two seconds to write it before anything is deleted at the other one; one
    with snapshots makes a snapshot.
author:
  - edxops (@edxops)
'''

EXAMPLES = r'''
- name: Bring the queued tasks to the new Redis
  edxops.scaling.edx_queues:
    source: 127.0.0.1:6379
    destination: 172.31.5.11:6379
    destination_password: '{{ redis_password }}'

- name: Let the workers take no more tasks, so that they can be stopped without losing one
  edxops.scaling.edx_queues:
    source: 127.0.0.1:6379
    state: paused

- name: Wait until the workers have taken what is queued
  edxops.scaling.edx_queues:
    source: 127.0.0.1:6379
    state: drained
    drain_timeout: 1800

- name: Look what is queued
  edxops.scaling.edx_queues:
    source: 127.0.0.1:6379
    state: reported
'''

RETURN = r'''
carried:
  description: The tasks that were carried, or would be in check mode.
  type: int
  returned: with O(state=carried)
  sample: 10000
keys:
  description: "The keys that were carried: queues, and what Celery notes about them."
  type: int
  returned: with O(state=carried)
  sample: 7
resumed:
  description: Whether an earlier run had been interrupted, and this one went on with it.
  type: bool
  returned: with O(state=carried)
  sample: false
databases:
  description: >-
    Database by database the queues with their tasks, all tasks, and those that workers hold without having acknowledged
    them.
  type: list
  returned: with O(state=carried) and O(state=drained)
  sample: [{database: 0, queues: {edx.lms.core.default: 10000}, tasks: 10000, held: 0, keys: 7}]
workers:
  description: The workers that were told to take no more tasks.
  type: int
  returned: with O(state=paused)
  sample: 5
answers:
  description: Those of them that said that they do so.
  type: int
  returned: with O(state=paused)
  sample: 5
returned:
  description: >-
    The tasks that are back in the source's queues. In check mode those that an earlier run had handed over and not yet
    deleted are among them.
  type: int
  returned: with O(state=returned)
  sample: 0
handed_over:
  description: The tasks that had reached the destination, where they stay.
  type: int
  returned: with O(state=returned)
  sample: 0
source:
  description: What is queued at the source, and the addresses of the workers connected to it.
  type: dict
  returned: with O(state=reported)
  sample: {tasks: 12, held: 0, workers: ['127.0.0.1:40114'], databases: []}
destination:
  description: The same of the destination.
  type: dict
  returned: with O(state=reported) and a destination
  sample: {tasks: 0, held: 0, workers: [], databases: []}
'''

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(
        argument_spec={
            "source": {"type": "str", "required": True},
            "source_username": {"type": "str"},
            "source_password": {"type": "str", "no_log": True},
            "destination": {"type": "str"},
            "destination_username": {"type": "str"},
            "destination_password": {"type": "str", "no_log": True},
            "state": {"type": "str", "default": "carried", "choices": ["carried", "drained", "paused", "returned", "reported"]},
            "databases": {"type": "list", "elements": "str"},
            "allow_public": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 30},
            "drain_timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
        # Arguments may hold secrets: they go to no log, and not into the result.
        no_log=True,
    )
    module.fail_json(
        msg="edx_queues is a binary, and the action plugin that runs it was not found. "
        "Copy action_plugins/ of edxops.scaling along with library/, or install the collection.",
        invocation={"module_args": {}},
    )


if __name__ == "__main__":
    main()
