//! Blocks of version 1 of the store.

use prost::Message;

use super::{Block, broken};
use crate::journal::StoreError;

#[derive(Clone, PartialEq, Message)]
pub(super) struct OldBlock {
    #[prost(message, repeated, tag = "1")]
    pub(super) lines: Vec<OldLine>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct OldLine {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) text: Vec<u8>,
    #[prost(sint64, optional, tag = "2")]
    pub(super) second: Option<i64>,
    #[prost(bool, tag = "3")]
    pub(super) late: bool,
}

pub(super) fn parse(first: u64, bytes: &[u8]) -> Result<Block, StoreError> {
    let old = OldBlock::decode(bytes).map_err(|error| broken(error.to_string()))?;
    let mut block = Block {
        first,
        ..Block::default()
    };
    for line in old.lines {
        block.push(&line.text, line.second, line.late);
    }
    Ok(block)
}
