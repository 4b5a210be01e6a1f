//! Values of settings, by their type. What is said of a wrong one does not repeat it.

use lossless_yaml::{Node, Resolved};

/// The text of a setting; none where it is missing, null or empty.
pub fn text(node: Option<Node<'_>>) -> Result<Option<&str>, String> {
    match node.map(Node::resolved) {
        None | Some(Resolved::Null) => Ok(None),
        Some(Resolved::Str(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        Some(_) => Err("it is not a text".to_owned()),
    }
}

/// The same where a wrong type counts as missing, too.
pub fn text_or_none(node: Option<Node<'_>>) -> Option<&str> {
    text(node).ok().flatten()
}

/// A TCP port, which stands there as a number or as a text.
pub fn port(node: Option<Node<'_>>, key: &str) -> Result<Option<u16>, String> {
    let wrong = || format!("its {key} is not a port (1 to 65535)");
    let found = match node.map(Node::resolved) {
        None | Some(Resolved::Null) => return Ok(None),
        Some(Resolved::Str(text)) if text.trim().is_empty() => return Ok(None),
        Some(Resolved::Str(text)) => text.trim().parse().ok(),
        Some(Resolved::Int(number)) => u16::try_from(number).ok(),
        Some(_) => None,
    };
    found.filter(|port| *port > 0).map(Some).ok_or_else(wrong)
}

/// Whether Python takes it for true.
pub fn is_true(node: Option<Node<'_>>) -> bool {
    node.is_some_and(|node| match node.resolved() {
        Resolved::Null => false,
        Resolved::Bool(value) => value,
        Resolved::Int(value) => value != 0,
        Resolved::Str(text) => !text.is_empty(),
        Resolved::Mapping | Resolved::Sequence => !node.follow().is_empty(),
        _ => true,
    })
}

/// A text, or the texts of a list; an item that is none is an error of its own.
pub fn texts<'a>(node: Node<'a>) -> Vec<Result<&'a str, String>> {
    let one = |node: Node<'a>| text(Some(node)).and_then(|text| text.ok_or_else(|| "it is empty".to_owned()));
    match node.resolved() {
        Resolved::Sequence => node.follow().items().map(one).collect(),
        _ => vec![one(node)],
    }
}
