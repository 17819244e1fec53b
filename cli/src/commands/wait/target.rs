//! What `--for` names.

use pai_proto::{line, status::is_documented};

use crate::{exit::Target, view::clean};

/// Reads it.
///
/// # Errors
/// A sentence for clap to print.
pub(super) fn parse(text: &str) -> Result<Target, String> {
    if let Some(pattern) = line::pattern(text.trim()) {
        return pattern.map(Target::Line).map_err(|why| why.to_string());
    }
    match text.trim().to_ascii_lowercase().as_str() {
        "" => Err("write running, terminal, a status or log:/REGEX/".into()),
        "terminal" => Ok(Target::Terminal),
        "running" => Ok(Target::Running),
        _ => Ok(Target::Status(text.trim().into())),
    }
}

/// What to say of a status that may never come.
pub(super) fn remark(target: &Target) -> Option<String> {
    let Target::Status(status) = target else {
        return None;
    };
    (!is_documented(status)).then(|| {
        let status = clean::line(status);
        format!("{status} is not a status that PAI-DLC documents; waiting for it anyway")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_told_and_a_documented_status_is_not() {
        for word in ["running", "TERMINAL", "EnvPreparing", "envpreparing"] {
            assert_eq!(remark(&parse(word).unwrap()), None, "{word}");
        }
        assert_eq!(
            remark(&parse("Suceeded").unwrap()).unwrap(),
            "Suceeded is not a status that PAI-DLC documents; waiting for it anyway"
        );
        // Our own word for a phase is none of the backend's.
        assert!(remark(&parse("queued").unwrap()).is_some());
        assert!(parse(" ").is_err());
    }

    #[test]
    fn a_line_is_a_pattern_between_slashes_and_nothing_else_of_a_log() {
        assert_eq!(
            parse(" log:/loss 0/i ").unwrap(),
            Target::Line("(?i)loss 0".into())
        );
        assert_eq!(remark(&parse("log:/x/").unwrap()), None);
        assert!(parse("log:x").unwrap_err().contains("log:/REGEX/"));
    }
}
