//! Who is still running. Only where the system shows its processes as files.

use std::{fs, path::Path};

/// Processes that were started with this folder in their arguments, environment or as their place. `None` where that
/// cannot be told.
pub fn that_know(folder: &Path) -> Option<Vec<String>> {
    let needle = folder.to_str()?.as_bytes().to_vec();
    let own = std::process::id().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let pid = entry.file_name().to_string_lossy().into_owned();
        if !pid.bytes().all(|byte| byte.is_ascii_digit()) || pid == own {
            continue;
        }
        let of = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let place = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        let arguments = of("cmdline");
        // A process that has ended and waits for its parent has no arguments any more.
        let runs = !arguments.is_empty();
        let knows = [
            arguments.as_slice(),
            &of("environ"),
            place.as_os_str().as_encoded_bytes(),
        ]
        .iter()
        .any(|text| contains(text, &needle));
        if runs && knows {
            let words = String::from_utf8_lossy(&arguments).replace('\0', " ");
            found.push(format!("{pid}: {words}"));
        }
    }
    Some(found)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
