//! Where the lines go: a thread of its own writes them, so that a reader who does not read holds up nothing else. Ctrl-C
//! above all must be heard while a pipe is full.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::{AsFd as _, OwnedFd},
    thread,
};

use tokio::{
    io::{Interest, unix::AsyncFd},
    sync::{mpsc, oneshot},
};

use crate::error::CliError;

/// Pieces that wait to be written. A follow that is that far ahead waits as well.
const QUEUE: usize = 4;

/// Nobody reads any more, or nothing can be written; [`Sink::finish`] tells which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closed;

enum Order {
    Write(Vec<u8>),
    /// To be answered when everything before it is written.
    Tell(oneshot::Sender<()>),
}

/// The near end. Dropping it leaves the thread to end by itself.
pub(super) struct Sink {
    orders: mpsc::Sender<Order>,
    result: oneshot::Receiver<io::Result<()>>,
    reader: Option<AsyncFd<OwnedFd>>,
}

impl Sink {
    /// The stdout of this process.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn of_process() -> Result<Self, CliError> {
        let refused = |error| CliError::io("cannot write to stdout", error);
        // A copy: a thread that is stuck in the standard library's own stdout would keep its lock.
        let copy = || io::stdout().as_fd().try_clone_to_owned();
        let mut sink = Self::new(File::from(copy().map_err(refused)?)).map_err(refused)?;
        sink.reader = asked(copy().map_err(refused)?);
        Ok(sink)
    }

    /// Any writer.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn new(writer: impl Write + Send + 'static) -> io::Result<Self> {
        let (orders, queue) = mpsc::channel(QUEUE);
        let (report, result) = oneshot::channel();
        thread::Builder::new()
            .name("stdout".into())
            .spawn(move || {
                // Nobody may want to know any more.
                let _unread = report.send(write_all(writer, queue));
            })?;
        Ok(Self {
            orders,
            result,
            reader: None,
        })
    }

    /// Hands over a piece.
    ///
    /// # Errors
    /// [`Closed`].
    pub(super) async fn write(&mut self, piece: Vec<u8>) -> Result<(), Closed> {
        self.order(Order::Write(piece)).await
    }

    /// Waits until everything is written, for something that shall be read after it.
    ///
    /// # Errors
    /// [`Closed`].
    pub(super) async fn settle(&mut self) -> Result<(), Closed> {
        let (tell, told) = oneshot::channel();
        self.order(Order::Tell(tell)).await?;
        told.await.map_err(|_| Closed)
    }

    /// Waits until nobody reads any more.
    pub(super) async fn closed(&self) {
        let reader_left = async {
            match &self.reader {
                // An error of the question itself is no news of the reader.
                Some(reader) => match reader.ready(Interest::ERROR).await {
                    Ok(_left) => {}
                    Err(_) => std::future::pending().await,
                },
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = reader_left => {}
            () = self.orders.closed() => {}
        }
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// What the system said.
    pub(super) async fn finish(self) -> io::Result<()> {
        drop(self.orders);
        let lost = |_| io::Error::other("the thread that writes has ended");
        self.result.await.map_err(lost)?
    }

    async fn order(&mut self, order: Order) -> Result<(), Closed> {
        self.orders.send(order).await.map_err(|_| Closed)
    }
}

/// Something that tells when the other end of a pipe is closed. Files cannot be asked, and do not go away.
#[expect(
    deprecated,
    reason = "deprecated for descriptors that somebody else may close; this one is owned"
)]
fn asked(end: OwnedFd) -> Option<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(end, Interest::ERROR).ok()
}

fn write_all(mut writer: impl Write, mut queue: mpsc::Receiver<Order>) -> io::Result<()> {
    while let Some(order) = queue.blocking_recv() {
        match order {
            Order::Write(piece) => {
                writer.write_all(&piece)?;
                writer.flush()?;
            }
            Order::Tell(tell) => {
                // Whoever asked may have left.
                let _left = tell.send(());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{ErrorKind, pipe},
        sync::{Arc, Mutex, mpsc as threads},
        time::Duration,
    };

    const PATIENCE: Duration = Duration::from_secs(20);

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Shared {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn what_is_handed_over_is_written_in_order_piece_by_piece_and_to_the_end() {
        let shared = Shared::default();
        let mut sink = Sink::new(io::BufWriter::new(shared.clone())).unwrap();
        sink.write(b"one\n".to_vec()).await.unwrap();
        sink.write(b"two\n".to_vec()).await.unwrap();
        sink.settle().await.unwrap();
        assert_eq!(shared.text(), "one\ntwo\n");
        sink.write(b"three".to_vec()).await.unwrap();
        sink.finish().await.unwrap();
        assert_eq!(shared.text(), "one\ntwo\nthree");
    }

    #[tokio::test]
    async fn a_reader_that_left_is_told() {
        let (reader, writer) = pipe().unwrap();
        let mut sink = Sink::new(writer).unwrap();
        drop(reader);
        let told = async {
            while sink.write(b"x".to_vec()).await.is_ok() {}
            sink.closed().await;
            assert_eq!(sink.settle().await, Err(Closed));
            sink.finish().await.unwrap_err().kind()
        };
        let kind = tokio::time::timeout(PATIENCE, told).await.unwrap();
        assert_eq!(kind, ErrorKind::BrokenPipe);
    }

    #[tokio::test]
    async fn a_reader_that_left_is_told_while_there_is_nothing_to_write() {
        let (reader, writer) = pipe().unwrap();
        let mut sink = Sink::new(io::sink()).unwrap();
        sink.reader = asked(writer.into());
        assert!(sink.reader.is_some());
        let leave = async {
            tokio::task::yield_now().await;
            drop(reader);
        };
        let told = async { tokio::join!(sink.closed(), leave) };
        tokio::time::timeout(PATIENCE, told).await.unwrap();
    }

    /// Without a thread of its own the writing would hold up everything, Ctrl-C included. The test has a thread of its own
    /// too, for what it fears cannot be timed from inside.
    #[test]
    fn a_pipe_that_nobody_reads_holds_up_nothing_else() {
        let (_reader, writer) = pipe().unwrap();
        let (told, heard) = threads::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut sink = Sink::new(writer).unwrap();
                let filling = async { while sink.write(vec![b'x'; 1 << 20]).await.is_ok() {} };
                // Polled only when `filling` cannot go on.
                tokio::select! {
                    biased;
                    () = filling => {}
                    () = async { told.send("interrupted").unwrap() } => {}
                }
            });
            drop(runtime);
            told.send("ended").unwrap();
        });
        assert_eq!(heard.recv_timeout(PATIENCE), Ok("interrupted"));
        assert_eq!(heard.recv_timeout(PATIENCE), Ok("ended"));
    }
}
