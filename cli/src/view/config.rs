//! The settings in force, and who the key is.

use std::time::Duration;

use pai_proto::v1::{
    GetConfigResponse, LogSettings, Mount, Profile, ProfileReplica, WhoAmIResponse,
};

use super::{clean, paint, pairs::Pairs, word};

/// The lines of `paictl config get`.
pub fn lines(config: &GetConfigResponse) -> Vec<String> {
    let limits = config.limits.unwrap_or_default();
    let limit = |limit: Option<u64>| limit.map_or_else(|| "no limit".into(), |n| n.to_string());
    let hours = limits.max_gpu_milli_hours_per_day;
    let mut facts = Pairs::default();
    facts
        .add("Settings", clean::line(&config.settings_path))
        .add_known("Own keys", clean::line(&config.own_path))
        .add("Version", word::or_dash(&config.version))
        .add("Prefix", word::or_dash(&config.prefix))
        .add("Region", word::or_dash(&config.region))
        .add("Workspace", word::or_dash(&config.workspace_id))
        .add("Resource", word::or_dash(&config.resource_id))
        .add("Endpoint", word::or_dash(&config.endpoint))
        .add("Key from", word::or_dash(&config.credential_source))
        .add("Max jobs", limits.max_running_jobs.to_string())
        .add("Max GPU", limit(limits.max_gpu))
        .add("Max CPU", limit(limits.max_cpu))
        .add("Max minutes", limit(limits.max_run_minutes.map(Into::into)))
        .add(
            "Max GPU h/day",
            hours.map_or_else(|| "no limit".into(), |hours| word::milli(Some(hours))),
        );
    facts.add_known("Logs", config.logs.as_ref().map(logs).unwrap_or_default());
    for mount in &config.mounts {
        facts.add("Mount", mounted(mount));
    }
    if let Some(code) = &config.code_source {
        facts.add(
            "Code",
            word::code(
                &code.code_source_id,
                &code.mount_path,
                &code.default_branch,
                &code.default_commit,
            ),
        );
    }
    let mut lines = facts.lines(0);
    for profile in &config.profiles {
        lines.push(String::new());
        lines.extend(profile_lines(profile));
    }
    lines
}

/// The lines of `paictl whoami`.
pub fn who(who: &WhoAmIResponse) -> Vec<String> {
    let mut facts = Pairs::default();
    facts
        .add("Account", word::or_dash(&who.account_id))
        .add("User", word::or_dash(&who.user_id))
        .add("Type", word::or_dash(&who.identity_type))
        .add_known("ARN", clean::line(&who.arn))
        .add("Key from", word::or_dash(&who.credential_source));
    facts.lines(0)
}

/// By the names of their keys.
fn logs(logs: &LogSettings) -> String {
    let lag = Duration::from_millis(logs.lag_ms).as_secs_f64();
    let keep = clean::line(&logs.keep);
    let (days, of_job, total) = (logs.days, logs.job_megabytes, logs.total_megabytes);
    format!("lag {lag}, keep {keep}, days {days}, jobMegabytes {of_job}, totalMegabytes {total}")
}

fn mounted(mount: &Mount) -> String {
    let mode = if mount.read_only { " (read only)" } else { "" };
    let (uri, path) = (clean::line(&mount.uri), clean::line(&mount.mount_path));
    format!("{uri} at {path}{mode}")
}

/// The lines of one profile.
pub fn profile_lines(profile: &Profile) -> Vec<String> {
    let name = clean::line(&profile.name);
    let mut lines = vec![format!(
        "{} {name} ({})",
        paint::label("PROFILE"),
        word::or_dash(&profile.job_type)
    )];
    lines.extend(
        profile
            .replicas
            .iter()
            .map(|of| format!("  {}", replica(of))),
    );
    let further = further(profile);
    if !further.is_empty() {
        lines.push(format!("  {}", further.join("; ")));
    }
    lines
}

/// What a profile says beside its pods.
fn further(profile: &Profile) -> Vec<String> {
    let mut further = Vec::new();
    if let Some(priority) = profile.priority {
        further.push(format!("priority {priority}"));
    }
    if let Some(minutes) = profile.max_run_minutes {
        further.push(format!("at most {minutes} min of running"));
    }
    for (label, names) in [
        ("variables", &profile.env_names),
        ("also", &profile.further_keys),
    ] {
        if !names.is_empty() {
            let names: Vec<_> = names.iter().map(|name| clean::line(name)).collect();
            further.push(format!("{label} {}", names.join(", ")));
        }
    }
    further
}

fn replica(of: &ProfileReplica) -> String {
    let each = match of.instance_type.as_str() {
        "" => format!(
            "{} CPU, {} GPU, {}",
            word::or_dash(&of.cpu),
            word::or_dash(&of.gpu),
            word::or_dash(&of.memory)
        ),
        instance => clean::line(instance),
    };
    let (role, image) = (clean::line(&of.role), word::or_dash(&of.image));
    format!("{role} x {}, each {each}, image {image}", of.count)
}
