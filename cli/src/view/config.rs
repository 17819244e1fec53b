//! The settings in force, and who the key is.

use pai_proto::v1::{GetConfigResponse, Mount, Profile, ProfileReplica, WhoAmIResponse};

use super::{clean, paint, pairs::Pairs, word};

/// The lines of `paictl config get`.
pub fn lines(config: &GetConfigResponse) -> Vec<String> {
    let limits = config.limits.unwrap_or_default();
    let limit = |limit: Option<u64>| limit.map_or_else(|| "no limit".into(), |n| n.to_string());
    let mut facts = Pairs::default();
    facts
        .add("Settings", clean::line(&config.settings_path))
        .add("Version", word::or_dash(&config.version))
        .add("Prefix", word::or_dash(&config.prefix))
        .add("Region", word::or_dash(&config.region))
        .add("Workspace", word::or_dash(&config.workspace_id))
        .add("Resource", word::or_dash(&config.resource_id))
        .add("Endpoint", word::or_dash(&config.endpoint))
        .add("Key from", word::or_dash(&config.credential_source))
        .add("Max jobs", limits.max_running_jobs.to_string())
        .add("Max GPU", limit(limits.max_gpu))
        .add("Max CPU", limit(limits.max_cpu));
    for mount in &config.mounts {
        facts.add("Mount", mounted(mount));
    }
    if let Some(code) = &config.code_source {
        let at = word::or_dash(&code.mount_path);
        let which = [
            ("branch", &code.default_branch),
            ("commit", &code.default_commit),
        ];
        let which: String = which
            .into_iter()
            .filter(|(_, name)| !name.is_empty())
            .map(|(kind, name)| format!(", {kind} {}", clean::line(name)))
            .collect();
        let id = clean::line(&code.code_source_id);
        facts.add("Code", format!("{id} at {at}{which}"));
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

fn mounted(mount: &Mount) -> String {
    let mode = if mount.read_only { " (read only)" } else { "" };
    let (uri, path) = (clean::line(&mount.uri), clean::line(&mount.mount_path));
    format!("{uri} at {path}{mode}")
}

fn profile_lines(profile: &Profile) -> Vec<String> {
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
    lines
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
