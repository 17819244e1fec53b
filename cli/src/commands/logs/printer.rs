//! Lines as they are written to stdout.

use pai_proto::v1::{Job, LogChunk};

use crate::{json, view::log};

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For people; `prefixed` with the pod's name where there are several.
    Text { prefixed: bool },
    /// Byte for byte.
    Raw,
    /// For programs.
    Json,
}

/// The lines of a chunk, each with its newline.
pub(super) fn lines(form: Form, job: &Job, chunk: &LogChunk) -> Vec<u8> {
    let job_id = json::job_id(job);
    let prefix = match form {
        Form::Text { prefixed: true } => log::prefix(log::pod(&chunk.pod_id, job_id)),
        _ => String::new(),
    };
    let bytes: usize = chunk.lines.iter().map(|line| line.text.len()).sum();
    let mut out = Vec::with_capacity(bytes + chunk.lines.len() * (prefix.len() + 1));
    for line in &chunk.lines {
        match form {
            Form::Text { .. } => {
                out.extend_from_slice(prefix.as_bytes());
                log::push_line(&mut out, &line.text, false);
            }
            Form::Raw => out.extend_from_slice(&line.text),
            Form::Json => {
                let line = json::LogLine::new(job_id, chunk, line);
                out.extend_from_slice(json::compact(&line).as_bytes());
            }
        }
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use pai_proto::v1::LogLine;

    fn chunk(texts: &[&[u8]]) -> LogChunk {
        let line = |(number, text): (u64, &&[u8])| LogLine {
            number,
            text: text.to_vec(),
            ..Default::default()
        };
        LogChunk {
            pod_id: "dlc1running-worker-0".into(),
            pod_uid: "uid-a".into(),
            lines: (1..).zip(texts).map(line).collect(),
            ..Default::default()
        }
    }

    fn written(form: Form, chunk: &LogChunk) -> Vec<u8> {
        lines(form, &sample::running(), chunk)
    }

    #[test]
    fn a_person_reads_clean_lines_with_the_pod_where_there_are_several() {
        let chunk = chunk(&[b"step 1\tloss \x1b[1m0.5\x1b[0m", b"", b"10%\r20%"]);
        let written = |prefixed| written(Form::Text { prefixed }, &chunk);
        assert_eq!(
            String::from_utf8(written(true)).unwrap(),
            "[worker-0] step 1\tloss 0.5\n[worker-0] \n[worker-0] 20%\n"
        );
        assert_eq!(
            String::from_utf8(written(false)).unwrap(),
            "step 1\tloss 0.5\n\n20%\n"
        );
    }

    #[test]
    fn raw_lines_are_byte_for_byte_and_have_no_prefix() {
        let texts: [&[u8]; 3] = [b"\x1b[31m\xff\x00\r", b"", b"a\rb"];
        assert_eq!(
            written(Form::Raw, &chunk(&texts)),
            b"\x1b[31m\xff\x00\r\n\na\rb\n"
        );
    }

    #[test]
    fn a_program_reads_one_object_per_line() {
        let mut chunk = chunk(&[b"loss \"0.5\" \x1b[1m", b"\xff\x9b \xc2\x9b2J"]);
        chunk.lines[1].late = true;
        let text = String::from_utf8(written(Form::Json, &chunk)).unwrap();
        insta::assert_snapshot!(text);
        let read: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(read[0]["text"], "loss \"0.5\" \u{1b}[1m");
        assert_eq!(read[1]["text"], "\u{fffd}\u{fffd} \u{9b}2J");
        chunk.pod_uid.clear();
        let text = String::from_utf8(written(Form::Json, &chunk)).unwrap();
        assert!(text.contains(r#""pod_uid":null"#), "{text}");
    }

    /// A million lines take a second: so many chunks are made of plain lines that a copy is all that they may cost.
    #[test]
    fn plain_lines_are_not_touched() {
        let chunk = chunk(&[&b"~ all of this is plain\t!"[..]; 3]);
        let before: Vec<_> = chunk
            .lines
            .iter()
            .flat_map(|line| [&line.text[..], b"\n"])
            .collect();
        assert_eq!(
            written(Form::Text { prefixed: false }, &chunk),
            before.concat()
        );
    }
}
