//! Guesses which parameter an error is about, from its code or its words.

use super::absent;

/// Codes whose rest names the parameter: `InvalidParameter.JobSpecs`, `MissingWorkspaceId`.
const PREFIXES: [&str; 8] = [
    "InvalidParameterValue",
    "InvalidParameter",
    "MissingParameter",
    "InvalidArgument",
    "InvalidRequest",
    "Missing",
    "Invalid",
    "Illegal",
];

/// Last parts of codes that say what is wrong, not with what.
const COMPLAINTS: [&str; 12] = [
    "Malformed",
    "Format",
    "Invalid",
    "NotFound",
    "NotSupported",
    "Missing",
    "Empty",
    "TooLong",
    "Duplicate",
    "OutOfRange",
    "Exceeded",
    "ValueNotSupported",
];

/// The parameter at fault in the server's spelling, or `None` when neither text tells.
pub(super) fn parameter(code: &str, message: &str) -> Option<String> {
    from_code(code)
        .or_else(|| absent::subject(code))
        .or_else(|| from_message(message))
        .map(str::to_owned)
}

fn from_code(code: &str) -> Option<&str> {
    let rest = PREFIXES
        .iter()
        .find_map(|prefix| code.strip_prefix(prefix))?;
    let mut name = rest.trim_start_matches('.');
    while let Some((head, tail)) = name.rsplit_once('.') {
        if !COMPLAINTS.contains(&tail) {
            break;
        }
        name = head;
    }
    let generic = ["Parameter", "Parameters", "Request", "Input", "Value"];
    (is_name(name) && !COMPLAINTS.contains(&name) && !generic.contains(&name)).then_some(name)
}

fn from_message(message: &str) -> Option<&str> {
    quoted(message)
        .or_else(|| after_noun(message))
        .or_else(|| before_complaint(message))
}

/// `The specified parameter "JobSpecs" is not valid.`
fn quoted(message: &str) -> Option<&str> {
    for quote in ['"', '\'', '`'] {
        let mut pieces = message.split(quote);
        pieces.next();
        // Pieces at odd places stand between quotes; the last one may be unclosed.
        let mut inner = pieces.step_by(2);
        if let Some(name) = inner.find(|piece| is_name(piece)) {
            return Some(name);
        }
    }
    None
}

/// `parameter JobSpecs is invalid`, `field: Priority`.
fn after_noun(message: &str) -> Option<&str> {
    let mut words = message.split_whitespace();
    while let Some(word) = words.next() {
        let noun = word.trim_end_matches(':').to_ascii_lowercase();
        if noun == "parameter" || noun == "field" {
            let name = words
                .next()?
                .trim_matches(|c: char| !c.is_ascii_alphanumeric());
            return looks_like_a_parameter(name).then_some(name);
        }
    }
    None
}

/// `WorkspaceId is required`.
fn before_complaint(message: &str) -> Option<&str> {
    let complaints = [
        " is required",
        " is mandatory",
        " is missing",
        " is invalid",
        " is not valid",
        " must ",
    ];
    let cut = complaints
        .iter()
        .filter_map(|complaint| message.find(complaint))
        .min()?;
    let name = message[..cut].split_whitespace().next_back()?;
    let name = name.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    looks_like_a_parameter(name).then_some(name)
}

/// Unquoted words count only when they are spelt like a key of the API.
fn looks_like_a_parameter(name: &str) -> bool {
    is_name(name) && name.starts_with(|c: char| c.is_ascii_uppercase()) && {
        name.chars().skip(1).any(|c| c.is_ascii_lowercase())
    }
}

fn is_name(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._[]-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::parameter;

    #[test]
    fn parameter_is_found_in_code_or_message() {
        let rows = [
            ("InvalidParameter.JobSpecs", "", Some("JobSpecs")),
            ("InvalidParameter.JobSpecs.Malformed", "", Some("JobSpecs")),
            (
                "InvalidParameter.JobSpecs[0].Image",
                "",
                Some("JobSpecs[0].Image"),
            ),
            ("MissingWorkspaceId", "", Some("WorkspaceId")),
            ("MissingParameter.DisplayName", "", Some("DisplayName")),
            ("InvalidDisplayName.Malformed", "", Some("DisplayName")),
            ("InvalidPriority", "", Some("Priority")),
            ("Workspace.NotFound", "", Some("Workspace")),
            ("InvalidParameter", "", None),
            ("InvalidParameter.Malformed", "", None),
            (
                "InvalidParameter",
                "The specified parameter \"JobSpecs\" is not valid.",
                Some("JobSpecs"),
            ),
            (
                "InvalidParameter",
                "parameter 'Priority' out of range",
                Some("Priority"),
            ),
            (
                "InvalidParameter",
                "The parameter JobType is illegal.",
                Some("JobType"),
            ),
            (
                "MissingParameter",
                "WorkspaceId is required",
                Some("WorkspaceId"),
            ),
            (
                "100400008",
                "field: MountPath has a bad value",
                Some("MountPath"),
            ),
            ("InvalidParameter", "it is invalid", None),
            ("InvalidParameter", "the value must be \"a b\"", None),
            ("BadRequest", "", None),
            ("InvalidParameter", "don't", None),
        ];
        for (code, message, expected) in rows {
            assert_eq!(
                parameter(code, message).as_deref(),
                expected,
                "{code} {message}"
            );
        }
    }
}
