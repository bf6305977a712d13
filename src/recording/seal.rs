//! A recording with a password: its parts under a file key, and that key under the password (docs/jnr-format.md). Pure.
//!
//! In: random bytes, SHA-1 of a password (all that a server is told at a playback, wire/05 section 9), parts of a file. Out: sealed
//! parts, opened ones, and the key slot that stands in the file. AES-256-GCM throughout; PBKDF2 with HMAC-SHA-256 makes guessing slow.

use std::num::NonZeroU32;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::pbkdf2;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::hit::password::PasswordHash;

/// Bytes that sealing adds to a part.
pub const TAG_LEN: usize = 16;
/// Length of an encoded key slot.
pub const KEY_SLOT_LEN: usize = 84;
/// Random bytes for wrapping a key: salt and nonce.
pub const WRAP_RANDOM: usize = SALT_LEN + NONCE_LEN;

/// The library refused to encrypt: it takes no part of this size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a part of the recording cannot be sealed")]
pub struct SealError;

/// The key of one file. Erased when dropped; a file that is written anew gets a new one, so no nonce is used twice.
#[derive(ZeroizeOnDrop)]
pub struct FileKey([u8; 32]);

/// A file key under a password, as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySlot {
    iterations: u32,
    salt: [u8; SALT_LEN],
    nonce: [u8; NONCE_LEN],
    wrapped: [u8; 32 + TAG_LEN],
}

impl FileKey {
    /// A new key of random bytes.
    pub fn from_random(random: [u8; 32]) -> FileKey {
        FileKey(random)
    }

    /// Seals the state part of the segment with this number; `context` is what it must stand with.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn seal(&self, sequence: u64, context: &[u8], part: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut sealed = Vec::with_capacity(part.len() + TAG_LEN);
        sealed.extend_from_slice(part);
        seal_with(&self.0, state_nonce(sequence), context, &mut sealed)?;
        Ok(sealed)
    }

    /// Opens what [`FileKey::seal`] made. `None`: it is not that, or stands elsewhere.
    pub fn open(&self, sequence: u64, context: &[u8], sealed: Vec<u8>) -> Option<Vec<u8>> {
        open_with(&self.0, state_nonce(sequence), context, sealed)
    }

    /// Puts this key under a password. Takes a good part of a second, on purpose.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn wrap(&self, password: &PasswordHash, random: [u8; WRAP_RANDOM]) -> Result<KeySlot, SealError> {
        let (Some(salt), Some(nonce)) = (random.first_chunk().copied(), random.last_chunk().copied()) else {
            return Err(SealError);
        };
        let mut wrapped = Zeroizing::new(self.0.to_vec());
        let key = derive(password, &salt, ITERATIONS).ok_or(SealError)?;
        seal_with(&key, nonce, WRAP_CONTEXT, &mut wrapped)?;
        let wrapped = wrapped.first_chunk().copied().ok_or(SealError)?;
        Ok(KeySlot { iterations: ITERATIONS, salt, nonce, wrapped })
    }
}

impl KeySlot {
    /// The key, if the password is this one. Takes as long as [`FileKey::wrap`].
    pub fn unwrap(&self, password: &PasswordHash) -> Option<FileKey> {
        let key = derive(password, &self.salt, self.iterations)?;
        let opened = Zeroizing::new(open_with(&key, self.nonce, WRAP_CONTEXT, self.wrapped.to_vec())?);
        opened.first_chunk().copied().map(FileKey)
    }

    /// The bytes in the control slot.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(KEY_SLOT_LEN);
        out.extend_from_slice(&METHOD.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&self.iterations.to_le_bytes());
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.wrapped);
        out
    }

    /// Reads a key slot. `None`: of a method that is not known, or one that would take for ever.
    pub fn decode(bytes: &[u8]) -> Option<KeySlot> {
        let (method, rest) = bytes.split_first_chunk()?;
        let (_, rest) = rest.split_first_chunk::<2>()?;
        let (iterations, rest) = rest.split_first_chunk()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let wrapped = rest.first_chunk()?;
        let iterations = u32::from_le_bytes(*iterations);
        let known = u16::from_le_bytes(*method) == METHOD && (1..=MAX_ITERATIONS).contains(&iterations);
        known.then_some(KeySlot { iterations, salt: *salt, nonce: *nonce, wrapped: *wrapped })
    }
}

fn derive(password: &PasswordHash, salt: &[u8; SALT_LEN], iterations: u32) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    let secret = Zeroizing::new(password.to_bytes());
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, NonZeroU32::new(iterations)?, salt, &secret[..], &mut key[..]);
    Some(key)
}

fn seal_with(key: &[u8; 32], nonce: [u8; NONCE_LEN], context: &[u8], part: &mut Vec<u8>) -> Result<(), SealError> {
    let key = UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| SealError)?;
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::from(context), part).map_err(|_| SealError)
}

fn open_with(key: &[u8; 32], nonce: [u8; NONCE_LEN], context: &[u8], mut sealed: Vec<u8>) -> Option<Vec<u8>> {
    let key = UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).ok()?;
    let nonce = Nonce::assume_unique_for_key(nonce);
    let len = key.open_in_place(nonce, Aad::from(context), &mut sealed).ok()?.len();
    sealed.truncate(len);
    Some(sealed)
}

/// The segment's number, and the part's: 0 is the state part.
fn state_nonce(sequence: u64) -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    for (place, byte) in nonce.iter_mut().zip(sequence.to_le_bytes()) {
        *place = byte;
    }
    nonce
}

const SALT_LEN: usize = 16;
const NONCE_LEN: usize = 12;
/// PBKDF2 with HMAC-SHA-256, then AES-256-GCM.
const METHOD: u16 = 1;
const ITERATIONS: u32 = 600_000;
/// A file that asks for more would only keep a processor busy.
const MAX_ITERATIONS: u32 = 3_000_000;
const WRAP_CONTEXT: &[u8] = b"HITJNR file key 1";

#[cfg(test)]
mod tests {
    use super::*;

    const SESAME: &str = "sesame";

    fn key() -> FileKey {
        FileKey::from_random([7; 32])
    }

    #[test]
    fn a_part_opens_in_its_own_place_and_nowhere_else() {
        let sealed = key().seal(5, b"head", b"what was said").unwrap();
        assert_eq!(sealed.len(), 13 + TAG_LEN);
        assert!(!sealed.windows(4).any(|bytes| bytes == b"what"));
        assert_eq!(key().open(5, b"head", sealed.clone()).as_deref(), Some(&b"what was said"[..]));
        assert_eq!(key().open(6, b"head", sealed.clone()), None);
        assert_eq!(key().open(5, b"haed", sealed.clone()), None);
        assert_eq!(FileKey::from_random([8; 32]).open(5, b"head", sealed.clone()), None);
        for at in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            assert_eq!(key().open(5, b"head", bad), None, "byte {at}");
        }
        assert_eq!(key().open(5, b"head", sealed[..TAG_LEN - 1].to_vec()), None);
    }

    #[test]
    fn a_key_is_had_with_its_password_alone() {
        let slot = key().wrap(&PasswordHash::of(SESAME), [3; WRAP_RANDOM]).unwrap();
        assert_eq!(slot.unwrap(&PasswordHash::of(SESAME)).map(|key| key.0), Some([7; 32]));
        assert!(slot.unwrap(&PasswordHash::of("Sesame")).is_none());
        let again = KeySlot::decode(&slot.encode()).unwrap();
        assert_eq!(again, slot);
        assert_eq!(slot.encode().len(), KEY_SLOT_LEN);
        assert!(!slot.encode().windows(4).any(|bytes| bytes == [7; 4]));
    }

    #[test]
    fn a_key_slot_of_another_method_or_without_end_is_not_taken() {
        let slot = key().wrap(&PasswordHash::of(SESAME), [3; WRAP_RANDOM]).unwrap();
        let with = |at: usize, bytes: [u8; 4]| {
            let mut encoded = slot.encode();
            encoded[at..at + 4].copy_from_slice(&bytes);
            KeySlot::decode(&encoded)
        };
        assert_eq!(with(0, [2, 0, 0, 0]), None);
        assert_eq!(with(4, 0u32.to_le_bytes()), None);
        assert_eq!(with(4, u32::MAX.to_le_bytes()), None);
        assert!(with(4, MAX_ITERATIONS.to_le_bytes()).is_some());
        assert_eq!(KeySlot::decode(&slot.encode()[..KEY_SLOT_LEN - 1]), None);
        assert_eq!(KeySlot::decode(&[0; 384]), None);
    }
}
