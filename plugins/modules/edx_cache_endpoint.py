#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of edx_cache_endpoint, generated from its Rust declaration: see modules/edx_cache_endpoint/."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: edx_cache_endpoint
short_description: Point the caches or the task queue of a native Open edX at other servers
version_added: 0.1.0
description:
  - >-
    Finds every cache with a memcached backend in the settings files of a native Open edX and sets its LOCATION to the
    servers given; or, with service redis, every Celery broker and every cache on Redis. Every other byte of the files
    stays as it is.
  - >-
    A memcached cache is a mapping with a BACKEND that is a memcached one (MemcachedCache, PyMemcacheCache, PyLibMCCache
    and others), under CACHES or anywhere else in a file. A LOCATION that is a string stays a string, a list stays a
    list. A LOCATION is set when each of its servers is either one of endpoints or one that replace means; a list of
    which only a part is to be replaced is left alone, with a warning.
  - >-
    A broker is a CELERY_BROKER_HOSTNAME whose CELERY_BROKER_TRANSPORT is redis or rediss, or the URL of a Redis under
    BROKER_URL, CELERY_BROKER_URL, broker_url or a result backend, anywhere in a file; so is a cache with a Redis
    backend. Scheme, user, password, database and query of a URL stay as they are unless username or password is given.
    A broker that a service leaves empty is not configured, and stays so. What a Unix socket or Sentinel leads to is
    left alone, with a warning.
  - "Up to Juniper Celery's tasks travel through RabbitMQ, which is left alone: an error where every broker is one."
  - >-
    All files are checked before the first is written, and they change together or not at all. With neither endpoints
    nor restore the module only reports.
options:
  path:
    description:
      - >-
        The folder with the settings files (*.yml). Where it is the edx/etc of a root, the files lms.env.json and
        cms.env.json in edx/app/edxapp, which LMS and Studio read up to Ironwood, are edited with it.
    type: path
    default: /edx/etc
  files:
    description:
      - >-
        The settings files to look at in place of all files of path, YAML or JSON. A relative path is taken from path.
        The other files of path then only count for server_vars; they are not searched for mentions of the old server.
    type: list
    elements: path
  service:
    description:
      - "The kind of server: memcached for caches, redis for Celery's tasks."
    type: str
    default: memcached
    choices:
      - memcached
      - redis
  endpoints:
    description:
      - >-
        The servers, in order: host:port, an address or name (port 11211), [IPv6 address]:port, unix:/path. Every
        application server must name them in the same order.
      - Redis takes exactly one (port 6379), and no Unix socket.
      - "They must be private: an address of a private network, or a name that resolves only to such."
      - "Each is written as the cache's backend reads it; they differ for IPv6 addresses and sockets."
    type: list
    elements: str
    aliases:
      - endpoint
  username:
    description:
      - >-
        With service redis, the user that Redis asks for (an ACL user, from Redis 6 on). Empty for none; where the
        option is left out, the users that stand in the files stay.
    type: str
  password:
    description:
      - >-
        With service redis, the password. Empty for none; where the option is left out, the passwords that stand in the
        files stay.
      - >-
        It is percent-encoded in URLs, and in CELERY_BROKER_PASSWORD, which LMS, Studio and the other services put into
        a URL as it stands.
    type: str
  replace:
    description:
      - >-
        Which servers are replaced: a host (any port), host:port, a network such as 10.0.0.0/8, or the words local and
        all.
      - >-
        local means a server on this host: localhost, 127.0.0.0/8, ::1, this host's own addresses and name, a Unix
        socket, and memcache, the default name of the Open edX roles. Where others are given, name local too if it is
        still meant.
    type: list
    elements: str
    default: [local]
  allow_public:
    description:
      - >-
        Accept public addresses. memcached has no password that Open edX can use, and Redis sends its own as it is, so a
        firewall has to protect them.
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
        begins as in memcached-*. A file that differs from its backup only in cache locations (with service redis, in
        broker settings) becomes what it was, byte for byte; where other things changed since, only those are put back,
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
  - >-
    The programs named in the result have to be restarted before the change has any effect. Sessions are kept in
    memcached, so everybody has to log in again when it moves.
  - Queued tasks stay in the old Redis; the module moves no data.
  - Passwords never appear in the result.
  - The next upgrade renders the files again. Put server_vars into server-vars.yml, or it brings the old servers back.
author:
  - edxops (@edxops)
'''

EXAMPLES = r'''
- name: See where the caches point
  edxops.scaling.edx_cache_endpoint:
  register: caches

- name: Move them to a server of their own
  edxops.scaling.edx_cache_endpoint:
    endpoints:
      - 172.31.5.10:11211
    backup: before-memcached-move

- name: From one server to two
  edxops.scaling.edx_cache_endpoint:
    endpoints: [172.31.5.10:11211, 172.31.5.11:11211]

- name: From a server to another one
  edxops.scaling.edx_cache_endpoint:
    endpoints: [172.31.5.12:11211]
    replace: [172.31.5.10, 172.31.5.11]

- name: Move the task queue
  edxops.scaling.edx_cache_endpoint:
    service: redis
    endpoints: [172.31.5.11]
    password: "{{ redis_password }}"
    backup: before-redis-move

- name: Take it back
  edxops.scaling.edx_cache_endpoint:
    restore: before-memcached-move
'''

RETURN = r'''
files:
  description: >-
    Each file with memcached caches, or with Redis brokers: path, changed, and changes (path is the key path; line,
    before and after). A password is masked, so that before and after are the same where only it changes.
  type: list
  returned: success
  sample: [{"path": "/edx/etc/insights.yml", "changed": true, "changes": [{"path": "CACHES.default.LOCATION[0]", "line": 11,
    "before": "127.0.0.1:11211", "after": "172.31.5.10:11211"}]}]
caches:
  description: "Every memcached cache as it is after the run: file, key_path, line, backend, location. Empty with service redis."
  type: list
  returned: success
  sample: [{"file": "/edx/etc/insights.yml", "key_path": "CACHES.default", "line": 11, "backend":
    "django.core.cache.backends.memcached.MemcachedCache", "location": ["172.31.5.10:11211"]}]
brokers:
  description: >-
    Every Redis broker, and cache on Redis, as it is after the run: file, key_path (of the value that names the server),
    line, form (host, url or cache), transport, host, port, user (masked where a URL has one without a password: it may
    be meant as one), has_password, database (null where it is left to the client). One for each server where several
    are named. Empty with service memcached.
  type: list
  returned: success
  sample: [{"file": "/edx/etc/lms.yml", "key_path": "CELERY_BROKER_HOSTNAME", "line": 105, "form": "host", "transport": "redis",
    "host": "172.31.5.11", "port": 6379, "user": "", "has_password": true, "database": null}]
kept:
  description: >-
    The caches or brokers that were left alone though they do not point at endpoints, also those on RabbitMQ: file,
    key_path, line, reason. A warning for each set of other servers says how many stay there.
  type: list
  returned: success
  sample: []
endpoints_before:
  description: "The servers that stood in the files before the run: of memcached as written there, of Redis as host:port."
  type: list
  returned: success
  sample: ["localhost:11211", "memcache"]
endpoints_after:
  description: The servers that stand in the files after the run.
  type: list
  returned: success
  sample: ["172.31.5.10:11211"]
endpoints_local:
  description: Those of both lists that are this host itself, by whichever of its names and addresses.
  type: list
  returned: success
  sample: ["localhost:11211", "memcache"]
client_addresses:
  description: >-
    The addresses that this host comes from when it connects to endpoints: for firewalls and accounts. Nothing is sent
    for it. Empty without endpoints.
  type: list
  returned: success
  sample: ["172.31.5.1"]
services:
  description: The Open edX services with such caches, or brokers.
  type: list
  returned: success
  sample: ["ecommerce", "lms", "studio"]
programs:
  description: "The supervisor programs that read the files that changed. They have to be restarted. A group is written name:*."
  type: list
  returned: success
  sample: ["lms", "edxapp_worker:*", "cms"]
affected_programs:
  description: The supervisor programs that read any file with such caches, or brokers.
  type: list
  returned: success
  sample: ["ecommerce", "lms", "edxapp_worker:*", "cms"]
server_vars:
  description: The variables for server-vars.yml with which the next upgrade renders what stands in the files after the run.
  type: dict
  returned: success
  sample: {"EDXAPP_MEMCACHE": ["172.31.5.10:11211"], "EDXAPP_ENABLE_MEMCACHE": false}
server_vars_default:
  description: Variables that server-vars.yml should not have, since the default of their role is what stands in the files.
  type: list
  returned: success
  sample: ["INSIGHTS_MEMCACHE"]
unexpressed:
  description: "Caches or brokers that no variable reproduces, so that the next upgrade changes them: file, key_path, reason."
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
  sample: "before-memcached-move"
backup_files:
  description: The paths of that backup.
  type: list
  returned: success
  sample: ["/edx/etc/insights.yml.before-memcached-move~"]
'''

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "default": "/edx/etc"},
            "files": {"type": "list", "elements": "path"},
            "service": {"type": "str", "default": "memcached", "choices": ["memcached", "redis"]},
            "endpoints": {"type": "list", "elements": "str", "aliases": ["endpoint"]},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
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
        msg="edx_cache_endpoint is a binary, and the action plugin that runs it was not found. "
        "Copy action_plugins/ of edxops.scaling along with library/, or install the collection.",
        invocation={"module_args": {}},
    )


if __name__ == "__main__":
    main()
