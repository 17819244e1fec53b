//! Adding up vectors over all ranks: everyone sends to rank 0, rank 0 adds in the order of ranks
//! and sends the sum back. All ranks get the same bytes, hence bit-equal sums.
//!
//! A frame is step (u32), length (u32), then the numbers (f64), all little endian; a greeting is
//! eight letters, rank and world size. A rank that dies or falls out of step ends the training on
//! all others with a message that says who.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const GREETING: &[u8; 8] = b"PAITRAIN";
/// Pause between two tries to connect.
const RETRY: Duration = Duration::from_millis(50);
/// Who connects says hello within this time or is a stranger.
const GREETING_LIMIT: Duration = Duration::from_secs(5);
/// More numbers than any gradient here has.
const MAX_LENGTH: usize = 1 << 20;

/// Where and as whom to meet, as `RANK`, `WORLD_SIZE`, `MASTER_ADDR` and `MASTER_PORT` say.
#[derive(Clone, Debug)]
pub struct Rendezvous {
    /// 0 to `world_size - 1`.
    pub rank: u32,
    /// Number of ranks.
    pub world_size: u32,
    /// Address rank 0 listens on and the others connect to, `host:port`.
    pub master: String,
    /// How long to wait for another rank, when meeting and in each step.
    pub timeout: Duration,
}

/// Connections to the other ranks.
pub(super) struct Peers {
    /// On rank 0 all others in order of rank; elsewhere rank 0 alone.
    streams: Vec<TcpStream>,
    rank: u32,
    timeout: Duration,
}

impl Peers {
    /// Waits until all ranks are there.
    pub(super) async fn join(meet: &Rendezvous) -> io::Result<Self> {
        let streams = match (meet.rank, meet.world_size) {
            (_, 1) => Vec::new(),
            (0, _) => gather(meet).await?,
            _ => vec![connect(meet).await?],
        };
        for stream in &streams {
            stream.set_nodelay(true)?;
        }
        Ok(Self {
            streams,
            rank: meet.rank,
            timeout: meet.timeout,
        })
    }

    /// The sum over all ranks.
    pub(super) async fn add_up(&mut self, step: u32, mut mine: Vec<f64>) -> io::Result<Vec<f64>> {
        let limit = self.timeout;
        if self.rank != 0 {
            for master in &mut self.streams {
                let exchange = async {
                    send(master, step, &mine).await?;
                    receive(master, step, mine.len()).await
                };
                mine = within(limit, &format!("step {step} with rank 0"), exchange).await?;
            }
            return Ok(mine);
        }
        for (rank, peer) in (1..).zip(&mut self.streams) {
            let what = format!("step {step} of rank {rank}");
            let theirs = within(limit, &what, receive(peer, step, mine.len())).await?;
            mine.iter_mut()
                .zip(theirs)
                .for_each(|(sum, part)| *sum += part);
        }
        for (rank, peer) in (1..).zip(&mut self.streams) {
            let what = format!("sending the sum of step {step} to rank {rank}");
            within(limit, &what, send(peer, step, &mine)).await?;
        }
        Ok(mine)
    }
}

async fn within<T>(
    limit: Duration,
    what: &str,
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    match timeout(limit, work).await {
        Ok(done) => done.map_err(|error| io::Error::new(error.kind(), format!("{what}: {error}"))),
        Err(_) => {
            let text = format!("{what}: nothing happened for {} s", limit.as_secs_f64());
            Err(io::Error::new(io::ErrorKind::TimedOut, text))
        }
    }
}

/// Strangers that come to the port are ignored, and so is a second rank of one number.
async fn gather(meet: &Rendezvous) -> io::Result<Vec<TcpStream>> {
    let listener = TcpListener::bind(&meet.master).await?;
    let mut seats: Vec<Option<TcpStream>> = (1..meet.world_size).map(|_| None).collect();
    let mut greeted = JoinSet::new();
    let all = async {
        while seats.iter().any(Option::is_none) {
            tokio::select! {
                arrived = listener.accept() => {
                    let greeting = greeted_rank(arrived?.0, meet.world_size);
                    greeted.spawn(timeout(GREETING_LIMIT, greeting));
                }
                Some(greeting) = greeted.join_next() => {
                    let Ok(Ok(Ok((rank, stream)))) = greeting else { continue };
                    let seat = (rank as usize).checked_sub(1);
                    match seat.and_then(|seat| seats.get_mut(seat)) {
                        Some(seat) if seat.is_none() => *seat = Some(stream),
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    };
    let what = format!(
        "waiting for {} ranks at {}",
        meet.world_size - 1,
        meet.master
    );
    within(meet.timeout, &what, all).await?;
    Ok(seats.into_iter().flatten().collect())
}

/// The rank that says hello.
async fn greeted_rank(mut stream: TcpStream, world_size: u32) -> io::Result<(u32, TcpStream)> {
    let mut greeting = [0; 16];
    stream.read_exact(&mut greeting).await?;
    if greeting.starts_with(GREETING) && u32_at(&greeting, 12) == world_size {
        Ok((u32_at(&greeting, 8), stream))
    } else {
        Err(io::Error::from(io::ErrorKind::InvalidData))
    }
}

async fn connect(meet: &Rendezvous) -> io::Result<TcpStream> {
    let try_on = async {
        loop {
            match TcpStream::connect(&meet.master).await {
                Ok(mut stream) => {
                    let mut greeting = GREETING.to_vec();
                    greeting.extend(meet.rank.to_le_bytes());
                    greeting.extend(meet.world_size.to_le_bytes());
                    stream.write_all(&greeting).await?;
                    return Ok(stream);
                }
                Err(_) => sleep(RETRY).await,
            }
        }
    };
    within(
        meet.timeout,
        &format!("connecting to rank 0 at {}", meet.master),
        try_on,
    )
    .await
}

async fn send(stream: &mut TcpStream, step: u32, numbers: &[f64]) -> io::Result<()> {
    let length = u32::try_from(numbers.len()).map_err(io::Error::other)?;
    let mut frame = Vec::with_capacity(8 + numbers.len() * 8);
    frame.extend(step.to_le_bytes());
    frame.extend(length.to_le_bytes());
    frame.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    stream.write_all(&frame).await
}

async fn receive(stream: &mut TcpStream, step: u32, length: usize) -> io::Result<Vec<f64>> {
    let mut head = [0; 8];
    stream.read_exact(&mut head).await?;
    let (their_step, their_length) = (u32_at(&head, 0), u32_at(&head, 4) as usize);
    if their_step != step || their_length != length || length > MAX_LENGTH {
        let text = format!("out of step: got step {their_step} with {their_length} numbers");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    let mut body = vec![0; length * 8];
    stream.read_exact(&mut body).await?;
    let (numbers, _) = body.as_chunks::<8>();
    Ok(numbers
        .iter()
        .map(|bytes| f64::from_le_bytes(*bytes))
        .collect())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    (0..4)
        .map(|index| u32::from(bytes[at + index]) << (8 * index))
        .sum()
}
