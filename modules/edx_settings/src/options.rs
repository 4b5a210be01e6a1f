//! What a run was asked to do, from its arguments.

use std::path::{Path, PathBuf};

use ansible_protocol::{Arguments, Value};
use file_set::{Attributes, Label, Selector, group_id, parse_mode, user_id};
use lossless_yaml::{KeyPath, Reader, Segment};
use serde_json::Map;

use crate::error::Error;
use crate::secrets;

/// What a run was asked to do.
#[derive(Debug)]
pub struct Options {
    /// The file.
    pub path: PathBuf,
    /// What to merge into it.
    pub settings: Map<String, Value>,
    /// What to take out of it.
    pub remove: Vec<KeyPath>,
    /// Files whose settings are merged first.
    pub sources: Vec<PathBuf>,
    /// Those of the sources that may be missing.
    pub optional_sources: Vec<PathBuf>,
    /// Names that are not taken from sources.
    pub exclude: Vec<String>,
    /// The backup to bring back.
    pub restore: Option<(String, Selector)>,
    /// Whether a missing file is made, and the comment at its head.
    pub create: bool,
    /// The comment at the head of a new file.
    pub header: Option<String>,
    /// The label of the backup to make.
    pub backup: Option<Label>,
    /// Owner, group and mode, where given.
    pub attributes: Attributes,
    /// Who reads the file.
    pub reader: Reader,
}

impl Options {
    /// Checks what the declaration of the options cannot express.
    pub fn from_arguments(arguments: &Arguments) -> Result<Self, Error> {
        let path = PathBuf::from(arguments.str("path").unwrap_or_default());
        let texts = |name| arguments.strings(name).unwrap_or_default();
        let paths = |name| texts(name).into_iter().map(PathBuf::from).collect();
        let restore = arguments.str("restore").map(|wanted| Ok::<_, Error>((wanted.to_owned(), wanted.parse()?)));
        let mut settings = arguments.dict("settings").cloned().unwrap_or_default();
        secrets::reveal(&mut settings, &arguments.dict("secrets").cloned().unwrap_or_default())?;
        let options = Self {
            reader: reader(arguments.str("reader"), &path),
            settings,
            remove: texts("remove").iter().map(|text| text.parse().map_err(Error::Remove)).collect::<Result<_, _>>()?,
            sources: paths("sources"),
            optional_sources: paths("optional_sources"),
            exclude: texts("exclude").into_iter().map(str::to_owned).collect(),
            restore: restore.transpose()?,
            create: arguments.bool("create"),
            header: arguments.str("header").map(str::to_owned),
            backup: arguments.raw("backup").map_or(Ok(None), backup)?,
            attributes: attributes(arguments)?,
            path,
        };
        options.check()?;
        Ok(options)
    }

    fn check(&self) -> Result<(), Error> {
        if self.restore.is_some() {
            let foreign = [
                ("create", self.create),
                ("remove", !self.remove.is_empty()),
                ("owner, group or mode", self.attributes != Attributes::default()),
            ];
            if self.backup.is_some() {
                return Err(Error::BackupOfRestore);
            }
            return foreign
                .iter()
                .find(|(_, given)| *given)
                .map_or(Ok(()), |(name, _)| Err(Error::NotWithRestore(name)));
        }
        let nothing = self.settings.is_empty() && self.remove.is_empty() && self.sources.is_empty();
        if nothing && !self.create && self.attributes == Attributes::default() {
            return Err(Error::NothingToDo);
        }
        if !self.sources.is_empty() && self.reader != Reader::Ansible {
            return Err(Error::SourcesForPyYaml(self.path.clone()));
        }
        match self.remove.iter().find(|path| is_set(&self.settings, path)) {
            Some(path) => Err(Error::SetAndRemoved(path.clone())),
            None => Ok(()),
        }
    }
}

fn is_set(settings: &Map<String, Value>, path: &KeyPath) -> bool {
    let mut here = Some(settings);
    for (at, segment) in path.segments().iter().enumerate() {
        let Segment::Key(key) = segment else { return false };
        let Some(value) = here.and_then(|map| map.get(key)) else { return false };
        if at + 1 == path.segments().len() {
            return true;
        }
        here = value.as_object();
    }
    false
}

/// Open edX reads its own files with PyYAML; anything else that operators edit is read by Ansible.
fn reader(wanted: Option<&str>, path: &Path) -> Reader {
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let in_etc = path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "etc");
    match wanted {
        Some("ansible") => Reader::Ansible,
        _ if is_json => Reader::Json,
        Some("pyyaml") => Reader::Plain,
        _ if in_etc => Reader::Plain,
        _ => Reader::Ansible,
    }
}

fn attributes(arguments: &Arguments) -> Result<Attributes, Error> {
    Ok(Attributes {
        user: arguments.str("owner").map(user_id).transpose()?,
        group: arguments.str("group").map(group_id).transpose()?,
        mode: arguments.str("mode").map(parse_mode).transpose()?,
    })
}

/// Ansible's words for true and false arrive as text from a command line or a template; any other text is a label.
fn backup(value: &Value) -> Result<Option<Label>, Error> {
    let text = match value {
        Value::Bool(true) => return Ok(Some(Label::now())),
        Value::Bool(false) | Value::Null => return Ok(None),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(Some(Label::now())),
        "" | "false" | "no" | "off" | "0" => Ok(None),
        _ => Ok(Some(text.parse()?)),
    }
}
