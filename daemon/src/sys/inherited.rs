//! Files that whoever started us had open. A daemon that kept them would hold their locks, and the ends of their pipes, for days.

use std::os::fd::RawFd;

/// Where both Linux and macOS list the descriptors of the process that asks.
const OPEN: &str = "/dev/fd";
/// The first that is none of stdin, stdout, stderr.
const FIRST: RawFd = 3;

/// Closes what is open besides stdin, stdout and stderr. Called before this process has opened anything itself, while it has
/// one thread.
pub fn close() {
    // Where descriptors are not listed they stay open, as they would without us.
    let listed = std::fs::read_dir(OPEN).into_iter().flatten().flatten();
    let open: Vec<RawFd> = listed
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|descriptor| *descriptor >= FIRST)
        .collect();
    for descriptor in open {
        // The one of the list itself is closed already.
        let _closed = nix::unistd::close(descriptor);
    }
}
