//! Files replaced as a whole, or not at all.

use std::os::unix::fs::symlink;

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.at(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn a_file_is_replaced_as_a_whole_behind_its_links_and_closed_to_others() {
    let folder = Folder::new(&[("real", "old")]);
    std::fs::set_permissions(folder.at("real"), PermissionsExt::from_mode(0o644)).unwrap();
    symlink("real", folder.at("middle")).unwrap();
    symlink(folder.at("middle"), folder.at("link")).unwrap();
    let new = Replacement::prepare(&folder.at("link"), Some("old"), "new").unwrap();
    put_all(vec![new]).unwrap();
    assert_eq!(folder.text("real"), "new");
    assert!(folder.at("link").is_symlink() && folder.at("middle").is_symlink());
    let meta = std::fs::metadata(folder.at("real")).unwrap();
    assert_eq!(meta.mode() & 0o777, 0o600);
    assert_eq!(folder.names(), ["link", "middle", "real"]);
}

#[test]
fn a_file_that_changed_meanwhile_is_left_as_it_is() {
    let folder = Folder::new(&[("a", "old"), ("b", "old")]);
    let prepare = |name, seen| Replacement::prepare(&folder.at(name), seen, "new").unwrap();
    let both = vec![prepare("a", Some("old")), prepare("b", Some("old"))];
    std::fs::write(folder.at("b"), "somebody's").unwrap();
    assert_eq!(put_all(both).unwrap_err().kind, FaultKind::Conflict);
    assert_eq!(
        (folder.text("a"), folder.text("b")),
        ("old".into(), "somebody's".into())
    );

    let new = vec![prepare("c", None)];
    std::fs::write(folder.at("c"), "somebody's").unwrap();
    assert_eq!(put_all(new).unwrap_err().kind, FaultKind::Conflict);

    let gone = vec![prepare("a", Some("old"))];
    std::fs::remove_file(folder.at("a")).unwrap();
    assert_eq!(put_all(gone).unwrap_err().kind, FaultKind::Conflict);
    assert_eq!(folder.names(), ["b", "c"], "and no file is left behind");
}

#[test]
fn when_the_second_file_cannot_be_put_in_place_the_first_is_put_back() {
    let folder = Folder::new(&[("a", "old")]);
    let prepare = |name, seen| Replacement::prepare(&folder.at(name), seen, "new").unwrap();
    let mut second = prepare("b", None);
    // Its folder is gone by then: the look before the rename takes that for a file that is not there yet.
    second.target = folder.at("missing/b");
    let fault = put_all(vec![prepare("a", Some("old")), prepare("n", None), second]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Settings);
    assert_eq!(folder.text("a"), "old");
    assert_eq!(folder.names(), ["a"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_file_is_told_with_the_reason() {
    let fault = Replacement::prepare(Path::new("/proc/version"), Some(""), "x")
        .err()
        .unwrap();
    assert_eq!(fault.kind, FaultKind::Settings);
    assert!(
        fault.message.contains("/proc/version: cannot be written: "),
        "{fault}"
    );
}

#[test]
fn a_full_disk_and_a_closed_folder_have_their_own_advice() {
    let hint = |kind: ErrorKind| unwritable(Path::new("/s"), &kind.into()).hint;
    assert!(hint(ErrorKind::StorageFull).contains("room"));
    assert!(hint(ErrorKind::ReadOnlyFilesystem).contains("writable"));
    assert!(hint(ErrorKind::PermissionDenied).contains("writable"));
}

#[test]
fn there_is_one_writer_at_a_time() {
    let folder = Folder::new(&[("a", "old")]);
    let foreign = File::open(folder.at("a")).unwrap();
    foreign.lock().unwrap();
    assert_eq!(
        Turn::take(&folder.at("a")).err().unwrap().kind,
        FaultKind::Conflict
    );
    drop(foreign);
    let turn = Turn::take(&folder.at("a")).unwrap();
    let second = File::open(folder.at("a")).unwrap();
    assert!(matches!(second.try_lock(), Err(TryLockError::WouldBlock)));
    drop(turn);
    second.try_lock().unwrap();
}
