//! `serve --own-session`: a terminal that is closed does not end the emulator.

use std::fs::File;
use std::io;

/// Makes this process the leader of a session without terminal. To be called before there are
/// threads.
pub(crate) fn leave() -> io::Result<()> {
    match rustix::process::setsid() {
        Ok(_) => Ok(()),
        // It leads a group, perhaps a session already: nothing to leave where no terminal controls it.
        Err(_) if File::open("/dev/tty").is_err() => Ok(()),
        Err(error) => {
            let why = "a shell's job leads a group, its child can";
            let text = format!("--own-session cannot leave the session ({error}): {why}");
            Err(io::Error::new(io::Error::from(error).kind(), text))
        }
    }
}
