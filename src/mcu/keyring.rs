//! The MCU's own key and the third parties that it trusts.
//!
//! In: a sealed userinfo. Out: the opened service request, or a refusal with its cause. A third party is trusted as long as its
//! public key lies in the folder (guide 3.2): the file is looked at for every request, the costly agreement is kept.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::hit::keys::{KeyName, PrivateKey, PublicKey};
use crate::hit::request::ServiceRequest;
use crate::hit::sealed::{self, SealingKey};
use crate::office::Refused;
use crate::wire::Refusal;

/// The keys of an MCU.
pub struct Keyring {
    folder: PathBuf,
    own: PrivateKey,
    agreed: Mutex<HashMap<KeyName, Agreed>>,
}

/// What was agreed with a third party, and with which public key, as its file has it.
struct Agreed {
    der: Vec<u8>,
    key: Arc<SealingKey>,
}

impl Keyring {
    /// The MCU's private key, and the folder in which third parties' public keys lie.
    pub fn new(folder: &Path, own: PrivateKey) -> Keyring {
        Keyring { folder: folder.to_owned(), own, agreed: Mutex::default() }
    }

    /// Opens a userinfo. Reads a file: call it where blocking is allowed.
    ///
    /// # Errors
    /// The refusal that the client gets, and why.
    pub fn open(&self, userinfo: &str) -> Result<ServiceRequest, Refused> {
        let garbled = |cause: String| Refused::new(Refusal::WrongUserinfo2, cause);
        let site = sealed::site_of(userinfo).map_err(|e| garbled(format!("the userinfo cannot be read: {e}")))?;
        let key = self.sealing_key(&site)?;
        let xml = sealed::open(userinfo, &key)
            .map_err(|e| garbled(format!("the userinfo of {site} cannot be opened: {e}")))?;
        ServiceRequest::parse(&xml).map_err(|e| {
            Refused::new(Refusal::IllegalRequest, format!("the service request of {site} is not valid: {e}"))
        })
    }

    fn sealing_key(&self, site: &KeyName) -> Result<Arc<SealingKey>, Refused> {
        let unknown = |cause: String| Refused::new(Refusal::WrongUserinfo2, cause);
        let der = read_bounded(&self.folder.join(site.public_file()))
            .map_err(|e| unknown(format!("no public key of third party {site}: {e}")))?;
        let mut agreed = self.agreed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = agreed.get(site)
            && known.der == der
        {
            return Ok(Arc::clone(&known.key));
        }
        let public =
            PublicKey::from_der(&der).map_err(|e| unknown(format!("the public key of {site} is damaged: {e}")))?;
        let key = SealingKey::new(&self.own, &public)
            .map_err(|e| unknown(format!("the public key of {site} cannot be used: {e}")))?;
        let key = Arc::new(key);
        agreed.insert(site.clone(), Agreed { der, key: Arc::clone(&key) });
        Ok(key)
    }
}

// Holds a private key.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.folder.display())
    }
}

/// A key file has under 300 bytes; anything much larger is something else.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(4096).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hit::keys::Passphrase;

    fn pair(folder: &Path, name: &str, seed: u8) -> PrivateKey {
        let key = PrivateKey::generate([seed; 32]).unwrap();
        std::fs::write(folder.join(format!("{name}.x509")), key.public_key().to_der()).unwrap();
        // The private one stays with the third party.
        drop(key.to_text(&Passphrase::new("")));
        key
    }

    fn sealed_by(third_party: &PrivateKey, name: &str, mcu: &PublicKey, meeting: &str) -> String {
        let xml = ServiceRequest::new("olive", "Olive", meeting, 1).to_xml().unwrap();
        let key = SealingKey::new(third_party, mcu).unwrap();
        sealed::seal(&KeyName::new(name).unwrap(), &key, xml.as_bytes(), [7; 32]).unwrap()
    }

    #[test]
    fn several_third_parties_are_trusted_each_as_long_as_its_file_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (shop, school) = (pair(folder.path(), "shop", 1), pair(folder.path(), "school", 2));
        let own = PrivateKey::generate([3; 32]).unwrap();
        let mcu = PublicKey::from_der(own.public_key().to_der()).unwrap();
        let keyring = Keyring::new(folder.path(), own);
        let (of_shop, of_school) =
            (sealed_by(&shop, "shop", &mcu, "sale"), sealed_by(&school, "school", &mcu, "lesson"));
        assert_eq!(keyring.open(&of_shop).unwrap().meeting_id, "sale");
        assert_eq!(keyring.open(&of_school).unwrap().meeting_id, "lesson");
        std::fs::remove_file(folder.path().join("shop.x509")).unwrap();
        assert_eq!(keyring.open(&of_shop).unwrap_err().code, Refusal::WrongUserinfo2, "at once, though it was trusted");
        assert!(keyring.open(&of_school).is_ok());
        // Another key under the old name is another third party.
        pair(folder.path(), "shop", 4);
        assert!(keyring.open(&of_shop).is_err());
    }
}
