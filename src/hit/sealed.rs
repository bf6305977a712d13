//! Sealed messages: the userinfo of a jnj, and what MCU and third party say to each other (guide 2, 4.3; authentication-relay).
//!
//! In: a message and the key of a pair of parties, or a sealed text. Out: the text, or the message if it is genuine. Its age and
//! meaning are not judged here. Session bytes are drawn by the caller, afresh for every message.
//!
//! Either party can make a message of the other, since both hold the same agreed value: that is the scheme.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cfb8::cipher::KeyIvInit as _;
use des::TdesEde3;
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::keys::{KeyName, KeyNameError, PrivateKey, PublicKey};
use super::modp::ModpError;

/// A sealed text has at most so many bytes: clients cut a userinfo below 10,000 (wire/01 section 11).
pub const MAX_SEALED: usize = 9_999;

/// What encrypts session keys between two parties. The same for all their messages, and costly to make: keep it. It has no `Debug`,
/// and is erased when dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct SealingKey(Pair);

impl SealingKey {
    /// Agrees on the key of one's own private and the other party's public key; both ends get the same.
    ///
    /// # Errors
    /// None in practice: a [`PublicKey`] was checked when it was made.
    pub fn new(own: &PrivateKey, peer: &PublicKey) -> Result<SealingKey, ModpError> {
        let agreed = own.agree(peer)?;
        let z = agreed.expose();
        let mut pair = Pair { key: [0; 24], iv: [0; 8] };
        let digest = Zeroizing::new(<[u8; 20]>::from(Sha1::digest(z)));
        pair.key.iter_mut().zip(digest.iter().chain(z)).for_each(|(to, from)| *to = *from);
        pair.iv.iter_mut().zip(z.iter().skip(4)).for_each(|(to, from)| *to = *from);
        Ok(SealingKey(pair))
    }
}

/// Seals a message. `site` is the sender's key, `session_random` 32 bytes from the operating system's random generator.
///
/// # Errors
/// [`SealedError::TooLong`] if the text would have more than [`MAX_SEALED`] bytes.
pub fn seal(site: &KeyName, key: &SealingKey, message: &[u8], session_random: [u8; 32]) -> Result<String, SealedError> {
    let encoded = |bytes: usize| bytes.div_ceil(3).saturating_mul(4);
    let length = [32, message.len(), 20]
        .into_iter()
        .fold(site.as_str().len(), |sum, part| sum.saturating_add(1 + encoded(part)));
    if length > MAX_SEALED {
        return Err(SealedError::TooLong(length));
    }

    let mut session = Zeroizing::new(session_random);
    let pair = Pair::of_session(&session);
    key.0.encrypt(&mut *session);
    let mut body = message.to_vec();
    pair.encrypt(&mut body);
    let mut signature = <[u8; 20]>::from(Sha1::digest(message));
    pair.encrypt(&mut signature);

    let [session, body, signature] = [&*session, &*body, &signature].map(|part| STANDARD.encode(part));
    Ok(format!("{site}|{session}|{body}|{signature}"))
}

/// Who claims to have sealed a text: says which public key to open it with.
///
/// # Errors
/// The text is too long, has not four parts, or the name cannot be a key's.
pub fn site_of(sealed: &str) -> Result<KeyName, SealedError> {
    let [site, ..] = parts(sealed)?;
    Ok(KeyName::new(site)?)
}

/// Opens a text and checks its signature.
///
/// # Errors
/// The text is malformed, or was not sealed with this key, or was changed since.
pub fn open(sealed: &str, key: &SealingKey) -> Result<Vec<u8>, SealedError> {
    let [_, session, body, signature] = parts(sealed)?;
    let mut session: Zeroizing<[u8; 32]> = Zeroizing::new(exact("session key", session)?);
    let mut body = decode("message", body)?;
    let mut signature: [u8; 20] = exact("signature", signature)?;

    key.0.decrypt(&mut *session);
    let pair = Pair::of_session(&session);
    pair.decrypt(&mut body);
    pair.decrypt(&mut signature);
    if bool::from(Sha1::digest(&body).ct_eq(&signature)) { Ok(body) } else { Err(SealedError::Signature) }
}

/// A text that is not what a trusted party sealed for us, or could not be sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// Longer than clients carry.
    #[error("expected a sealed text of at most {MAX_SEALED} bytes, got {0}: shorten the request")]
    TooLong(usize),
    /// Not `SITE|SESSION|BODY|SIGNATURE`.
    #[error("expected four parts with '|' between them, got {0}")]
    Parts(usize),
    /// The first part names no key.
    #[error(transparent)]
    Site(#[from] KeyNameError),
    /// One of the other parts is damaged.
    #[error("expected the {0} in Base64")]
    NotBase64(&'static str),
    /// A part of a fixed length has another.
    #[error("expected {expected} bytes as the {part}, got {got}")]
    PartLength {
        /// Which part.
        part: &'static str,
        /// Its length.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// Sealed by or for somebody else, or changed on the way.
    #[error("invalid signature: it was sealed with another key, or changed since")]
    Signature,
}

/// A triple-DES key with its IV.
#[derive(Clone, ZeroizeOnDrop)]
struct Pair {
    key: [u8; 24],
    iv: [u8; 8],
}

impl Pair {
    /// Session bytes are the IV, then the key.
    fn of_session(session: &[u8; 32]) -> Pair {
        Pair {
            key: std::array::from_fn(|i| session.get(i + 8).copied().unwrap_or_default()),
            iv: std::array::from_fn(|i| session.get(i).copied().unwrap_or_default()),
        }
    }

    fn encrypt(&self, bytes: &mut [u8]) {
        cfb8::Encryptor::<TdesEde3>::new(&self.key.into(), &self.iv.into()).encrypt(bytes);
    }

    fn decrypt(&self, bytes: &mut [u8]) {
        cfb8::Decryptor::<TdesEde3>::new(&self.key.into(), &self.iv.into()).decrypt(bytes);
    }
}

fn parts(sealed: &str) -> Result<[&str; 4], SealedError> {
    if sealed.len() > MAX_SEALED {
        return Err(SealedError::TooLong(sealed.len()));
    }
    let parts: Vec<&str> = sealed.split('|').collect();
    <[&str; 4]>::try_from(parts).map_err(|parts| SealedError::Parts(parts.len()))
}

fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, SealedError> {
    STANDARD.decode(text).map_err(|_| SealedError::NotBase64(part))
}

fn exact<const N: usize>(part: &'static str, text: &str) -> Result<[u8; N], SealedError> {
    let bytes = decode(part, text)?;
    <[u8; N]>::try_from(bytes).map_err(|bytes| SealedError::PartLength { part, expected: N, got: bytes.len() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hit::keys::Passphrase;

    #[test]
    fn the_originals_messages_open_at_both_ends_and_seal_to_the_same_text() {
        let vectors = vectors();
        for vector in &vectors {
            let text = |name: &str| vector[name].as_str().unwrap();
            let (web, mcu) = (text("web_key"), text("mcu_key"));
            let at_mcu = SealingKey::new(&private(mcu, text("mcu_passphrase")), &public(web)).unwrap();
            let at_web = SealingKey::new(&private(web, text("web_passphrase")), &public(mcu)).unwrap();
            let (sealed, plain) = (text("userinfo"), text("plaintext").as_bytes());

            let site = site_of(sealed).unwrap();
            assert_eq!(site.as_str(), web);
            assert_eq!(open(sealed, &at_mcu).unwrap(), plain);
            assert_eq!(open(sealed, &at_web).unwrap(), plain);
            assert_eq!(seal(&site, &at_web, plain, session_of(sealed, &at_mcu)).unwrap(), sealed);
        }
        assert_eq!(vectors.len(), 12);
    }

    #[test]
    fn a_flipped_bit_in_any_part_is_noticed() {
        let key = sample_key();
        let sealed = sample(&key);
        let parts: Vec<&str> = sealed.split('|').collect();
        for part in 1..4 {
            let bytes = STANDARD.decode(parts[part]).unwrap();
            for bit in 0..bytes.len() * 8 {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let flipped = STANDARD.encode(flipped);
                let mut parts = parts.clone();
                parts[part] = &flipped;
                let opened = open(&parts.join("|"), &key);
                // DES ignores the lowest bit of every key byte, so such a flip may change nothing that counts.
                assert!(matches!(opened, Err(SealedError::Signature)) || (part == 1 && opened == open(&sealed, &key)));
            }
        }
    }

    #[test]
    fn a_changed_character_never_changes_the_message() {
        let key = sample_key();
        let sealed = sample(&key);
        let plain = open(&sealed, &key).unwrap();
        for at in 0..sealed.len() {
            for bit in 0..7 {
                let mut bytes = sealed.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let text = String::from_utf8(bytes).unwrap();
                if let Ok(opened) = open(&text, &key) {
                    assert_eq!(opened, plain);
                }
                let _ = site_of(&text);
            }
        }
    }

    #[test]
    fn truncated_texts_are_refused() {
        let key = sample_key();
        let sealed = sample(&key);
        for length in 0..sealed.len() {
            assert!(open(&sealed[..length], &key).is_err(), "{length}");
        }
    }

    #[test]
    fn missing_surplus_and_empty_parts_are_refused() {
        let key = sample_key();
        let sealed = sample(&key);
        for (text, parts) in [("", 1), ("a|b|c", 3), ("a|b|c|d|e", 5)] {
            assert_eq!(open(text, &key), Err(SealedError::Parts(parts)));
            assert_eq!(site_of(text), Err(SealedError::Parts(parts)));
        }
        assert_eq!(open("|||", &key), Err(SealedError::PartLength { part: "session key", expected: 32, got: 0 }));
        assert_eq!(site_of("|||"), Err(SealedError::Site(KeyNameError::Empty)));
        let without = |part: usize| {
            let mut parts: Vec<&str> = sealed.split('|').collect();
            parts[part] = "";
            parts.join("|")
        };
        assert_eq!(site_of(&without(0)), Err(SealedError::Site(KeyNameError::Empty)));
        assert!(matches!(open(&without(1), &key), Err(SealedError::PartLength { part: "session key", .. })));
        assert_eq!(open(&without(2), &key), Err(SealedError::Signature));
        assert!(matches!(open(&without(3), &key), Err(SealedError::PartLength { part: "signature", .. })));
    }

    #[test]
    fn parts_that_are_no_base64_are_named() {
        let key = sample_key();
        let sealed = sample(&key);
        for (part, name) in [(1, "session key"), (2, "message"), (3, "signature")] {
            for junk in ["*", "A", "AAAA\nAAAA", "會議", "AAAA====", " "] {
                let mut parts: Vec<&str> = sealed.split('|').collect();
                parts[part] = junk;
                assert_eq!(open(&parts.join("|"), &key), Err(SealedError::NotBase64(name)), "{junk}");
            }
        }
    }

    #[test]
    fn a_site_that_leads_out_of_the_folder_is_refused() {
        assert!(matches!(site_of("../../etc/passwd|A|B|C"), Err(SealedError::Site(KeyNameError::Unsafe(_)))));
        assert_eq!(site_of("key_web.x509|A|B|C").unwrap().as_str(), "key_web");
    }

    #[test]
    fn another_partys_key_does_not_open_a_message() {
        let sealed = sample(&sample_key());
        let stranger = PrivateKey::generate([3; 32]).unwrap();
        let key = SealingKey::new(&stranger, &public("key_mcu_sample")).unwrap();
        assert_eq!(open(&sealed, &key), Err(SealedError::Signature));
    }

    #[test]
    fn the_length_limit_holds_at_both_ends() {
        let (key, site) = (sample_key(), KeyName::new("key_web_sample").unwrap());
        // The name, three bars, and the Base64 of 32 and 20 bytes leave room for 9908 characters of message.
        let longest = vec![b'x'; 9908 / 4 * 3];
        let sealed = seal(&site, &key, &longest, [1; 32]).unwrap();
        assert_eq!(sealed.len(), 14 + 3 + 44 + 9908 + 28);
        assert_eq!(open(&sealed, &key), Ok(longest.clone()));
        let longer = [longest.as_slice(), b"x"].concat();
        assert_eq!(seal(&site, &key, &longer, [1; 32]), Err(SealedError::TooLong(sealed.len() + 4)));
        let long = "x".repeat(10_000);
        assert_eq!(open(&long, &key), Err(SealedError::TooLong(10_000)));
        assert_eq!(site_of(&long), Err(SealedError::TooLong(10_000)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_sealed_opens_again(message in prop::collection::vec(any::<u8>(), 0..2000), session: [u8; 32]) {
            let key = sample_key();
            let sealed = seal(&KeyName::new("k").unwrap(), &key, &message, session).unwrap();
            prop_assert_eq!(open(&sealed, &key), Ok(message));
            prop_assert_eq!(session_of(&sealed, &key), session);
        }

        #[test]
        fn any_text_is_answered_without_a_panic(text in "[A-Za-z0-9+/=|.]{0,200}", wild in ".{0,100}") {
            for text in [text, wild] {
                prop_assert!(open(&text, &sample_key()).is_err());
                let _ = site_of(&text);
            }
        }
    }

    fn sample(key: &SealingKey) -> String {
        seal(&KeyName::new("key_web_sample").unwrap(), key, b"<jnj>hello</jnj>", [5; 32]).unwrap()
    }

    fn sample_key() -> SealingKey {
        SealingKey(Pair { key: std::array::from_fn(|i| i as u8 * 7 + 1), iv: [9; 8] })
    }

    fn session_of(sealed: &str, key: &SealingKey) -> [u8; 32] {
        let mut session: [u8; 32] = exact("session key", sealed.split('|').nth(1).unwrap()).unwrap();
        key.0.decrypt(&mut session);
        session
    }

    fn private(name: &str, passphrase: &str) -> PrivateKey {
        let text = String::from_utf8(file(name)).unwrap();
        PrivateKey::from_text(&text, &Passphrase::new(passphrase)).unwrap()
    }

    fn public(name: &str) -> PublicKey {
        PublicKey::from_der(&file(&KeyName::new(name).unwrap().public_file())).unwrap()
    }

    fn vectors() -> Vec<serde_json::Value> {
        serde_json::from_slice(&file("vectors.json")).unwrap()
    }

    fn file(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/authentication-relay/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }
}
