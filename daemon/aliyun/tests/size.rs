//! How much of an answer is read.

#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

mod common;

use aliyun::Effect;
use common::{Server, Step, answer, options, post, transport};

#[tokio::test]
async fn answers_have_a_largest_size() {
    let large = format!("{{\"JobId\":\"{}\"}}", "x".repeat(33 << 20));
    let server = Server::start(vec![answer(200, &[], &large)]).await;
    let error = transport(options())
        .call(&post(&server.endpoint()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.effect()),
        ("Client.AnswerTooLarge", aliyun::Effect::Unknown)
    );
}

/// A gzip file of `head`, then `runs` times 258 bytes `x`, then `tail`, in one deflate block of
/// fixed Huffman codes (RFC 1951 §3.2.6, RFC 1952).
fn gzip(head: &str, runs: usize, tail: &str) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(0b1, 1);
    bits.push(0b01, 2);
    for byte in head.bytes().chain([b'x']) {
        bits.literal(byte);
    }
    for _ in 0..runs {
        // Length 258 (symbol 285), distance 1.
        bits.code(0b1100_0101, 8);
        bits.code(0, 5);
    }
    for byte in tail.bytes() {
        bits.literal(byte);
    }
    bits.code(0, 7);

    let plain = format!("{head}x{}{tail}", "x".repeat(258 * runs));
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    file.extend(bits.bytes);
    file.extend(crc32(plain.as_bytes()).to_le_bytes());
    file.extend(u32::try_from(plain.len()).unwrap().to_le_bytes());
    file
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    /// Lowest bit first, as deflate has its numbers.
    fn push(&mut self, value: u32, count: u32) {
        for at in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if value >> at & 1 == 1 {
                *self.bytes.last_mut().unwrap() |= 1 << (self.used % 8);
            }
            self.used += 1;
        }
    }

    /// Highest bit first, as deflate has its Huffman codes.
    fn code(&mut self, code: u32, count: u32) {
        self.push(code.reverse_bits() >> (32 - count), count);
    }

    /// Of the bytes below 144, which ASCII is.
    fn literal(&mut self, byte: u8) {
        self.code(0x30 + u32::from(byte), 8);
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    !crc
}

fn gzipped(body: &[u8]) -> Step {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    Step::Bytes([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn the_largest_size_holds_for_what_is_unpacked() {
    let small = gzip("{\"JobId\":\"", 2, "\"}");
    let bomb = gzip("{\"JobId\":\"", (33 << 20) / 258, "\"}");
    assert!(bomb.len() < 256 << 10, "{}", bomb.len());
    let server = Server::start(vec![gzipped(&small), gzipped(&bomb)]).await;
    let transport = transport(options());
    let found = transport.call(&post(&server.endpoint())).await.unwrap();
    assert_eq!(found.body["JobId"].as_str().map(str::len), Some(517));
    let error = transport.call(&post(&server.endpoint())).await.unwrap_err();
    assert_eq!(
        (error.code(), error.effect()),
        ("Client.AnswerTooLarge", Effect::Unknown)
    );
}
