//! The keys a deployment lives on: several for sealing, so that they can rotate; one for blind indexes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;
use std::{fmt, io::Write, path::Path, sync::Arc};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Why the keys could not be read.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// There is no key at all.
    #[error("no encryption key is configured")]
    Empty,
    /// An entry is not `name:base64 of 32 bytes`. The entry itself is not shown, it may hold a secret.
    #[error("encryption key number {0} is not of the form `name:base64 of 32 bytes`")]
    Malformed(usize),
    /// Two entries have the same name.
    #[error("encryption key name `{0}` is used twice")]
    Duplicate(String),
    /// The key file could not be read or made.
    #[error("key file {path}")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct Secret([u8; 32]);

/// Keys by name. The first seals; all open. Cheap to clone.
#[derive(Clone)]
pub struct KeyRing(Arc<Ring>);

struct Ring {
    keys: Vec<(String, Secret)>,
    index: Secret,
}

impl KeyRing {
    /// Reads `name:base64` entries, the one that seals first, and the key for blind indexes.
    /// Names have 1 to 16 letters, digits or dashes.
    pub fn parse(entries: &[String], index_key: &str) -> Result<Self, KeyRingError> {
        let mut keys: Vec<(String, Secret)> = Vec::with_capacity(entries.len());
        for (number, entry) in entries.iter().enumerate() {
            let (name, key) = entry.split_once(':').ok_or(KeyRingError::Malformed(number + 1))?;
            let good_name = (1..=16).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            let key = decode(key)
                .filter(|_| good_name)
                .ok_or(KeyRingError::Malformed(number + 1))?;
            if keys.iter().any(|(known, _)| known == name) {
                return Err(KeyRingError::Duplicate(name.to_owned()));
            }
            keys.push((name.to_owned(), key));
        }
        if keys.is_empty() {
            return Err(KeyRingError::Empty);
        }
        let index = decode(index_key).ok_or(KeyRingError::Malformed(0))?;
        Ok(Self(Arc::new(Ring { keys, index })))
    }

    /// Fresh random keys, as the lines that [`KeyRing::parse`] reads: the sealing entry, then the index key.
    pub fn generate() -> (String, String) {
        let mut bytes = Zeroizing::new([0_u8; 64]);
        rand::rng().fill_bytes(bytes.as_mut());
        (
            format!("k1:{}", STANDARD.encode(&bytes[..32])),
            STANDARD.encode(&bytes[32..]),
        )
    }

    /// Reads the ring from `path`, or makes the file with fresh keys, readable by its owner only. Lines are
    /// `seal = name:base64` (the first seals) and one `index = base64`.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyRingError> {
        let file_error = |source| KeyRingError::File {
            path: path.display().to_string(),
            source,
        };
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_file_text(&Zeroizing::new(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let (seal, index) = Self::generate();
                let text = Zeroizing::new(format!(
                    "# Keys of this installation. Without this file the stored data cannot be read: back it up apart \
                     from the data.\nseal = {seal}\nindex = {index}\n"
                ));
                match create_private(path, text.as_bytes()) {
                    // Another process was faster; its keys are the keys.
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                        Self::open_or_create(path)
                    }
                    other => other
                        .map_err(file_error)
                        .and_then(|()| Self::from_file_text(&text)),
                }
            }
            Err(error) => Err(file_error(error)),
        }
    }

    fn from_file_text(text: &str) -> Result<Self, KeyRingError> {
        let values = |name: &'static str| {
            text.lines().filter_map(move |line| {
                let (key, value) = line.split_once('=')?;
                (key.trim() == name)
                    .then(|| line[key.len() + 1..].trim().to_owned())
                    .filter(|_| !value.is_empty())
            })
        };
        let seals: Vec<String> = values("seal").collect();
        Self::parse(&seals, &values("index").next().unwrap_or_default())
    }

    /// The name of the key that seals.
    pub fn newest(&self) -> &str {
        // The constructor refuses an empty ring.
        &self.0.keys[0].0
    }

    /// An entry with a fresh key whose name nobody has used here.
    pub fn another(&self) -> String {
        let is_free = |name: &String| self.0.keys.iter().all(|(known, _)| known != name);
        // One more than there are keys: some number is free.
        let name = (1..=self.0.keys.len() + 1)
            .map(|number| format!("k{number}"))
            .find(is_free)
            .unwrap_or_default();
        let (entry, _) = Self::generate();
        let key = entry.split_once(':').map_or("", |(_, key)| key);
        format!("{name}:{key}")
    }

    /// The key that seals, derived for `purpose`, with its name.
    pub(super) fn sealing(&self, purpose: &str) -> (&str, [u8; 32]) {
        // The constructor refuses an empty ring.
        let (name, key) = &self.0.keys[0];
        (name, derive(key, purpose))
    }

    /// Keys that may have sealed under `name`, derived for `purpose`.
    pub(super) fn opening(&self, name: &str, purpose: &str) -> Option<[u8; 32]> {
        self.0
            .keys
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, key)| derive(key, purpose))
    }

    /// The key that never rotates, derived for `purpose`: for values that must stay comparable.
    pub(super) fn stable(&self, purpose: &str) -> [u8; 32] {
        derive(&self.0.index, purpose)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.keys.iter().map(|(name, _)| name))
            .finish()
    }
}

/// HMAC-SHA256 as the extract-free expand of HKDF (RFC 5869): the ring's keys are uniform already.
fn derive(key: &Secret, purpose: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("HMAC takes keys of every length");
    mac.update(b"caregraph\0");
    mac.update(purpose.as_bytes());
    mac.update(&[1]);
    mac.finalize().into_bytes().into()
}

fn decode(text: &str) -> Option<Secret> {
    let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
    bytes.as_slice().try_into().ok().map(Secret)
}

fn create_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        crate::config::make_private_folder(folder)?;
    }
    // Written aside and linked into place, so that no reader sees half a file and no writer replaces another's.
    let aside = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&aside)?;
    file.write_all(content)?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    linked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_file_reads_back_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys").join("caregraph.keys");
        let made = KeyRing::open_or_create(&path).unwrap();
        let read = KeyRing::open_or_create(&path).unwrap();
        assert_eq!(made.sealing("x"), read.sealing("x"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn bad_entries_are_refused_without_being_shown() {
        let (good, index) = KeyRing::generate();
        assert!(matches!(KeyRing::parse(&[], &index), Err(KeyRingError::Empty)));
        assert!(matches!(
            KeyRing::parse(&["k1:short".into()], &index),
            Err(KeyRingError::Malformed(1))
        ));
        assert!(matches!(
            KeyRing::parse(&[good.clone(), good], &index),
            Err(KeyRingError::Duplicate(_))
        ));
    }
}
