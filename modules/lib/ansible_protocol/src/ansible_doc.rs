//! The page that `ansible-doc` shows, from the declaration.

use std::fmt::Write as _;

use crate::spec::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// A Python file that holds DOCUMENTATION, EXAMPLES and RETURN, and fails with a sentence when it is
/// run in the place of the binary.
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
         if __name__ == '__main__':\n    \
             print('{{\"failed\": true, \"msg\": \"{name} is a binary: put the build/bin/ARCHITECTURE folder of edxops.scaling on \
         the module path (library), see its README\"}}')\n",
        name = spec.name,
        documentation = documentation(spec, page),
        examples = page.examples.trim(),
        returns = page.returns.iter().map(return_entry).collect::<String>(),
    )
}

fn documentation(spec: &ModuleSpec, shown: &PageSpec) -> String {
    let mut page =
        format!("module: {}\nshort_description: {}\nversion_added: 0.1.0\n", spec.name, scalar(spec.short_description));
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
        let _ = write!(page, "  {attribute}:\n    description: {}\n    support: full\n", scalar(description));
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
        Default::Str(value) => scalar(value),
        Default::List(items) => format!("[{}]", items.iter().map(|item| scalar(item)).collect::<Vec<_>>().join(", ")),
    }
}

fn return_entry(entry: &ReturnSpec) -> String {
    format!(
        "{}:\n  description: {}\n  type: {}\n  returned: {}\n  sample: {}\n",
        entry.name,
        scalar(entry.description),
        entry.kind,
        scalar(entry.returned),
        entry.sample
    )
}

fn list(page: &mut String, indentation: usize, key: &str, items: &[&str]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(page, "{:indentation$}{key}:", "");
    for item in items {
        let _ = writeln!(page, "{:indentation$}  - {}", "", scalar(item));
    }
}

/// A JSON string is a YAML string: quoted whenever a plain one could mean something else.
fn scalar(text: &str) -> String {
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
