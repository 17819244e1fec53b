//! What fits is the newest, and what does not is told.

use pai_proto::v1::{LogChunk, LogEnded, LogGap};

use super::*;
use crate::model::Phase;

const EIGHT: Asked<'static> = Asked {
    max_bytes: 8 << 10,
    tail: None,
    grep: "",
    failed: &[],
    new: false,
};

fn job(phase: Phase, status: &str) -> Job {
    let mut job = Job::new("job-1".into(), "me-train".into(), phase, 0);
    job.native_id = Some("dlc1".into());
    job.status = status.into();
    job
}

fn running() -> Job {
    job(Phase::Running, "Running")
}

fn add(tail: &mut Tail, pod: &str, lines: u64, line: impl Fn(u64) -> String) {
    let chunk = LogChunk {
        pod_id: format!("dlc1-{pod}"),
        attempt: 1,
        lines_before: Some(0),
        ..LogChunk::default()
    };
    tail.lines(&chunk, 1, (1..=lines).map(line).collect());
}

fn tail(pods: u64, lines: u64, line: impl Fn(u64) -> String) -> Tail {
    let mut tail = Tail::new("dlc1", 100_000, 8 << 10);
    for pod in 0..pods {
        add(&mut tail, &format!("worker-{pod}"), lines, &line);
    }
    tail
}

fn size(page: &Page) -> usize {
    page.header.len() + page.text.len()
}

#[test]
fn one_pod_needs_no_sections() {
    let page = of(
        &running(),
        &tail(1, 2, |number| format!("line {number}")),
        EIGHT,
    );
    assert_eq!(
        page.header,
        "dlc1 (me-train, Running): the last 2 lines of worker-0"
    );
    assert_eq!(
        (page.text.as_str(), page.shown, page.left_out),
        ("line 1\nline 2", 2, 0)
    );
}

#[test]
fn the_newest_lines_fill_the_room_and_no_more_and_the_others_are_counted() {
    for max_bytes in [1 << 10, 8 << 10, 64 << 10] {
        let asked = Asked { max_bytes, ..EIGHT };
        let mut tail = Tail::new("dlc1", 100_000, max_bytes);
        add(&mut tail, "worker-0", 50_000, |number| {
            format!("step {number}")
        });
        let page = of(&running(), &tail, asked);
        assert!(
            size(&page) <= max_bytes && size(&page) > max_bytes / 2,
            "{}",
            size(&page)
        );
        assert!(
            page.text.ends_with("\nstep 49999\nstep 50000"),
            "newest last"
        );
        assert_eq!(page.shown + page.left_out, 50_000);
        let told = format!("{} lines before them left out", page.left_out);
        assert!(page.header.contains(&told), "{}", page.header);
    }
}

#[test]
fn however_little_room_there_is_it_is_kept_for_any_number_of_pods() {
    for max_bytes in [512, 700, 1 << 10, 2_000, 6_000, 8 << 10] {
        for pods in [1, 2, 3, 8, 64] {
            let name = |pod: u64| format!("{}-{pod}", "long-name-of-a-role".repeat(3));
            let mut tail = Tail::new("dlc1", 100_000, max_bytes);
            for pod in 0..pods {
                add(&mut tail, &name(pod), 300, |number| {
                    format!("step {number}")
                });
            }
            let page = of(&running(), &tail, Asked { max_bytes, ..EIGHT });
            assert!(
                size(&page) <= max_bytes,
                "{pods}: {} of {max_bytes}",
                size(&page)
            );
            assert!(page.text.ends_with("step 300"), "{pods}, {max_bytes}");
        }
    }
}

#[test]
fn what_lies_before_a_part_that_is_not_read_yet_is_not_counted() {
    let mut tail = Tail::new("dlc1", 10, 8 << 10);
    let chunk = LogChunk {
        pod_id: "dlc1-worker-0".into(),
        segment: 2,
        ..LogChunk::default()
    };
    tail.lines(
        &chunk,
        1,
        (1..=12).map(|number| number.to_string()).collect(),
    );
    let header = of(&running(), &tail, EIGHT).header;
    assert!(
        header.contains("10 lines of worker-0; at least 2 lines before them left out"),
        "{header}"
    );
}

#[test]
fn what_lies_before_a_part_is_counted_through_those_before_it() {
    let mut tail = Tail::new("dlc1", 10, 8 << 10);
    let chunk = LogChunk {
        pod_id: "dlc1-worker-0".into(),
        pod_uid: "u".into(),
        segment: 2,
        lines_before: Some(20_000),
        ..LogChunk::default()
    };
    tail.lines(&chunk, 101, vec!["line".into()]);
    let header = of(&running(), &tail, EIGHT).header;
    assert!(
        header.contains("the last 1 line of worker-0; 20100 lines before them left out"),
        "{header}"
    );
    tail.dropped("dlc1-worker-0", "u", 20_000);
    let header = of(&running(), &tail, EIGHT).header;
    assert!(
        header.contains("; 100 lines before them left out"),
        "{header}"
    );
    let told = "; 20000 older lines were dropped to keep the limits of the store";
    assert!(header.contains(told), "{header}");
}

#[test]
fn pods_share_the_room_and_what_one_leaves_is_the_others() {
    let mut tail = tail(2, 400, |number| format!("{number} {}", "x".repeat(60)));
    add(&mut tail, "master-0", 1, |_| "short".into());
    let page = of(&running(), &tail, EIGHT);
    assert!(size(&page) <= 8 << 10 && size(&page) > 6 << 10);
    assert!(
        page.text
            .starts_with("--- master-0 (1 line) ---\nshort\n--- worker-0 ("),
        "{}",
        page.text
    );
    let counts: Vec<_> = page
        .text
        .lines()
        .filter(|line| line.starts_with("--- worker"))
        .map(|line| line.split_once(" (").unwrap().1)
        .collect();
    assert_eq!(counts.len(), 2);
    assert_eq!(counts[0], counts[1], "fair");
    assert!(
        page.header.contains("name a pod to see more of it"),
        "{}",
        page.header
    );
}

#[test]
fn however_large_it_is_it_fits_and_says_what_is_missing() {
    let mut tail = tail(70, 20, |number| format!("{number}{}", "训".repeat(160)));
    for _ in 0..20 {
        tail.ended(&LogEnded {
            note: "the log store dropped the beginning; ".repeat(40),
            ..LogEnded::default()
        });
    }
    let mut job = running();
    job.name = "训".repeat(80);
    let page = of(&job, &tail, EIGHT);
    assert!(size(&page) <= 8 << 10, "{}", size(&page));
    let sections: Vec<_> = page
        .text
        .lines()
        .filter(|line| line.starts_with("--- "))
        .collect();
    assert!((8..20).contains(&sections.len()), "{}", sections.len());
    let others = 70 - sections.len() - 8;
    let told = format!(" and {others} more pods");
    assert!(page.header.contains(&told), "{}", page.header);
    assert!(
        sections.iter().all(|title| !title.contains("(0 lines)")),
        "{sections:?}"
    );
}

/// An agent asks for the log of a job because a pod failed.
#[test]
fn pods_that_failed_are_shown_whatever_finds_room_and_last() {
    let failed = ["dlc1-worker-61".to_owned(), "dlc1-worker-3".to_owned()];
    let asked = Asked {
        failed: &failed,
        ..EIGHT
    };
    let few = of(&running(), &tail(12, 1, |_| "start".into()), asked);
    assert_eq!(few.text.matches("--- ").count(), 12, "{}", few.header);
    assert!(
        few.text.ends_with("--- worker-3 (1 line) ---\nstart"),
        "{}",
        few.text
    );
    assert!(!few.header.contains("not shown"), "{}", few.header);
    let long = |number: u64| format!("{number} {}", "x".repeat(90));
    let many = of(&running(), &tail(64, 40, long), asked);
    let titles: Vec<_> = many
        .text
        .lines()
        .filter(|line| line.starts_with("---"))
        .collect();
    let last = &titles[titles.len() - 2..];
    assert!(
        last[0].contains("worker-3 ") && last[1].contains("worker-61 "),
        "{titles:?}"
    );
    assert!(titles[0].contains("worker-0 "), "{titles:?}");
    assert!(
        many.header.contains("; not shown: worker-"),
        "{}",
        many.header
    );
}

#[test]
fn what_has_no_lines_says_whether_there_may_be_some_later() {
    let mut none = Tail::new("dlc1", 1_000, 8 << 10);
    let grep = Asked {
        grep: "nan",
        ..EIGHT
    };
    let new = Asked { new: true, ..EIGHT };
    for (asked, told) in [
        (EIGHT, "Queuing): no log lines yet"),
        (new, "Queuing): no new lines"),
        (grep, "Queuing): no line matches nan yet"),
    ] {
        let header = of(&job(Phase::Queued, "Queuing"), &none, asked).header;
        assert!(header.ends_with(told), "{header}");
    }
    none.ended(&LogEnded {
        note: "the pods are gone".into(),
        ..LogEnded::default()
    });
    let failed = job(Phase::Failed, "Failed");
    for (asked, told) in [
        (EIGHT, "Failed): no log lines; the pods are gone"),
        (
            new,
            "Failed): no new lines, and none will come; the pods are gone",
        ),
        (grep, "Failed): no line matches nan; the pods are gone"),
    ] {
        let header = of(&failed, &none, asked).header;
        assert!(header.ends_with(told), "{header}");
    }
    let mut young = Tail::new("dlc1", 1_000, 8 << 10);
    young.ended(&LogEnded {
        note: "they are too young".into(),
        more: true,
        ..LogEnded::default()
    });
    let header = of(&failed, &young, EIGHT).header;
    assert!(
        header.ends_with("Failed): no log lines yet; they are too young"),
        "{header}"
    );
}

/// Wherever they lie: among lines that were not read, that found no room in what is held, or none on the page.
#[test]
fn gaps_that_are_not_shown_are_told() {
    let gap = LogGap {
        pod_id: "dlc1-worker-0".into(),
        certain: true,
        ..LogGap::default()
    };
    let header = |before: u64, behind: u64, unread: u64| {
        let mut tail = tail(1, 3, |number| format!("first {number}"));
        for lines in [before, behind] {
            tail.gap(&gap);
            add(&mut tail, "worker-0", lines, |number| {
                format!("line {number}")
            });
        }
        let key = ("dlc1-worker-0".to_owned(), String::new());
        tail.gaps_of(&[(key, unread)].into());
        let page = of(&running(), &tail, EIGHT);
        let shown = page.text.matches("[lines are missing here]").count();
        (
            shown,
            page.header.rsplit("; lines ").next().unwrap().to_owned(),
        )
    };
    let title = "dlc1 (me-train, Running): the last 23 lines of worker-0";
    assert_eq!(header(10, 10, 2), (2, title.into()));
    let one = "may be missing at one place before them";
    assert_eq!(header(10, 10, 3), (2, one.into()));
    assert_eq!(header(10, 2_000, 2).0, 0);
    assert_eq!(
        header(10, 2_000, 2).1,
        "may be missing at 2 places before them"
    );
    assert_eq!(header(2_000, 10, 0), (1, one.into()));
    assert_eq!(
        header(10, 2_000, 4).1,
        "may be missing at 4 places before them"
    );
}

#[test]
fn where_only_a_gap_is_shown_there_are_no_lines_of_the_pod() {
    let header = |grep: &'static str, new: bool| {
        let mut tail = Tail::new("dlc1", 100_000, 8 << 10);
        tail.gap(&LogGap {
            pod_id: "dlc1-worker-0".into(),
            ..LogGap::default()
        });
        let asked = Asked { grep, new, ..EIGHT };
        let page = of(&running(), &tail, asked);
        assert_eq!(page.text, "[lines may be missing here]");
        page.header.rsplit(": ").next().unwrap().to_owned()
    };
    assert_eq!(header("", false), "no lines of worker-0");
    assert_eq!(header("", true), "no new lines of worker-0");
    assert_eq!(header("nan", false), "no matching lines of worker-0");
    assert_eq!(header("nan", true), "no new matching lines of worker-0");
}
