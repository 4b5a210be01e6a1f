#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of edx_databases, generated from its Rust declaration: see modules/edx_databases/."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: edx_databases
short_description: Brings the databases of a native Open edX from one MySQL server to another
version_added: 0.1.0
description:
  - >-
    Copies the databases of one MySQL or MariaDB server to another one, with their tables, views, triggers, routines and
    events, byte for byte and in the character sets that they have, and proves that both are the same.
  - >-
    The servers' own dump and client programs do it, several at once. A dump goes into the other server as it comes, so
    nothing of it lands on a disk.
  - >-
    A copy that was interrupted, wherever, is started anew by the next run; a note in the database C(edxops_move) on the
    destination tells which databases an unfinished copy has left there. Any other database of that name stays, and the
    run is refused.
  - "Accounts and what they may do are carried over for the application servers' addresses."
  - Runs where the source can be reached as its administrator, so mostly on the server that has it.
options:
  state:
    description:
      - >-
        C(reported) changes nothing: what both servers are, how much is to move, and what would be in the way
        (C(problems)).
      - C(frozen) makes the source read-only, now and after a restart. C(thawed) takes that back.
      - C(copied) brings the databases to the destination. It is refused while the source takes writes, unless O(live).
      - >-
        C(replicated) brings them over while the source goes on taking writes, and lets the destination follow it from
        there, by the source's binary log. It needs C(log_bin) with rows or mixed, and tables of InnoDB alone.
      - >-
        C(detached) waits until the destination has all that the source has, which has to be frozen, and ends the
        following.
      - >-
        C(compared) fails where anything differs: definitions, numbers of rows, a checksum of every row, the next
        automatic numbers.
      - >-
        C(granted) creates the accounts of the databases on the destination, for O(hosts). Do it before the copy, as
        views need the accounts that they run as, and after it, for what is granted on a table or routine.
      - >-
        C(admitted) logs in as the platform does, from this host: with every account of the settings files, where they
        point, and fails where one does not get in or may not use its database. Neither O(source) nor O(destination) is
        asked.
    type: str
    default: reported
    choices:
      - reported
      - frozen
      - thawed
      - copied
      - replicated
      - detached
      - compared
      - granted
      - admitted
  source:
    description:
      - "The server that has the databases: C(unix:/path) of a socket of this host, or host:port (port 3306)."
    type: str
    default: "unix:/var/run/mysqld/mysqld.sock"
  source_username:
    description:
      - Its administrator.
    type: str
    default: root
  source_password:
    description:
      - "The password there. Left out where the server knows the operating system's root, as in Debian and Ubuntu."
    type: str
  source_ca_cert:
    description:
      - >-
        The authority that has signed its certificate, on this host. With it TLS is a must, and the certificate has to
        be the host's.
    type: path
  destination:
    description:
      - The server that is to have them, in the same forms.
    type: str
  destination_username:
    description:
      - Its administrator.
    type: str
    default: root
  destination_password:
    description:
      - The password there.
    type: str
  destination_ca_cert:
    description:
      - As O(source_ca_cert), of the destination.
    type: path
  allow_public:
    description:
      - Whether servers with public addresses are accepted.
    type: bool
    default: false
  databases:
    description:
      - "Which databases. Unset means all that are not the server's own."
    type: list
    elements: str
  path:
    description:
      - "The folder with Open edX's settings files, which tell which accounts are the platform's."
    type: path
    default: /edx/etc
  hosts:
    description:
      - >-
        With O(state=granted), the addresses from which the application servers come. An account that came from this
        host gets one for each of them; one of another host keeps it. Any host (C(%)) only where it is named here.
    type: list
    elements: str
  parallel:
    description:
      - How many tables are copied or summed up at once.
    type: int
    default: 4
  compress:
    description:
      - Whether what goes to the destination is compressed on the way.
    type: bool
    default: true
  live:
    description:
      - "Copy though the source takes writes: a rehearsal that shows how long it takes, not a move."
    type: bool
    default: false
  replication_source:
    description:
      - "With O(state=replicated), where the destination reaches the source, as host:port."
      - >-
        Left out, it is the address by which this host reaches O(destination), which has to be another one. A source
        that listens on loopback alone, as the packages have it, is lent O(replication_port) there by systemd's
        C(systemd-socket-proxyd), for the destination alone, until C(detached).
    type: str
  replication_username:
    description:
      - The account on the source by which the destination follows it; it is made, and removed by C(detached).
    type: str
    default: edx_replica
  replication_password:
    description:
      - Its password, of at least 12 characters.
    type: str
  replication_client:
    description:
      - The address that the destination comes from at the source. Unset means the host of O(destination).
    type: str
  replication_port:
    description:
      - The port that such a source is lent.
    type: int
    default: 33306
  replace:
    description:
      - Drop databases of the same name on the destination that no unfinished copy has left there.
    type: bool
    default: false
  adapt:
    description:
      - >-
        Copy to a destination of an older release as well, as on the way back from a later one, and raise its
        C(max_allowed_packet), until it is restarted, where it is less than the source's, in the place of refusing to
        copy.
    type: bool
    default: false
  depth:
    description:
      - How much O(state=compared) looks at.
    type: str
    default: checksum
    choices:
      - schema
      - count
      - checksum
  may_differ:
    description:
      - With O(state=compared) and O(state=admitted), differences and logins that fail are reported and are no failure.
    type: bool
    default: false
  timeout:
    description:
      - Seconds within which a server must answer a question that takes it no time.
    type: int
    default: 60
  stall_timeout:
    description:
      - Seconds after which a copy has failed in which nothing moves.
    type: int
    default: 600
  read_only_file:
    description:
      - The file that keeps the source read-only after a restart.
    type: path
    default: /etc/mysql/conf.d/zz-edxops-read-only.cnf
  progress_file:
    description:
      - "A file that has one line while it copies: how much, and how fast. It is gone afterwards."
    type: path
    default: /run/edx_databases.progress
attributes:
  check_mode:
    description: Predicts exactly what a real run would report, and changes nothing.
    support: full
  diff_mode:
    description: Shows the lines that change, with secrets masked.
    support: full
notes:
  - Stop what writes to the databases first (M(edxops.scaling.edx_programs) with C(state=stopped)).
  - "Passwords reach the programs through a file in memory: they are in no command line and on no disk."
  - >-
    A view, trigger, routine or event runs as its definer. The account of each definer is carried over with the host
    that it has.
  - >-
    Floating-point columns are compared by the text that each server makes of them, which may differ between MySQL and
    MariaDB.
author:
  - edxops (@edxops)
'''

EXAMPLES = r'''
- name: Look at both servers, and what would be in the way
  edxops.scaling.edx_databases:
    destination: 172.31.5.12
    destination_username: edx_move
    destination_password: '{{ move_password }}'

- name: Let nothing write to the old server any more
  edxops.scaling.edx_databases:
    state: frozen

- name: Bring the databases over
  edxops.scaling.edx_databases:
    state: copied
    destination: 172.31.5.12
    destination_username: edx_move
    destination_password: '{{ move_password }}'

- name: Prove that they are the same
  edxops.scaling.edx_databases:
    state: compared
    destination: 172.31.5.12
    destination_username: edx_move
    destination_password: '{{ move_password }}'

- name: Let the application servers in
  edxops.scaling.edx_databases:
    state: granted
    destination: 172.31.5.12
    destination_username: edx_move
    destination_password: '{{ move_password }}'
    hosts: [172.31.5.1, 172.31.5.2]
'''

RETURN = r'''
databases:
  description: The databases that it is about.
  type: list
  returned: with O(state=reported), O(state=copied) and O(state=compared)
  sample: [edxapp, edxapp_csmh, xqueue]
bytes:
  description: How much is in them, as the server estimates.
  type: int
  returned: with O(state=reported) and O(state=copied)
  sample: 52428800
estimated_seconds:
  description: How long a copy takes at most on a small server, going by that.
  type: int
  returned: with O(state=reported)
  sample: 17
problems:
  description: What has to be mended before a move, or which logins fail and why.
  type: list
  returned: with O(state=reported) and O(state=admitted)
  sample: []
source:
  description: >-
    The server: version, flavour, character set, size of packets, whether it is read-only and has binary logs, its
    databases, and what an earlier move copied to it.
  type: dict
  returned: with O(state=reported)
  sample: {version: 5.7.44, flavour: MySQL, read_only: false}
followable:
  description: Whether the source can be followed by its binary log.
  type: bool
  returned: with O(state=reported)
  sample: true
destination:
  description: The same of the other, and what was copied to it.
  type: dict
  returned: with O(state=reported) and O(destination)
  sample: {version: 8.0.39, flavour: MySQL, moved: [{name: edxapp, phase: copied}]}
dump_bytes:
  description: How large the dumps were.
  type: int
  returned: when something was copied
  sample: 61203283
seconds:
  description: How long it took.
  type: float
  returned: with O(state=copied)
  sample: 12.4
locked_seconds:
  description: For how long the source took no writes, so that all dumps begin at one moment.
  type: float
  returned: when something was copied with O(state=replicated)
  sample: 0.2
behind_seconds:
  description: How far the destination is behind, as it says itself; null where it does not.
  type: int
  returned: with O(state=replicated)
  sample: 0
replaced:
  description: The databases of the destination that were dropped for it.
  type: list
  returned: with O(state=copied)
  sample: []
equal:
  description: Whether both are the same.
  type: bool
  returned: with O(state=compared)
  sample: true
differences:
  description: What differs, at most 50 lines.
  type: list
  returned: with O(state=compared)
  sample: ['table `edxapp`.`auth_user` has 7 rows on the source and 8 on the destination']
differing_tables:
  description: "The tables whose rows differ: table, source_rows, destination_rows."
  type: list
  returned: with O(state=compared)
  sample: []
tables:
  description: How many tables there are.
  type: int
  returned: with O(state=compared)
  sample: 612
rows:
  description: How many rows they have.
  type: int
  returned: with O(state=compared)
  sample: 1830211
accounts:
  description: The accounts that the destination has for the databases.
  type: list
  returned: with O(state=granted)
  sample: [edxapp001@172.31.5.1, xqueue001@172.31.5.1]
actions:
  description: What was done, or would be in check mode, in order.
  type: list
  returned: with O(state=granted), O(state=frozen) and O(state=thawed)
  sample: [create the account edxapp001@172.31.5.1]
deferred:
  description: "What can be granted only once the table, view or routine is on the destination: run it again after the copy."
  type: list
  returned: with O(state=granted)
  sample: [grant 'analyst@10.9.8.7 SELECT on `edxapp`.`graded`']
logins:
  description: "Each login that was tried: user, server, database, and how many tables it sees."
  type: list
  returned: with O(state=admitted)
  sample: [{user: edxapp001, server: '172.31.5.12:3306', database: edxapp, tables: 610}]
denied:
  description: The logins that failed; only with O(may_differ) are there any.
  type: list
  returned: with O(state=admitted)
  sample: [reports001 in reports]
read_only:
  description: Whether the source is read-only now.
  type: bool
  returned: with O(state=frozen) and O(state=thawed)
  sample: true
'''

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "default": "reported",
                      "choices": ["reported", "frozen", "thawed", "copied", "replicated", "detached", "compared", "granted", "admitted"]},
            "source": {"type": "str", "default": "unix:/var/run/mysqld/mysqld.sock"},
            "source_username": {"type": "str", "default": "root"},
            "source_password": {"type": "str", "no_log": True},
            "source_ca_cert": {"type": "path"},
            "destination": {"type": "str"},
            "destination_username": {"type": "str", "default": "root"},
            "destination_password": {"type": "str", "no_log": True},
            "destination_ca_cert": {"type": "path"},
            "allow_public": {"type": "bool", "default": False},
            "databases": {"type": "list", "elements": "str"},
            "path": {"type": "path", "default": "/edx/etc"},
            "hosts": {"type": "list", "elements": "str"},
            "parallel": {"type": "int", "default": 4},
            "compress": {"type": "bool", "default": True},
            "live": {"type": "bool", "default": False},
            "replication_source": {"type": "str"},
            "replication_username": {"type": "str", "default": "edx_replica"},
            "replication_password": {"type": "str", "no_log": True},
            "replication_client": {"type": "str"},
            "replication_port": {"type": "int", "default": 33306},
            "replace": {"type": "bool", "default": False},
            "adapt": {"type": "bool", "default": False},
            "depth": {"type": "str", "default": "checksum", "choices": ["schema", "count", "checksum"]},
            "may_differ": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 60},
            "stall_timeout": {"type": "int", "default": 600},
            "read_only_file": {"type": "path", "default": "/etc/mysql/conf.d/zz-edxops-read-only.cnf"},
            "progress_file": {"type": "path", "default": "/run/edx_databases.progress"},
        },
        supports_check_mode=True,
        # Arguments may hold secrets: they go to no log, and not into the result.
        no_log=True,
    )
    module.fail_json(
        msg="edx_databases is a binary, and the action plugin that runs it was not found. "
        "Copy action_plugins/ of edxops.scaling along with library/, or install the collection.",
        invocation={"module_args": {}},
    )


if __name__ == "__main__":
    main()
