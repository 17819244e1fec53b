//! Finding our programs.

use std::{ffi::OsStr, path::PathBuf};

/// The program of that name in the folder of this one, symlinks resolved.
pub fn beside(name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?.canonicalize().ok()?;
    executable(own.with_file_name(name))
}

/// The program of that name beside this one, else in one of the folders of `search_path`.
pub fn find(name: &str, search_path: Option<&OsStr>) -> Option<PathBuf> {
    beside(name).or_else(|| on_path(name, search_path?))
}

/// The program of that name in one of the folders of `search_path`.
pub(super) fn on_path(name: &str, search_path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(search_path).find_map(|folder| executable(folder.join(name)))
}

fn executable(path: PathBuf) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let meta = path.metadata().ok()?;
    (meta.is_file() && meta.permissions().mode() & 0o111 != 0).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_nowhere_is_not_found() {
        assert_eq!(
            find("no-such-program-of-ours", Some(OsStr::new("/nowhere"))),
            None
        );
    }
}
