//! Cutting a stream of bytes into lines.

/// Longest line kept, in bytes.
pub(crate) const MAX_LINE: usize = 16 * 1024;
const CUT_MARK: &[u8] = b" [line cut at 16384 bytes]";

/// Collects bytes until a line feed. What goes beyond [`MAX_LINE`] is dropped up to the next line
/// feed, so memory stays bounded whatever a job prints.
#[derive(Debug, Default)]
pub(crate) struct LineCutter {
    open: Vec<u8>,
    overlong: bool,
}

impl LineCutter {
    /// Takes bytes and returns the lines they complete, without line feeds.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut done = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match piece.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (piece, false),
            };
            let room = MAX_LINE - self.open.len();
            self.overlong |= text.len() > room;
            self.open.extend_from_slice(&text[..text.len().min(room)]);
            if ended {
                done.push(self.take());
            }
        }
        done
    }

    /// The last line, when the stream ended without a line feed.
    pub(crate) fn finish(&mut self) -> Option<Vec<u8>> {
        (!self.open.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> Vec<u8> {
        let mut line = std::mem::take(&mut self.open);
        if std::mem::take(&mut self.overlong) {
            line.extend_from_slice(CUT_MARK);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_survive_any_split_of_the_stream() {
        let text = b"one\n\ntwo\r\nlast";
        for size in 1..=text.len() {
            let mut cutter = LineCutter::default();
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
        let mut cutter = LineCutter::default();
        assert!(cutter.push(&vec![b'x'; MAX_LINE]).is_empty());
        assert!(cutter.push(&vec![b'x'; MAX_LINE]).is_empty());
        let lines = cutter.push(b"tail\nnext\n");
        assert_eq!(lines[0].len(), MAX_LINE + CUT_MARK.len());
        assert!(lines[0].ends_with(CUT_MARK));
        assert_eq!(lines[1], b"next");
        let exact = cutter.push(&[&vec![b'x'; MAX_LINE][..], b"\n"].concat());
        assert_eq!(
            exact[0].len(),
            MAX_LINE,
            "a line of just the limit is not cut"
        );
    }
}
