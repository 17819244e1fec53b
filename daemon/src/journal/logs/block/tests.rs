//! What was packed comes back; what is broken is an error and no panic.

use prost::Message as _;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::{
    old::{OldBlock, OldLine},
    *,
};

fn line(number: u64, text: &[u8], second: Option<i64>, late: bool) -> LogLine {
    LogLine {
        number,
        text: text.into(),
        second,
        late,
    }
}

fn lines(block: &Block) -> Vec<LogLine> {
    block.from(0).collect()
}

#[test]
fn what_was_packed_comes_back() {
    let all = [
        line(7, b"", None, false),
        line(8, b"\xff\0\r\x1b[0m\n", Some(-1), true),
        line(9, &[b'x'; 100_000], Some(1_800_000_000), false),
        line(10, b"y", Some(1_800_000_000), false),
        line(11, b"", Some(i64::MIN), false),
        line(12, b"", Some(i64::MAX), false),
        line(13, b"z", None, false),
    ];
    for count in 0..=all.len() {
        let packed = pack(&all[..count]).unwrap();
        assert!(packed.len() < 1_000);
        let block = unpack(7, &packed).unwrap();
        assert_eq!(lines(&block), all[..count]);
        assert_eq!(lines(&Block::of(&all[..count])), all[..count]);
    }
}

#[test]
fn a_byte_of_the_text_belongs_to_its_line() {
    let all = [
        line(1, b"ab", None, false),
        line(2, b"", None, false),
        line(3, b"c", None, false),
    ];
    let block = Block::of(&all);
    let places: Vec<_> = (0..6).map(|byte| block.place_of(byte)).collect();
    assert_eq!(places, [0, 0, 0, 1, 2, 2]);
    assert_eq!(
        [0, 1, 2].map(|place| block.range(place)),
        [0..2, 3..3, 4..5]
    );
}

#[test]
fn a_block_of_the_first_version_is_read() {
    let of_one = |text: &[u8], second, late| OldLine {
        text: text.into(),
        second,
        late,
    };
    let old = OldBlock {
        lines: vec![of_one(b"a", None, false), of_one(b"\xffb", Some(-7), true)],
    };
    let packed = zstd::bulk::compress(&old.encode_to_vec(), LEVEL).unwrap();
    let expected = [
        line(5, b"a", None, false),
        line(6, b"\xffb", Some(-7), true),
    ];
    assert_eq!(lines(&unpack(5, &packed).unwrap()), expected);
    let empty = zstd::bulk::compress(&[], LEVEL).unwrap();
    assert_eq!(unpack(1, &empty).unwrap().len(), 0);
}

#[test]
fn a_broken_block_is_an_error_and_no_panic() {
    let packed = pack(&[line(1, b"some text", Some(5), false)]).unwrap();
    for broken in [&b""[..], b"nonsense", &packed[..packed.len() - 1]] {
        assert!(unpack(1, broken).is_err());
    }
    let mut dice = StdRng::seed_from_u64(1);
    for _ in 0..20_000 {
        let mut bytes = vec![FORMAT];
        bytes.extend(
            (0..dice.random_range(0..12)).map(|_| match dice.random_bool(0.5) {
                true => dice.random_range(0..8),
                false => dice.random(),
            }),
        );
        // Whatever is taken for a block has lines that can be read.
        if let Some(block) = parse(1, bytes) {
            assert_eq!(lines(&block).len(), block.len());
        }
    }
}
