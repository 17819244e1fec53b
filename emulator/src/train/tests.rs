use std::net::TcpListener;

use super::*;

fn training(rank: u32, world_size: u32, port: u16) -> Training {
    Training {
        steps: 60,
        duration: Duration::ZERO,
        seed: 7,
        learning_rate: 0.5,
        rendezvous: Rendezvous {
            rank,
            world_size,
            master: format!("127.0.0.1:{port}"),
            timeout: Duration::from_secs(20),
        },
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

#[tokio::test]
async fn the_loss_falls_because_the_network_learns() {
    let mut lines = Vec::new();
    let learned = train(&training(0, 1, 0), |line| lines.push(line.to_owned()))
        .await
        .unwrap();
    let (first, last) = (learned.losses[0], learned.losses[59]);
    assert!(last < 0.6 * first, "{first} to {last}");
    assert!(lines[1].starts_with("step 1/60 loss "), "{}", lines[1]);
    assert_eq!(lines.len(), 62);

    let still = Training {
        learning_rate: 0.0,
        ..training(0, 1, 0)
    };
    let still = train(&still, |_| {}).await.unwrap();
    assert_eq!(
        still.losses[0], still.losses[59],
        "without updates nothing is learned"
    );
}

#[tokio::test]
async fn three_ranks_end_with_the_weights_of_one() {
    let port = free_port();
    let rank = |rank| async move { train(&training(rank, 3, port), |_| {}).await.unwrap() };
    let (a, b, c) = tokio::join!(rank(0), rank(1), rank(2));
    assert_eq!(a, b);
    assert_eq!(b, c);
    let alone = train(&training(0, 1, 0), |_| {}).await.unwrap();
    for (together, alone) in a.losses.iter().zip(&alone.losses) {
        assert!((together - alone).abs() < 1e-9, "{together} {alone}");
    }
}

#[tokio::test]
async fn strangers_at_the_port_are_ignored() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let port = free_port();
    let (lead, follow) = (training(0, 2, port), training(1, 2, port));
    let leading = tokio::spawn(async move { train(&lead, |_| {}).await });
    let call = async || loop {
        if let Ok(stream) = tokio::net::TcpStream::connect(("127.0.0.1", port)).await {
            return stream;
        }
        assert!(!leading.is_finished(), "rank 0 gave up");
        tokio::task::yield_now().await;
    };
    let _silent = call().await;
    let greetings = [
        *b"GET / HTTP/1.1\r\n",
        *b"PAITRAIN\x01\0\0\0\x03\0\0\0",
        *b"PAITRAIN\0\0\0\0\x02\0\0\0",
        *b"PAITRAIN\x02\0\0\0\x02\0\0\0",
    ];
    for greeting in greetings {
        let mut stranger = call().await;
        stranger.write_all(&greeting).await.unwrap();
        let read = stranger.read(&mut [0; 1]).await;
        assert!(matches!(read, Ok(0) | Err(_)), "it is hung up on: {read:?}");
    }
    let followed = train(&follow, |_| {}).await.unwrap();
    assert_eq!(leading.await.unwrap().unwrap(), followed);
}

#[tokio::test]
async fn a_missing_rank_is_named() {
    let mut lonely = training(0, 2, free_port());
    lonely.rendezvous.timeout = Duration::from_millis(50);
    let error = train(&lonely, |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(error.to_string().contains("waiting for 1 ranks"), "{error}");

    lonely.rendezvous.rank = 1;
    let error = train(&lonely, |_| {}).await.unwrap_err();
    assert!(
        error.to_string().contains("connecting to rank 0"),
        "{error}"
    );
}
