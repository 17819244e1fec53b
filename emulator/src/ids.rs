//! Names made up by the cloud. All are random, so that two emulators never hand out the same.

use rand::RngExt;

const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const ALNUM: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn pick(alphabet: &[u8], length: usize) -> String {
    let mut rng = rand::rng();
    (0..length)
        .map(|_| char::from(alphabet[rng.random_range(0..alphabet.len())]))
        .collect()
}

/// `dlc` and 13 letters or digits: 16 characters in all, as the real ones have.
pub(crate) fn job_id() -> String {
    format!("dlc{}", pick(BASE36, 13))
}

/// An access key id that cannot be taken for a real one.
pub(crate) fn access_key_id() -> String {
    format!("LTAIemu{}", pick(ALNUM, 17))
}

/// 40 characters of 62: more than 230 bits.
pub(crate) fn access_key_secret() -> String {
    pick(ALNUM, 40)
}

/// A random (version 4) UUID in lower case.
pub(crate) fn uuid() -> String {
    let random: u128 = rand::random();
    let bits = random & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// The `RequestId` of an answer: an upper-case UUID.
pub(crate) fn request_id() -> String {
    uuid().to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_ids_have_the_shape_clients_check() {
        let id = job_id();
        assert_eq!(id.len(), 16);
        assert!(id.starts_with("dlc"));
        assert!(
            id.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        );
        assert_ne!(id, job_id());
    }

    #[test]
    fn uuids_are_version_4() {
        let id = uuid();
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&id.as_bytes()[19]));
    }

    #[test]
    fn keys_are_long_and_marked() {
        assert!(access_key_id().starts_with("LTAIemu"));
        assert!(access_key_secret().len() >= 32);
    }
}
