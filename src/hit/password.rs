//! The password of a service request (guide 3.1/4 and 3.10): both sides know only its SHA-1.
//!
//! In: a password, its Base64 text form, or the bytes that a client sent. Out: the hash. A hash is as good as the password
//! for getting in, so it is kept like one: not shown, compared in constant time, erased when dropped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// The known client takes passwords of at most so many bytes of UTF-8 (wire/01 section 5.2).
pub const MAX_PASSWORD: usize = 27;

/// SHA-1 of a UTF-8 password.
#[derive(Clone, ZeroizeOnDrop)]
pub struct PasswordHash([u8; 20]);

impl PasswordHash {
    /// The hash of a password of any length. Ask [`check_password`] first where somebody chooses one.
    pub fn of(password: &str) -> PasswordHash {
        PasswordHash::of_bytes(password.as_bytes())
    }

    /// The hash of a password as a client sends one to be set (wire/02 section 9.1): UTF-8, if all is well.
    pub fn of_bytes(password: &[u8]) -> PasswordHash {
        PasswordHash(Sha1::digest(password).into())
    }

    /// A hash as the wire carries it.
    pub fn from_bytes(hash: [u8; 20]) -> PasswordHash {
        PasswordHash(hash)
    }

    /// Reads the text of the element `password`. White space around it is allowed.
    ///
    /// # Errors
    /// It is not the Base64 of 20 bytes.
    pub fn from_base64(text: &str) -> Result<PasswordHash, PasswordError> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| PasswordError::NotBase64)?);
        let hash = <[u8; 20]>::try_from(bytes.as_slice()).map_err(|_| PasswordError::HashLength(bytes.len()))?;
        Ok(PasswordHash(hash))
    }

    /// The text of the element `password`, 28 characters.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// The hash as the wire carries it, to be encrypted.
    pub fn to_bytes(&self) -> [u8; 20] {
        self.0
    }

    /// Whether a client's hash is this one. Takes the same time for every answer.
    pub fn matches(&self, given: &[u8; 20]) -> bool {
        self.0.ct_eq(given).into()
    }
}

impl PartialEq for PasswordHash {
    fn eq(&self, other: &PasswordHash) -> bool {
        self.matches(&other.0)
    }
}

impl Eq for PasswordHash {}

// Shows that there is one, never which.
impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// Says whether the known client could send this password.
///
/// # Errors
/// It has more than [`MAX_PASSWORD`] bytes in UTF-8.
pub fn check_password(password: &str) -> Result<(), PasswordError> {
    if password.len() > MAX_PASSWORD { Err(PasswordError::TooLong(password.len())) } else { Ok(()) }
}

/// A password or a hash that cannot be used. It never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The element's text is something else.
    #[error("expected the Base64 of a SHA-1 hash (28 characters) as the password")]
    NotBase64,
    /// Base64, but of something else.
    #[error("expected a password hash of 20 bytes, got {0}: it must be the SHA-1 of the password")]
    HashLength(usize),
    /// No client could enter it.
    #[error("the password has {0} bytes in UTF-8, the client takes at most {MAX_PASSWORD}: choose a shorter one")]
    TooLong(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_the_guides_password_has_the_guides_text() {
        let hash = PasswordHash::of("testpassword");
        assert_eq!(hash.to_base64(), "i7YRj4/Wk1rQh2o740pxfTJwj/0=");
        let read = PasswordHash::from_base64("\n i7YRj4/Wk1rQh2o740pxfTJwj/0=\t").unwrap();
        assert!(read.matches(&hash.to_bytes()));
        assert_eq!(read, PasswordHash::from_bytes(hash.to_bytes()));
    }

    #[test]
    fn a_hash_that_differs_in_any_bit_does_not_match() {
        let hash = PasswordHash::of("testpassword");
        for bit in 0..160 {
            let mut other = hash.to_bytes();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!hash.matches(&other));
        }
    }

    #[test]
    fn text_that_is_no_hash_is_refused() {
        for text in ["", "testpassword", "i7YRj4/Wk1rQh2o740pxfTJwj/0", "i7YRj4/Wk1rQh2o740pxfTJwj/1=", "é"] {
            assert!(PasswordHash::from_base64(text).is_err(), "{text}");
        }
        assert_eq!(PasswordHash::from_base64("AAAA").err(), Some(PasswordError::HashLength(3)));
    }

    #[test]
    fn the_clients_limit_counts_bytes() {
        assert_eq!(check_password(&"x".repeat(27)), Ok(()));
        assert_eq!(check_password(&"x".repeat(28)), Err(PasswordError::TooLong(28)));
        assert_eq!(check_password("密碼密碼密碼密碼密碼"), Err(PasswordError::TooLong(30)));
    }

    #[test]
    fn debug_output_does_not_show_the_hash() {
        assert_eq!(format!("{:?}", PasswordHash::of("secret")), "PasswordHash(..)");
    }
}
