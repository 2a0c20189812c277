//! Content, sealed in chunks: readable from any place, and never changed, cut short or put together unnoticed.
//!
//! The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: *Online Authenticated-Encryption and its Nonce-Reuse
//! Misuse-Resistance*, 2015) over XChaCha20-Poly1305, laid out as the `StreamBE32` of the crate `aead`: the nonce of a chunk is a random
//! prefix of 19 bytes, the chunk's number, and whether it is the last one. A chunk at another place, from another file or behind
//! the end does not open, nor does a file that lacks its end.

use super::FileError;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use caregraph_contracts::ids::{FileId, Id};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use rand::RngCore;
use std::ops::Range;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Content in one chunk, in bytes.
pub(super) const CHUNK: u64 = 64 * 1024;
/// What sealing adds to a chunk, in bytes.
const TAG: u64 = 16;
/// A chunk as it is stored.
pub(super) const SEALED_CHUNK: u64 = CHUNK + TAG;

const PREFIX: usize = 19;

/// The key of one file's content, drawn anew for every attempt to store it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct DataKey {
    key: [u8; 32],
    prefix: [u8; PREFIX],
    #[zeroize(skip)]
    file: FileId,
}

impl DataKey {
    pub(super) fn generate(file: FileId) -> Self {
        let (mut key, mut prefix) = ([0; 32], [0; PREFIX]);
        rand::rng().fill_bytes(&mut key);
        rand::rng().fill_bytes(&mut prefix);
        Self { key, prefix, file }
    }

    /// As text, to be sealed.
    pub(super) fn encode(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 32 + PREFIX]);
        bytes[..32].copy_from_slice(&self.key);
        bytes[32..].copy_from_slice(&self.prefix);
        Zeroizing::new(STANDARD_NO_PAD.encode(bytes.as_slice()))
    }

    pub(super) fn decode(file: FileId, text: &str) -> Result<Self, FileError> {
        let bytes = STANDARD_NO_PAD.decode(text).map(Zeroizing::new);
        let damaged = FileError::Damaged("its key is not one");
        let Ok(bytes) = bytes else { return Err(damaged) };
        let Some((key, prefix)) = bytes.split_at_checked(32) else {
            return Err(damaged);
        };
        match (key.try_into(), prefix.try_into()) {
            (Ok(key), Ok(prefix)) => Ok(Self { key, prefix, file }),
            _ => Err(damaged),
        }
    }

    fn nonce(&self, number: u32, last: bool) -> XNonce {
        let mut nonce = XNonce::default();
        nonce[..PREFIX].copy_from_slice(&self.prefix);
        nonce[PREFIX..PREFIX + 4].copy_from_slice(&number.to_be_bytes());
        nonce[PREFIX + 4] = u8::from(last);
        nonce
    }

    fn seal(&self, number: u32, last: bool, content: &[u8]) -> Vec<u8> {
        let file = self.file.uuid();
        let payload = Payload {
            msg: content,
            aad: file.as_bytes(),
        };
        XChaCha20Poly1305::new(&self.key.into())
            .encrypt(&self.nonce(number, last), payload)
            .expect("a chunk is far below the cipher's limit of 256 GiB")
    }

    /// Opens the chunk of this number of a file that has `size` bytes.
    pub(super) fn open(&self, number: u64, size: u64, sealed: &[u8]) -> Result<Vec<u8>, FileError> {
        let last = number + 1 == chunks(size);
        let number = u32::try_from(number).map_err(|_| FileError::Damaged("it has too many chunks"))?;
        let file = self.file.uuid();
        let payload = Payload {
            msg: sealed,
            aad: file.as_bytes(),
        };
        XChaCha20Poly1305::new(&self.key.into())
            .decrypt(&self.nonce(number, last), payload)
            .map_err(|_| FileError::Damaged("a chunk does not authenticate"))
    }
}

/// How many chunks so many bytes of content take.
pub(super) fn chunks(size: u64) -> u64 {
    size.div_ceil(CHUNK)
}

/// How large the object is that holds so many bytes of content.
pub(super) fn sealed_size(size: u64) -> u64 {
    size + chunks(size) * TAG
}

/// Where these chunks are in the object of a file that has `size` bytes.
pub(super) fn place(chunks: &Range<u64>, size: u64) -> Range<u64> {
    chunks.start * SEALED_CHUNK..(chunks.end * SEALED_CHUNK).min(sealed_size(size))
}

/// Seals content that comes in pieces of any size.
pub(super) struct Sealer<'a> {
    key: &'a DataKey,
    number: u32,
    waiting: Zeroizing<Vec<u8>>,
}

impl<'a> Sealer<'a> {
    pub(super) fn new(key: &'a DataKey) -> Self {
        Self {
            key,
            number: 0,
            waiting: Zeroizing::new(Vec::new()),
        }
    }

    /// The chunks that are full and not the last.
    pub(super) fn push(&mut self, mut piece: &[u8]) -> Result<Vec<Vec<u8>>, FileError> {
        let full = usize::try_from(CHUNK).unwrap_or(usize::MAX);
        let mut sealed = Vec::new();
        while !piece.is_empty() {
            // A full chunk waits until more comes: it could be the last one.
            if self.waiting.len() == full {
                sealed.push(self.key.seal(self.number, false, &self.waiting));
                self.number = self
                    .number
                    .checked_add(1)
                    .ok_or(FileError::Damaged("it has too many chunks"))?;
                self.waiting.clear();
            }
            let (now, later) = piece.split_at(piece.len().min(full - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            piece = later;
        }
        Ok(sealed)
    }

    /// The last chunk.
    pub(super) fn finish(self) -> Vec<u8> {
        self.key.seal(self.number, true, &self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn key() -> DataKey {
        DataKey::generate(FileId::from(Uuid::from_u128(1)))
    }

    fn sealed(key: &DataKey, content: &[u8], piece: usize) -> Vec<u8> {
        let mut sealer = Sealer::new(key);
        let mut object = Vec::new();
        for piece in content.chunks(piece.max(1)) {
            object.extend(sealer.push(piece).unwrap().concat());
        }
        object.extend(sealer.finish());
        object
    }

    fn opened(key: &DataKey, size: u64, object: &[u8]) -> Result<Vec<u8>, FileError> {
        let sealed = usize::try_from(SEALED_CHUNK).unwrap();
        let chunks = object.chunks(sealed).zip(0..);
        chunks
            .map(|(chunk, number)| key.open(number, size, chunk))
            .collect::<Result<Vec<_>, _>>()
            .map(|chunks| chunks.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_was_sealed_opens(size in 1_usize..200_000, piece in 1_usize..100_000, seed: u8) {
            let content: Vec<u8> = (0..251_u8).cycle().take(size).map(|at| at ^ seed).collect();
            let key = key();
            let object = sealed(&key, &content, piece);
            let size = content.len() as u64;
            prop_assert_eq!(object.len() as u64, sealed_size(size));
            prop_assert_eq!(opened(&key, size, &object).unwrap(), content);
        }
    }

    #[test]
    fn sizes_at_the_edge_of_a_chunk_are_right() {
        for size in [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK] {
            let content = vec![7; usize::try_from(size).unwrap()];
            let key = key();
            let object = sealed(&key, &content, 1_000);
            assert_eq!(object.len() as u64, sealed_size(size));
            assert_eq!(opened(&key, size, &object).unwrap(), content);
        }
    }

    #[test]
    fn nothing_can_be_cut_off_moved_repeated_or_changed() {
        let (key, sealed_chunk) = (key(), usize::try_from(SEALED_CHUNK).unwrap());
        let content = vec![1; usize::try_from(3 * CHUNK).unwrap()];
        let object = sealed(&key, &content, 4_096);
        let chunk = |number: usize| &object[number * sealed_chunk..(number + 1) * sealed_chunk];
        // Cut off: the second chunk is not the last one, whatever the size claims.
        assert!(opened(&key, 2 * CHUNK, &object[..2 * sealed_chunk]).is_err());
        assert!(opened(&key, 3 * CHUNK, &[chunk(1), chunk(0), chunk(2)].concat()).is_err());
        assert!(opened(&key, 3 * CHUNK, &[chunk(0), chunk(0), chunk(2)].concat()).is_err());
        assert!(
            opened(
                &key,
                4 * CHUNK,
                &[chunk(0), chunk(1), chunk(2), chunk(2)].concat()
            )
            .is_err()
        );
        for place in [0, 100, object.len() / 2, object.len() - 1] {
            let mut changed = object.clone();
            changed[place] ^= 1;
            assert!(opened(&key, 3 * CHUNK, &changed).is_err(), "{place}");
        }
        let other = DataKey::decode(FileId::from(Uuid::from_u128(2)), &key.encode()).unwrap();
        assert!(opened(&other, 3 * CHUNK, &object).is_err(), "another file's");
        let again = DataKey::decode(FileId::from(Uuid::from_u128(1)), &key.encode()).unwrap();
        assert_eq!(opened(&again, 3 * CHUNK, &object).unwrap(), content);
    }
}
