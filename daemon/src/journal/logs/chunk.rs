//! Lines as a compressed block. Pure.

use prost::Message;

use crate::{journal::StoreError, model::LogLine};

/// zstd's own default: five times smaller at 400 MB/s (engineering sheet B.4).
const LEVEL: i32 = 3;
/// No chunk of ours is larger when unpacked; the cap keeps a broken file from filling the memory.
const UNPACKED_MAX: usize = 64 << 20;

#[derive(Clone, PartialEq, Message)]
struct Block {
    #[prost(message, repeated, tag = "1")]
    lines: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(bytes = "vec", tag = "1")]
    text: Vec<u8>,
    #[prost(sint64, optional, tag = "2")]
    second: Option<i64>,
    #[prost(bool, tag = "3")]
    late: bool,
}

/// Packs lines; their numbers are not kept.
pub(super) fn pack(lines: &[LogLine]) -> Result<Vec<u8>, StoreError> {
    let lines = lines.iter().map(|line| Line {
        text: line.text.clone(),
        second: line.second,
        late: line.late,
    });
    let block = Block {
        lines: lines.collect(),
    };
    Ok(zstd::bulk::compress(&block.encode_to_vec(), LEVEL)?)
}

/// Unpacks lines; the first one has the number `first`.
pub(super) fn unpack(first: u64, packed: &[u8]) -> Result<Vec<LogLine>, StoreError> {
    let broken = |reason: String| StoreError::Row {
        table: "chunk",
        reason,
    };
    let size = match zstd::zstd_safe::get_frame_content_size(packed) {
        Ok(Some(size)) => usize::try_from(size).unwrap_or(usize::MAX),
        _ => return Err(broken("it is no zstd frame with a size".into())),
    };
    if size > UNPACKED_MAX {
        return Err(broken(format!("it claims to unpack to {size} bytes")));
    }
    let bytes = zstd::bulk::decompress(packed, size)?;
    let block = Block::decode(bytes.as_slice()).map_err(|error| broken(error.to_string()))?;
    let numbered = (first..).zip(block.lines).map(|(number, line)| LogLine {
        number,
        text: line.text,
        second: line.second,
        late: line.late,
    });
    Ok(numbered.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back() {
        let line = |number, text: &[u8], second, late| LogLine {
            number,
            text: text.into(),
            second,
            late,
        };
        let lines = [
            line(7, b"", None, false),
            line(8, b"\xff\0\r\x1b[0m", Some(-1), true),
            line(9, &[b'x'; 100_000], Some(1_800_000_000), false),
        ];
        let packed = pack(&lines).unwrap();
        assert!(packed.len() < 1_000);
        assert_eq!(unpack(7, &packed).unwrap(), lines);
    }

    #[test]
    fn a_broken_block_is_an_error_and_no_panic() {
        let packed = pack(&[]).unwrap();
        assert_eq!(unpack(1, &packed).unwrap(), []);
        for broken in [&b""[..], b"nonsense", &packed[..packed.len() - 1]] {
            assert!(unpack(1, broken).is_err());
        }
    }
}
