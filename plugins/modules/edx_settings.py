#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of edx_settings, generated from its Rust declaration: see modules/edx_settings/."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: edx_settings
short_description: Merge settings into a YAML file of Open edX, all else byte for byte
version_added: 0.1.0
description:
  - >-
    Merges settings into a YAML or JSON file: a settings file that Open edX reads (such as /edx/etc/lms.yml), or a file
    of variables that Ansible reads (such as server-vars.yml). Comments, order, quotes and every other byte stay.
  - >-
    What is written reads the same under PyYAML and Ansible: a string that looks like a number, a date or a word such as
    yes is quoted. A value that already reads as wanted is not touched.
  - >-
    The new content is read again by two independent readers before it replaces the file; anything but the wanted
    differences is a refusal.
options:
  path:
    description:
      - The file.
    type: path
    required: true
  settings:
    description:
      - >-
        What the file shall hold. A mapping is merged into a mapping key by key; a list or any other value takes the
        place of what is there. A dot in a key is part of the key.
      - Values of keys that sound secret are masked in differences, and no value is ever shown elsewhere.
    type: dict
  secrets:
    description:
      - >-
        Texts that settings name: <secret:NAME> in a value stands for the text called NAME, and <secret:NAME|urlencode>
        for the same as it is written in a URL. They are shown nowhere.
      - >-
        So a result of another module, such as server_vars of edx_cache_endpoint, can be given as settings without its
        secrets ever having been in it.
    type: dict
  remove:
    description:
      - "Key paths to take out, such as CACHES.celery or A.list[0]; a key with a dot in it is quoted: A.\"b.c\"."
    type: list
    elements: str
  sources:
    description:
      - >-
        Files on the host whose settings are merged first: files of variables, or playbooks, of which the vars of the
        plays are taken. Their values never travel through the controller. Later files win over earlier ones, and
        settings over all.
      - >-
        Each is copied as it is written there, tags such as !vault included. References such as {{ NAME }} to what the
        sources, the file or settings know as a literal are resolved as Ansible would, also within text, lists and
        mappings. A value with any other template (a filter, an unknown name) is copied as it is, with a warning.
      - A source that is not there is a failure, unless optional_sources names it; the file is not changed then.
      - What the file itself has stays; where a source has something else, a warning names the key.
    type: list
    elements: path
    aliases:
      - source
  optional_sources:
    description:
      - Those of sources that may be missing; a warning says so then. Paths that are not in sources are of no account.
    type: list
    elements: path
  exclude:
    description:
      - "Names that are not taken from sources; * stands for any text, ? for one character."
    type: list
    elements: str
    default: ["*_VERSION", "*_version", migrate_db]
  create:
    description:
      - Make the file when it does not exist. Its mode is 0640 then, unless given.
    type: bool
    default: false
  header:
    description:
      - A comment for the head of a new file.
    type: str
  backup:
    description:
      - >-
        Whether to keep the earlier file beside it when the content changes. A string is the label under which restore
        finds it again; with true the label is the time. That there was no file is kept, too.
    type: raw
    default: false
  restore:
    description:
      - >-
        Bring back the backup with this label, the newest whose label fits a pattern such as memcached-*, or the newest
        of all with the word latest. The settings (and sources) of the run that made the backup are given again.
      - >-
        Where nothing else changed since, in the file or its sources, the file is put back byte for byte, or removed if
        there was none. Otherwise only the keys of settings are put back, and a warning names what else differs; without
        settings that is a failure, since nothing tells what to put back. A source that is missing by now is no failure
        here.
    type: str
  owner:
    description:
      - "The file's owner, a name or a number."
    type: str
  group:
    description:
      - "The file's group, a name or a number."
    type: str
  mode:
    description:
      - "The file's mode, as a string such as \"0640\"."
    type: str
  reader:
    description:
      - >-
        Who reads the file. For ansible, strings with template marks are tagged !unsafe, so that they are taken as they
        are; for pyyaml nothing is ever tagged.
      - auto means pyyaml for a file in a folder named etc and for a JSON file, else ansible.
    type: str
    default: auto
    choices:
      - auto
      - ansible
      - pyyaml
attributes:
  check_mode:
    description: Predicts exactly what a real run would report, and changes nothing.
    support: full
  diff_mode:
    description: Shows the lines that change, with secrets masked.
    support: full
notes:
  - Programs that read the file have to be restarted before the change has any effect.
  - Refused are files with duplicate keys or several documents, and edits of a value that an alias elsewhere uses.
author:
  - edxops (@edxops)
'''

EXAMPLES = r'''
- name: Record the cache for the next upgrade
  edxops.scaling.edx_settings:
    path: /edx/app/edx_ansible/server-vars.yml
    settings:
      EDXAPP_MEMCACHE: ["172.31.5.10:11211"]
      EDXAPP_ENABLE_MEMCACHE: false
    create: true
    mode: "0640"
    backup: before-memcached-move

- name: Record a broker with its password
  edxops.scaling.edx_settings:
    path: /edx/app/edx_ansible/server-vars.yml
    settings:
      EDXAPP_REDIS_HOSTNAME: 172.31.5.11
      EDXAPP_CELERY_PASSWORD: <secret:password|urlencode>
    secrets:
      password: "{{ vault_redis_password }}"

- name: Take it back
  edxops.scaling.edx_settings:
    path: /edx/app/edx_ansible/server-vars.yml
    settings:
      EDXAPP_MEMCACHE: ["172.31.5.10:11211"]
      EDXAPP_ENABLE_MEMCACHE: false
    restore: before-memcached-move

- name: Send mail through another host
  edxops.scaling.edx_settings:
    path: /edx/etc/lms.yml
    settings:
      EMAIL_HOST: 172.31.5.20
    remove: [EMAIL_HOST_PASSWORD]
'''

RETURN = r'''
path:
  description: The file itself, behind a symbolic link.
  type: str
  returned: success
  sample: "/edx/app/edx_ansible/server-vars.yml"
changed_keys:
  description: The key paths that were set, added or removed.
  type: list
  returned: success
  sample: ["EDXAPP_MEMCACHE", "CACHES.default.LOCATION[0]"]
changed_attributes:
  description: Which of owner, group and mode of an existing file were corrected.
  type: list
  returned: success
  sample: ["mode"]
kept_keys:
  description: "Keys that the file has with another value than the sources; the file's value was kept."
  type: list
  returned: success
  sample: ["EDXAPP_PLATFORM_NAME"]
created:
  description: Whether the file was made.
  type: bool
  returned: success
  sample: false
backup:
  description: The label of the backup that was made or restored; null without one.
  type: str
  returned: success
  sample: "before-memcached-move"
backup_file:
  description: Where the backup that was made is; null without one.
  type: str
  returned: success
  sample: "/edx/app/edx_ansible/server-vars.yml.before-memcached-move~"
'''

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "settings": {"type": "dict"},
            "secrets": {"type": "dict", "no_log": True},
            "remove": {"type": "list", "elements": "str"},
            "sources": {"type": "list", "elements": "path", "aliases": ["source"]},
            "optional_sources": {"type": "list", "elements": "path"},
            "exclude": {"type": "list", "elements": "str", "default": ["*_VERSION", "*_version", "migrate_db"]},
            "create": {"type": "bool", "default": False},
            "header": {"type": "str"},
            "backup": {"type": "raw", "default": False},
            "restore": {"type": "str"},
            "owner": {"type": "str"},
            "group": {"type": "str"},
            "mode": {"type": "str"},
            "reader": {"type": "str", "default": "auto", "choices": ["auto", "ansible", "pyyaml"]},
        },
        supports_check_mode=True,
        # Arguments may hold secrets: they go to no log, and not into the result.
        no_log=True,
    )
    module.fail_json(
        msg="edx_settings is a binary, and the action plugin that runs it was not found. "
        "Copy action_plugins/ of edxops.scaling along with library/, or install the collection.",
        invocation={"module_args": {}},
    )


if __name__ == "__main__":
    main()
