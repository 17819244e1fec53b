//! Locking that survives a panic in another thread: the data guarded here is plain values, always
//! left whole between two statements.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, ignoring poison.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
