//! The message `JobChunk`, written by hand: a long list is encoded where the store is read, and not on the thread that serves
//! everybody.

use prost::{
    DecodeError, Message,
    bytes::{Buf, BufMut, Bytes},
    encoding::{self, DecodeContext, WireType},
};

use crate::v1::Job;

const JOBS: u32 = 1;

/// A part of a snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobChunk {
    /// In the order of the list; one chunk goes on where the one before ended.
    pub jobs: Vec<Job>,
    /// Goes out in place of the jobs where it is set; see [`JobChunk::encoded`]. Never set in one that was received.
    pub encoded: Option<Bytes>,
}

impl JobChunk {
    /// The same jobs, encoded.
    #[must_use]
    pub fn encoded(jobs: Vec<Job>) -> Self {
        let plain = Self {
            jobs,
            encoded: None,
        };
        Self {
            jobs: Vec::new(),
            encoded: Some(plain.encode_to_vec().into()),
        }
    }
}

impl Message for JobChunk {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        match &self.encoded {
            Some(bytes) => buf.put_slice(bytes),
            None => encoding::message::encode_repeated(JOBS, &self.jobs, buf),
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            JOBS => encoding::message::merge_repeated(wire_type, &mut self.jobs, buf, context),
            _ => encoding::skip_field(wire_type, tag, buf, context),
        }
    }

    fn encoded_len(&self) -> usize {
        match &self.encoded {
            Some(bytes) => bytes.len(),
            None => encoding::message::encoded_len_repeated(JOBS, &self.jobs),
        }
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs() -> Vec<Job> {
        let job = |uid: &str| Job {
            uid: uid.into(),
            ..Default::default()
        };
        vec![job("job-1"), Job::default(), job("job-3")]
    }

    #[test]
    fn it_comes_back_encoded_before_or_now() {
        let plain = JobChunk {
            jobs: jobs(),
            encoded: None,
        };
        let before = JobChunk::encoded(jobs());
        assert_eq!(before.encode_to_vec(), plain.encode_to_vec());
        for chunk in [&plain, &before] {
            let bytes = chunk.encode_to_vec();
            assert_eq!(bytes.len(), chunk.encoded_len());
            assert_eq!(JobChunk::decode(bytes.as_slice()).as_ref(), Ok(&plain));
        }
    }
}
