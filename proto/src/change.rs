//! The message `Change`, written by hand: what is told to many is encoded once for all of them.

use prost::{
    DecodeError, Message,
    bytes::{Buf, BufMut, Bytes},
    encoding::{self, DecodeContext, WireType},
};

use crate::v1::{Event, Job};

const EVENT: u32 = 1;
const JOB: u32 = 2;

/// An event, and the job as it was known after it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// Unset for the present state.
    pub event: Option<Event>,
    /// The job as known when this frame was made: its `rev` may be higher than the event's. Unset for events of a scope, and
    /// for a job that is no longer known.
    pub job: Option<Job>,
    /// Goes out in place of the others where it is set; see [`Change::encoded`]. Never set in one that was received.
    pub encoded: Option<Bytes>,
}

impl Change {
    /// One that goes out as these bytes, which are a `Change`.
    pub fn encoded(bytes: Bytes) -> Self {
        Self {
            encoded: Some(bytes),
            ..Self::default()
        }
    }
}

impl Message for Change {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        if let Some(bytes) = &self.encoded {
            return buf.put_slice(bytes);
        }
        if let Some(event) = &self.event {
            encoding::message::encode(EVENT, event, buf);
        }
        if let Some(job) = &self.job {
            encoding::message::encode(JOB, job, buf);
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
            EVENT => {
                let event = self.event.get_or_insert_default();
                encoding::message::merge(wire_type, event, buf, context)
            }
            JOB => {
                let job = self.job.get_or_insert_default();
                encoding::message::merge(wire_type, job, buf, context)
            }
            _ => encoding::skip_field(wire_type, tag, buf, context),
        }
    }

    fn encoded_len(&self) -> usize {
        if let Some(bytes) = &self.encoded {
            return bytes.len();
        }
        let event = self.event.as_ref();
        let job = self.job.as_ref();
        event.map_or(0, |event| encoding::message::encoded_len(EVENT, event))
            + job.map_or(0, |job| encoding::message::encoded_len(JOB, job))
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change() -> Change {
        Change {
            event: Some(Event {
                rev: 7,
                ..Default::default()
            }),
            job: Some(Job {
                uid: "job-1".into(),
                rev: 9,
                ..Default::default()
            }),
            encoded: None,
        }
    }

    #[test]
    fn it_comes_back_encoded_once_or_each_time() {
        let bytes = change().encode_to_vec();
        assert_eq!(bytes.len(), change().encoded_len());
        assert_eq!(Change::decode(bytes.as_slice()), Ok(change()));
        let once = Change::encoded(bytes.clone().into());
        assert_eq!(once.encode_to_vec(), bytes);
        assert_eq!(once.encoded_len(), bytes.len());
    }

    #[test]
    fn what_a_later_version_adds_is_passed_over() {
        let mut bytes = change().encode_to_vec();
        encoding::string::encode(15, &"new".to_owned(), &mut bytes);
        assert_eq!(Change::decode(bytes.as_slice()), Ok(change()));
    }
}
