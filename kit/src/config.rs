//! Settings: defaults, then `caregraph.toml`, then the environment. Unknown keys are an error.

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use std::{fmt, path::Path};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Prefix of environment variables; `__` separates levels: `CAREGRAPH_DATABASE__URL`.
pub const PREFIX: &str = "CAREGRAPH_";

/// Variables under the prefix that are for the test suite and not settings.
const TEST_ONLY: &str = "test_";

/// Why the settings could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file was named on the command line but is not there.
    #[error("configuration file {0} does not exist")]
    Missing(String),
    /// A key is unknown, or a value has the wrong type.
    #[error("configuration: {0}")]
    Invalid(String),
    /// A file that holds a secret could not be read.
    #[error("secret file {0}")]
    SecretFile(String, #[source] std::io::Error),
}

/// Reads settings. `file` must exist when it was asked for explicitly.
pub fn load<T: DeserializeOwned + Serialize + Default>(
    file: &Path,
    explicit: bool,
) -> Result<T, ConfigError> {
    if explicit && !file.exists() {
        return Err(ConfigError::Missing(file.display().to_string()));
    }
    Figment::from(Serialized::defaults(T::default()))
        .merge(Toml::file(file))
        .merge(
            Env::prefixed(PREFIX)
                .filter(|key| !key.as_str().to_lowercase().starts_with(TEST_ONLY))
                .split("__"),
        )
        .extract()
        .map_err(|error| ConfigError::Invalid(error.to_string()))
}

/// A value that is never printed or logged. `file:/path` in the settings reads it from a file.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secret itself, read from its file where it names one.
    pub fn reveal(&self) -> Result<String, ConfigError> {
        match self.0.strip_prefix("file:") {
            None => Ok(self.0.clone()),
            Some(path) => std::fs::read_to_string(path)
                .map(|text| text.trim().to_owned())
                .map_err(|error| ConfigError::SecretFile(path.to_owned(), error)),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "\"\"" } else { "\"***\"" })
    }
}

impl Serialize for Secret {
    /// Masked: what is serialised may be printed.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.is_empty() { "" } else { "***" })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// Makes a folder that only this user may look into, if there is none: stores hold names and visits. One that is there stays as
/// its owner made it.
pub fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Settings {
        name: String,
        nested: Nested,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Nested {
        number: u16,
        secret: Secret,
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_file_overrides_defaults() {
        let settings: Settings = load(file("name = 'x'\n[nested]\nnumber = 7\n").path(), true).unwrap();
        assert_eq!((settings.name.as_str(), settings.nested.number), ("x", 7));
    }

    #[test]
    fn unknown_keys_and_missing_files_are_errors() {
        let error = load::<Settings>(file("nmae = 'x'\n").path(), true).unwrap_err();
        assert!(error.to_string().contains("nmae"), "{error}");
        assert!(matches!(
            load::<Settings>(Path::new("not/there.toml"), true),
            Err(ConfigError::Missing(_))
        ));
        assert_eq!(
            load::<Settings>(Path::new("not/there.toml"), false).unwrap(),
            Settings::default()
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_we_make_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        make_private_folder(&folder).unwrap();
        assert_eq!(
            std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
        make_private_folder(&folder).unwrap();
    }

    #[test]
    fn secrets_do_not_print() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "\"***\"");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
        assert_eq!(secret.reveal().unwrap(), "hunter2");
        let in_file = file("hunter3\n");
        assert_eq!(
            Secret::new(format!("file:{}", in_file.path().display()))
                .reveal()
                .unwrap(),
            "hunter3"
        );
    }
}
