//! What a search found, as it is written to stdout.

use pai_proto::v1::LogHits;

use super::printer::{Clock, Look, Times};
use crate::{json, view::log};

/// Writes what was found, and remembers where it was, to tell groups of lines apart.
#[derive(Debug)]
pub(super) struct Printer {
    /// `None`: for programs.
    look: Option<Look>,
    /// There may be several jobs, so that the name before a line begins with its job.
    jobs: bool,
    /// Neighbours are shown too: a line stands between groups that do not touch.
    grouped: bool,
    last: Option<Place>,
}

/// Lines of the same place may follow each other.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    job_uid: String,
    pod_id: String,
    pod_uid: String,
    segment: u32,
}

impl Printer {
    pub(super) fn new(look: Option<Look>, jobs: bool, grouped: bool) -> Self {
        Self {
            look,
            jobs,
            grouped,
            last: None,
        }
    }

    /// Each line with its newline.
    pub(super) fn lines(&mut self, hits: &LogHits, clock: Clock<'_>) -> Vec<u8> {
        match self.look {
            Some(look) => self.text(hits, look, clock),
            None => objects(hits),
        }
    }

    fn text(&mut self, hits: &LogHits, look: Look, clock: Clock<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut times = Times::new(clock);
        let name = self.name(hits, look);
        let (match_name, neighbour_name) = (name.clone() + " ", name.clone() + "-");
        let mut elsewhere = self.moves(hits);
        for hit in &hits.lines {
            let Some(line) = &hit.line else { continue };
            if self.grouped && elsewhere.unwrap_or(hit.apart) {
                out.extend_from_slice(b"--\n");
            }
            elsewhere = None;
            if look.timestamps {
                times.push(&mut out, line);
            }
            if !name.is_empty() {
                let name = if hit.matches {
                    &match_name
                } else {
                    &neighbour_name
                };
                out.extend_from_slice(name.as_bytes());
            }
            match hit.matches {
                true => {
                    let place = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
                    let matched = place(hit.start)..place(hit.end);
                    log::push_match(&mut out, &line.text, look.colours, matched);
                }
                false => log::push_line(&mut out, &line.text, look.colours),
            }
            out.push(b'\n');
        }
        out
    }

    /// What stands before each line: `[worker-0]`, `[dlc1abc worker-0]`, or nothing.
    fn name(&self, hits: &LogHits, look: Look) -> String {
        let job_id = job_id(hits);
        let pod = log::pod(&hits.pod_id, job_id);
        match (look.prefixed, self.jobs) {
            (false, _) => String::new(),
            (true, false) => log::prefix(pod).trim_end().to_owned(),
            (true, true) => log::prefix(&format!("{job_id} {pod}"))
                .trim_end()
                .to_owned(),
        }
    }

    /// Whether these lines stand apart from those before them because of where they are; `None` where each line tells.
    fn moves(&mut self, hits: &LogHits) -> Option<bool> {
        let here = Place {
            job_uid: hits.job_uid.clone(),
            pod_id: hits.pod_id.clone(),
            pod_uid: hits.pod_uid.clone(),
            segment: hits.segment,
        };
        match self.last.replace(here) {
            None => Some(false),
            Some(before) if Some(&before) != self.last.as_ref() => Some(true),
            Some(_) => None,
        }
    }
}

fn objects(hits: &LogHits) -> Vec<u8> {
    let mut out = Vec::new();
    let lines = hits.lines.iter();
    for hit in lines.filter_map(|hit| json::LogHit::new(job_id(hits), hits, hit)) {
        out.extend_from_slice(json::compact(&hit).as_bytes());
        out.push(b'\n');
    }
    out
}

fn job_id(hits: &LogHits) -> &str {
    match hits.job_id.as_str() {
        "" => &hits.job_uid,
        id => id,
    }
}
