#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of memcached_install, generated from its Rust declaration: see modules/memcached_install/."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: memcached_install
short_description: Installs and configures memcached on a host
version_added: 0.1.0
description:
  - >-
    Installs memcached from the package archives of Debian or Ubuntu, sets its configuration file and keeps its service
    enabled and running.
  - >-
    The configuration file is edited as a document - the options below are set, every other line stays, comments
    included. It is written before the package is first installed, so that memcached never listens with the package's
    own settings.
  - >-
    Afterwards the running daemon is asked for its settings. One that still runs older ones is restarted, and an option
    that it does not take is a failure that names it.
  - >-
    When memcached ran before and does not come up as asked with the new configuration file, the earlier file is put
    back and the daemon started with it.
  - >-
    Under systemd, an address that comes with the network makes a drop-in necessary, which lets memcached wait for it at
    boot. It is written below /etc/systemd/system, and removed when it is not needed any more.
  - UDP is always turned off, and so is a unix socket, which would turn the network off.
options:
  state:
    description:
      - With V(latest) the package is brought to the newest version that apt knows of.
      - With V(absent) the package is removed.
    type: str
    default: present
    choices:
      - present
      - latest
      - absent
  purge:
    description:
      - With O(state=absent), remove the configuration file as well.
    type: bool
    default: false
  listen:
    description:
      - The addresses of this host to listen on, IPv4 or IPv6, without a port.
      - >-
        Where it is left out or empty - loopback, and the private IPv4 address of the interface with the default route,
        else the only private address. A host with none or several of them is an error that lists them.
      - "Every address of the host (V(0.0.0.0), V(::)) or a public one is used only when named here."
    type: list
    elements: str
    aliases:
      - listen_ip
  port:
    description:
      - The TCP port.
    type: int
    default: 11211
  memory_mb:
    description:
      - "The memory for cached items in megabytes, or a share of the machine's memory such as V(50%)."
      - memcached needs some more for itself and its connections.
    type: raw
    default: 64
    aliases:
      - memory_limit
  max_connections:
    description:
      - The connections at one time, of all application servers together.
      - At least 20 and 6 for each of the O(threads), since memcached counts its own open files.
    type: int
    default: 1024
    aliases:
      - connections
  threads:
    description:
      - The worker threads, 1 to 64.
    type: int
    default: 4
  max_item_size:
    description:
      - The largest item, as memcached writes it - a multiple of 512k up to 1g, and at most half of the memory.
    type: str
    default: "1m"
  extra:
    description:
      - >-
        Further options of memcached, as a list such as V(["-F", "-R 40"]), or as a dict such as V({"-F": true, "-R":
        40}) where V(false) leaves an option alone.
      - Options that another key sets are refused here, and so are those that would keep Open edX from using the cache.
      - An option that is taken out of this list later stays in the file.
    type: raw
  user:
    description:
      - The user that memcached runs as.
    type: str
    default: memcache
  config_file:
    description:
      - The configuration file that the service reads.
    type: path
    default: /etc/memcached.conf
  backup:
    description:
      - Keep a copy of the configuration file, with the time in its name, before it changes.
    type: bool
    default: false
  service:
    description:
      - The name of the service.
    type: str
    default: memcached
  tools:
    description:
      - Install libmemcached-tools too (memcstat, memcping and others); with O(state=absent), remove them.
    type: bool
    default: false
  timeout:
    description:
      - The seconds to wait for the daemon to answer after a change.
    type: int
    default: 30
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
    memcached asks nobody for a password, and the clients of Open edX could not give one. Its listening addresses and
    the firewall are its security.
  - >-
    The start script of Debian and Ubuntu hands every line of the configuration file to a shell that runs as root.
    Values with a character that a shell interprets are refused, and so is a file that has such a line already.
  - Of an option that stands in the file several times the first is set, the others become comments.
  - Works with systemd, and with C(service) and C(update-rc.d) where there is none.
author:
  - edxops (@edxops)
'''

EXAMPLES = r'''
- name: memcached on the private address and loopback, with half of the machine's memory
  edxops.scaling.memcached_install:
    memory_mb: "50%"

- name: memcached with addresses and further options named
  edxops.scaling.memcached_install:
    listen: [10.0.0.5, 127.0.0.1]
    memory_mb: 2048
    max_connections: 4096
    max_item_size: 2m
    extra: ["-F", "-o no_hashexpand"]
    tools: true

- name: No memcached on this host any more, nor its configuration
  edxops.scaling.memcached_install:
    state: absent
    purge: true
'''

RETURN = r'''
actions:
  description: What was done, in order; in check mode what would be.
  type: list
  returned: always
  sample: ["write /etc/memcached.conf", "install memcached", "enable the service memcached", "start the service memcached"]
endpoints:
  description: "What application servers should use, as host:port."
  type: list
  returned: unless state is absent
  sample: ["10.0.0.5:11211"]
version:
  description: "The running daemon's version."
  type: str
  returned: when the daemon answers
  sample: "1.6.18"
settings:
  description: "What the running daemon says it runs with, under memcached's own names."
  type: dict
  returned: when the daemon answers
  sample: {"maxbytes": 2147483648, "maxconns": 1024, "tcpport": 11211, "udpport": 0, "inter": "127.0.0.1,10.0.0.5"}
package:
  description: >-
    The installed version of each package that was looked at, null where it is not installed; in check mode the version
    that would be.
  type: dict
  returned: always
  sample: {"memcached": "1.6.18-1+deb12u1"}
installed:
  description: Whether this run installed or upgraded a package.
  type: bool
  returned: always
  sample: true
restarted:
  description: Whether a running daemon was restarted, which empties the cache.
  type: bool
  returned: always
  sample: false
config_file:
  description: The configuration file.
  type: str
  returned: always
  sample: "/etc/memcached.conf"
backup_file:
  description: The copy of the earlier configuration file.
  type: str
  returned: when the file changed and backup is true
  sample: "/etc/memcached.conf.20240501T120000Z~"
mismatches:
  description: Each such option, with what was wanted and what the daemon runs with.
  type: list
  returned: when the daemon did not take an option
  sample: [{"setting": "memory_mb", "wanted": "512", "running": "64"}]
'''

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "default": "present", "choices": ["present", "latest", "absent"]},
            "purge": {"type": "bool", "default": False},
            "listen": {"type": "list", "elements": "str", "aliases": ["listen_ip"]},
            "port": {"type": "int", "default": 11211},
            "memory_mb": {"type": "raw", "default": 64, "aliases": ["memory_limit"]},
            "max_connections": {"type": "int", "default": 1024, "aliases": ["connections"]},
            "threads": {"type": "int", "default": 4},
            "max_item_size": {"type": "str", "default": "1m"},
            "extra": {"type": "raw"},
            "user": {"type": "str", "default": "memcache"},
            "config_file": {"type": "path", "default": "/etc/memcached.conf"},
            "backup": {"type": "bool", "default": False},
            "service": {"type": "str", "default": "memcached"},
            "tools": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 30},
            "lock_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
        # Arguments may hold secrets: they go to no log, and not into the result.
        no_log=True,
    )
    module.fail_json(
        msg="memcached_install is a binary, and the action plugin that runs it was not found. "
        "Copy action_plugins/ of edxops.scaling along with library/, or install the collection.",
        invocation={"module_args": {}},
    )


if __name__ == "__main__":
    main()
