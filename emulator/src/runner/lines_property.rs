//! What holds of [`LineCutter`] for any bytes. Shared by a test with random bytes and a fuzz target
//! (`fuzz/`), which includes this file.

use super::LineCutter;

/// However the bytes are cut into chunks, the lines are what is between the line feeds, in order,
/// each whole up to the limit and marked when there was more of it. `sizes` are those of the chunks;
/// what is left after them is one more.
pub(crate) fn holds(bytes: &[u8], sizes: impl IntoIterator<Item = usize>, limit: usize) {
    let mut cutter = LineCutter::new(limit);
    let mut lines = Vec::new();
    let mut rest = bytes;
    for size in sizes {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        lines.extend(cutter.push(chunk));
        rest = after;
    }
    lines.extend(cutter.push(rest));
    lines.extend(cutter.finish());
    assert_eq!(cutter.finish(), None, "the end comes once");

    let mut expected: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    if expected.last().is_some_and(|last| last.is_empty()) {
        expected.pop();
    }
    assert_eq!(lines.len(), expected.len(), "limit {limit}");
    for (line, text) in lines.iter().zip(expected) {
        if text.len() <= limit {
            assert_eq!(line, text, "limit {limit}");
        } else {
            let mark = format!(" [line cut at {limit} bytes]");
            let kept = [&text[..limit], mark.as_bytes()].concat();
            assert_eq!(*line, kept, "limit {limit}");
        }
    }
}
