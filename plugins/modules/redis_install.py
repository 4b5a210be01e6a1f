#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of redis_install, generated from its Rust declaration: see modules/redis_install/."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: redis_install
short_description: "Installs Redis on a host, as the broker of Celery's tasks"
version_added: 0.1.0
description:
  - >-
    Installs redis-server from the package archives of Debian or Ubuntu, configures it so that queued tasks survive a
    restart and are never thrown away, and keeps its service enabled and running.
  - >-
    The settings are in a file of the module's own, which the last line of redis.conf includes; the rest of redis.conf
    stays as the package has it.
  - >-
    Afterwards the running daemon is asked for its settings with C(CONFIG GET). What can be set while it runs is set,
    for anything else it is restarted, and a setting that it does not take is a failure that names it.
  - >-
    The append-only file is turned on while Redis runs, before it is ever restarted with it, since Redis would start
    empty otherwise.
  - When Redis ran before and does not come up as asked, the earlier files are put back and it is started with them.
options:
  state:
    description:
      - With V(latest) the package is brought to the newest version that apt knows of.
      - >-
        With V(absent) the package is removed. It is refused while Redis holds keys, which may be queued tasks, unless
        O(force).
    type: str
    default: present
    choices:
      - present
      - latest
      - absent
  purge:
    description:
      - With O(state=absent), remove the configuration as well, and the data.
    type: bool
    default: false
  force:
    description:
      - With O(state=absent), remove it also while it holds keys.
    type: bool
    default: false
  listen:
    description:
      - The addresses of this host to listen on, IPv4 or IPv6, without a port; loopback is added.
      - >-
        Where it is left out or empty, the private IPv4 address of the interface with the default route, else the only
        private address. A host with none or several of them is an error that lists them.
      - "Every address of the host (V(0.0.0.0), V(::)) or a public one is used only when named here."
    type: list
    elements: str
  port:
    description:
      - The TCP port.
    type: int
    default: 6379
  password:
    description:
      - The password that Open edX logs in with, of any characters. Unset or empty means none, with a warning.
    type: str
  username:
    description:
      - >-
        The ACL user that has the password, in the place of the default user, who is turned off (Redis 6 and later).
        Unset means the default user.
    type: str
  memory_mb:
    description:
      - "The memory for queued tasks in megabytes, or a share of the machine's memory such as V(25%)."
    type: raw
    default: 512
  maxmemory_policy:
    description:
      - >-
        What Redis does when that is full. A broker refuses new tasks (V(noeviction)); any other policy of Redis
        (V(allkeys-lru) and so on) throws queued ones away.
    type: str
    default: noeviction
  maxclients:
    description:
      - >-
        The connections at one time, of all application servers together. The service's limit of open files follows it.
    type: int
    default: 10000
  appendonly:
    description:
      - Whether to write each change to a file, so that queued tasks survive a restart and a power failure.
    type: bool
    default: true
  appendfsync:
    description:
      - When that file is synced to the disk.
    type: str
    default: everysec
    choices:
      - always
      - everysec
      - "no"
  extra:
    description:
      - "Further directives of redis.conf with their arguments as they stand there, such as V({\"tcp-keepalive\": 60})."
      - Directives that another option sets are refused here. A change here restarts Redis.
    type: dict
  overcommit_memory:
    description:
      - >-
        Whether to set the kernel's C(vm.overcommit_memory) to 1, now and for the next boot. Where it cannot be set, as
        in a container, there is a warning.
    type: bool
    default: true
  config_file:
    description:
      - The configuration file that the service reads.
    type: path
    default: /etc/redis/redis.conf
  settings_file:
    description:
      - "The module's own file, which the former includes."
    type: path
    default: /etc/redis/redis_install.conf
  group:
    description:
      - The group that Redis runs as, which may read that file (mode 0640).
    type: str
    default: redis
  service:
    description:
      - The name of the service.
    type: str
    default: redis-server
  timeout:
    description:
      - The seconds to wait for the daemon to answer after a change.
    type: int
    default: 60
  lock_timeout:
    description:
      - The seconds to wait while another program, such as unattended-upgrades, installs packages.
    type: int
    default: 300
attributes:
  check_mode:
    description: Predicts exactly what a real run would report, and changes nothing.
    support: full
  diff_mode:
    description: Shows the lines that change, with secrets masked.
    support: full
notes:
  - >-
    Redis does not encrypt: its listening address and the firewall are its security, and the password is for who gets
    that far.
  - >-
    Protected mode stays on. It matters only where there is no password: then Redis answers on loopback alone, unless it
    is bound to other addresses by name, as here.
  - Works with systemd, and with C(service) and C(update-rc.d) where there is none.
author:
  - edxops (@edxops)
'''

EXAMPLES = r'''
- name: Redis on the private address and loopback
  edxops.scaling.redis_install:
    password: '{{ redis_password }}'

- name: Redis with an address, a user and further directives named
  edxops.scaling.redis_install:
    listen: [10.0.0.5]
    username: celery
    password: '{{ redis_password }}'
    memory_mb: 25%
    extra: {tcp-keepalive: 60}

- name: No Redis on this host any more, nor its data
  edxops.scaling.redis_install:
    state: absent
    purge: true
'''

RETURN = r'''
actions:
  description: What was done, or would be in check mode, in order.
  type: list
  returned: always
  sample: [install redis-server, write /etc/redis/redis_install.conf]
endpoints:
  description: Where other hosts reach it.
  type: list
  returned: unless O(state=absent)
  sample: ['10.0.0.5:6379']
package:
  description: "The package's version, null where it is not installed."
  type: dict
  returned: success
  sample: {redis-server: '5:7.0.15-1~deb12u1'}
installed:
  description: Whether the package was installed or brought to a newer version.
  type: bool
  returned: success
  sample: true
restarted:
  description: Whether the service was restarted.
  type: bool
  returned: success
  sample: true
config_file:
  description: The configuration file that the service reads.
  type: str
  returned: success
  sample: /etc/redis/redis.conf
settings_file:
  description: "The module's own file."
  type: str
  returned: success
  sample: /etc/redis/redis_install.conf
version:
  description: The version of the running daemon.
  type: str
  returned: when the daemon was asked
  sample: 7.0.15
settings:
  description: What the running daemon says of the directives that options set.
  type: dict
  returned: when the daemon was asked
  sample: {bind: '10.0.0.5 127.0.0.1', maxmemory: '536870912', appendonly: 'yes'}
mismatches:
  description: "Each setting that it did not take: setting, wanted, running."
  type: list
  returned: when the daemon does not run as asked
  sample: [{setting: maxclients, wanted: '10000', running: '4064'}]
'''

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "default": "present", "choices": ["present", "latest", "absent"]},
            "purge": {"type": "bool", "default": False},
            "force": {"type": "bool", "default": False},
            "listen": {"type": "list", "elements": "str"},
            "port": {"type": "int", "default": 6379},
            "password": {"type": "str", "no_log": True},
            "username": {"type": "str"},
            "memory_mb": {"type": "raw", "default": 512},
            "maxmemory_policy": {"type": "str", "default": "noeviction"},
            "maxclients": {"type": "int", "default": 10000},
            "appendonly": {"type": "bool", "default": True},
            "appendfsync": {"type": "str", "default": "everysec", "choices": ["always", "everysec", "no"]},
            "extra": {"type": "dict"},
            "overcommit_memory": {"type": "bool", "default": True},
            "config_file": {"type": "path", "default": "/etc/redis/redis.conf"},
            "settings_file": {"type": "path", "default": "/etc/redis/redis_install.conf"},
            "group": {"type": "str", "default": "redis"},
            "service": {"type": "str", "default": "redis-server"},
            "timeout": {"type": "int", "default": 60},
            "lock_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
        # Arguments may hold secrets: they go to no log, and not into the result.
        no_log=True,
    )
    module.fail_json(
        msg="redis_install is a binary, and the action plugin that runs it was not found. "
        "Copy action_plugins/ of edxops.scaling along with library/, or install the collection.",
        invocation={"module_args": {}},
    )


if __name__ == "__main__":
    main()
