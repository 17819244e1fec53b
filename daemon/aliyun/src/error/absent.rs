//! What a "not found" is about.
//!
//! [`super::Error::NotFound`] makes a caller declare a job gone, so it is kept for answers that
//! say just that. Neither the code nor the shape of DLC's own answer is verified (PAI-DLC fact
//! sheet §13.2, §18.5), hence rules instead of a list:
//!
//! - the code names a job or a pod and nothing else: `Job.NotFound`, `PodNotExist`,
//!   `EntityNotExist.Job`;
//! - the code names nothing (`NotFound`, or no code at all), and the message, if it names
//!   anything, names a job or a pod first;
//! - the code names a "resource", which with PAI may be a quota (`ResourceNotFound`,
//!   `EntityNotExist`), and the message does name a job or a pod first.

/// Words of a code that say that something is missing, or stand for anything.
const COMPLAINTS: [&str; 7] = ["not", "found", "exist", "exists", "does", "no", "such"];
const STAND_INS: [&str; 3] = ["entity", "resource", "object"];
/// Things that are neither a job nor a pod, though their name may hold one (`JobTemplate`).
const OTHERS: [&str; 19] = [
    "account",
    "config",
    "dataset",
    "datasets",
    "group",
    "image",
    "quota",
    "role",
    "settings",
    "source",
    "space",
    "spec",
    "specs",
    "template",
    "tensorboard",
    "type",
    "user",
    "workspace",
    "aiworkspace",
];
/// AIWorkSpace's numbers (fact sheet §13.2) and what they are about.
const NUMBERS: [(&str, &str); 3] = [
    ("100400027", "WorkspaceId"),
    ("201400002", "CodeSource"),
    ("201300003", "Dataset"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    JobOrPod,
    Other,
}

/// `None` when the code does not say that anything is missing; an empty code stands for a bare
/// 404 or 410.
pub(super) fn absent(code: &str, message: &str) -> Option<Absent> {
    if number(code).is_some() {
        return Some(Absent::Other);
    }
    let words = words(code);
    if !words.is_empty() && !complains(&words) {
        return None;
    }
    let named = |noun| words.iter().any(|word| noun_of(word) == Some(noun));
    let rest = || words.iter().filter(|w| !COMPLAINTS.contains(&w.as_str()));
    Some(if named(Absent::Other) {
        Absent::Other
    } else if named(Absent::JobOrPod) {
        Absent::JobOrPod
    } else if rest().next().is_none() {
        first_noun(message).unwrap_or(Absent::JobOrPod)
    } else if rest().all(|word| STAND_INS.contains(&word.as_str())) {
        first_noun(message).unwrap_or(Absent::Other)
    } else {
        Absent::Other
    })
}

/// The missing thing as the code names it: `Workspace` of `Workspace.NotFound`.
pub(super) fn subject(code: &str) -> Option<&str> {
    if let Some(name) = number(code) {
        return Some(name);
    }
    let name = ["NotFound", "DoesNotExist", "NotExist", "NotExists"]
        .iter()
        .find_map(|suffix| code.strip_suffix(suffix))
        .or_else(|| code.strip_prefix("EntityNotExist."))?
        .trim_end_matches('.');
    let stand_in = STAND_INS.iter().any(|word| word.eq_ignore_ascii_case(name));
    (!name.is_empty() && !stand_in).then_some(name)
}

fn number(code: &str) -> Option<&'static str> {
    let row = NUMBERS.iter().find(|(number, _)| *number == code)?;
    Some(row.1)
}

fn complains(words: &[String]) -> bool {
    words.windows(2).any(|pair| {
        let pair = [pair[0].as_str(), pair[1].as_str()];
        matches!(pair, ["not", "found" | "exist" | "exists"] | ["no", "such"])
    })
}

fn first_noun(text: &str) -> Option<Absent> {
    words(text).iter().find_map(|word| noun_of(word))
}

fn noun_of(word: &str) -> Option<Absent> {
    let mine = ["job", "jobs", "pod", "pods"];
    if OTHERS.contains(&word) {
        Some(Absent::Other)
    } else if mine.iter().any(|noun| word.ends_with(noun)) {
        Some(Absent::JobOrPod)
    } else {
        None
    }
}

/// The words in lower case; `InvalidJobId.NotFound` has five.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && after_lower) {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
        after_lower = c.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_job_or_a_pod_is_not_found() {
        let job = Some(Absent::JobOrPod);
        let other = Some(Absent::Other);
        let rows = [
            ("NotFound", "", job),
            ("Job.NotFound", "", job),
            ("JobNotFound", "", job),
            ("JobId.NotFound", "", job),
            ("Pod.NotFound", "", job),
            ("PodNotExist", "", job),
            ("InvalidJobId.NotFound", "", job),
            ("DlcTFJobNotFound.X", "", job),
            ("EntityNotExist.Job", "", job),
            ("NoSuchJob", "", job),
            ("NotFound", "Job dlc1 is not in workspace 7.", job),
            ("NotFound", "Workspace 7 of the job is not there.", other),
            ("", "", job),
            ("", "workspace not found", other),
            ("ResourceNotFound", "", other),
            ("ResourceNotFound", "The specified job is not found.", job),
            ("ResourceNotFound", "The quota of the job", other),
            ("EntityNotExist", "pod x", job),
            ("Workspace.NotFound", "Job dlc1", other),
            ("EntityNotExist.Role", "", other),
            ("JobTemplate.NotFound", "", other),
            ("InvalidParameter.JobSpecs.NotFound", "", other),
            ("Something.NotFound", "job", other),
            ("100400027", "", other),
            ("Whatever", "Job dlc1 not found", None),
            ("Notification.Foundry", "", None),
        ];
        for (code, message, expected) in rows {
            assert_eq!(absent(code, message), expected, "{code} {message}");
        }
    }

    #[test]
    fn the_missing_thing_is_named() {
        let rows = [
            ("Workspace.NotFound", Some("Workspace")),
            ("QuotaNotExist", Some("Quota")),
            ("EntityNotExist.Role", Some("Role")),
            ("201400002", Some("CodeSource")),
            ("ResourceNotFound", None),
            ("NotFound", None),
        ];
        for (code, expected) in rows {
            assert_eq!(subject(code), expected, "{code}");
        }
    }
}
