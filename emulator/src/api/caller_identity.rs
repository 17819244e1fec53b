//! STS GetCallerIdentity: the one user there is.

use serde_json::{Value, json};

/// Account the emulated user belongs to.
pub(crate) const ACCOUNT_ID: &str = "1000000000000001";
/// Id of the emulated user; jobs carry it as `UserId`.
pub(crate) const USER_ID: &str = "200000000000000001";
/// Its name; list items carry it as `Username`.
pub(crate) const USER_NAME: &str = "emulator";

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
