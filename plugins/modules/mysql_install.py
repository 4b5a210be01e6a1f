#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of mysql_install, generated from its Rust declaration: see modules/mysql_install/."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: mysql_install
short_description: Installs MySQL or MariaDB on a host, for the databases of Open edX
version_added: 0.1.0
description:
  - >-
    Installs the server from the package archives of Debian or Ubuntu, configures it for a machine of its own, and keeps
    its service enabled and running.
  - "The settings are in a file of the module's own, which the server reads last; the packaged files stay as they are."
  - >-
    Afterwards the running server is asked for its variables, and one that it did not take is a failure that names it. A
    server that ran before and does not come up as asked gets its earlier file back, and is started with it.
  - It asks the server as root, whom Debian and Ubuntu let in through the socket.
options:
  state:
    description:
      - With V(latest) the package is brought to the newest version that apt knows of.
      - With V(absent) the package is removed. It is refused while the server has databases, unless O(force).
    type: str
    default: present
    choices:
      - present
      - latest
      - absent
  flavour:
    description:
      - >-
        Which server. With V(auto) the one that is there; else MySQL where the archives have it, as Ubuntu's, and
        MariaDB where they have not, as Debian's.
    type: str
    default: auto
    choices:
      - auto
      - mysql
      - mariadb
  purge:
    description:
      - With O(state=absent), remove the configuration as well, and the data.
    type: bool
    default: false
  force:
    description:
      - With O(state=absent), remove it also while it has databases.
    type: bool
    default: false
  listen:
    description:
      - >-
        The addresses of this host to listen on, IPv4 or IPv6, without a port; loopback is added where the server takes
        several (MySQL 8, MariaDB 10.11).
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
    default: 3306
  memory_mb:
    description:
      - >-
        The buffer pool of InnoDB in megabytes, or a share of the machine's memory such as V(60%). It is brought down to
        a multiple of 128 MB.
    type: raw
    default: "60%"
  max_allowed_packet_mb:
    description:
      - The largest statement or row, in megabytes. At least as on the server that the data comes from.
    type: int
    default: 64
  max_connections:
    description:
      - The connections at one time, of all application servers together.
    type: int
    default: 500
  character_set:
    description:
      - "The character set of new databases, such as V(utf8mb3) or V(utf8mb4). Unset means the package's own."
    type: str
  collation:
    description:
      - Their collation.
    type: str
  sql_mode:
    description:
      - >-
        The server's C(sql_mode), such as that of the server that the data comes from. Modes that this release does not
        know any more are left out. Unset means the package's own.
    type: str
  extra:
    description:
      - >-
        Further variables of the server, such as V({"log_bin": "binlog"}). Those that another option sets are refused
        here.
    type: dict
  time_zones:
    description:
      - "Whether to load the system's time zones, which C(CONVERT_TZ) needs."
    type: bool
    default: true
  admin_username:
    description:
      - >-
        An account with all rights that may come from O(admin_hosts), and from nowhere else, such as for the time of a
        move.
    type: str
  admin_password:
    description:
      - Its password, of at least 12 characters; set anew by each run.
    type: str
  admin_hosts:
    description:
      - The addresses that it may come from. Empty removes the account.
    type: list
    elements: str
  login_unix_socket:
    description:
      - Where root asks the server.
    type: path
    default: /var/run/mysqld/mysqld.sock
  login_password:
    description:
      - The password of root there, where it needs one.
    type: str
  timeout:
    description:
      - The seconds to wait for the server to answer after a change.
    type: int
    default: 120
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
    The listening address, the firewall and the accounts are its security: give accounts for single addresses, never for
    any host.
  - Works with systemd, and with C(service) and C(update-rc.d) where there is none.
author:
  - edxops (@edxops)
'''

EXAMPLES = r'''
- name: A server on the private address
  edxops.scaling.mysql_install:
    character_set: utf8mb3
    collation: utf8mb3_general_ci

- name: The same, with an administrator for a move from the application server
  edxops.scaling.mysql_install:
    admin_username: edx_move
    admin_password: '{{ move_password }}'
    admin_hosts: [172.31.5.1]

- name: Without that one again
  edxops.scaling.mysql_install:
    admin_username: edx_move
    admin_hosts: []
'''

RETURN = r'''
actions:
  description: What was done, or would be in check mode, in order.
  type: list
  returned: always
  sample: [install mariadb-server, write /etc/mysql/mariadb.conf.d/zz-mysql_install.cnf]
endpoints:
  description: Where other hosts reach it.
  type: list
  returned: unless O(state=absent)
  sample: ['10.0.0.5:3306']
flavour:
  description: "Which server: mysql or mariadb."
  type: str
  returned: success
  sample: mariadb
package:
  description: "The package's version, null where it is not installed."
  type: dict
  returned: success
  sample: {mariadb-server: '1:10.11.6-0+deb12u1'}
service:
  description: The name of the service.
  type: str
  returned: success
  sample: mariadb
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
settings_file:
  description: "The module's own file."
  type: str
  returned: success
  sample: /etc/mysql/mariadb.conf.d/zz-mysql_install.cnf
version:
  description: The version of the running server.
  type: str
  returned: when the server was asked
  sample: 10.11.6-MariaDB-0+deb12u1
settings:
  description: What the running server says of the variables that options set.
  type: dict
  returned: when the server was asked
  sample: {bind_address: '10.0.0.5,127.0.0.1', max_connections: '500'}
databases:
  description: Its databases, without its own.
  type: list
  returned: when the server was asked
  sample: [edxapp]
time_zones:
  description: Whether it knows time zones by name.
  type: bool
  returned: when the server was asked
  sample: true
free_bytes:
  description: What is free where its data is.
  type: int
  returned: when the server was asked
  sample: 53687091200
mismatches:
  description: "Each setting that it did not take: setting, wanted, running."
  type: list
  returned: when the server does not run as asked
  sample: [{setting: max_connections, wanted: '500', running: '214'}]
'''

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "default": "present", "choices": ["present", "latest", "absent"]},
            "flavour": {"type": "str", "default": "auto", "choices": ["auto", "mysql", "mariadb"]},
            "purge": {"type": "bool", "default": False},
            "force": {"type": "bool", "default": False},
            "listen": {"type": "list", "elements": "str"},
            "port": {"type": "int", "default": 3306},
            "memory_mb": {"type": "raw", "default": "60%"},
            "max_allowed_packet_mb": {"type": "int", "default": 64},
            "max_connections": {"type": "int", "default": 500},
            "character_set": {"type": "str"},
            "collation": {"type": "str"},
            "sql_mode": {"type": "str"},
            "extra": {"type": "dict"},
            "time_zones": {"type": "bool", "default": True},
            "admin_username": {"type": "str"},
            "admin_password": {"type": "str", "no_log": True},
            "admin_hosts": {"type": "list", "elements": "str"},
            "login_unix_socket": {"type": "path", "default": "/var/run/mysqld/mysqld.sock"},
            "login_password": {"type": "str", "no_log": True},
            "timeout": {"type": "int", "default": 120},
            "lock_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
        # Arguments may hold secrets: they go to no log, and not into the result.
        no_log=True,
    )
    module.fail_json(
        msg="mysql_install is a binary, and the action plugin that runs it was not found. "
        "Copy action_plugins/ of edxops.scaling along with library/, or install the collection.",
        invocation={"module_args": {}},
    )


if __name__ == "__main__":
    main()
