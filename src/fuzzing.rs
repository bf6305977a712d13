//! Entry points of the fuzz targets: each decodes arbitrary bytes with the decoders that peers and files reach.
//!
//! In: bytes. Out: nothing; a panic, a hang or a broken promise is a bug. `fuzz/` calls these under a fuzzer, and the tests here
//! replay its corpus on every run.

use std::sync::LazyLock;

use crate::hit::configm::Configm;
use crate::hit::jnj::Jnj;
use crate::hit::keys::{PrivateKey, PublicKey};
use crate::hit::licence::Licence;
use crate::hit::request::ServiceRequest;
use crate::hit::sealed::{self, SealingKey};
use crate::hit::status::{ClusterLoad, OfficeStatus, OwnerStatus, ParticipantFile, RecordingStatus};
use crate::recording::{JnrReader, verify};
use crate::wire::fields::{Decoded, Keys, Reader, decode};
use crate::wire::handshake::{self, Hello};
use crate::wire::join::{BeforeAdmission, JoinRequest, PasswordAnswer};
use crate::wire::parameters::{ClientParameter, ServerParameter};
use crate::wire::{Clear, ToClient, ToServer};

/// Messages of a client in a meeting: what decodes encodes to something that decodes to the same.
pub fn to_server(data: &[u8]) {
    stable(data, ToServer::decode, ToServer::encode);
}

/// Messages of a server in a meeting.
pub fn to_client(data: &[u8]) {
    stable(data, ToClient::decode, ToClient::encode);
}

/// The first message of a connection, the key exchange, the join and its answers.
pub fn join(data: &[u8]) {
    stable(data, JoinRequest::decode, JoinRequest::encode);
    stable(data, PasswordAnswer::decode, PasswordAnswer::encode);
    stable(data, Hello::decode, Hello::encode);
    stable(data, BeforeAdmission::decode, BeforeAdmission::encode);
    stable(data, handshake::decode_client_public, |(group, key)| handshake::encode_client_public(*group, key));
    stable(data, handshake::decode_server_public, |key| handshake::encode_server_public(key));
    stable(data, handshake::decode_challenge_answer, |(challenge, tick)| {
        handshake::encode_challenge_answer(challenge, *tick)
    });
    drop(decode(data, &Keys::CLEAR, handshake::decode_server_version));
}

/// Both parameter blocks, entry by entry; what is known in them is written and read the same again.
pub fn parameters(data: &[u8]) {
    entries(data, ClientParameter::decode, |parameter| {
        (!matches!(parameter, ClientParameter::Other(..))).then(|| parameter.encode())
    });
    entries(data, ServerParameter::decode, |parameter| {
        (!matches!(parameter, ServerParameter::Other(..))).then(|| parameter.encode())
    });
}

/// A jnj file: what can be read and written reads the same again, but for the domain, which is written first.
pub fn jnj(data: &[u8]) {
    let sorted = |mut jnj: Jnj| {
        jnj.others.sort();
        jnj
    };
    if let Ok(jnj) = Jnj::parse(data)
        && let Ok(bytes) = jnj.to_bytes()
    {
        assert_eq!(Jnj::parse(&bytes).map(sorted), Ok(sorted(jnj)));
    }
}

/// A service request: what can be read and written reads the same again.
pub fn service_request(data: &[u8]) {
    if let Ok(request) = ServiceRequest::parse(data)
        && let Ok(xml) = request.to_xml()
    {
        assert_eq!(ServiceRequest::parse(xml.as_bytes()).as_ref(), Ok(&request));
    }
}

/// A sealed userinfo, and a public key. What is sealed opens to the same.
pub fn userinfo(data: &[u8]) {
    // Costly, and the same for every call.
    static KEY: LazyLock<Option<SealingKey>> = LazyLock::new(|| {
        let own = PrivateKey::generate([7; 32]).ok()?;
        SealingKey::new(&own, own.public_key()).ok()
    });
    if let Ok(public) = PublicKey::from_der(data) {
        assert_eq!(public.to_der(), data, "a public key has one encoding");
    }
    let Some(key) = KEY.as_ref() else { return };
    if let Ok(text) = std::str::from_utf8(data) {
        drop(sealed::open(text, key));
        if let Ok(site) = sealed::site_of(text)
            && let Ok(again) = sealed::seal(&site, key, data, [9; 32])
        {
            assert_eq!(sealed::open(&again, key).as_deref(), Ok(data));
        }
    }
}

/// A JNR: opened, verified and read to its end.
pub fn jnr(data: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join("fuzzed.jnr");
    if std::fs::write(&path, data).is_err() {
        return;
    }
    drop(verify(&path));
    let Ok(mut reader) = JnrReader::open(&path) else { return };
    for piece in 0..reader.pieces().len() {
        drop(reader.records(piece));
    }
    drop(reader.seek(reader.end_tick() / 2));
}

/// Status files, configuration and licence. Once a status has been written, it is written and read the same for ever.
pub fn status(data: &[u8]) {
    settled(data, RecordingStatus::parse, RecordingStatus::to_xml);
    settled(data, OwnerStatus::parse, OwnerStatus::to_xml);
    settled(data, OfficeStatus::parse, OfficeStatus::to_xml);
    settled(data, ParticipantFile::parse, ParticipantFile::to_xml);
    if let Ok(load) = ClusterLoad::parse(&String::from_utf8_lossy(data)) {
        assert_eq!(ClusterLoad::parse(&load.to_text()), Ok(load));
    }
    drop(Configm::parse(data).problems());
    drop(Licence::parse(data));
}

/// What decodes encodes to something that decodes whole, and encodes the same.
fn stable<T>(data: &[u8], read: impl Fn(&mut Reader<'_>) -> Decoded<T>, write: impl Fn(&T) -> Clear) {
    let Ok(Some((item, used))) = decode(data, &Keys::CLEAR, &read) else { return };
    assert!(used <= data.len(), "more was taken than came");
    let bytes = write(&item).bytes;
    let again = decode(&bytes, &Keys::CLEAR, &read).map(|done| done.map(|(again, taken)| (write(&again).bytes, taken)));
    let taken = bytes.len();
    assert_eq!(again, Ok(Some((bytes, taken))), "what was written reads differently");
}

/// The first writing may replace characters that XML cannot hold; after it nothing may change.
fn settled<T: PartialEq + std::fmt::Debug, E: PartialEq + std::fmt::Debug>(
    data: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, E>,
    write: impl Fn(&T) -> String,
) {
    let Ok(first) = parse(data) else { return };
    let written = write(&first);
    let again = parse(written.as_bytes()).map(|status| write(&status));
    assert_eq!(again, Ok(written));
}

/// Reads a parameter block to its end, or to the first thing that is none.
fn entries<T: PartialEq + std::fmt::Debug>(
    data: &[u8],
    read: impl Fn(&mut Reader<'_>) -> Decoded<Option<T>>,
    write: impl Fn(&T) -> Option<Clear>,
) {
    let mut rest = data;
    while let Ok(Some((Some(entry), used))) = decode(rest, &Keys::CLEAR, &read) {
        if let Some(written) = write(&entry) {
            let taken = written.bytes.len();
            assert_eq!(decode(&written.bytes, &Keys::CLEAR, &read), Ok(Some((Some(entry), taken))));
        }
        rest = rest.get(used..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every fuzz target by name.
    type Target = (&'static str, fn(&[u8]));
    const TARGETS: [Target; 9] = [
        ("to_server", to_server),
        ("to_client", to_client),
        ("join", join),
        ("parameters", parameters),
        ("jnj", jnj),
        ("service_request", service_request),
        ("userinfo", userinfo),
        ("jnr", jnr),
        ("status", status),
    ];

    #[test]
    fn every_file_of_every_corpus_is_taken_without_a_panic() {
        for (name, target) in TARGETS {
            let folder = format!("{}/fuzz/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
            let files: Vec<_> = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{folder}: {e}")).collect();
            assert!(!files.is_empty(), "{folder} is empty");
            for file in files {
                let bytes = std::fs::read(file.unwrap().path()).unwrap();
                target(&bytes);
                // Cut anywhere, it is no less harmless.
                let cuts = if name == "jnr" { 61 } else { 1 };
                (0..bytes.len()).step_by(cuts).for_each(|n| target(&bytes[..n]));
            }
        }
    }

    #[test]
    fn every_fuzz_target_has_a_program() {
        for (name, _) in TARGETS {
            let path = format!("{}/fuzz/fuzz_targets/{name}.rs", env!("CARGO_MANIFEST_DIR"));
            assert!(std::path::Path::new(&path).exists(), "{path} is missing");
        }
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            to_server(&bytes);
            to_client(&bytes);
            join(&bytes);
            parameters(&bytes);
        }

        #[test]
        fn random_extended_commands_never_panic_and_never_take_more_than_came(id in 0..104i32, tail in prop::collection::vec(any::<u8>(), 0..200)) {
            let bytes = Clear::ext(id).raw(&tail).bytes;
            to_server(&bytes);
            to_client(&bytes);
        }
    }
}
