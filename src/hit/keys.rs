//! HIT keys as files: `NAME.x509` (public), `NAME` (private), and the passphrase's text (guide 2, authentication-relay).
//!
//! In: file contents, passphrases, random bytes. Out: checked keys, and file contents. Reading and writing files is the
//! caller's. All keys are in [`Group::Modp1024`]: others are refused, for interoperability's sake.

use std::fmt;

use aes::Aes128;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cfb8::cipher::KeyIvInit as _;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode as _, DecodeValue, Encode, EncodeValue, Header, Length, Reader, Sequence, Writer};
use sha1::{Digest as _, Sha1};
use spki::{AlgorithmIdentifier, SubjectPublicKeyInfo, SubjectPublicKeyInfoRef};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::modp::{self, Agreed, Exponent, Group, ModpError};

/// The name of a key pair, which is also a file name and the first part of every sealed message: 1 to 127 bytes, none of which
/// can lead out of a folder or end the field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// Takes a key's name with or without `.x509`: configurations in the field have both (guide 3.2, 4.1).
    ///
    /// # Errors
    /// The name is empty, too long, or unfit as a file name.
    pub fn new(name: &str) -> Result<KeyName, KeyNameError> {
        let name = name.trim_end_matches(PUBLIC_SUFFIX);
        if name.is_empty() {
            return Err(KeyNameError::Empty);
        }
        if name.len() > MAX_KEY_NAME {
            return Err(KeyNameError::TooLong(name.len()));
        }
        // A colon names a drive or a hidden stream on Windows, which also drops dots and spaces at the end.
        let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '|');
        let edges = name.starts_with(['.', ' ']) || name.ends_with(['.', ' ']);
        if edges || name.contains("..") || name.contains(forbidden) {
            return Err(KeyNameError::Unsafe(name.escape_debug().to_string()));
        }
        Ok(KeyName(name.to_owned()))
    }

    /// The name without `.x509`, as sealed messages carry it and as the private key's file is called.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file name of the public key.
    pub fn public_file(&self) -> String {
        format!("{}{PUBLIC_SUFFIX}", self.0)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(name: &str) -> Result<KeyName, KeyNameError> {
        KeyName::new(name)
    }
}

/// A key name that no key may have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyNameError {
    /// Nothing before `.x509`.
    #[error("expected a key name, got nothing")]
    Empty,
    /// Over 127 bytes.
    #[error("expected a key name of at most {MAX_KEY_NAME} bytes, got {0}")]
    TooLong(usize),
    /// It would not be safe as a file name. The name is shown escaped.
    #[error("the key name \"{0}\" is not safe as a file name: use letters, digits, '.', '-' and '_'")]
    Unsafe(String),
}

/// A checked public key: DER SubjectPublicKeyInfo with the fixed domain parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    number: Vec<u8>,
    der: Vec<u8>,
}

impl PublicKey {
    /// Reads the contents of a `.x509` file.
    ///
    /// # Errors
    /// It is no DER, has bytes to spare, is a key of another kind or group, or its number is outside 2..=p-2.
    pub fn from_der(der: &[u8]) -> Result<PublicKey, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(KeyError::Der)?;
        if info.algorithm.oid != DH_KEY_AGREEMENT {
            return Err(KeyError::Algorithm(info.algorithm.oid.to_string()));
        }
        let parameters = info.algorithm.parameters.ok_or(KeyError::Parameters)?;
        let parameters = parameters.decode_as::<DhParameters<'_>>().map_err(|_| KeyError::Parameters)?;
        if parameters.prime.as_bytes() != GROUP.prime() || parameters.generator.as_bytes() != GENERATOR {
            return Err(KeyError::Parameters);
        }
        let number = info.subject_public_key.as_bytes().ok_or(KeyError::Number)?;
        let number = UintRef::from_der(number).map_err(KeyError::Der)?;
        GROUP.check_public(number.as_bytes())?;
        PublicKey::from_number(number.as_bytes())
    }

    /// The contents of a `.x509` file, 291 or 292 bytes; very rarely a few less.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The number, big-endian, without leading zeros.
    pub fn number(&self) -> &[u8] {
        &self.number
    }

    /// SHA-1 of the DER as 20 pairs of hex digits between colons, for people to compare.
    pub fn fingerprint(&self) -> String {
        let pairs: Vec<String> = Sha1::digest(&self.der).iter().map(|byte| format!("{byte:02x}")).collect();
        pairs.join(":")
    }

    fn from_number(number: &[u8]) -> Result<PublicKey, KeyError> {
        let encode = || {
            let prime = GROUP.prime();
            let parameters =
                DhParameters { prime: UintRef::new(&prime)?, generator: UintRef::new(&GENERATOR)? }.to_der()?;
            let subject_public_key = UintRef::new(number)?.to_der()?;
            SubjectPublicKeyInfo {
                algorithm: AlgorithmIdentifier {
                    oid: DH_KEY_AGREEMENT,
                    parameters: Some(AnyRef::from_der(&parameters)?),
                },
                subject_public_key: BitStringRef::from_bytes(&subject_public_key)?,
            }
            .to_der()
        };
        let der = encode().map_err(KeyError::Der)?;
        let significant = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
        Ok(PublicKey { number: number.get(significant..).unwrap_or_default().to_vec(), der })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

/// A private key. It has no `Debug`, and is erased when dropped.
#[derive(Clone)]
pub struct PrivateKey {
    // 128 bytes, as in the file.
    body: Zeroizing<Vec<u8>>,
    exponent: Exponent,
    public: PublicKey,
}

impl PrivateKey {
    /// A fresh key with an exponent of 256 bits, from the operating system's random generator.
    ///
    /// # Errors
    /// The bytes are almost all zero: the generator is broken.
    pub fn generate(random: [u8; 32]) -> Result<PrivateKey, KeyError> {
        let random = Zeroizing::new(random);
        let mut body = Zeroizing::new(vec![0; GROUP.len()]);
        if let Some(end) = body.last_chunk_mut() {
            *end = *random;
        }
        PrivateKey::from_body(body)
    }

    /// Reads the text of a private key file. White space anywhere is allowed.
    ///
    /// # Errors
    /// [`KeyError::Passphrase`] if the passphrase is wrong, [`KeyError::NotEncrypted`] if there should be none; another if this is no
    /// private key.
    pub fn from_text(text: &str, passphrase: &Passphrase) -> Result<PrivateKey, KeyError> {
        let mut body = decode_base64(text, MAX_KEY_TEXT)?;
        match body.len() {
            PLAIN_BODY if passphrase.is_empty() => PrivateKey::from_body(body),
            PLAIN_BODY => Err(KeyError::NotEncrypted),
            SEALED_BODY => {
                let (digest, exponent) = body.split_at_mut(DIGEST);
                passphrase.decryptor().decrypt(exponent);
                if !bool::from(digest.ct_eq(&Sha1::digest(&*exponent))) {
                    return Err(KeyError::Passphrase);
                }
                PrivateKey::from_body(Zeroizing::new(exponent.to_vec()))
            }
            length => Err(KeyError::BodyLength(length)),
        }
    }

    /// The text of a private key file, encrypted unless the passphrase is empty: Base64, LF after every 72 characters and at the end.
    pub fn to_text(&self, passphrase: &Passphrase) -> Zeroizing<String> {
        let mut body = Zeroizing::new(Vec::with_capacity(SEALED_BODY));
        if passphrase.is_empty() {
            body.extend_from_slice(&self.body);
        } else {
            body.extend_from_slice(&Sha1::digest(&*self.body));
            body.extend_from_slice(&self.body);
            passphrase.encryptor().encrypt(body.get_mut(DIGEST..).unwrap_or_default());
        }
        let encoded = Zeroizing::new(STANDARD.encode(&*body));
        let mut text = Zeroizing::new(String::with_capacity(MAX_KEY_TEXT));
        for (i, character) in encoded.chars().enumerate() {
            if i > 0 && i % LINE == 0 {
                text.push('\n');
            }
            text.push(character);
        }
        text.push('\n');
        text
    }

    /// The other half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The value that this key and a peer's public key have in common.
    ///
    /// # Errors
    /// None in practice: a [`PublicKey`] was checked when it was made.
    pub fn agree(&self, peer: &PublicKey) -> Result<Agreed, ModpError> {
        modp::agree(GROUP, &self.exponent, &peer.number)
    }

    fn from_body(body: Zeroizing<Vec<u8>>) -> Result<PrivateKey, KeyError> {
        let exponent = Exponent::from_be_bytes(&body)?;
        let number = modp::public_key(GROUP, &exponent);
        // The exponents 0, 1 and a few others give numbers that every peer refuses.
        GROUP.check_public(&number)?;
        let public = PublicKey::from_number(&number)?;
        Ok(PrivateKey { body, exponent, public })
    }
}

/// What a private key file is encrypted with; empty for none. It has no `Debug`, and is erased when dropped.
#[derive(Clone, Default)]
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// A passphrase as a person typed it. Only its first 16 bytes make the key: longer ones add little.
    pub fn new(passphrase: &str) -> Passphrase {
        Passphrase(Zeroizing::new(passphrase.as_bytes().to_vec()))
    }

    /// Reads the contents of a passphrase file, or of the entry `passphrase=` in `configm.ini`. White space is allowed.
    ///
    /// # Errors
    /// It is no Base64, or longer than any passphrase.
    pub fn from_base64(text: &str) -> Result<Passphrase, KeyError> {
        decode_base64(text, MAX_PASSPHRASE_TEXT).map(Passphrase)
    }

    /// The text of a passphrase file but for the LF at its end.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(&*self.0))
    }

    /// Whether keys are kept in the clear.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn encryptor(&self) -> cfb8::Encryptor<Aes128> {
        let (key, iv) = self.key_and_iv();
        cfb8::Encryptor::new(&(*key).into(), &(*iv).into())
    }

    fn decryptor(&self) -> cfb8::Decryptor<Aes128> {
        let (key, iv) = self.key_and_iv();
        cfb8::Decryptor::new(&(*key).into(), &(*iv).into())
    }

    fn key_and_iv(&self) -> (Zeroizing<[u8; 16]>, Zeroizing<[u8; 16]>) {
        let (mut key, mut iv) = (Zeroizing::new([0; 16]), Zeroizing::new([0; 16]));
        key.iter_mut().zip(self.0.iter()).for_each(|(to, from)| *to = *from);
        iv.iter_mut().zip(Sha1::digest(&*self.0)).for_each(|(to, from)| *to = from);
        (key, iv)
    }
}

/// A file that is no key of HIT's, or cannot be opened. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Truncated, damaged, with bytes to spare, or something else altogether.
    #[error("expected a public key in DER, as in a .x509 file: {0}")]
    Der(der::Error),
    /// A key for another algorithm.
    #[error("expected a Diffie-Hellman public key (OID {DH_KEY_AGREEMENT}), got one with OID {0}")]
    Algorithm(String),
    /// A Diffie-Hellman key in another group.
    #[error("expected the 1024-bit group of RFC 2409 with generator 2: make the key anew with HIT's tools")]
    Parameters,
    /// The bit string does not hold whole bytes.
    #[error("the public key's bit string does not hold whole bytes")]
    Number,
    /// The key's number is unusable.
    #[error(transparent)]
    Range(#[from] ModpError),
    /// The text is not Base64, or far too long.
    #[error("expected Base64 text of at most {0} characters")]
    NotBase64(usize),
    /// Base64, but of something else.
    #[error("expected a private key of {PLAIN_BODY} bytes, or {SEALED_BODY} when encrypted, got {0}")]
    BodyLength(usize),
    /// Invalid passphrase, or the key file was damaged.
    #[error("invalid passphrase")]
    Passphrase,
    /// A passphrase was given for a key that is kept in the clear.
    #[error("this private key is not encrypted: leave the passphrase empty, or encrypt the key")]
    NotEncrypted,
}

/// PKCS#3 parameters without the optional length, which the original does not write.
struct DhParameters<'a> {
    prime: UintRef<'a>,
    generator: UintRef<'a>,
}

impl<'a> DecodeValue<'a> for DhParameters<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _header: Header) -> der::Result<Self> {
        Ok(DhParameters { prime: reader.decode()?, generator: reader.decode()? })
    }
}

impl EncodeValue for DhParameters<'_> {
    fn value_len(&self) -> der::Result<Length> {
        self.prime.encoded_len()? + self.generator.encoded_len()?
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        self.prime.encode(writer)?;
        self.generator.encode(writer)
    }
}

impl<'a> Sequence<'a> for DhParameters<'a> {}

fn decode_base64(text: &str, longest: usize) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    if text.len() > longest {
        return Err(KeyError::NotBase64(longest));
    }
    let mut joined = Zeroizing::new(String::with_capacity(text.len()));
    joined.extend(text.split_ascii_whitespace());
    STANDARD.decode(joined.as_bytes()).map(Zeroizing::new).map_err(|_| KeyError::NotBase64(longest))
}

const GROUP: Group = Group::Modp1024;
const GENERATOR: [u8; 1] = [2];
/// PKCS#3 dhKeyAgreement.
const DH_KEY_AGREEMENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.3.1");
const PUBLIC_SUFFIX: &str = ".x509";
const MAX_KEY_NAME: usize = 127;
const DIGEST: usize = 20;
const PLAIN_BODY: usize = GROUP.len();
const SEALED_BODY: usize = DIGEST + PLAIN_BODY;
const LINE: usize = 72;
/// A private key's text has 203 characters; line ends of other systems and a little space are welcome.
const MAX_KEY_TEXT: usize = 1024;
const MAX_PASSPHRASE_TEXT: usize = 4096;

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
