//! STS GetCallerIdentity: the one user who has a key.

use serde_json::{Value, json};

/// Account the emulated user belongs to.
pub(crate) const ACCOUNT_ID: &str = "1000000000000001";
/// Id of the user who has the key; jobs carry it as `UserId`.
pub const USER_ID: &str = "200000000000000001";
/// Its name; list items carry it as `Username`.
pub(crate) const USER_NAME: &str = "emulator";

/// The name of a user. Others have none but their id.
pub(crate) fn user_name(user_id: &str) -> &str {
    match user_id {
        USER_ID => USER_NAME,
        other => other,
    }
}

pub(super) fn caller_identity() -> Value {
    json!({
        "AccountId": ACCOUNT_ID,
        "UserId": USER_ID,
        "Arn": format!("acs:ram::{ACCOUNT_ID}:user/{USER_NAME}"),
        "IdentityType": "RAMUser",
        "PrincipalId": USER_ID,
        "RoleId": "",
    })
}
