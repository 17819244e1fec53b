//! The two writers. stdout carries only the answer; everything else goes to stderr.
//!
//! A reader that goes away is no failure: what is printed after that is dropped, and the exit code stays what it is.

use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal as _, Write},
};

use serde::Serialize;

use crate::{exit::Exit, json, view::paint};

/// Where a command writes.
pub struct Output {
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    /// Width of the terminal that stdout is; `None` when it is none.
    width: Option<usize>,
    colours: bool,
    failure: Option<io::Error>,
}

impl Output {
    /// The process's own stdout and stderr. Colours come through only on a terminal, and not with `NO_COLOR`.
    pub fn of_process() -> Self {
        let width = io::stdout().is_terminal().then(|| {
            let size = rustix::termios::tcgetwinsize(io::stdout());
            size.ok()
                .map(|size| usize::from(size.ws_col))
                .filter(|columns| *columns > 0)
                .unwrap_or(80)
        });
        let choice = anstream::AutoStream::choice(&io::stdout());
        let mut out = Self::new(
            Box::new(anstream::AutoStream::auto(io::stdout())),
            Box::new(anstream::AutoStream::auto(io::stderr())),
            width,
        );
        out.colours = width.is_some() && choice != anstream::ColorChoice::Never;
        out
    }

    /// Any two writers.
    pub fn new(stdout: Box<dyn Write>, stderr: Box<dyn Write>, width: Option<usize>) -> Self {
        Self {
            stdout,
            stderr,
            width,
            colours: false,
            failure: None,
        }
    }

    /// Width of the terminal that stdout is; `None` when it is none.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// Whether stdout is a terminal on which colours are wanted, for what is written to it past this.
    pub fn colours(&self) -> bool {
        self.colours
    }

    /// One line (or several) of the answer.
    pub fn answer(&mut self, text: impl Display) {
        if self.failure.is_none() {
            self.failure = writeln!(self.stdout, "{text}").err();
        }
    }

    /// The answer for programs.
    pub fn answer_json(&mut self, value: &impl Serialize) {
        self.answer(json::pretty(value));
    }

    /// One line that is not the answer: progress, advice.
    pub fn note(&mut self, text: impl Display) {
        // Whoever closed stderr does not want to know.
        let _unread = writeln!(self.stderr, "{text}");
    }

    /// A question on stderr; the answer is typed on the same line.
    pub fn ask(&mut self, text: impl Display) {
        // Whoever closed stderr sees no question, and gives no answer.
        let _unread = write!(self.stderr, "{text}").and_then(|()| self.stderr.flush());
    }

    /// A warning on stderr.
    pub fn warn(&mut self, text: impl Display) {
        self.note(format_args!("{} {text}", paint::warning("warning:")));
    }

    /// Says that the command ends early.
    pub fn interrupted(&mut self, last_words: &str, json: bool) {
        match json {
            true => {
                let failure = json::Failure::new("interrupted", last_words, "");
                self.note(json::compact(&failure));
            }
            false => self.note(last_words),
        }
    }

    /// Flushes; an answer that could not be written, for example to a full disk, is an error.
    pub fn finish(mut self, exit: Exit, json: bool) -> Exit {
        if self.failure.is_none() {
            self.failure = self.stdout.flush().err();
        }
        match self.failure.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                let message = format!("cannot write the answer: {error}");
                match json {
                    true => self.note(json::compact(&json::Failure::new("io", &message, ""))),
                    false => self.note(format_args!("error: {message}")),
                }
                match exit {
                    Exit::Ok => Exit::Error,
                    other => other,
                }
            }
            _ => exit,
        }
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output")
            .field("width", &self.width)
            .finish_non_exhaustive()
    }
}

/// Writers that keep what was written, for tests.
#[cfg(test)]
pub(crate) mod capture {
    use super::*;
    use std::{cell::RefCell, rc::Rc};

    /// What was written to one of the two.
    #[derive(Clone, Default)]
    pub(crate) struct Captured(Rc<RefCell<Vec<u8>>>);

    impl Captured {
        /// Everything so far.
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.borrow().clone()).unwrap()
        }
    }

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Output {
        /// The same as if stdout were a terminal with colours.
        pub(crate) fn with_colours(mut self) -> Self {
            self.colours = true;
            self
        }
    }

    /// An output with what it writes to stdout and to stderr.
    pub(crate) fn output() -> (Output, Captured, Captured) {
        let (stdout, stderr) = (Captured::default(), Captured::default());
        let out = Output::new(Box::new(stdout.clone()), Box::new(stderr.clone()), None);
        (out, stdout, stderr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn finish(kind: ErrorKind, exit: Exit) -> (Exit, String) {
        let stderr = capture::Captured::default();
        let mut out = Output::new(Box::new(Broken(kind)), Box::new(stderr.clone()), None);
        out.answer("dlc1");
        out.answer("dlc2");
        (out.finish(exit, false), stderr.text())
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let quiet = String::new();
        assert_eq!(
            finish(ErrorKind::BrokenPipe, Exit::Ok),
            (Exit::Ok, quiet.clone())
        );
        assert_eq!(
            finish(ErrorKind::BrokenPipe, Exit::Failed),
            (Exit::Failed, quiet)
        );
    }

    #[test]
    fn a_full_disk_is_told_and_hides_no_result() {
        let (exit, told) = finish(ErrorKind::StorageFull, Exit::Ok);
        assert_eq!(exit, Exit::Error);
        assert!(told.contains("cannot write the answer"));
        assert_eq!(finish(ErrorKind::StorageFull, Exit::Failed).0, Exit::Failed);
    }
}
