//! From a Diffie-Hellman agreement to a connection's keys (wire/01 sections 2.2 and 2.3).
//!
//! In: both versions, both public keys, the agreed value. Out: the group to use, and the control key and IV.

use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use super::cipher::KeyMaterial;
use crate::hit::modp::{Agreed, Group};

/// The group that both ends use with a server of this version (wire/01 section 2.2): the large one from 3.23.1 on.
///
/// Any bytes are a version: parts that are no numbers count as 0, a version of fewer than two parts as 1.0.0.
pub fn group_for(server_version: &[u8]) -> Group {
    let mut parts = server_version.split(|byte| *byte == b'.').map(leading_number);
    let version = match (parts.next(), parts.next(), parts.next()) {
        (Some(major), Some(minor), patch) => (major, minor, patch.unwrap_or(0)),
        _ => (1, 0, 0),
    };
    if version >= (3, 23, 1) { Group::Modp2048 } else { Group::Modp1024 }
}

/// The key material of a connection (wire/01 section 2.3).
///
/// Public keys may come unpadded. `client_version` is the decimal `major.minor` of the client's first message, `server_version`
/// exactly what the server sent.
pub fn derive(
    group: Group,
    client_public: &[u8],
    server_public: &[u8],
    agreed: &Agreed,
    client_version: &str,
    server_version: &[u8],
) -> KeyMaterial {
    let mut base = Sha1::new();
    for number in [client_public, server_public, agreed.expose()] {
        let padding = [0; Group::Modp2048.len()];
        let missing = group.len().saturating_sub(number.len());
        base.update(padding.get(..missing).unwrap_or_default());
        base.update(number);
    }
    base.update(client_version);
    base.update(server_version);

    let finish = |tail: &[u8]| Zeroizing::new(<[u8; 20]>::from(base.clone().chain_update(tail).finalize()));
    let (iv, first) = (finish(b"A"), finish(b"B"));
    let second = finish(&*first);
    let mut key = Zeroizing::new([0; 40]);
    let (low, high) = key.split_at_mut(20);
    low.copy_from_slice(&*first);
    high.copy_from_slice(&*second);
    KeyMaterial::from_parts(*key, *iv)
}

fn leading_number(part: &[u8]) -> u32 {
    let digits = part.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: u32, digit| number.saturating_mul(10).saturating_add(u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::hit::modp::{self, Exponent};
    use crate::wire::cipher::{Cipher, CipherName};

    #[test]
    fn the_group_follows_the_servers_version() {
        let large = ["4.5.0", "3.23.1", "3.24", "4.0", "10.0.0", "3.23.1-beta", "3.23.1.7", "99999999999.0", "4."];
        let small = ["3.23.0", "3.23", "3.22.0", "3.9.9", "", "4", "x.y.z", "1.0.0", ".4.5", "-4.5.0", "3..99"];
        for version in large {
            assert_eq!(group_for(version.as_bytes()), Group::Modp2048, "{version}");
        }
        for version in small {
            assert_eq!(group_for(version.as_bytes()), Group::Modp1024, "{version}");
        }
        assert_eq!(group_for(&[0xff, b'.', 0xfe]), Group::Modp1024);
    }

    #[test]
    fn both_ends_derive_the_keys_of_the_vectors() {
        let mut checked = 0;
        for vector in vectors().iter().filter(|v| v["fields"]["client_exponent"].is_string()) {
            let text = |name: &str| vector["fields"][name].as_str().unwrap();
            let bytes = |name: &str| unhex(text(name));
            let group = group_for(text("server_version").as_bytes());
            let client = Exponent::from_be_bytes(&bytes("client_exponent")).unwrap();
            let server = Exponent::from_be_bytes(&bytes("server_exponent")).unwrap();
            let (x, y) = (modp::public_key(group, &client), modp::public_key(group, &server));
            assert_eq!((&x, &y), (&bytes("client_public"), &bytes("server_public")));
            for (own, peer) in [(&client, &y), (&server, &x)] {
                let agreed = modp::agree(group, own, peer).unwrap();
                assert_eq!(agreed.expose(), bytes("shared_secret"));
                let keys = derive(group, &x, &y, &agreed, text("client_version"), text("server_version").as_bytes());
                assert_eq!(keys.key().as_slice(), bytes("key40"));
                assert_eq!(keys.iv().as_slice(), bytes("iv20"));
            }
            checked += 1;
        }
        assert_eq!(checked, 2);
    }

    #[test]
    fn short_public_keys_are_padded_before_they_are_hashed() {
        let exponent = Exponent::from_be_bytes(&[9]).unwrap();
        let agreed = modp::agree(Group::Modp1024, &exponent, &[5]).unwrap();
        let mut padded = [0; 128];
        padded[127] = 5;
        let short = derive(Group::Modp1024, &[5], &[5], &agreed, "1.42", b"3.22.0");
        let whole = derive(Group::Modp1024, &padded, &padded, &agreed, "1.42", b"3.22.0");
        assert!(short.same_as(&whole));
    }

    #[test]
    fn every_cipher_gives_the_vectors_both_ways() {
        let mut seen = Vec::new();
        for vector in vectors().iter().filter(|v| v["fields"]["cipher"].is_string() && v["keys"].is_object()) {
            let name = CipherName::from_name(vector["fields"]["cipher"].as_str().unwrap()).unwrap();
            let hex = |value: &Value| unhex(value.as_str().unwrap());
            let key = hex(&vector["keys"]["control_key"]).try_into().unwrap();
            let iv = hex(&vector["keys"]["control_iv"]).try_into().unwrap();
            let cipher = Cipher::new(name, &KeyMaterial::from_parts(key, iv));
            let plain = hex(&vector["fields"]["plaintext"]);
            let mut bytes = plain.clone();
            cipher.encrypt(&mut bytes);
            assert_eq!(bytes, hex(&vector["hex"]), "{}", vector["name"]);
            cipher.decrypt(&mut bytes);
            assert_eq!(bytes, plain, "{}", vector["name"]);
            seen.push(name);
        }
        assert_eq!(seen.len(), 9);
        assert!(CipherName::ALL.iter().all(|name| seen.contains(name)));
    }

    fn vectors() -> Vec<Value> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/wire/01-transport-and-join.json");
        let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        file["vectors"].as_array().unwrap().clone()
    }

    fn unhex(text: &str) -> Vec<u8> {
        let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
        text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    }
}
