//! Whether an answer is about the session token of the credentials.
//!
//! Parameters and environment variables of a job may bear the same name, so the name alone says
//! nothing: it has to stand where the documented codes and messages have it (PAI-DLC fact sheet
//! §13.2).

const NAME: &str = "SecurityToken";
const CODES: [&str; 4] = [
    "SecurityToken",
    "InvalidSecurityToken",
    "MissingSecurityToken",
    "InvalidParameter.SecurityToken",
];
const STATES: [&str; 5] = ["expired", "malformed", "mismatch", "invalid", "not valid"];

/// `InvalidSecurityToken.Expired`, or another code with a message such as `The specified parameter
/// "SecurityToken.Expired" is not valid.` or `Specified SecurityToken is malformed.`
pub(super) fn token_refused(code: &str, message: &str) -> bool {
    CODES.iter().any(|prefix| code.starts_with(prefix))
        || message
            .match_indices(NAME)
            .any(|(at, name)| names_token(&message[..at], &message[at + name.len()..]))
}

fn names_token(before: &str, after: &str) -> bool {
    let before = before.strip_suffix("Invalid").unwrap_or(before);
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || "._-[]".contains(c);
    if before.ends_with(part_of_name) {
        return false;
    }
    let after = after.to_ascii_lowercase();
    let says_so = |text: &str| STATES.iter().any(|state| text.starts_with(state));
    if let Some(state) = after.strip_prefix('.') {
        return says_so(state);
    }
    let after = after.trim_start_matches(['"', '\'', '`']);
    let state = [" is ", " has ", " "].iter().find_map(|verb| {
        let state = after.strip_prefix(verb)?;
        says_so(state).then_some(state)
    });
    state.is_some() && !before.to_ascii_lowercase().contains("env")
}

#[cfg(test)]
mod tests {
    use super::token_refused;

    #[test]
    fn documented_forms_are_told_from_a_parameter_of_that_name() {
        for (code, message) in [
            ("InvalidSecurityToken.Expired", ""),
            ("InvalidSecurityToken.MismatchWithAccessKey", ""),
            ("MissingSecurityToken", ""),
            ("SecurityToken.Expired", ""),
            (
                "InvalidParameter",
                "The specified parameter \"SecurityToken.Expired\" is not valid.",
            ),
            ("InvalidParameter", "Specified SecurityToken is malformed."),
            ("X", "InvalidSecurityToken.Malformed: no"),
            ("X", "The \"SecurityToken\" is not valid"),
            ("X", "SecurityToken has expired"),
        ] {
            assert!(token_refused(code, message), "{code} {message}");
        }
        for (code, message) in [
            ("InvalidParameter", "Env SecurityToken is not valid"),
            ("InvalidParameter", "Envs.SecurityToken is not valid"),
            ("InvalidParameter", "environment SECURITYTOKEN is invalid"),
            ("InvalidParameter.Envs.SecurityToken", ""),
            (
                "InvalidParameter",
                "the value of SecurityToken has 5 letters",
            ),
            ("InvalidParameter", "MySecurityToken.Expired"),
        ] {
            assert!(!token_refused(code, message), "{code} {message}");
        }
    }
}
