//! The same for several jobs, one after the other. One that fails holds up none of the others; the exit code is that of the
//! first failure.

use serde::Serialize;

use crate::{context::Context, error::CliError, exit::Exit, json};

/// What became of them so far.
pub(super) struct Each<T> {
    /// Of one job only: its failure is that of the command, and its JSON is an object and no list.
    alone: bool,
    rows: Vec<json::Each<T>>,
    exit: Exit,
}

impl<T: Serialize> Each<T> {
    pub(super) fn new(jobs: usize) -> Self {
        Self {
            alone: jobs == 1,
            rows: Vec::new(),
            exit: Exit::Ok,
        }
    }

    pub(super) fn done(&mut self, row: T) {
        self.rows.push(json::Each::Done(row));
    }

    /// Tells of a failure, and whether to go on: not where the daemon is gone.
    ///
    /// # Errors
    /// The failure itself, where there is no other job.
    pub(super) fn failed(
        &mut self,
        id: &str,
        error: CliError,
        context: &mut Context,
    ) -> Result<bool, CliError> {
        if self.alone {
            return Err(error);
        }
        let exit = match context.json {
            true => error.exit(),
            false => error.report(context),
        };
        if self.exit == Exit::Ok {
            self.exit = exit;
        }
        self.rows.push(json::Each::failed(id, &error));
        Ok(exit != Exit::Daemon)
    }

    /// Those that did not fail.
    pub(super) fn all_done(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.iter_mut().filter_map(|row| match row {
            json::Each::Done(row) => Some(row),
            json::Each::Failed { .. } => None,
        })
    }

    /// Prints the answer for programs.
    pub(super) fn conclude(self, context: &mut Context) -> Exit {
        match (context.json, self.alone, self.rows.first()) {
            (true, true, Some(row)) => context.out.answer_json(row),
            (true, ..) => context.out.answer_json(&self.rows),
            (false, ..) => {}
        }
        self.exit
    }
}
