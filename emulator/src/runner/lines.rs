//! Cutting a stream of bytes into lines.

/// Collects bytes until a line feed. What goes beyond a limit is dropped up to the next line feed,
/// so memory stays bounded whatever a job prints.
#[derive(Debug)]
pub struct LineCutter {
    /// Longest line kept, in bytes.
    limit: usize,
    open: Vec<u8>,
    overlong: bool,
}

impl LineCutter {
    /// At the beginning of a stream.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            open: Vec::new(),
            overlong: false,
        }
    }

    /// Takes bytes and returns the lines they complete, without line feeds.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut done = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match piece.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (piece, false),
            };
            let room = self.limit - self.open.len();
            self.overlong |= text.len() > room;
            self.open.extend_from_slice(&text[..text.len().min(room)]);
            if ended {
                done.push(self.take());
            }
        }
        done
    }

    /// The last line, when the stream ended without a line feed.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        (!self.open.is_empty() || self.overlong).then(|| self.take())
    }

    fn take(&mut self) -> Vec<u8> {
        let mut line = std::mem::take(&mut self.open);
        if std::mem::take(&mut self.overlong) {
            line.extend_from_slice(cut_mark(self.limit).as_bytes());
        }
        line
    }
}

/// One line without a line feed, as the stream's lines are cut.
pub(crate) fn cut(line: &[u8], limit: usize) -> Vec<u8> {
    let mut cutter = LineCutter::new(limit);
    cutter.push(line);
    cutter.finish().unwrap_or_default()
}

fn cut_mark(limit: usize) -> String {
    format!(" [line cut at {limit} bytes]")
}

#[cfg(test)]
#[path = "lines_property.rs"]
mod property;

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    const MAX_LINE: usize = 16 * 1024;

    #[test]
    fn lines_survive_any_split_of_the_stream() {
        let text = b"one\n\ntwo\r\nlast";
        for size in 1..=text.len() {
            let mut cutter = LineCutter::new(MAX_LINE);
            let mut lines: Vec<Vec<u8>> = text
                .chunks(size)
                .flat_map(|chunk| cutter.push(chunk))
                .collect();
            lines.extend(cutter.finish());
            assert_eq!(
                lines,
                [&b"one"[..], b"", b"two\r", b"last"],
                "chunks of {size}"
            );
        }
    }

    #[test]
    fn an_overlong_line_is_cut_with_a_mark_and_the_next_is_whole() {
        let mut cutter = LineCutter::new(MAX_LINE);
        assert!(cutter.push(&vec![b'x'; MAX_LINE]).is_empty());
        assert!(cutter.push(&vec![b'x'; MAX_LINE]).is_empty());
        let lines = cutter.push(b"tail\nnext\n");
        let mark = b" [line cut at 16384 bytes]";
        assert_eq!(lines[0].len(), MAX_LINE + mark.len());
        assert!(lines[0].ends_with(mark));
        assert_eq!(lines[1], b"next");
        let exact = cutter.push(&[&vec![b'x'; MAX_LINE][..], b"\n"].concat());
        assert_eq!(
            exact[0].len(),
            MAX_LINE,
            "a line of just the limit is not cut"
        );
    }

    #[test]
    fn no_chunking_of_any_bytes_changes_a_line() {
        const ALPHABET: [u8; 8] = [b'\n', b'\n', b'\r', b'a', b'b', b' ', 0, 0xff];
        let mut random = StdRng::seed_from_u64(20);
        for _ in 0..5_000 {
            let length = random.random_range(0..200);
            let bytes: Vec<u8> = std::iter::repeat_with(|| ALPHABET[random.random_range(0..8)])
                .take(length)
                .collect();
            let limit = random.random_range(0..12);
            let largest = random.random_range(1..=length + 1);
            let sizes = std::iter::repeat_with(|| random.random_range(0..=largest)).take(length);
            property::holds(&bytes, sizes, limit);
        }
    }
}
