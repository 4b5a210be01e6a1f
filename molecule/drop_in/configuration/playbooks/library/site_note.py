#!/usr/bin/python
"""A module of the repository's own: one line in a file."""
import os

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(
        argument_spec={"path": {"type": "path", "required": True}, "text": {"type": "str", "required": True}},
        supports_check_mode=True,
    )
    path, wanted = module.params["path"], module.params["text"] + "\n"
    before = open(path).read() if os.path.exists(path) else ""
    if before != wanted and not module.check_mode:
        with open(path, "w") as note:
            note.write(wanted)
    module.exit_json(changed=before != wanted, diff={"before": before, "after": wanted})


main()
