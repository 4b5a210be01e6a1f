#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of edx_data_endpoint, generated from its Rust declaration: see modules/edx_data_endpoint/."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: edx_data_endpoint
short_description: Point the databases or the document stores of a native Open edX at other servers
version_added: 0.1.0
description:
  - >-
    Finds every MySQL database in the settings files of a native Open edX and sets its HOST and PORT; or, with service
    mongodb, host and port of every store in MongoDB. Every other byte of the files stays as it is. No data is moved.
  - >-
    A database is a mapping under DATABASES with a MySQL ENGINE (or none), anywhere in a file: those of LMS and Studio
    with their read replica and the history of student modules (CSMH), and those of every other service.
  - >-
    A store is a DOC_STORE_CONFIG at any depth (on its own, in CONTENTSTORE and in each store of MODULESTORE), the
    OPTIONS of CONTENTSTORE, and the MONGOHQ_URL in edx/app/forum/forum_env, the only place where forum's MongoDB is
    named. A host that is a text stays a text, a list a list; of a URL only the hosts change.
  - A port keeps its type, and is written where it has to be another one than the usual.
  - >-
    All files are checked before the first is written, and they change together or not at all. With neither endpoints
    nor restore the module only reports.
options:
  path:
    description:
      - >-
        The folder with the settings files (*.yml). Where it is the edx/etc of a root, the JSON files of LMS and Studio
        in edx/app/edxapp, which they read up to Ironwood, and forum's edx/app/forum/forum_env are edited with it.
    type: path
    default: /edx/etc
  files:
    description:
      - >-
        The settings files to look at in place of all files of path: YAML, JSON, or a forum_env. A relative path is
        taken from path. The other files of path then only count for server_vars; they are not searched for mentions of
        the old server.
    type: list
    elements: path
  service:
    description:
      - The kind of server.
    type: str
    default: mysql
    choices:
      - mysql
      - mongodb
  endpoints:
    description:
      - "The servers: host:port, an address or name (port 3306 or 27017), [IPv6 address]:port."
      - MySQL takes exactly one; of MongoDB every member of a replica set can be named.
      - "They must be private: an address of a private network, or a name that resolves only to such."
    type: list
    elements: str
    aliases:
      - endpoint
  replace:
    description:
      - >-
        Which servers are replaced: a host (any port), host:port, a network such as 10.0.0.0/8, or the words local and
        all.
      - >-
        local means a server on this host: localhost, 127.0.0.0/8, ::1, this host's own addresses and name, a Unix
        socket. Where others are given, name local too if it is still meant.
    type: list
    elements: str
    default: [local]
  allow_public:
    description:
      - >-
        Accept public addresses. Open edX speaks to both kinds of servers without TLS unless it is configured in each
        file, so a firewall has to protect them.
    type: bool
    default: false
  backup:
    description:
      - >-
        Whether to keep a copy of each file that changes, beside it. A string is the label under which restore finds it
        again; with true the label is the time.
    type: raw
    default: false
  restore:
    description:
      - >-
        Bring back the backup with this label, or the newest one with the word latest, or the newest one whose label
        begins as in mysql-*. A file that differs from its backup only in database settings (with service mongodb, in
        store settings) becomes what it was, byte for byte; where other things changed since, only those are put back,
        with a warning. What belongs to the other service is never touched.
    type: str
  release:
    description:
      - The release of Open edX, where it cannot be read from the edx-platform checkout below the same root.
    type: str
    choices:
      - hawthorn
      - ironwood
      - juniper
      - koa
      - lilac
      - maple
      - nutmeg
      - olive
      - palm
      - quince
attributes:
  check_mode:
    description: Predicts exactly what a real run would report, and changes nothing.
    support: full
  diff_mode:
    description: Shows the lines that change, with secrets masked.
    support: full
notes:
  - The programs named in the result have to be restarted before the change has any effect.
  - The module moves no data. See edx_databases for MySQL; of MongoDB this collection moves none.
  - Users, passwords and the names of databases stay as they are, and appear nowhere in the result.
  - >-
    A client that is told the name of a replica set asks its members for their addresses. Where replicaSet or
    MONGOID_REPLICA_SET is set, the members' own addresses have to be reachable, too.
  - The next upgrade renders the files again. Put server_vars into server-vars.yml, or it brings the old servers back.
author:
  - edxops (@edxops)
'''

EXAMPLES = r'''
- name: See where the databases are
  edxops.scaling.edx_data_endpoint:
  register: databases

- name: Point them to a server of their own, to which the data has been moved
  edxops.scaling.edx_data_endpoint:
    endpoints: [172.31.5.12]
    backup: before-mysql-move

- name: Only the read replica of LMS and Studio
  edxops.scaling.edx_data_endpoint:
    files: [lms.yml, studio.yml]
    endpoints: [172.31.5.14]
    replace: [172.31.5.22]

- name: Point module store, content store and forum to another MongoDB
  edxops.scaling.edx_data_endpoint:
    service: mongodb
    endpoints: [172.31.5.13]

- name: Take it back
  edxops.scaling.edx_data_endpoint:
    restore: before-mysql-move
'''

RETURN = r'''
files:
  description: >-
    Each file with databases, or with stores: path, changed, and changes (path is the key path; line, before and after).
  type: list
  returned: success
  sample: [{"path": "/edx/etc/xqueue.yml", "changed": true, "changes": [{"path": "DATABASES.default.HOST", "line": 9, "before":
    "localhost", "after": "172.31.5.12"}]}]
databases:
  description: >-
    Every MySQL database as it is after the run: file, key_path and line of its HOST, host, port, socket. Empty with
    service mongodb.
  type: list
  returned: success
  sample: [{"file": "/edx/etc/xqueue.yml", "key_path": "DATABASES.default.HOST", "line": 9, "host": "172.31.5.12", "port": 3306,
    "socket": null}]
stores:
  description: The same for every store in MongoDB, once for each host. Empty with service mysql.
  type: list
  returned: success
  sample: [{"file": "/edx/app/forum/forum_env", "key_path": "MONGOHQ_URL", "line": 4, "host": "172.31.5.13", "port": 27017,
    "socket": null}]
kept:
  description: >-
    The databases or stores that were left alone though they do not point at endpoints: file, key_path, line, reason. A
    warning for each set of other servers says how many stay there.
  type: list
  returned: success
  sample: []
endpoints_before:
  description: "The servers that stood in the files before the run, as host:port, or the path of a Unix socket after unix:."
  type: list
  returned: success
  sample: ["localhost:3306"]
endpoints_after:
  description: The servers that stand in the files after the run.
  type: list
  returned: success
  sample: ["172.31.5.12:3306"]
endpoints_local:
  description: Those of both lists that are this host itself, by whichever of its names and addresses.
  type: list
  returned: success
  sample: ["localhost:3306"]
client_addresses:
  description: >-
    The addresses that this host comes from when it connects to endpoints: for firewalls and accounts. Nothing is sent
    for it. Empty without endpoints.
  type: list
  returned: success
  sample: ["172.31.5.1"]
services:
  description: The Open edX services with such databases, or stores.
  type: list
  returned: success
  sample: ["lms", "studio", "xqueue"]
programs:
  description: "The supervisor programs that read the files that changed. They have to be restarted. A group is written name:*."
  type: list
  returned: success
  sample: ["lms", "edxapp_worker:*", "cms", "xqueue", "xqueue_consumer"]
affected_programs:
  description: The supervisor programs that read any file with such databases, or stores.
  type: list
  returned: success
  sample: ["lms", "edxapp_worker:*", "cms", "xqueue", "xqueue_consumer"]
server_vars:
  description: The variables for server-vars.yml with which the next upgrade renders what stands in the files after the run.
  type: dict
  returned: success
  sample: {"EDXAPP_MYSQL_HOST": "172.31.5.12", "XQUEUE_MYSQL_HOST": "172.31.5.12"}
server_vars_default:
  description: >-
    Variables that server-vars.yml should not have, or need not, since the default of their role is what stands in the
    files.
  type: list
  returned: success
  sample: ["EDXAPP_MYSQL_PORT"]
unexpressed:
  description: "Databases or stores that no variable reproduces, so that the next upgrade changes them: file, key_path, reason."
  type: list
  returned: success
  sample: []
release:
  description: The release of Open edX; null where it is not known.
  type: str
  returned: success
  sample: "maple"
backup:
  description: The label of the backup that was made, or restored; null without one.
  type: str
  returned: success
  sample: "before-mysql-move"
backup_files:
  description: The paths of that backup.
  type: list
  returned: success
  sample: ["/edx/etc/xqueue.yml.before-mysql-move~"]
'''

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "default": "/edx/etc"},
            "files": {"type": "list", "elements": "path"},
            "service": {"type": "str", "default": "mysql", "choices": ["mysql", "mongodb"]},
            "endpoints": {"type": "list", "elements": "str", "aliases": ["endpoint"]},
            "replace": {"type": "list", "elements": "str", "default": ["local"]},
            "allow_public": {"type": "bool", "default": False},
            "backup": {"type": "raw", "default": False},
            "restore": {"type": "str"},
            "release": {"type": "str", "choices": ["hawthorn", "ironwood", "juniper", "koa", "lilac", "maple", "nutmeg", "olive", "palm", "quince"]},
        },
        mutually_exclusive=[["endpoints", "restore"]],
        supports_check_mode=True,
        # Arguments may hold secrets: they go to no log, and not into the result.
        no_log=True,
    )
    module.fail_json(
        msg="edx_data_endpoint is a binary, and the action plugin that runs it was not found. "
        "Copy action_plugins/ of edxops.scaling along with library/, or install the collection.",
        invocation={"module_args": {}},
    )


if __name__ == "__main__":
    main()
