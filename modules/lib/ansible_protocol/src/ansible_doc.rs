//! The page that `ansible-doc` shows, from the declaration.

use std::fmt::Write as _;

use crate::spec::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// How long a line of a page may be, with its indentation and without its key.
const WIDTH: usize = 120;

/// A Python file that holds DOCUMENTATION, EXAMPLES and RETURN. Run in the place of the binary, which happens where
/// the action plugin was left behind, it is an Ansible module that takes the same arguments and fails with a sentence.
pub fn ansible_doc_page(spec: &ModuleSpec, page: &PageSpec) -> String {
    format!(
        "#!/usr/bin/python\n\
         # -*- coding: utf-8 -*-\n\
         # GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)\n\
         \"\"\"Documentation of {name}, generated from its Rust declaration: see modules/{name}/.\"\"\"\n\n\
         from __future__ import absolute_import, division, print_function\n\n\
         __metaclass__ = type\n\n\
         DOCUMENTATION = r'''\n{documentation}'''\n\n\
         EXAMPLES = r'''\n{examples}\n'''\n\n\
         RETURN = r'''\n{returns}'''\n\n\
         from ansible.module_utils.basic import AnsibleModule\n\n\n\
         def main():\n    \
             module = AnsibleModule(\n        \
                 argument_spec={{\n{arguments}        }},\n\
                 {groups}        \
                 supports_check_mode=True,\n        \
                 # Arguments may hold secrets: they go to no log, and not into the result.\n        \
                 no_log=True,\n    )\n    \
             module.fail_json(\n        \
                 msg=\"{name} is a binary, and the action plugin that runs it was not found. \"\n        \
                 \"Copy action_plugins/ of edxops.scaling along with library/, or install the collection.\",\n        \
                 invocation={{\"module_args\": {{}}}},\n    )\n\n\n\
         if __name__ == \"__main__\":\n    main()\n",
        name = spec.name,
        documentation = documentation(spec, page),
        examples = page.examples.trim(),
        returns = page.returns.iter().map(return_entry).collect::<String>(),
        arguments = spec.options.iter().map(argument).collect::<String>(),
        groups = group("mutually_exclusive", spec.mutually_exclusive) + &group("required_one_of", spec.required_one_of),
    )
}

/// An option as Ansible's own modules declare it.
fn argument(option: &OptionSpec) -> String {
    let mut entry = format!("            \"{}\": {{\"type\": \"{}\"", option.name, option.kind.name());
    if let Some(element) = option.kind.element() {
        let _ = write!(entry, ", \"elements\": \"{element}\"");
    }
    if option.required {
        entry.push_str(", \"required\": True");
    }
    if let Some(default) = option.default {
        let _ = write!(entry, ", \"default\": {}", python(default));
    }
    for (key, values) in [("choices", option.choices), ("aliases", option.aliases)] {
        if !values.is_empty() {
            let more = format!("\"{key}\": {}", strings(values));
            // ansible-test's pep8 stops at 160, and has what goes on stand below what it belongs to.
            let indent = " ".repeat(option.name.len() + 17);
            let glue = if entry.len() + more.len() > 150 { format!(",\n{indent}") } else { ", ".to_owned() };
            entry = entry + &glue + &more;
        }
    }
    if option.secret {
        entry.push_str(", \"no_log\": True");
    }
    entry + "},\n"
}

fn python(default: Default) -> String {
    match default {
        Default::Bool(value) => if value { "True" } else { "False" }.to_owned(),
        Default::Int(value) => value.to_string(),
        Default::Float(value) => value.to_string(),
        Default::Str(value) => serde_json::Value::from(value).to_string(),
        Default::List(items) => strings(items),
    }
}

fn group(name: &str, groups: &[&[&str]]) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let groups: Vec<String> = groups.iter().map(|names| strings(names)).collect();
    format!("        {name}=[{}],\n", groups.join(", "))
}

/// A list, as JSON and Python both write it.
fn strings(items: &[&str]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| serde_json::Value::from(*item).to_string()).collect();
    format!("[{}]", quoted.join(", "))
}

fn documentation(spec: &ModuleSpec, shown: &PageSpec) -> String {
    let mut page = format!(
        "module: {}\nshort_description: {}\nversion_added: 0.1.0\n",
        spec.name,
        scalar(2, spec.short_description)
    );
    list(&mut page, 0, "description", spec.description);
    if !spec.options.is_empty() {
        page.push_str("options:\n");
        for option in spec.options {
            option_entry(&mut page, option);
        }
    }
    page.push_str("attributes:\n");
    for (attribute, description) in [
        ("check_mode", "Predicts exactly what a real run would report, and changes nothing."),
        ("diff_mode", "Shows the lines that change, with secrets masked."),
    ] {
        let _ = write!(page, "  {attribute}:\n    description: {}\n    support: full\n", scalar(6, description));
    }
    list(&mut page, 0, "notes", shown.notes);
    page.push_str("author:\n  - edxops (@edxops)\n");
    page
}

fn option_entry(page: &mut String, option: &OptionSpec) {
    let _ = writeln!(page, "  {}:", option.name);
    list(page, 4, "description", option.description);
    let _ = writeln!(page, "    type: {}", option.kind.name());
    if let Some(element) = option.kind.element() {
        let _ = writeln!(page, "    elements: {element}");
    }
    if option.required {
        page.push_str("    required: true\n");
    }
    if let Some(default) = option.default {
        let _ = writeln!(page, "    default: {}", default_text(option.kind, default));
    }
    list(page, 4, "choices", option.choices);
    list(page, 4, "aliases", option.aliases);
}

fn default_text(kind: Kind, default: Default) -> String {
    match default {
        Default::Bool(value) => value.to_string(),
        Default::Int(value) => value.to_string(),
        Default::Float(value) => value.to_string(),
        Default::Str(value) if kind == Kind::Raw => serde_json::Value::from(value).to_string(),
        Default::Str(value) => word(value),
        Default::List(items) => format!("[{}]", items.iter().map(|item| word(item)).collect::<Vec<_>>().join(", ")),
    }
}

fn return_entry(entry: &ReturnSpec) -> String {
    format!(
        "{}:\n  description: {}\n  type: {}\n  returned: {}\n  sample: {}\n",
        entry.name,
        scalar(4, entry.description),
        entry.kind,
        scalar(4, entry.returned),
        wrap(4, WIDTH, entry.sample)
    )
}

fn list(page: &mut String, indentation: usize, key: &str, items: &[&str]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(page, "{:indentation$}{key}:", "");
    for item in items {
        let _ = writeln!(page, "{:indentation$}  - {}", "", scalar(indentation + 4, item));
    }
}

/// A text as YAML: as it is, quoted, or where it does not fit on the line below it, at this indentation.
fn scalar(indentation: usize, text: &str) -> String {
    let short = word(text);
    if indentation + short.len() <= WIDTH {
        return short;
    }
    format!(">-\n{:indentation$}{}", "", wrap(indentation, WIDTH - indentation, text))
}

/// A JSON string is a YAML string: quoted whenever a plain one could mean something else.
fn word(text: &str) -> String {
    let starts_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let is_plain = |character: char| character.is_alphanumeric() || " /._-(),;~=+".contains(character);
    let word = text.to_ascii_lowercase();
    let reads_as_word = !["yes", "no", "on", "off", "true", "false", "null", "y", "n"].contains(&word.as_str());
    if starts_plain && text.chars().all(is_plain) && reads_as_word && !text.ends_with(' ') {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// Breaks lines at single spaces, as YAML folds them back. The first line has this room, the others are indented.
/// So it does with the spaces of a list or mapping in one line, be they between its tokens or in its strings.
fn wrap(indentation: usize, room: usize, text: &str) -> String {
    let mut words = text.split(' ');
    let mut wrapped = words.next().unwrap_or_default().to_owned();
    let mut left = room.saturating_sub(wrapped.len());
    let mut after_space = false;
    for word in words {
        let length = word.len() + 1;
        if length <= left || after_space || word.is_empty() {
            wrapped.push(' ');
            wrapped.push_str(word);
            left = left.saturating_sub(length);
        } else {
            let _ = write!(wrapped, "\n{:indentation$}{word}", "");
            left = (WIDTH - indentation).saturating_sub(word.len());
        }
        after_space = word.is_empty();
    }
    wrapped
}
