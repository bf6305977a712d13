//! The ciphers of a connection: cipher feedback with 8-byte segments (wire/01 section 2.4).
//!
//! In: key material and bytes. Out: the bytes, encrypted or decrypted in place, same length. The IV restarts with every call,
//! as the protocol wants it, so a cipher has no state and may be shared. There is no integrity protection.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use aes::{Aes128Enc, Aes192Enc, Aes256Enc};
use cipher::array::{Array, ArraySize};
use cipher::{Block, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit};
use des::{Des, TdesEde3};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

/// What a server may name with parameter 10001. Servers of ours name AES-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CipherName {
    /// AES with a key of 256 bits.
    Aes256,
    /// AES with a key of 192 bits.
    Aes192,
    /// AES with a key of 128 bits.
    Aes128,
    /// DES, three times, with three keys.
    TripleDes,
    /// DES, long broken: for old servers.
    Des,
}

impl CipherName {
    /// All of them, the strongest first.
    pub const ALL: [CipherName; 5] =
        [CipherName::Aes256, CipherName::Aes192, CipherName::Aes128, CipherName::TripleDes, CipherName::Des];

    /// The exact name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            CipherName::Aes256 => "aes256",
            CipherName::Aes192 => "aes192",
            CipherName::Aes128 => "aes128",
            CipherName::TripleDes => "3des",
            CipherName::Des => "des",
        }
    }

    /// The cipher with exactly this name.
    pub fn from_name(name: &str) -> Option<CipherName> {
        CipherName::ALL.into_iter().find(|cipher| cipher.as_str() == name)
    }
}

impl fmt::Display for CipherName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `key40` and `iv20` of wire/01 section 2.3: a connection's control key, or a meeting's. Each cipher uses the first bytes it
/// needs; tickets and challenges use all. It has no `Debug`, and is erased when dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct KeyMaterial {
    key: [u8; 40],
    iv: [u8; 20],
}

impl KeyMaterial {
    /// Material that was derived, received, or drawn from the operating system's random generator.
    pub fn from_parts(key: [u8; 40], iv: [u8; 20]) -> KeyMaterial {
        KeyMaterial { key, iv }
    }

    /// `key40`.
    pub fn key(&self) -> &[u8; 40] {
        &self.key
    }

    /// `iv20`.
    pub fn iv(&self) -> &[u8; 20] {
        &self.iv
    }

    /// Whether both are the same, in constant time: reconnect tickets are judged by it.
    pub fn same_as(&self, other: &KeyMaterial) -> bool {
        (self.key.ct_eq(&other.key) & self.iv.ct_eq(&other.iv)).into()
    }
}

/// A cipher ready to use. Clones share the expanded key.
#[derive(Clone)]
pub struct Cipher(Arc<Expanded>);

impl Cipher {
    /// Expands the key of `name` from the material.
    pub fn new(name: CipherName, material: &KeyMaterial) -> Cipher {
        Cipher(Arc::new(match name {
            CipherName::Aes256 => Expanded::Aes256(Cfb64::new(material)),
            CipherName::Aes192 => Expanded::Aes192(Cfb64::new(material)),
            CipherName::Aes128 => Expanded::Aes128(Cfb64::new(material)),
            CipherName::TripleDes => Expanded::TripleDes(Cfb64::new(material)),
            CipherName::Des => Expanded::Des(Cfb64::new(material)),
        }))
    }

    /// Which cipher this is.
    pub fn name(&self) -> CipherName {
        match *self.0 {
            Expanded::Aes256(_) => CipherName::Aes256,
            Expanded::Aes192(_) => CipherName::Aes192,
            Expanded::Aes128(_) => CipherName::Aes128,
            Expanded::TripleDes(_) => CipherName::TripleDes,
            Expanded::Des(_) => CipherName::Des,
        }
    }

    /// Encrypts one item of the protocol in place.
    pub fn encrypt(&self, item: &mut [u8]) {
        match &*self.0 {
            Expanded::Aes256(cfb) => cfb.encrypt(item),
            Expanded::Aes192(cfb) => cfb.encrypt(item),
            Expanded::Aes128(cfb) => cfb.encrypt(item),
            Expanded::TripleDes(cfb) => cfb.encrypt(item),
            Expanded::Des(cfb) => cfb.encrypt(item),
        }
    }

    /// Decrypts one item of the protocol in place.
    pub fn decrypt(&self, item: &mut [u8]) {
        match &*self.0 {
            Expanded::Aes256(cfb) => cfb.decrypt(item),
            Expanded::Aes192(cfb) => cfb.decrypt(item),
            Expanded::Aes128(cfb) => cfb.decrypt(item),
            Expanded::TripleDes(cfb) => cfb.decrypt(item),
            Expanded::Des(cfb) => cfb.decrypt(item),
        }
    }
}

// Says which cipher, nothing of the key.
impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cipher({})", self.name())
    }
}

// Lives behind one `Arc` each: the size of the largest costs nothing.
#[allow(clippy::large_enum_variant)]
enum Expanded {
    Aes256(Cfb64<Aes256Enc>),
    Aes192(Cfb64<Aes192Enc>),
    Aes128(Cfb64<Aes128Enc>),
    TripleDes(Cfb64<TdesEde3>),
    Des(Cfb64<Des>),
}

/// Cipher feedback with segments of 8 bytes over a block cipher with blocks of 8 or 16.
struct Cfb64<C: BlockSizeUser> {
    // Erases itself.
    cipher: C,
    // The first register.
    iv: Register<C::BlockSize>,
}

impl<C: BlockCipherEncrypt + KeyInit> Cfb64<C> {
    fn new(material: &KeyMaterial) -> Cfb64<C> {
        let mut key = Array::from_fn(|i| material.key.get(i).copied().unwrap_or_default());
        let cfb = Cfb64 { cipher: C::new(&key), iv: Register::new(&material.iv) };
        key.as_mut_slice().zeroize();
        cfb
    }

    /// Every block waits for the one before.
    fn encrypt(&self, item: &mut [u8]) {
        self.cipher.encrypt_with_backend(Chain { register: self.iv, item });
    }

    /// Every register is known beforehand, so blocks go through the cipher several at a time.
    fn decrypt(&self, item: &mut [u8]) {
        let mut register = self.iv;
        for run in item.chunks_mut(RUN * SEGMENT) {
            let mut blocks: [Block<C>; RUN] = std::array::from_fn(|_| Block::<C>::default());
            let used = run.len().div_ceil(SEGMENT);
            let blocks = blocks.get_mut(..used).unwrap_or_default();
            let (segments, _) = run.as_chunks::<SEGMENT>();
            let mut segments = segments.iter();
            for block in blocks.iter_mut() {
                *block = register.block();
                // A short segment is the last one, and shifts nothing.
                if let Some(segment) = segments.next() {
                    register.shift(u64::from_le_bytes(*segment));
                }
            }
            self.cipher.encrypt_blocks(blocks);
            for (segment, block) in run.chunks_mut(SEGMENT).zip(blocks) {
                xor(segment, block);
            }
        }
    }
}

/// The encryption loop, run inside the block cipher so that its choice of instructions is made once an item.
struct Chain<'a, N: ArraySize> {
    register: Register<N>,
    item: &'a mut [u8],
}

impl<N: ArraySize> BlockSizeUser for Chain<'_, N> {
    type BlockSize = N;
}

impl<N: ArraySize> BlockCipherEncClosure for Chain<'_, N> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = N>>(self, backend: &B) {
        let Chain { mut register, item } = self;
        let (segments, rest) = item.as_chunks_mut::<SEGMENT>();
        for segment in segments {
            let mut block = register.block();
            backend.encrypt_block((&mut block).into());
            let sealed = u64::from_le_bytes(*segment) ^ first_segment(&block);
            *segment = sealed.to_le_bytes();
            register.shift(sealed);
        }
        if !rest.is_empty() {
            let mut block = register.block();
            backend.encrypt_block((&mut block).into());
            xor(rest, &block);
        }
    }
}

/// The shift register of `N` bytes as a number with its first byte lowest. So it stays in the processor's registers: shifting
/// bytes in memory made encryption slower by a third.
struct Register<N> {
    bytes: u128,
    size: PhantomData<N>,
}

impl<N: ArraySize> Register<N> {
    fn new(iv: &[u8]) -> Register<N> {
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(iv).take(N::USIZE).for_each(|(to, from)| *to = *from);
        Register { bytes: u128::from_le_bytes(bytes), size: PhantomData }
    }

    #[inline(always)]
    fn block(self) -> Array<u8, N> {
        let bytes = self.bytes.to_le_bytes();
        // No block is longer than 16 bytes; the compiler sees that and drops the check.
        Array::from_fn(|i| bytes[i])
    }

    /// Moves a segment of ciphertext in at the end.
    #[inline(always)]
    fn shift(&mut self, segment: u64) {
        self.bytes = (self.bytes >> 64) | (u128::from(segment) << (8 * (N::USIZE - SEGMENT)));
    }
}

impl<N> Clone for Register<N> {
    fn clone(&self) -> Register<N> {
        *self
    }
}

impl<N> Copy for Register<N> {}

#[inline(always)]
fn first_segment(block: &[u8]) -> u64 {
    block.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[inline(always)]
fn xor(segment: &mut [u8], key: &[u8]) {
    for (byte, key) in segment.iter_mut().zip(key) {
        *byte ^= key;
    }
}

/// Bytes of feedback.
const SEGMENT: usize = 8;
/// Blocks decrypted at a time: as many as the processor overlaps well.
const RUN: usize = 8;

#[cfg(test)]
mod tests {
    use cipher::consts::U16;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_exact() {
        for name in CipherName::ALL {
            assert_eq!(CipherName::from_name(name.as_str()), Some(name));
        }
        for name in ["", "AES256", "aes256 ", "aes", "none"] {
            assert_eq!(CipherName::from_name(name), None);
        }
    }

    #[test]
    fn key_material_is_the_same_only_if_every_bit_is() {
        let material = sample();
        assert!(material.same_as(&material.clone()));
        for bit in 0..480 {
            let (mut key, mut iv) = (*material.key(), *material.iv());
            match bit / 8 {
                byte @ 0..40 => key[byte] ^= 1 << (bit % 8),
                byte => iv[byte - 40] ^= 1 << (bit % 8),
            }
            assert!(!material.same_as(&KeyMaterial::from_parts(key, iv)));
        }
    }

    #[test]
    fn debug_output_shows_the_name_only() {
        assert_eq!(format!("{:?}", Cipher::new(CipherName::TripleDes, &sample())), "Cipher(3des)");
    }

    #[test]
    fn a_cipher_may_be_shared_between_threads() {
        fn shared<T: Send + Sync + Clone>() {}
        shared::<Cipher>();
    }

    proptest! {
        #[test]
        fn aes_follows_the_specification_literally(plain in prop::collection::vec(any::<u8>(), 0..300)) {
            let material = sample();
            let mut bytes = plain.clone();
            Cipher::new(CipherName::Aes256, &material).encrypt(&mut bytes);
            prop_assert_eq!(bytes, literal(&material, &plain));
        }

        #[test]
        fn decryption_undoes_encryption_at_every_length(plain in prop::collection::vec(any::<u8>(), 0..300), key: [u8; 32], iv: [u8; 20]) {
            let mut whole = [0; 40];
            whole[..32].copy_from_slice(&key);
            let material = KeyMaterial::from_parts(whole, iv);
            for name in CipherName::ALL {
                let cipher = Cipher::new(name, &material);
                let mut bytes = plain.clone();
                cipher.encrypt(&mut bytes);
                prop_assert_eq!(bytes.len(), plain.len());
                cipher.decrypt(&mut bytes);
                prop_assert_eq!(&bytes, &plain);
            }
        }
    }

    fn sample() -> KeyMaterial {
        KeyMaterial::from_parts(std::array::from_fn(|i| i as u8 * 5), std::array::from_fn(|i| 200 - i as u8))
    }

    /// The lines of wire/01 section 2.4, one by one.
    fn literal(material: &KeyMaterial, plain: &[u8]) -> Vec<u8> {
        let aes = Aes256Enc::new_from_slice(&material.key()[..32]).unwrap();
        let mut register = material.iv()[..16].to_vec();
        let mut out = Vec::new();
        for segment in plain.chunks(8) {
            let mut block = Array::<u8, U16>::try_from(register.as_slice()).unwrap();
            aes.encrypt_block(&mut block);
            let sealed: Vec<u8> = segment.iter().zip(block).map(|(p, k)| p ^ k).collect();
            register.drain(..8);
            register.extend_from_slice(&sealed);
            register.resize(16, 0);
            out.extend(sealed);
        }
        out
    }
}
