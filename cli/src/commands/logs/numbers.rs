//! Numbers of lines and of matches, as they are typed. Pure.

/// All lines, of [`tail`].
pub(super) const ALL: u64 = u64::MAX;
/// Most lines shown around a match.
const AROUND_MAX: u32 = 1_000;

/// So many of the last lines.
pub(super) fn tail(text: &str) -> Result<u64, String> {
    match text {
        "-1" => Ok(ALL),
        _ => text
            .parse()
            .map_err(|_| format!("`{text}` is no number of lines; -1 is all")),
    }
}

/// What counts from 1: the number of a line, or of matches.
pub(super) fn from_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("it is no whole number from 1 on".into()),
    }
}

/// Lines beside a match.
pub(super) fn around(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(lines) if lines <= AROUND_MAX => Ok(lines),
        _ => Err(format!("it is no number of lines from 0 to {AROUND_MAX}")),
    }
}
