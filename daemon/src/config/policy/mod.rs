//! What clients that are tools may do: an allow-list in our own file, owned by the person and written by no code of ours.
//!
//! A wrong or unknown word in it is an error, never a warning: a typo must not open anything.

mod caps;
mod force;
mod grant;
mod judge;
mod leaves;
mod read;
mod registry;
mod size;

pub use caps::{check_priority, check_submit};
pub use judge::{Sizes, judge};

pub(super) use caps::told_cap;
pub(super) use force::in_force;
pub(super) use grant::{Permit, permit};
pub(super) use leaves::{Leaf, changed, leaves};
pub(super) use size::size;

use std::collections::BTreeSet;

use grant::Grant;

use crate::model::{Caller, Fault, FaultKind};

/// Who asks. Told by the kind of the client, so that mistakes stay small; it is no wall (SECURITY).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person at the command line.
    Person,
    /// A program that acts by itself, such as an agent.
    Tool,
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        match caller.is_tool {
            true => Self::Tool,
            false => Self::Person,
        }
    }
}

/// A call that changes something at the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// Make a job by a profile.
    Submit,
    /// Make one like another that ran before, whatever the profiles say today.
    Clone,
    /// Stop one.
    Stop,
    /// Delete one that has ended.
    Delete,
    /// Change its priority or description.
    Update,
    /// Show it to the workspace.
    Publish,
    /// Change the code source at the cloud, which others may share.
    CodeSource,
}

/// What a single submit may set otherwise than its profile.
pub const OVERRIDES: &[&str] = &[
    "image",
    "ecsSpec",
    "podCount",
    "cpu",
    "gpu",
    "gpuType",
    "memory",
    "sharedMemory",
    "priority",
    "jobMaxRunningTimeMinutes",
    "envs",
    "description",
    "resourceId",
    "tags",
];

/// Of those, what tools may set where the policy says nothing: what their command or a change of the profile could say as
/// well. Priority and minutes stay within the caps.
const OVERRIDES_OF_TOOLS: &[&str] = &[
    "envs",
    "tags",
    "description",
    "priority",
    "jobMaxRunningTimeMinutes",
];

/// The calls, as the policy spells them.
pub(super) const CALLS: &[&str] = &[
    "submit",
    "clone",
    "stop",
    "delete",
    "update",
    "publish",
    "codeSource",
];

impl Call {
    const ALL: [Self; 7] = [
        Self::Submit,
        Self::Clone,
        Self::Stop,
        Self::Delete,
        Self::Update,
        Self::Publish,
        Self::CodeSource,
    ];

    /// As the policy spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Clone => "clone",
            Self::Stop => "stop",
            Self::Delete => "delete",
            Self::Update => "update",
            Self::Publish => "publish",
            Self::CodeSource => "codeSource",
        }
    }
}

/// `policy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What tools may change in the settings.
    pub(super) change: BTreeSet<Grant>,
    /// The most that a profile may ask for after a tool changed it.
    pub caps: Caps,
    /// What tools may set at a single submit, of [`OVERRIDES`].
    pub overrides: BTreeSet<String>,
    /// Which calls tools may make.
    pub calls: BTreeSet<Call>,
    /// Why tools may change nothing at all: the policy that the person wrote cannot be read.
    pub closed: Option<String>,
}

/// `policy.tools.caps`. What is not given: the limit of the settings, else the most that any profile has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caps {
    /// Thousandths of a GPU.
    pub gpu_milli: Option<u64>,
    /// Thousandths of a core.
    pub cpu_milli: Option<u64>,
    /// Bytes.
    pub memory_bytes: Option<u64>,
    /// Pods.
    pub pods: Option<u64>,
    /// 1 to 9.
    pub priority: Option<u64>,
    /// Minutes.
    pub run_minutes: Option<u64>,
}

/// What holds where the person wrote nothing.
impl Default for Policy {
    fn default() -> Self {
        Self {
            change: BTreeSet::from([
                Grant::Profiles,
                Grant::path(&["codeSource", "defaultBranch"]),
                Grant::path(&["codeSource", "defaultCommit"]),
                Grant::MountsReadOnly,
            ]),
            caps: Caps::default(),
            overrides: OVERRIDES_OF_TOOLS
                .iter()
                .map(|name| (*name).into())
                .collect(),
            calls: BTreeSet::from([Call::Submit, Call::Stop]),
            closed: None,
        }
    }
}

impl Policy {
    /// What holds while the person's own cannot be read: tools change nothing.
    pub fn closed(why: &Fault) -> Self {
        Self {
            change: BTreeSet::new(),
            overrides: BTreeSet::new(),
            calls: BTreeSet::new(),
            closed: Some(why.message.clone()),
            ..Self::default()
        }
    }

    /// Whether `actor` may change anything.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Permission` that says what is wrong with the policy.
    fn check_open(&self, actor: Actor) -> Result<(), Fault> {
        match &self.closed {
            Some(why) if actor == Actor::Tool => Err(Fault::new(
                FaultKind::Permission,
                format!("tools change nothing while the policy cannot be read: {why}"),
            )
            .hint(
                "the person mends the file by hand; `paictl config check` tells when it is well",
            )),
            _ => Ok(()),
        }
    }

    /// Whether `actor` may make this call.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Permission` that says what the person would add to the policy.
    pub fn check_call(&self, actor: Actor, call: Call) -> Result<(), Fault> {
        self.check_open(actor)?;
        match actor == Actor::Person || self.calls.contains(&call) {
            true => Ok(()),
            false => Err(refused(
                format!("tools may not make the call {} here", call.word()),
                "calls",
                call.word(),
            )),
        }
    }

    /// Whether `actor` may set this at a single submit.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Permission` that says what the person would add to the policy.
    pub fn check_override(&self, actor: Actor, name: &str) -> Result<(), Fault> {
        match actor == Actor::Person || self.overrides.contains(name) {
            true => Ok(()),
            false => Err(refused(
                format!("tools may not set {name} at a submit here"),
                "overrides",
                name,
            )),
        }
    }
}

/// A refusal that the person can lift.
fn refused(what: String, list: &str, entry: &str) -> Fault {
    Fault::new(FaultKind::Permission, what).hint(format!(
        "the person may allow it: add \"{entry}\" to policy.tools.{list} in pai.json, by hand"
    ))
}
