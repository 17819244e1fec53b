//! Reads answers, and tells what the lack of one means.

use crate::aside;
use crate::error::{self, Effect, Error};
use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap};
use serde_json::{Map, Value};
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// No answer of the API comes near it; beyond it the body is given up.
const MAX_BODY: usize = 32 << 20;

/// Our own code of an answer that is larger than what is taken (32 MiB): asking again would not help, asking for less would.
pub const ANSWER_TOO_LARGE: &str = "Client.AnswerTooLarge";

/// A success: the object that the service answered with.
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// The body; empty for a 204.
    pub body: Map<String, Value>,
    /// From the body, else from the `x-acs-request-id` header.
    pub request_id: Option<String>,
    /// HTTP status, 200 as a rule.
    pub status: u16,
    /// The server's time, from the `Date` header.
    pub date: Option<Timestamp>,
    /// Length of the body as it was read, in bytes.
    pub size: usize,
}

impl Answer {
    pub(super) async fn parse(head: &Head, body: Bytes) -> Result<Self, Error> {
        let (status, size) = (head.status, body.len());
        let body = if status == 204 && body.is_empty() {
            Map::new()
        } else {
            let unreadable = |why| Error::unreadable(why, status, head.request_id());
            match aside(size, move || serde_json::from_slice(&body)).await {
                Ok(Value::Object(body)) => body,
                Ok(_) => return Err(unreadable("not a JSON object")),
                Err(error) if error.is_eof() => return Err(unreadable("the JSON is cut off")),
                Err(_) => return Err(unreadable("not JSON")),
            }
        };
        let request_id = error::request_id(&body).or_else(|| head.request_id());
        Ok(Self {
            body,
            request_id,
            status,
            date: head.date(),
            size,
        })
    }

    /// Replaces secrets in what is shown and logged.
    pub(super) fn withhold(&mut self, secrets: &[&str]) {
        if let Some(id) = &mut self.request_id {
            *id = error::withhold(id, secrets);
        }
    }

    /// The error for a success that lacks what it had to bring: the effect is unknown.
    pub fn unreadable(&self, why: &str) -> Error {
        Error::unreadable(why, self.status, self.request_id.clone())
    }
}

impl fmt::Debug for Answer {
    /// Leaves the body out: it may hold secrets of the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// Status and headers of any answer.
pub(super) struct Head {
    pub(super) status: u16,
    headers: HeaderMap,
}

impl Head {
    pub(super) fn of(response: &reqwest::Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
        }
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?.as_bytes();
        Some(String::from_utf8_lossy(value).into_owned())
    }

    pub(super) fn request_id(&self) -> Option<String> {
        self.header("x-acs-request-id").filter(|id| !id.is_empty())
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        error::retry_after(|name| self.header(name))
    }

    pub(super) fn date(&self) -> Option<Timestamp> {
        let text = self.headers.get(DATE)?.to_str().ok()?;
        rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
    }

    /// The answer began, but its body did not arrive whole.
    fn cut(&self, code: &str, message: &str) -> Error {
        Error::incomplete(code, message, self.status, self.request_id())
    }
}

/// Collects the body up to [`MAX_BODY`], counted after decompression.
pub(super) async fn read_body(
    mut response: reqwest::Response,
    head: &Head,
) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_BODY => {
                return Err(head.cut(ANSWER_TOO_LARGE, "the answer is larger than 32 MiB"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) if error.is_timeout() => {
                return Err(head.cut("Client.Timeout", "the answer did not end in time"));
            }
            Err(error) => {
                let message = format!("the answer was cut off: {}", chain(&error.without_url()));
                return Err(head.cut("Client.ConnectionCut", &message));
            }
        }
    }
}

/// No answer: the request was certainly not written only if no connection came about.
pub(super) fn unanswered(error: reqwest::Error) -> Error {
    let timeout = error.is_timeout();
    let connect = error.is_connect();
    let why = chain(&error.without_url());
    match (connect, timeout) {
        (true, true) => Error::unanswered(
            "Client.ConnectTimeout",
            "no connection within the time limit",
            Effect::None,
        ),
        (true, false) => Error::unanswered(
            "Client.ConnectFailed",
            &format!("no connection: {why}"),
            Effect::None,
        ),
        (false, true) => Error::unanswered(
            "Client.Timeout",
            "no answer within the time limit",
            Effect::Unknown,
        ),
        (false, false) => Error::unanswered(
            "Client.ConnectionCut",
            &format!("the connection ended before an answer: {why}"),
            Effect::Unknown,
        ),
    }
}

/// An error and its causes in one line; each cause only once.
pub(super) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}
