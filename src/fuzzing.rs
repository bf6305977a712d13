//! Entry points of the fuzz targets: each decodes arbitrary bytes with the decoders that peers and files reach.
//!
//! In: bytes. Out: nothing; a panic, a hang or a broken promise is a bug. `fuzz/` calls these under a fuzzer, and the tests here
//! replay its corpus on every run.

use crate::hit::configm::Configm;
use crate::hit::jnj::Jnj;
use crate::hit::keys::PublicKey;
use crate::hit::licence::Licence;
use crate::hit::request::ServiceRequest;
use crate::hit::sealed;
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
    drop(decode(data, &Keys::CLEAR, BeforeAdmission::decode));
    drop(decode(data, &Keys::CLEAR, handshake::decode_client_public));
    drop(decode(data, &Keys::CLEAR, handshake::decode_server_public));
    drop(decode(data, &Keys::CLEAR, handshake::decode_server_version));
    drop(decode(data, &Keys::CLEAR, handshake::decode_challenge_answer));
}

/// Both parameter blocks, entry by entry.
pub fn parameters(data: &[u8]) {
    let mut rest = data;
    while let Ok(Some((Some(_), used))) = decode(rest, &Keys::CLEAR, ClientParameter::decode) {
        rest = rest.get(used..).unwrap_or_default();
    }
    let mut rest = data;
    while let Ok(Some((Some(_), used))) = decode(rest, &Keys::CLEAR, ServerParameter::decode) {
        rest = rest.get(used..).unwrap_or_default();
    }
}

/// A jnj file: what can be read and written reads the same again.
pub fn jnj(data: &[u8]) {
    if let Ok(jnj) = Jnj::parse(data)
        && let Ok(bytes) = jnj.to_bytes()
    {
        assert!(Jnj::parse(&bytes).is_ok(), "what was written cannot be read");
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

/// A sealed userinfo, and a public key.
pub fn userinfo(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        drop(sealed::site_of(text));
    }
    drop(PublicKey::from_der(data));
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
}

/// Status files, configuration and licence.
pub fn status(data: &[u8]) {
    if let Ok(status) = RecordingStatus::parse(data) {
        drop(RecordingStatus::parse(status.to_xml().as_bytes()));
    }
    drop(OwnerStatus::parse(data));
    drop(OfficeStatus::parse(data));
    drop(ParticipantFile::parse(data));
    drop(ClusterLoad::parse(&String::from_utf8_lossy(data)));
    drop(Configm::parse(data).problems());
    drop(Licence::parse(data));
}

/// What decodes encodes, and what that decodes to encodes the same.
fn stable<T>(data: &[u8], read: impl Fn(&mut Reader<'_>) -> Decoded<T>, write: impl Fn(&T) -> Clear) {
    let Ok(Some((item, used))) = decode(data, &Keys::CLEAR, &read) else { return };
    assert!(used <= data.len(), "more was taken than came");
    let bytes = write(&item).bytes;
    if let Ok(Some((again, taken))) = decode(&bytes, &Keys::CLEAR, &read) {
        assert_eq!(taken, bytes.len(), "what was written is read only in part");
        assert_eq!(write(&again).bytes, bytes, "what was written reads differently");
    }
}

#[cfg(test)]
mod tests {
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
}
