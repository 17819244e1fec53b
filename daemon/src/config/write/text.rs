//! The text of a file after its content changed: what did not change keeps its place, form and comments.

use jsonc_parser::{
    cst::{
        CstArray, CstContainerNode, CstInputValue, CstLeafNode, CstNode, CstObject, CstRootNode,
    },
    parse_to_serde_value,
};
use serde_json::{Map, Value};

use crate::config::file::FORM;

/// The text that says `after` where `text` says `before`. `None` where it cannot be written so that it reads as `after`.
pub(in crate::config) fn rewritten(
    text: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Option<String> {
    if before == after {
        return Some(text.to_owned());
    }
    let root = CstRootNode::parse(text, &FORM).ok()?;
    object(&root.object_value()?, before, after);
    let written = root.to_string();
    // Whatever the editing did: what is written must read as what was decided on.
    let read: Map<String, Value> = parse_to_serde_value(&written, &FORM).ok()?;
    (read == *after).then_some(written)
}

fn object(node: &CstObject, before: &Map<String, Value>, after: &Map<String, Value>) {
    let properties = node.properties();
    let names: Vec<_> = properties.iter().map(|prop| prop.decoded_name()).collect();
    for (n, property) in properties.into_iter().enumerate() {
        let Some(name) = &names[n] else { continue };
        // Of a key that stands there twice the last one counts.
        let counts = !names[n + 1..].contains(&names[n]);
        match (before.get(name), after.get(name)) {
            (_, None) => property.remove(),
            (Some(before), Some(after)) if counts && before != after => {
                let done = property
                    .value()
                    .is_some_and(|node| value(&node, before, after));
                if !done {
                    property.set_value(input(after));
                }
            }
            _ => {}
        }
    }
    for (name, value) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        node.append(name, input(value));
    }
}

/// Changes what stands below a node; `false` where the node itself must be replaced.
fn value(node: &CstNode, before: &Value, after: &Value) -> bool {
    match (node, before, after) {
        (
            CstNode::Container(CstContainerNode::Object(node)),
            Value::Object(before),
            Value::Object(after),
        ) => {
            object(node, before, after);
            true
        }
        (
            CstNode::Container(CstContainerNode::Array(node)),
            Value::Array(before),
            Value::Array(after),
        ) => {
            array(node, before, after);
            true
        }
        _ => false,
    }
}

/// Entries that are the same at the beginning and at the end stay with their comments.
fn array(node: &CstArray, before: &[Value], after: &[Value]) {
    let same = |pairs: &mut dyn Iterator<Item = (&Value, &Value)>| {
        pairs.take_while(|(before, after)| before == after).count()
    };
    let head = same(&mut before.iter().zip(after));
    let tail = same(&mut before[head..].iter().rev().zip(after[head..].iter().rev()));
    let (old, new) = (
        &before[head..before.len() - tail],
        &after[head..after.len() - tail],
    );
    let elements = node.elements();
    for (n, (element, old)) in elements[head..].iter().zip(old).enumerate() {
        match new.get(n) {
            None => element.clone().remove(),
            Some(new) if !value(element, old, new) => replace(element, input(new)),
            Some(_) => {}
        }
    }
    for (n, new) in new.iter().enumerate().skip(old.len()) {
        node.insert(head + n, input(new));
    }
}

fn replace(node: &CstNode, by: CstInputValue) {
    let node = node.clone();
    let _replaced = match node {
        CstNode::Container(CstContainerNode::Object(node)) => node.replace_with(by),
        CstNode::Container(CstContainerNode::Array(node)) => node.replace_with(by),
        CstNode::Leaf(CstLeafNode::StringLit(node)) => node.replace_with(by),
        CstNode::Leaf(CstLeafNode::NumberLit(node)) => node.replace_with(by),
        CstNode::Leaf(CstLeafNode::BooleanLit(node)) => node.replace_with(by),
        CstNode::Leaf(CstLeafNode::NullKeyword(node)) => node.replace_with(by),
        // No values: the reading back will tell.
        _ => None,
    };
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(map) => CstInputValue::Object(
            map.iter()
                .map(|(name, value)| (name.clone(), input(value)))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests;
