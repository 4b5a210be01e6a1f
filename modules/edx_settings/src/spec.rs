//! The module's declaration.

use ansible_protocol::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// The module `edx_settings`.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "edx_settings",
    short_description: "Merge settings into a YAML file of Open edX, all else byte for byte",
    description: &[
        "Merges settings into a YAML or JSON file: a settings file that Open edX reads (such as /edx/etc/lms.yml), or a file of variables that Ansible reads (such as server-vars.yml). Comments, order, quotes and every other byte stay.",
        "What is written reads the same under PyYAML and Ansible: a string that looks like a number, a date or a word such as yes is quoted. A value that already reads as wanted is not touched.",
        "The new content is read again by two independent readers before it replaces the file; anything but the wanted differences is a refusal.",
    ],
    options: &[
        OptionSpec::new("path", Kind::Path, &["The file."]).required(),
        OptionSpec::new(
            "settings",
            Kind::Dict,
            &[
                "What the file shall hold. A mapping is merged into a mapping key by key; a list or any other value takes the place of what is there. A dot in a key is part of the key.",
                "Values of keys that sound secret are masked in differences, and no value is ever shown elsewhere.",
            ],
        ),
        OptionSpec::new(
            "secrets",
            Kind::Dict,
            &[
                "Texts that settings name: <secret:NAME> in a value stands for the text called NAME, and <secret:NAME|urlencode> for the same as it is written in a URL. They are shown nowhere.",
                "So a result of another module, such as server_vars of edx_cache_endpoint, can be given as settings without its secrets ever having been in it.",
            ],
        )
        .secret(),
        OptionSpec::new(
            "remove",
            Kind::StrList,
            &["Key paths to take out, such as CACHES.celery or A.list[0]; a key with a dot in it is quoted: A.\"b.c\"."],
        ),
        OptionSpec::new(
            "sources",
            Kind::PathList,
            &[
                "Files on the host whose settings are merged first: files of variables, or playbooks, of which the vars of the plays are taken. Their values never travel through the controller. Later files win over earlier ones, and settings over all.",
                "Each is copied as it is written there, tags such as !vault included. References such as {{ NAME }} to what the sources, the file or settings know as a literal are resolved as Ansible would, also within text, lists and mappings. A value with any other template (a filter, an unknown name) is copied as it is, with a warning.",
                "A source that is not there is a failure, unless optional_sources names it; the file is not changed then.",
                "What the file itself has stays; where a source has something else, a warning names the key.",
            ],
        )
        .aliases(&["source"]),
        OptionSpec::new(
            "optional_sources",
            Kind::PathList,
            &["Those of sources that may be missing; a warning says so then. Paths that are not in sources are of no account."],
        ),
        OptionSpec::new("exclude", Kind::StrList, &["Names that are not taken from sources; * stands for any text, ? for one character."])
            .default(Default::List(&["*_VERSION", "*_version", "migrate_db"])),
        OptionSpec::new(
            "create",
            Kind::Bool,
            &["Make the file when it does not exist. Its mode is 0640 then, unless given."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new("header", Kind::Str, &["A comment for the head of a new file."]),
        OptionSpec::new(
            "backup",
            Kind::Raw,
            &[
                "Whether to keep the earlier file beside it when the content changes. A string is the label under which restore finds it again; with true the label is the time. That there was no file is kept, too.",
            ],
        )
        .default(Default::Bool(false)),
        OptionSpec::new(
            "restore",
            Kind::Str,
            &[
                "Bring back the backup with this label, the newest whose label fits a pattern such as memcached-*, or the newest of all with the word latest. The settings (and sources) of the run that made the backup are given again.",
                "Where nothing else changed since, in the file or its sources, the file is put back byte for byte, or removed if there was none. Otherwise only the keys of settings are put back, and a warning names what else differs; without settings that is a failure, since nothing tells what to put back. A source that is missing by now is no failure here.",
            ],
        ),
        OptionSpec::new("owner", Kind::Str, &["The file's owner, a name or a number."]),
        OptionSpec::new("group", Kind::Str, &["The file's group, a name or a number."]),
        OptionSpec::new("mode", Kind::Str, &["The file's mode, as a string such as \"0640\"."]),
        OptionSpec::new(
            "reader",
            Kind::Str,
            &[
                "Who reads the file. For ansible, strings with template marks are tagged !unsafe, so that they are taken as they are; for pyyaml nothing is ever tagged.",
                "auto means pyyaml for a file in a folder named etc and for a JSON file, else ansible.",
            ],
        )
        .choices(&["auto", "ansible", "pyyaml"])
        .default(Default::Str("auto")),
    ],
    mutually_exclusive: &[],
    required_one_of: &[],
};

/// What only the page of `edx_settings` shows.
pub static PAGE: PageSpec = PageSpec {
    notes: &[
        "Programs that read the file have to be restarted before the change has any effect.",
        "Refused are files with duplicate keys or several documents, and edits of a value that an alias elsewhere uses.",
    ],
    examples: r#"- name: Record the cache for the next upgrade
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
    remove: [EMAIL_HOST_PASSWORD]"#,
    returns: &[
        ReturnSpec {
            name: "path",
            kind: "str",
            returned: "success",
            description: "The file itself, behind a symbolic link.",
            sample: "\"/edx/app/edx_ansible/server-vars.yml\"",
        },
        ReturnSpec {
            name: "changed_keys",
            kind: "list",
            returned: "success",
            description: "The key paths that were set, added or removed.",
            sample: r#"["EDXAPP_MEMCACHE", "CACHES.default.LOCATION[0]"]"#,
        },
        ReturnSpec {
            name: "changed_attributes",
            kind: "list",
            returned: "success",
            description: "Which of owner, group and mode of an existing file were corrected.",
            sample: r#"["mode"]"#,
        },
        ReturnSpec {
            name: "kept_keys",
            kind: "list",
            returned: "success",
            description: "Keys that the file has with another value than the sources; the file's value was kept.",
            sample: r#"["EDXAPP_PLATFORM_NAME"]"#,
        },
        ReturnSpec {
            name: "created",
            kind: "bool",
            returned: "success",
            description: "Whether the file was made.",
            sample: "false",
        },
        ReturnSpec {
            name: "backup",
            kind: "str",
            returned: "success",
            description: "The label of the backup that was made or restored; null without one.",
            sample: "\"before-memcached-move\"",
        },
        ReturnSpec {
            name: "backup_file",
            kind: "str",
            returned: "success",
            description: "Where the backup that was made is; null without one.",
            sample: "\"/edx/app/edx_ansible/server-vars.yml.before-memcached-move~\"",
        },
    ],
};
