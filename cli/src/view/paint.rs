//! Colours. They are always written; the output takes them away where nobody should see them.

use pai_proto::v1::Phase;

/// Ends every colour.
pub const RESET: &str = "\x1b[0m";

fn styled(codes: &str, text: &str) -> String {
    format!("\x1b[{codes}m{text}{RESET}")
}

/// The word that begins an error.
pub fn error(text: &str) -> String {
    styled("1;31", text)
}

/// The word that begins a warning.
pub fn warning(text: &str) -> String {
    styled("1;33", text)
}

/// A label beside a value.
pub fn label(text: &str) -> String {
    styled("1", text)
}

/// Something of less weight.
pub fn faint(text: &str) -> String {
    styled("2", text)
}

/// What a search found.
pub fn matched(text: &str) -> String {
    styled("1;31", text)
}

/// A status in the colour of its phase.
pub fn status(text: &str, phase: Phase) -> String {
    match phase {
        Phase::Succeeded => styled("32", text),
        Phase::Failed => styled("31", text),
        Phase::Running => styled("36", text),
        Phase::Stopped | Phase::Stopping | Phase::Gone | Phase::Unconfirmed => styled("33", text),
        _ => text.to_owned(),
    }
}
