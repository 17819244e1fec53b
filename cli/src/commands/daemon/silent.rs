//! A daemon that takes connections and does not answer: which process it is.

use std::path::Path;

use pai_proto::{ClientError, paths};

use crate::{context::Context, error::CliError, process::Lock};

/// Names the process where the error is a silent daemon and the lock of the state folder tells its holder.
pub(super) fn explained(error: CliError, context: &Context) -> CliError {
    let CliError::Client(ClientError::Silent { socket }) = error else {
        return error;
    };
    match paths::state_dir(&context.env) {
        Ok(state_dir) => named(&socket, &state_dir),
        Err(_) => nameless(&socket),
    }
}

fn named(socket: &Path, state_dir: &Path) -> CliError {
    let lock = Lock::of_state(state_dir);
    match (lock.pid(), lock) {
        (Some(pid), Lock::Held(holder)) => CliError::Silent {
            socket: socket.display().to_string(),
            holder,
            pid,
        },
        _ => nameless(socket),
    }
}

fn nameless(socket: &Path) -> CliError {
    ClientError::Silent {
        socket: socket.into(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{demo::folder::Folder, exit::Exit};
    use std::{fs::File, io::Write as _};

    #[test]
    fn the_holder_of_the_lock_is_named_and_nobody_else() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let mut file = File::create(folder.path().join("paid.lock")).unwrap();
        writeln!(file, "pid 4711, version 9.9.9").unwrap();
        let error = named(&folder.socket(), folder.path());
        assert!(!error.to_string().contains("4711"), "{error}");
        file.lock().unwrap();
        let error = named(&folder.socket(), folder.path());
        assert!(
            error.to_string().contains("(pid 4711, version 9.9.9)"),
            "{error}"
        );
        assert!(error.hint().contains("`kill 4711`"), "{}", error.hint());
        assert_eq!(
            (error.exit(), error.kind()),
            (Exit::Daemon, "silent".into())
        );
        folder.remove().unwrap();
    }
}
