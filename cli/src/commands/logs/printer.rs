//! Lines as they are written to stdout.

use jiff::tz::TimeZone;
use pai_proto::v1::{Job, LogChunk, LogLine};

use crate::{
    json,
    view::{log, time},
};

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For people.
    Text(Look),
    /// Byte for byte.
    Raw,
    /// For programs.
    Json,
}

/// How lines look to people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// With the name of the pod.
    pub(super) prefixed: bool,
    /// With the time by which the cloud had filed the line.
    pub(super) timestamps: bool,
    /// What colours the text stays.
    pub(super) colours: bool,
}

/// The reader's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock<'a> {
    pub(super) now_ms: i64,
    pub(super) zone: &'a TimeZone,
}

/// The times of lines one after the other; many have the same.
pub(super) struct Times<'a> {
    clock: Clock<'a>,
    last: Option<(Option<i64>, String)>,
}

impl<'a> Times<'a> {
    pub(super) fn new(clock: Clock<'a>) -> Self {
        Self { clock, last: None }
    }

    /// Appends the time of a line and a blank.
    pub(super) fn push(&mut self, out: &mut Vec<u8>, line: &LogLine) {
        let text = match self.last.take() {
            Some((second, text)) if second == line.second => text,
            _ => self.text(line.second),
        };
        out.extend_from_slice(text.as_bytes());
        self.last = Some((line.second, text));
        out.extend_from_slice(if line.late { b" late " } else { b" " });
    }

    fn text(&self, second: Option<i64>) -> String {
        match second {
            Some(second) => {
                let Clock { now_ms, zone } = self.clock;
                time::clock(second.saturating_mul(1000), now_ms, zone)
            }
            None => "--:--:--".into(),
        }
    }
}

/// The lines of a chunk, each with its newline.
pub(super) fn lines(form: Form, job: &Job, chunk: &LogChunk, clock: Clock<'_>) -> Vec<u8> {
    let job_id = json::job_id(job);
    let prefix = match form {
        Form::Text(look) if look.prefixed => log::prefix(log::pod(&chunk.pod_id, job_id)),
        _ => String::new(),
    };
    let mut times = Times::new(clock);
    let bytes: usize = chunk.lines.iter().map(|line| line.text.len()).sum();
    let mut out = Vec::with_capacity(bytes + chunk.lines.len() * (prefix.len() + 1));
    for line in &chunk.lines {
        match form {
            Form::Text(look) => {
                if look.timestamps {
                    times.push(&mut out, line);
                }
                out.extend_from_slice(prefix.as_bytes());
                log::push_line(&mut out, &line.text, look.colours);
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
        let clock = Clock {
            now_ms: sample::NOW,
            zone: &TimeZone::UTC,
        };
        lines(form, &sample::running(), chunk, clock)
    }

    #[test]
    fn a_person_reads_clean_lines_with_the_pod_where_there_are_several() {
        let chunk = chunk(&[b"step 1\tloss \x1b[1m0.5\x1b[0m", b"", b"10%\r20%"]);
        let written = |prefixed| {
            let look = Look {
                prefixed,
                ..Look::default()
            };
            written(Form::Text(look), &chunk)
        };
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
    fn the_time_of_a_line_stands_before_it_and_with_its_date_where_that_is_not_today() {
        let mut chunk = chunk(&[b"one", b"two", b"three", b"four"]);
        let now = sample::NOW / 1000;
        let seconds = [Some(now - 86_400), Some(now), Some(now), None];
        for (line, second) in chunk.lines.iter_mut().zip(seconds) {
            line.second = second;
        }
        chunk.lines[2].late = true;
        let look = Look {
            prefixed: true,
            timestamps: true,
            colours: false,
        };
        let text = String::from_utf8(written(Form::Text(look), &chunk)).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "2026-11-19 12:03:04 [worker-0] one",
                "12:03:04 [worker-0] two",
                "12:03:04 late [worker-0] three",
                "--:--:-- [worker-0] four",
            ]
        );
    }

    #[test]
    fn colours_stay_where_they_are_asked_for() {
        let look = Look {
            colours: true,
            ..Look::default()
        };
        let chunk = chunk(&[b"\x1b[31mred"]);
        assert_eq!(written(Form::Text(look), &chunk), b"\x1b[31mred\x1b[0m\n");
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
        chunk.lines[1].second = Some(sample::NOW / 1000);
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
            written(Form::Text(Look::default()), &chunk),
            before.concat()
        );
    }
}
