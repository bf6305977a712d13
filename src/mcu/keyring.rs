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
