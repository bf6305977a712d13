//! What cryptography costs beside its bare ingredients, as ratios in one run: `cargo bench --bench crypto`.
//!
//! - A connection's key exchange (own public key, agreement, derivation) beside two bare modular powers.
//! - The control cipher on a small and a media-sized item beside a chain of AES blocks of the same number.

use std::hint::black_box;
use std::time::{Duration, Instant};

use aes::Aes256Enc;
use cipher::{BlockCipherEncrypt as _, KeyInit as _};
use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U256, U2048};
use hitdeck::hit::modp::{self, Exponent, Group};
use hitdeck::wire::cipher::{Cipher, CipherName, KeyMaterial};
use hitdeck::wire::exchange;

fn main() {
    // Without `--bench` (as `cargo test --benches` runs it) one round only shows that everything works.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { 200 } else { 1 };
    key_exchange(rounds);
    for length in [200, 1200] {
        control_cipher(rounds, length);
    }
}

fn key_exchange(rounds: u32) {
    let group = Group::Modp2048;
    let client_public = modp::public_key(group, &Exponent::from_random([0x5a; 32]));
    let exchange = || {
        let exponent = Exponent::from_random(black_box([0xa5; 32]));
        let server_public = modp::public_key(group, &exponent);
        let agreed = modp::agree(group, &exponent, &client_public).unwrap_or_else(|e| panic!("{e}"));
        black_box(exchange::derive(group, &client_public, &server_public, &agreed, "1.42", b"4.5.0"));
    };

    let modulus =
        Odd::new(U2048::from_be_slice(&group.prime())).into_option().unwrap_or_else(|| panic!("an even prime"));
    let parameters = FixedMontyParams::new_vartime(modulus);
    let bases = [U2048::from_u8(2), U2048::from_be_slice(&client_public)];
    let bases = bases.map(|base| FixedMontyForm::new(&base, &parameters));
    let exponent = U256::from_be_slice(&[0xa5; 32]);
    let bare = || {
        for base in &bases {
            black_box(base.pow(black_box(&exponent)).retrieve());
        }
    };

    let (ours, bare) = fastest(rounds, 1, exchange, bare);
    println!("key exchange, 2048 bits: {ours:?}, {:.0} a second and core", 1.0 / ours.as_secs_f64());
    println!("key exchange / two bare powers of 256 bits ({bare:?}): {:.2}x", ratio(ours, bare));
}

fn control_cipher(rounds: u32, length: usize) {
    let material = KeyMaterial::from_parts([7; 40], [9; 20]);
    let cipher = Cipher::new(CipherName::Aes256, &material);
    let block_cipher = Aes256Enc::new(&[7; 32].into());
    let mut block = [9; 16].into();
    let mut chain = || {
        for _ in 0..length.div_ceil(8) {
            block_cipher.encrypt_block(&mut block);
        }
        black_box(&mut block);
    };
    let mut item = vec![0; length];
    let (encrypt, bare) = fastest(rounds, 1000, || cipher.encrypt(black_box(&mut item)), &mut chain);
    let (decrypt, _) = fastest(rounds, 1000, || cipher.decrypt(black_box(&mut item)), &mut chain);
    println!("aes256, {length} bytes: encrypt {encrypt:?}, decrypt {decrypt:?}, chained AES blocks {bare:?}");
    println!("encrypt, speed of the chain: {:.2}x; decrypt: {:.2}x", ratio(bare, encrypt), ratio(bare, decrypt));
}

/// The fastest round of each, taken in turns so that a busy machine hurts both alike.
fn fastest(rounds: u32, calls: u32, mut one: impl FnMut(), mut other: impl FnMut()) -> (Duration, Duration) {
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..rounds {
        best.0 = best.0.min(time(calls, &mut one));
        best.1 = best.1.min(time(calls, &mut other));
    }
    best
}

fn time(calls: u32, work: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        work();
    }
    start.elapsed() / calls
}

fn ratio(numerator: Duration, denominator: Duration) -> f64 {
    numerator.as_secs_f64() / denominator.as_secs_f64()
}
