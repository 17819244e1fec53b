//! Who changed what.

use jiff::{Timestamp, tz::TimeZone};
use pai_proto::v1::AuditEntry;

use super::{clean, table, time, word};
use crate::json;

/// How times are written: for a person at a terminal, else in UTC.
#[derive(Debug)]
pub struct Clock {
    /// The present, Unix ms.
    pub now_ms: i64,
    /// The person's.
    pub zone: TimeZone,
    /// Whether a person reads it.
    pub terminal: bool,
}

impl Clock {
    fn of(&self, at_ms: i64) -> String {
        match (self.terminal, Timestamp::from_millisecond(at_ms)) {
            (true, _) => time::clock(at_ms, self.now_ms, &self.zone),
            (false, Ok(at)) => at.to_string(),
            (false, Err(_)) => "-".into(),
        }
    }
}

/// The lines of `paictl audit`; with the settings files where there are several.
pub fn lines(entries: &[AuditEntry], with_settings: bool, clock: &Clock) -> Vec<String> {
    let terminal = clock.terminal;
    let rows = entries.iter().map(|entry| row(entry, clock));
    if !with_settings {
        let rows: Vec<_> = rows.collect();
        let header = ["TIME", "WHO", "ACTION", "TARGET", "OUTCOME", "DETAIL"];
        return table::shown(header, &rows, terminal);
    }
    let with = |(row, entry): ([String; 6], &AuditEntry)| {
        let [at, who, action, target, outcome, detail] = row;
        let settings = word::or_dash(&entry.settings_path);
        [at, who, settings, action, target, outcome, detail]
    };
    let rows: Vec<_> = rows.zip(entries).map(with).collect();
    let header = [
        "TIME", "WHO", "SETTINGS", "ACTION", "TARGET", "OUTCOME", "DETAIL",
    ];
    table::shown(header, &rows, terminal)
}

fn row(entry: &AuditEntry, clock: &Clock) -> [String; 6] {
    let who = [&entry.client_kind, &entry.client];
    let who = who.into_iter().filter(|part| !part.is_empty());
    let who: Vec<_> = who.map(|part| clean::line(part)).collect();
    [
        clock.of(entry.at_ms),
        word::or_dash(&who.join(" ")),
        word::or_dash(&entry.action),
        word::or_dash(&entry.target),
        json::outcome(entry),
        word::or_dash(&detail(entry)),
    ]
}

/// What was asked for, why it did not work, and the cloud's id of the request.
fn detail(entry: &AuditEntry) -> String {
    let parts = [entry.detail.as_str(), entry.message.as_str()];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let text = parts.join(": ");
    match entry.request_id.as_str() {
        "" => text,
        id => format!("{text} (request {id})").trim_start().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample::NOW;
    use pai_proto::v1::audit_entry::Outcome;

    fn entries() -> Vec<AuditEntry> {
        let submit = AuditEntry {
            id: 9,
            at_ms: NOW,
            settings_path: "/home/me/settings.json".into(),
            client_kind: "tool".into(),
            client: "pai-mcp/0.1.0".into(),
            action: "submit".into(),
            target: "me-train-x7k2".into(),
            detail: "profile gpu".into(),
            outcome: Outcome::Refused.into(),
            message: "limits.maxGPU is 8\u{1b}[2J".into(),
            ..Default::default()
        };
        let stop = AuditEntry {
            at_ms: NOW - 90_000_000,
            client_kind: "person".into(),
            client: "paictl/0.1.0".into(),
            action: "stop".into(),
            target: "dlc1".into(),
            detail: String::new(),
            message: String::new(),
            outcome: Outcome::Done.into(),
            request_id: "7F-1".into(),
            ..submit.clone()
        };
        vec![submit, stop]
    }

    fn shown(with_settings: bool, terminal: bool) -> String {
        let clock = Clock {
            now_ms: NOW,
            zone: TimeZone::UTC,
            terminal,
        };
        let lines = lines(&entries(), with_settings, &clock).join("\n");
        anstream::adapter::strip_str(&lines).to_string()
    }

    #[test]
    fn a_person_reads_a_table_and_a_program_columns() {
        insta::assert_snapshot!(
            [shown(false, true), shown(true, true), shown(false, false)].join("\n\n")
        );
    }
}
