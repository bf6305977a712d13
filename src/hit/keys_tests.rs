//! Key files of the original, read and written again; damaged, foreign and hostile ones.

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 4] = ["key_mcu_sample", "key_web_longpass", "key_web_nopass", "key_web_sample"];

#[test]
fn the_originals_keys_are_read_and_written_again_byte_by_byte() {
    for name in NAMES {
        let text = String::from_utf8(file(name)).unwrap();
        let passphrase = passphrase_of(name);
        let key = PrivateKey::from_text(&text, &passphrase).unwrap();
        assert!(*key.to_text(&passphrase) == text, "{name}");

        let der = file(&format!("{name}.x509"));
        let public = PublicKey::from_der(&der).unwrap();
        assert_eq!(public.to_der(), der, "{name}");
        assert_eq!(*key.public_key(), public, "{name}");
    }
}

#[test]
fn a_passphrase_file_is_the_base64_of_the_passphrase() {
    let passphrase = Passphrase::from_base64("d2VicGFzcw==\r\n").unwrap();
    assert_eq!(*passphrase.0, b"webpass");
    assert_eq!(format!("{}\n", *passphrase.to_base64()).into_bytes(), file("key_web_sample.passphrase.txt"));
    for text in ["webpass", "d2VicGFzcw", "?"] {
        assert_eq!(Passphrase::from_base64(text).err(), Some(KeyError::NotBase64(MAX_PASSPHRASE_TEXT)));
    }
    assert!(Passphrase::from_base64(&"A".repeat(4100)).is_err());
    assert!(Passphrase::from_base64(" \n").unwrap().is_empty());
}

#[test]
fn a_wrong_passphrase_is_told_from_a_damaged_file() {
    let text = String::from_utf8(file("key_web_sample")).unwrap();
    let open = |text: &str, passphrase: &str| PrivateKey::from_text(text, &Passphrase::new(passphrase)).err();
    assert_eq!(open(&text, "webpass"), None);
    for wrong in ["", "Webpass", "webpass ", "mcupass"] {
        assert_eq!(open(&text, wrong), Some(KeyError::Passphrase));
    }
    for damaged in ["", "%%%%", &text[..text.len() - 5], &"A".repeat(2000)] {
        assert!(
            matches!(open(damaged, "webpass"), Some(KeyError::NotBase64(_) | KeyError::BodyLength(_))),
            "{damaged}"
        );
    }
    // The digest covers the exponent, so a flipped bit looks like a wrong passphrase.
    assert_eq!(open(&text.replacen('A', "B", 1), "webpass"), Some(KeyError::Passphrase));
    let clear = String::from_utf8(file("key_web_nopass")).unwrap();
    assert_eq!(open(&clear, "webpass"), Some(KeyError::NotEncrypted));
    // The first 16 bytes make the key, but the IV depends on all.
    let long = String::from_utf8(file("key_web_longpass")).unwrap();
    assert_eq!(open(&long, "this-is-a-passphrase-longer-than-1"), Some(KeyError::Passphrase));
}

#[test]
fn a_private_key_whose_public_key_nobody_takes_is_refused() {
    let none = Passphrase::default();
    for exponent in [0u8, 2] {
        let mut body = [0; 128];
        body[127] = exponent;
        let read = PrivateKey::from_text(&STANDARD.encode(body), &none).err();
        assert_eq!(read, (exponent == 0).then_some(KeyError::Range(ModpError::Range)));
    }
    assert_eq!(PrivateKey::generate([0; 32]).err(), Some(KeyError::Range(ModpError::Range)));
    assert_eq!(PrivateKey::from_text(&STANDARD.encode([1; 64]), &none).err(), Some(KeyError::BodyLength(64)));
}

#[test]
fn full_width_exponents_of_other_tools_are_honoured() {
    let body = STANDARD.encode([0xa5; 128]);
    let key = PrivateKey::from_text(&body, &Passphrase::default()).unwrap();
    let peer = PrivateKey::generate([9; 32]).unwrap();
    let (here, there) = (key.agree(peer.public_key()).unwrap(), peer.agree(key.public_key()).unwrap());
    assert!(here.expose() == there.expose());
}

#[test]
fn truncated_or_extended_public_keys_are_refused() {
    for name in NAMES {
        let mut der = file(&format!("{name}.x509"));
        for length in 0..der.len() {
            assert!(matches!(PublicKey::from_der(&der[..length]), Err(KeyError::Der(_))), "{length}");
        }
        der.push(0);
        assert!(matches!(PublicKey::from_der(&der), Err(KeyError::Der(_))));
    }
}

#[test]
fn a_flipped_bit_makes_another_key_or_none() {
    let der = file("key_web_sample.x509");
    let key = PublicKey::from_der(&der).unwrap();
    let number = der.len() - 128;
    for bit in 0..der.len() * 8 {
        let mut flipped = der.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match PublicKey::from_der(&flipped) {
            Ok(other) => {
                assert!(bit / 8 >= number, "a flipped bit {bit} outside the number was accepted");
                assert_ne!(other, key);
                assert_eq!(other.to_der(), flipped);
            }
            // The number's top bit would make it negative; everything before is fixed.
            Err(_) => assert!(bit / 8 <= number, "{bit}"),
        }
    }
}

#[test]
fn keys_of_another_kind_or_group_are_told_apart() {
    let der = file("key_web_sample.x509");
    let mut rsa = der.clone();
    // The last arc of the OID.
    rsa[17] = 2;
    assert_eq!(PublicKey::from_der(&rsa), Err(KeyError::Algorithm("1.2.840.113549.1.3.2".into())));
    let mut generator = der.clone();
    generator[155] = 5;
    assert_eq!(PublicKey::from_der(&generator), Err(KeyError::Parameters));
    let mut prime = der;
    prime[100] ^= 1;
    assert_eq!(PublicKey::from_der(&prime), Err(KeyError::Parameters));
}

#[test]
fn a_number_outside_the_group_is_refused() {
    let prime = GROUP.prime();
    let mut minus_one = prime.clone();
    minus_one[127] -= 1;
    for number in [&[0][..], &[1], &minus_one, &prime] {
        let der = PublicKey::from_number(number).unwrap().der;
        assert_eq!(PublicKey::from_der(&der), Err(KeyError::Range(ModpError::Range)));
    }
    let short = PublicKey::from_number(&[2]).unwrap();
    assert_eq!(PublicKey::from_der(short.to_der()), Ok(short));
}

#[test]
fn a_fingerprint_is_the_sha1_in_pairs() {
    let fingerprint = PublicKey::from_der(&file("key_mcu_sample.x509")).unwrap().fingerprint();
    assert_eq!(fingerprint, MCU_FINGERPRINT);
}

#[test]
fn key_names_come_with_or_without_their_suffix() {
    for name in ["key_web_192.168.1.63_0000", "key_web_192.168.1.63_0000.x509"] {
        let name: KeyName = name.parse().unwrap();
        assert_eq!(name.as_str(), "key_web_192.168.1.63_0000");
        assert_eq!(name.public_file(), "key_web_192.168.1.63_0000.x509");
        assert_eq!(KeyName::new(&name.public_file()), Ok(name));
    }
    assert_eq!(KeyName::new("公司").unwrap().to_string(), "公司");
}

#[test]
fn key_names_that_could_leave_the_folder_are_refused() {
    let hostile = [
        "../key",
        "..",
        ".",
        "a..b",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "C:key",
        "a|b",
        "a\0",
        "a\nb",
        ".hidden",
        "key.",
        "key ",
        " key",
        "\u{85}",
    ];
    for name in hostile {
        assert!(matches!(KeyName::new(name), Err(KeyNameError::Unsafe(_))), "{name:?}");
        assert!(KeyName::new(&format!("{name}.x509")).is_err(), "{name:?}");
    }
    assert_eq!(KeyName::new(""), Err(KeyNameError::Empty));
    assert_eq!(KeyName::new(".x509"), Err(KeyNameError::Empty));
    assert!(KeyName::new(&"k".repeat(127)).is_ok());
    assert_eq!(KeyName::new(&"k".repeat(128)), Err(KeyNameError::TooLong(128)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_generated_key_survives_its_files(random in any::<[u8; 32]>(), passphrase in ".{0,40}") {
        let key = PrivateKey::generate(random).unwrap();
        let passphrase = Passphrase::from_base64(&Passphrase::new(&passphrase).to_base64()).unwrap();
        let text = key.to_text(&passphrase);
        prop_assert!(text.ends_with('\n') && text.lines().all(|line| line.len() <= 72));
        let read = PrivateKey::from_text(&text, &passphrase).unwrap();
        prop_assert_eq!(read.public_key(), key.public_key());
        prop_assert_eq!(&PublicKey::from_der(key.public_key().to_der()).unwrap(), key.public_key());
    }

    #[test]
    fn any_bytes_are_answered_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), text in ".{0,300}") {
        prop_assert!(PublicKey::from_der(&bytes).is_err());
        prop_assert!(PrivateKey::from_text(&text, &Passphrase::new("x")).is_err());
        if let Ok(name) = KeyName::new(&text) {
            prop_assert_eq!(KeyName::new(name.as_str()), Ok(name.clone()));
            prop_assert_eq!(std::path::Path::new(&name.public_file()).components().count(), 1);
        }
    }
}

fn passphrase_of(name: &str) -> Passphrase {
    match name {
        "key_web_nopass" => Passphrase::default(),
        name => Passphrase::from_base64(&String::from_utf8(file(&format!("{name}.passphrase.txt"))).unwrap()).unwrap(),
    }
}

fn file(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/authentication-relay/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

const MCU_FINGERPRINT: &str = "20:c7:69:3f:24:8a:91:a5:d3:8a:fa:b2:11:a9:b0:0e:ba:52:18:2d";
