//! From wishes to splices: which bytes go, and which come in their place.

use crate::document::{Document, Kind, Node, Reader, Style};
use crate::edit::ChangeKind;
use crate::emit::Layout;
use crate::lines::{Entry, entries_of};
use crate::wishes::{Wish, Wishes};
use crate::{Error, KeyPath, Resolved, Segment};
use serde_json::{Map, Value};

/// Bytes `start..end` of the file become `text`, for the sake of the change at `change`.
#[derive(Debug)]
pub(crate) struct Splice {
    pub start: usize,
    pub end: usize,
    pub text: String,
    pub change: usize,
    /// Among those at the same place, the earlier planned come first.
    pub nth: usize,
}

/// Where a value hangs: below a key, behind a dash, or at the root.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub kind: SlotKind,
    /// Offset behind the colon or dash.
    pub after: usize,
    /// Column of the key or dash.
    pub column: usize,
    /// The key has no colon yet.
    pub missing_colon: bool,
    /// A new value has to be written between brackets.
    pub in_flow: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotKind {
    Root,
    Value,
    Item,
}

pub(crate) struct Planner<'d> {
    pub doc: &'d Document,
    pub layout: Layout,
    pub splices: Vec<Splice>,
    pub changes: Vec<(KeyPath, ChangeKind)>,
    /// The anchored values, in use elsewhere, around the place being looked at.
    shared: Vec<Node<'d>>,
    pub path: KeyPath,
}

impl<'d> Planner<'d> {
    pub fn new(doc: &'d Document, reader: Reader) -> Self {
        let layout = Layout::of(doc, reader);
        Self { doc, layout, splices: Vec::new(), changes: Vec::new(), shared: Vec::new(), path: KeyPath::root() }
    }

    pub fn run(&mut self, wishes: &Wishes<'_>) -> Result<(), Error> {
        let root = self.doc.root();
        let in_flow = self.layout.json;
        let slot = Slot { kind: SlotKind::Root, after: root.span().start, column: 0, missing_colon: false, in_flow };
        if wishes.is_remove() {
            return Err(self.unsupported(root, "the root cannot be removed; remove its keys"));
        }
        self.visit(root, wishes, slot)
    }

    pub fn unsupported(&self, node: Node<'_>, reason: &'static str) -> Error {
        Error::Unsupported { path: self.path.clone(), line: node.line(), reason }
    }

    /// Notes a change at the current path, unless the place is shared with an alias.
    pub fn change(&mut self, kind: ChangeKind) -> Result<usize, Error> {
        if let Some(anchored) = self.shared.last() {
            return Err(self.in_use(*anchored));
        }
        self.changes.push((self.path.clone(), kind));
        Ok(self.changes.len() - 1)
    }

    fn in_use(&self, anchored: Node<'_>) -> Error {
        Error::AnchorInUse {
            path: self.path.clone(),
            line: anchored.line(),
            anchor: anchored.anchor().unwrap_or_default().to_owned(),
            anchor_line: anchored.line(),
            alias_line: anchored.alias_line().unwrap_or_default(),
        }
    }

    /// Refuses to drop a value, some part of which an alias elsewhere stands for.
    pub fn may_drop(&self, node: Node<'d>) -> Result<(), Error> {
        if node.kind() != Kind::Alias && node.alias_line().is_some() {
            return Err(self.in_use(node));
        }
        node.items().try_for_each(|item| self.may_drop(item))?;
        node.entries().try_for_each(|(key, value)| self.may_drop(key).and_then(|()| self.may_drop(value)))
    }

    pub fn splice(&mut self, start: usize, end: usize, text: impl Into<String>, change: usize) {
        let nth = self.splices.len();
        self.splices.push(Splice { start, end, text: text.into(), change, nth });
    }

    fn behind_alias(&self, alias: Node<'_>) -> Error {
        Error::BehindAlias {
            path: self.path.clone(),
            line: alias.line(),
            anchor: alias.anchor().unwrap_or_default().to_owned(),
            anchor_line: alias.follow().line(),
        }
    }

    fn visit(&mut self, node: Node<'d>, wishes: &Wishes<'_>, slot: Slot) -> Result<(), Error> {
        let shared = node.kind() != Kind::Alias && node.alias_line().is_some();
        if shared {
            self.shared.push(node);
        }
        let outcome = match &wishes.wish {
            Some(Wish::Set(value)) => self.set(node, value, slot),
            Some(Wish::Remove) => Ok(()),
            None => self.below(node, wishes, slot),
        };
        if shared {
            self.shared.pop();
        }
        outcome
    }

    /// Wishes for parts of a value.
    fn below(&mut self, node: Node<'d>, wishes: &Wishes<'_>, slot: Slot) -> Result<(), Error> {
        if wishes.children.is_empty() {
            return Ok(());
        }
        match node.kind() {
            Kind::Alias if self.met(node.follow(), wishes) => Ok(()),
            Kind::Alias => Err(self.behind_alias(node)),
            Kind::Mapping => self.mapping(node, wishes, slot),
            Kind::Sequence => self.sequence(node, wishes, slot),
            Kind::Scalar => {
                let Some(value) = wishes.value(&self.path)? else { return Ok(()) };
                if matches!(node.resolved(), Resolved::Null) && value.is_object() {
                    return self.set(node, &value, slot);
                }
                let mut path = self.path.clone();
                path.push(wishes.children[0].0.clone());
                Err(Error::NotReachable { path, at: self.path.clone(), line: node.line(), found: "a single value" })
            }
        }
    }

    /// Whether nothing has to change below a node.
    fn met(&self, node: Node<'_>, wishes: &Wishes<'_>) -> bool {
        match &wishes.wish {
            Some(Wish::Set(value)) => node.equals(value, self.layout.reader),
            Some(Wish::Remove) => false,
            None => wishes.children.iter().all(|(segment, child)| {
                let have = match segment {
                    Segment::Key(key) => node.get(key),
                    Segment::Index(index) => node.follow().items().nth(*index),
                };
                match have {
                    Some(have) => self.met(have, child),
                    None => child.value(&self.path).is_ok_and(|value| value.is_none()),
                }
            }),
        }
    }

    fn mapping(&mut self, node: Node<'d>, wishes: &Wishes<'_>, slot: Slot) -> Result<(), Error> {
        if let Some((Segment::Index(index), _)) = wishes.children.iter().find(|(s, _)| matches!(s, Segment::Index(_))) {
            let path = self.path.index(*index);
            return Err(Error::NotReachable {
                path,
                at: self.path.clone(),
                line: node.line(),
                found: "a mapping, not a list",
            });
        }
        let mut seen: Vec<Option<usize>> = vec![None; wishes.children.len()];
        let mut removed = Vec::new();
        for (at, (key, value)) in node.entries().enumerate() {
            let Some(child) = wishes.key(key.key_text()).filter(|_| !key.is_merge()) else { continue };
            self.path.push(wishes.children[child].0.clone());
            if let Some(other_line) = seen[child].replace(key.line()) {
                return Err(Error::AmbiguousKey { path: self.path.clone(), line: key.line(), other_line });
            }
            let wish = &wishes.children[child].1;
            if wish.is_remove() {
                removed.push(at);
            } else {
                let slot = self.slot_of_value(node, key, value);
                self.visit(value, wish, slot)?;
            }
            self.path.pop();
        }
        let merges = node.entries().any(|(key, _)| key.is_merge());
        let mut added = Vec::new();
        for (child, (segment, wish)) in wishes.children.iter().enumerate() {
            let Segment::Key(key) = segment else { continue };
            if seen[child].is_some() {
                continue;
            }
            self.path.push(segment.clone());
            if let Some((value, merge)) = merges.then(|| node.merged(key)).flatten() {
                if !self.met(value, wish) {
                    return Err(Error::FromMerge { path: self.path.clone(), line: merge.line() });
                }
            } else if let Some(value) = wish.value(&self.path)? {
                added.push((key.clone(), value));
            }
            self.path.pop();
        }
        if removed.is_empty() && added.is_empty() {
            return Ok(());
        }
        if removed.len() == node.len() {
            // Nothing of the old layout is left to follow.
            return self.replace_all(node, &Value::Object(added.into_iter().collect()), slot);
        }
        self.change_entries(
            node,
            &removed,
            &added.into_iter().map(|(key, value)| (Some(key), value)).collect::<Vec<_>>(),
        )
    }

    fn slot_of_value(&self, mapping: Node<'_>, key: Node<'_>, value: Node<'_>) -> Slot {
        let colon = self.doc.after_colon(key, value);
        Slot {
            kind: SlotKind::Value,
            after: colon.unwrap_or(key.span().end),
            column: self.doc.column(key.span().start),
            missing_colon: colon.is_none(),
            in_flow: mapping.style() == Style::Flow,
        }
    }

    fn slot_of_item(&self, list: Node<'_>, entry: &Entry<'_>) -> Slot {
        let in_flow = list.style() == Style::Flow;
        let column = self.doc.column(entry.start);
        Slot { kind: SlotKind::Item, after: entry.start + 1, column, missing_colon: false, in_flow }
    }

    fn sequence(&mut self, node: Node<'d>, wishes: &Wishes<'_>, slot: Slot) -> Result<(), Error> {
        if let Some((Segment::Key(key), _)) = wishes.children.iter().find(|(s, _)| matches!(s, Segment::Key(_))) {
            let path = self.path.key(key.clone());
            return Err(Error::NotReachable {
                path,
                at: self.path.clone(),
                line: node.line(),
                found: "a list, not a mapping",
            });
        }
        let entries = entries_of(node);
        let mut removed = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let Some(wish) = wishes.index(at) else { continue };
            if wish.is_remove() {
                removed.push(at);
                continue;
            }
            self.path.push(Segment::Index(at));
            let slot = self.slot_of_item(node, entry);
            self.visit(entry.value, wish, slot)?;
            self.path.pop();
        }
        let mut added = Vec::new();
        let mut beyond: Vec<usize> = wishes
            .children
            .iter()
            .filter_map(|(segment, _)| match segment {
                Segment::Index(index) if *index >= node.len() => Some(*index),
                _ => None,
            })
            .collect();
        beyond.sort_unstable();
        for index in beyond {
            let path = self.path.index(index);
            let Some(value) = wishes.index(index).map(|wish| wish.value(&path)).transpose()?.flatten() else {
                continue;
            };
            if index != node.len() + added.len() {
                return Err(Error::NoSuchItem { path, line: node.line(), length: node.len() });
            }
            added.push(value);
        }
        if removed.is_empty() && added.is_empty() {
            return Ok(());
        }
        if removed.len() == node.len() {
            return self.replace_all(node, &Value::Array(added), slot);
        }
        self.change_entries(node, &removed, &added.into_iter().map(|value| (None, value)).collect::<Vec<_>>())
    }

    /// Replaces a collection, noting its parts as removed and added.
    fn replace_all(&mut self, node: Node<'d>, value: &Value, slot: Slot) -> Result<(), Error> {
        self.may_drop(node)?;
        self.replace(node, value, slot)
    }

    /// The path shall have exactly this value.
    fn set(&mut self, node: Node<'d>, value: &Value, slot: Slot) -> Result<(), Error> {
        if node.equals(value, self.layout.reader) {
            return Ok(());
        }
        if node.kind() == Kind::Alias {
            return Err(self.behind_alias(node));
        }
        match value {
            Value::Array(items) if is_list(node) && !items.is_empty() => self.set_list(node, items),
            Value::Object(map) if is_mapping(node) && shares_key(node, map) => {
                if node.entries().any(|(key, _)| key.is_merge()) {
                    return Err(self.unsupported(node, "its mapping has a merge (`<<`); set its keys one by one"));
                }
                let wishes = Wishes::exactly(map, node.entries().map(|(key, _)| key.key_text()));
                self.mapping(node, &wishes, slot)
            }
            _ => {
                self.may_drop(node)?;
                self.replace(node, value, slot)
            }
        }
    }

    fn set_list(&mut self, node: Node<'d>, items: &[Value]) -> Result<(), Error> {
        let entries = entries_of(node);
        for (at, (entry, value)) in entries.iter().zip(items).enumerate() {
            self.path.push(Segment::Index(at));
            let slot = self.slot_of_item(node, entry);
            let wish = Wishes::set(value);
            self.visit(entry.value, &wish, slot)?;
            self.path.pop();
        }
        let removed: Vec<usize> = (items.len().min(entries.len())..entries.len()).collect();
        let added: Vec<_> = items.iter().skip(entries.len()).map(|value| (None, value.clone())).collect();
        if removed.is_empty() && added.is_empty() {
            return Ok(());
        }
        self.change_entries(node, &removed, &added)
    }
}

/// A list that may be changed item by item.
pub(crate) fn is_list(node: Node<'_>) -> bool {
    matches!(node.resolved(), Resolved::Sequence) && node.tag().is_none() && !node.is_empty()
}

pub(crate) fn is_mapping(node: Node<'_>) -> bool {
    matches!(node.resolved(), Resolved::Mapping) && node.tag().is_none() && !node.is_empty()
}

pub(crate) fn shares_key(node: Node<'_>, map: &Map<String, Value>) -> bool {
    node.entries().any(|(key, _)| map.contains_key(key.key_text()))
}

/// The style of the nearest scalar like which a new one is written.
pub(crate) fn scalar_style(node: Node<'_>) -> Style {
    match node.kind() {
        Kind::Scalar if matches!(node.style(), Style::SingleQuoted | Style::DoubleQuoted) => node.style(),
        _ => Style::Plain,
    }
}
