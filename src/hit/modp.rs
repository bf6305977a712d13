//! Diffie-Hellman in the two MODP groups of the field, generator 2: the 1024-bit one for HIT keys (guide 2) and old servers, the
//! 2048-bit one for connections (wire/01 section 2.2).
//!
//! In: secret exponents and peers' public keys as bytes. Out: public keys and agreed values, left-padded to the prime's length.
//! Secret exponents are used in constant time; random bytes are the caller's. Nothing here does input or output.

use crypto_bigint::ctutils::CtAssign;
use crypto_bigint::modular::{ConstMontyForm, ConstMontyParams};
use crypto_bigint::{Limb, U1024, U2048, Uint};
use num_bigint::BigUint;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// A group: a safe prime with generator 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Group 2 of RFC 2409. Too short by today's measure: kept because every HIT key uses it.
    Modp1024,
    /// Group 14 of RFC 3526.
    Modp2048,
}

// A length in bytes: no group is empty.
#[allow(clippy::len_without_is_empty)]
impl Group {
    /// Length of the prime, and so of public keys and agreed values: 128 or 256 bytes.
    pub const fn len(self) -> usize {
        match self {
            Group::Modp1024 => 128,
            Group::Modp2048 => 256,
        }
    }

    /// The prime, big-endian, [`Group::len`] bytes.
    pub fn prime(self) -> Vec<u8> {
        match self {
            Group::Modp1024 => to_be_bytes(Oakley2::PARAMS.modulus()),
            Group::Modp2048 => to_be_bytes(Group14::PARAMS.modulus()),
        }
    }

    /// Says whether a peer's public key, big-endian, may be used.
    ///
    /// # Errors
    /// It is longer than the prime, or outside 2..=p-2: the values left out would make the agreed value known to everybody.
    pub fn check_public(self, public: &[u8]) -> Result<(), ModpError> {
        if public.len() > self.len() {
            return Err(ModpError::Length { max: self.len(), got: public.len() });
        }
        // Public numbers need no constant time.
        let (number, two) = (BigUint::from_bytes_be(public), BigUint::from(2u8));
        let largest = BigUint::from_bytes_be(&self.prime()) - &two;
        if number < two || number > largest { Err(ModpError::Range) } else { Ok(()) }
    }
}

/// A secret exponent. It has no `Debug`, and is erased when dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Exponent {
    value: U2048,
    // Bits that the power looks at. Time depends on this size class, never on the value.
    #[zeroize(skip)]
    bits: u32,
}

impl Exponent {
    /// A fresh exponent of 256 bits, from the operating system's random generator.
    pub fn from_random(random: [u8; 32]) -> Exponent {
        let random = Zeroizing::new(random);
        Exponent { value: *from_be_bytes(&*random), bits: EXPONENT_STEP }
    }

    /// An exponent from a key file, big-endian, of at most 256 bytes.
    ///
    /// # Errors
    /// It is longer.
    pub fn from_be_bytes(bytes: &[u8]) -> Result<Exponent, ModpError> {
        let max = Group::Modp2048.len();
        if bytes.len() > max {
            return Err(ModpError::Length { max, got: bytes.len() });
        }
        let value = from_be_bytes::<{ U2048::LIMBS }>(bytes);
        // Key files pad short exponents with zeros: a size class of 256 bits saves most of the work and tells next to nothing.
        let bits = value.bits().next_multiple_of(EXPONENT_STEP).max(EXPONENT_STEP);
        Ok(Exponent { value: *value, bits })
    }
}

/// A Diffie-Hellman agreed value, left-padded to the prime's length. It has no `Debug`, and is erased when dropped.
pub struct Agreed(Zeroizing<Vec<u8>>);

impl Agreed {
    /// The secret, big-endian, [`Group::len`] bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// The public key of an exponent, big-endian, [`Group::len`] bytes.
pub fn public_key(group: Group, exponent: &Exponent) -> Vec<u8> {
    match group {
        Group::Modp1024 => to_be_bytes(&power_of_two::<Oakley2, { U1024::LIMBS }>(exponent)),
        Group::Modp2048 => to_be_bytes(&power_of_two::<Group14, { U2048::LIMBS }>(exponent)),
    }
}

/// The value that both ends share.
///
/// # Errors
/// The peer's public key is refused by [`Group::check_public`].
pub fn agree(group: Group, exponent: &Exponent, peer: &[u8]) -> Result<Agreed, ModpError> {
    match group {
        Group::Modp1024 => agree_in::<Oakley2, { U1024::LIMBS }>(group, exponent, peer),
        Group::Modp2048 => agree_in::<Group14, { U2048::LIMBS }>(group, exponent, peer),
    }
}

/// A number that no honest peer sends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModpError {
    /// Longer than the group allows.
    #[error("expected a number of at most {max} bytes, got {got}")]
    Length {
        /// Most bytes.
        max: usize,
        /// Bytes that came.
        got: usize,
    },
    /// 0, 1, p-1 or more.
    #[error("the public key is outside 2..p-2 of its group: do not trust this peer")]
    Range,
}

fn agree_in<M: ConstMontyParams<LIMBS>, const LIMBS: usize>(
    group: Group,
    exponent: &Exponent,
    peer: &[u8],
) -> Result<Agreed, ModpError> {
    group.check_public(peer)?;
    let peer = ConstMontyForm::<M, LIMBS>::new(&from_be_bytes(peer));
    let power = Zeroizing::new(peer.pow_bounded_exp(&exponent.value, exponent.bits));
    let agreed = Zeroizing::new(power.retrieve());
    Ok(Agreed(Zeroizing::new(to_be_bytes(&agreed))))
}

/// With generator 2 the multiplications of a power are doublings, which cost almost nothing.
fn power_of_two<M: ConstMontyParams<LIMBS>, const LIMBS: usize>(exponent: &Exponent) -> Uint<LIMBS> {
    let mut power = Zeroizing::new(ConstMontyForm::<M, LIMBS>::ONE);
    for bit in (0..exponent.bits).rev() {
        *power = power.square();
        let doubled = Zeroizing::new(power.double());
        // The position is public, the bit is not.
        power.ct_assign(&doubled, exponent.value.bit(bit));
    }
    power.retrieve()
}

/// `bytes` holds at most `LIMBS` limbs: every caller checked.
fn from_be_bytes<const LIMBS: usize>(bytes: &[u8]) -> Zeroizing<Uint<LIMBS>> {
    let mut number = Zeroizing::new(Uint::<LIMBS>::ZERO);
    for (limb, chunk) in number.as_mut_limbs().iter_mut().zip(bytes.rchunks(Limb::BYTES)) {
        *limb = Limb(chunk.iter().fold(0, |word, byte| (word << 8) | crypto_bigint::Word::from(*byte)));
    }
    number
}

fn to_be_bytes<const LIMBS: usize>(number: &Uint<LIMBS>) -> Vec<u8> {
    // Sized at once: growing would leave pieces of a secret behind.
    let mut bytes = Vec::with_capacity(LIMBS * Limb::BYTES);
    for limb in number.as_limbs().iter().rev() {
        bytes.extend_from_slice(&limb.0.to_be_bytes());
    }
    bytes
}

/// Exponents are looked at in pieces of so many bits.
const EXPONENT_STEP: u32 = 256;

// RFC 2409 section 6.2: 2^1024 - 2^960 - 1 + 2^64 * ([2^894 pi] + 129093).
crypto_bigint::const_monty_params!(
    Oakley2,
    U1024,
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
     EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
     EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    "The prime of [`Group::Modp1024`]."
);

// RFC 3526 section 3: 2^2048 - 2^1984 - 1 + 2^64 * ([2^1918 pi] + 124476).
crypto_bigint::const_monty_params!(
    Group14,
    U2048,
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
     EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
     EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F\
     83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
     E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510\
     15728E5A8AACAA68FFFFFFFFFFFFFFFF",
    "The prime of [`Group::Modp2048`]."
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GROUPS: [Group; 2] = [Group::Modp1024, Group::Modp2048];

    #[test]
    fn the_primes_are_those_of_the_rfc_formulas() {
        for (group, bits, offset) in [(Group::Modp1024, 1024u32, 129_093u32), (Group::Modp2048, 2048, 124_476)] {
            let one = BigUint::from(1u8);
            let pi = (pi_scaled(bits - 130)) + offset;
            let formula: BigUint = (&one << bits) - (&one << (bits - 64)) - &one + (pi << 64u32);
            assert_eq!(BigUint::from_bytes_be(&group.prime()), formula);
            assert_eq!(group.prime().len(), group.len());
        }
    }

    #[test]
    fn peers_outside_2_to_p_minus_2_are_refused() {
        let exponent = Exponent::from_random([7; 32]);
        for group in GROUPS {
            let prime = BigUint::from_bytes_be(&group.prime());
            for low in [vec![], vec![0], vec![1], vec![0; group.len()]] {
                assert_eq!(agree(group, &exponent, &low).err(), Some(ModpError::Range));
            }
            for offset in 0..2u8 {
                let high = (&prime - offset).to_bytes_be();
                assert_eq!(agree(group, &exponent, &high).err(), Some(ModpError::Range));
            }
            assert_eq!(agree(group, &exponent, &vec![0xff; group.len()]).err(), Some(ModpError::Range));
            let long = vec![1; group.len() + 1];
            let error = ModpError::Length { max: group.len(), got: group.len() + 1 };
            assert_eq!(agree(group, &exponent, &long).err(), Some(error));
            assert!(agree(group, &exponent, &[2]).is_ok());
            assert!(agree(group, &exponent, &(&prime - 2u8).to_bytes_be()).is_ok());
        }
    }

    #[test]
    fn a_short_result_is_padded_on_the_left() {
        let exponent = Exponent::from_be_bytes(&[9]).unwrap();
        for group in GROUPS {
            let public = public_key(group, &exponent);
            assert_eq!(public.len(), group.len());
            assert_eq!(BigUint::from_bytes_be(&public), BigUint::from(512u32));
            let agreed = agree(group, &exponent, &[3]).unwrap();
            assert_eq!(agreed.expose().len(), group.len());
            assert_eq!(BigUint::from_bytes_be(agreed.expose()), BigUint::from(19_683u32));
        }
    }

    #[test]
    fn an_exponent_longer_than_the_large_group_is_refused() {
        assert!(Exponent::from_be_bytes(&[0xff; 256]).is_ok());
        assert_eq!(Exponent::from_be_bytes(&[0; 257]).err(), Some(ModpError::Length { max: 256, got: 257 }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn powers_equal_those_of_another_library(secret in prop::collection::vec(any::<u8>(), 0..=256), peer in any::<[u8; 32]>()) {
            let exponent = Exponent::from_be_bytes(&secret).unwrap();
            for group in GROUPS {
                let prime = BigUint::from_bytes_be(&group.prime());
                // Spread over the whole range by squaring.
                let peer = BigUint::from_bytes_be(&peer).modpow(&BigUint::from(65_537u32), &prime) + 2u8;
                let secret = BigUint::from_bytes_be(&secret);
                let public = BigUint::from(2u8).modpow(&secret, &prime);
                prop_assert_eq!(BigUint::from_bytes_be(&public_key(group, &exponent)), public);
                let agreed = agree(group, &exponent, &peer.to_bytes_be()).unwrap();
                prop_assert_eq!(BigUint::from_bytes_be(agreed.expose()), peer.modpow(&secret, &prime));
            }
        }

        #[test]
        fn both_ends_agree(one in any::<[u8; 32]>(), other in any::<[u8; 32]>()) {
            let (one, other) = (Exponent::from_random(one), Exponent::from_random(other));
            for group in GROUPS {
                let here = agree(group, &one, &public_key(group, &other)).unwrap();
                let there = agree(group, &other, &public_key(group, &one)).unwrap();
                prop_assert!(here.expose() == there.expose());
            }
        }
    }

    /// The whole part of 2^bits times pi, by Machin's formula.
    fn pi_scaled(bits: u32) -> BigUint {
        let guard = 64u32;
        let one = BigUint::from(1u8) << (bits + guard);
        let arctan_of_inverse = |x: u32| {
            let mut term = &one / x;
            let (mut plus, mut minus) = (BigUint::ZERO, BigUint::ZERO);
            for n in 0u32.. {
                if term == BigUint::ZERO {
                    break;
                }
                let part = &term / (2 * n + 1);
                if n % 2 == 0 {
                    plus += part
                } else {
                    minus += part
                }
                term /= x * x;
            }
            plus - minus
        };
        ((arctan_of_inverse(5) * 4u8 - arctan_of_inverse(239)) * 4u8) >> guard
    }
}
