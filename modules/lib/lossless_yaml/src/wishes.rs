//! The edits as a tree, so that every node of the document is looked at once however many edits there are.

use crate::{Edit, Error, KeyPath, Segment};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;

#[derive(Debug, Clone)]
pub(crate) enum Wish<'e> {
    Set(Cow<'e, Value>),
    Remove,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes<'e> {
    pub wish: Option<Wish<'e>>,
    pub children: Vec<(Segment, Wishes<'e>)>,
    keys: HashMap<String, usize>,
    indices: HashMap<usize, usize>,
}

impl<'e> Wishes<'e> {
    pub fn new(edits: &'e [Edit]) -> Result<Self, Error> {
        let mut root = Self::default();
        for edit in edits {
            let wish = match edit {
                Edit::Set { value, .. } => Wish::Set(Cow::Borrowed(value)),
                Edit::Remove { .. } => Wish::Remove,
            };
            root.add(edit.path(), wish)?;
        }
        Ok(root)
    }

    pub fn set(value: &'e Value) -> Self {
        Self { wish: Some(Wish::Set(Cow::Borrowed(value))), ..Self::default() }
    }

    fn add(&mut self, path: &KeyPath, wish: Wish<'e>) -> Result<(), Error> {
        let conflict = || Error::Conflict { path: path.clone() };
        let mut here = self;
        for segment in path.segments() {
            if here.wish.is_some() {
                return Err(conflict());
            }
            here = here.child_mut(segment);
        }
        if here.wish.is_some() || !here.children.is_empty() {
            return Err(conflict());
        }
        here.wish = Some(wish);
        Ok(())
    }

    fn child_mut(&mut self, segment: &Segment) -> &mut Self {
        let next = self.children.len();
        let at = match segment {
            Segment::Key(key) => *self.keys.entry(key.clone()).or_insert(next),
            Segment::Index(index) => *self.indices.entry(*index).or_insert(next),
        };
        if at == next {
            self.children.push((segment.clone(), Self::default()));
        }
        &mut self.children[at].1
    }

    /// The wishes that turn a mapping with `have` as keys into exactly `want`.
    pub fn exactly<'k>(want: &'e Map<String, Value>, have: impl Iterator<Item = &'k str>) -> Self {
        let mut tree = Self::default();
        for (key, value) in want {
            tree.child_mut(&Segment::Key(key.clone())).wish = Some(Wish::Set(Cow::Borrowed(value)));
        }
        for key in have.filter(|key| !want.contains_key(*key)) {
            tree.child_mut(&Segment::Key(key.to_owned())).wish = Some(Wish::Remove);
        }
        tree
    }

    /// Position in `children` of the wishes for a key.
    pub fn key(&self, key: &str) -> Option<usize> {
        self.keys.get(key).copied()
    }

    pub fn index(&self, index: usize) -> Option<&Self> {
        self.indices.get(&index).map(|at| &self.children[*at].1)
    }

    pub fn is_remove(&self) -> bool {
        matches!(self.wish, Some(Wish::Remove))
    }

    /// What is to stand where nothing stands yet; none when there are only removals.
    pub fn value(&self, path: &KeyPath) -> Result<Option<Value>, Error> {
        match &self.wish {
            Some(Wish::Set(value)) => return Ok(Some(value.as_ref().clone())),
            Some(Wish::Remove) => return Ok(None),
            None => {}
        }
        let (mut map, mut list) = (Map::new(), Vec::new());
        for (segment, child) in &self.children {
            let below = path.join(segment.clone());
            let Some(value) = child.value(&below)? else { continue };
            match segment {
                Segment::Key(key) => {
                    map.insert(key.clone(), value);
                }
                Segment::Index(index) if *index == list.len() => list.push(value),
                Segment::Index(_) => return Err(Error::NoSuchItem { path: below, line: 1, length: list.len() }),
            }
        }
        match (map.is_empty(), list.is_empty()) {
            (true, true) => Ok(None),
            (true, false) => Ok(Some(Value::Array(list))),
            (false, true) => Ok(Some(Value::Object(map))),
            (false, false) => Err(Error::Conflict { path: path.clone() }),
        }
    }
}
