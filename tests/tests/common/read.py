"""Prints as JSON what PyYAML reads in a file; what Ansible would not template counts as text."""
import json
import sys

import yaml

yaml.SafeLoader.add_constructor('!unsafe', yaml.SafeLoader.construct_yaml_str)
with open(sys.argv[1], encoding='utf-8') as file:
    print(json.dumps(yaml.safe_load(file)))
