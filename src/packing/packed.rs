//! An object that is kept for long: its JSON, compressed by what objects of its kind have in common.

use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};

/// JSON of an object, compressed. It takes a third of its size or less where it resembles the text that it was packed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// How long it is, unpacked.
    length: u32,
    /// Compressed by LZ4, or uncompressed where that is no longer.
    bytes: Box<[u8]>,
}

/// Why an object could not be packed or unpacked.
#[derive(Debug, thiserror::Error)]
pub enum PackingError {
    /// It has no JSON.
    #[error("write an object as JSON: {0}")]
    Write(#[source] serde_json::Error),
    /// It was packed with another text.
    #[error("unpack an object: it was packed with another text")]
    Unpack,
    /// Its JSON is not of this type.
    #[error("read an unpacked object: {0}")]
    Read(#[source] serde_json::Error),
}

impl Packed {
    /// Packs an object with a text that its JSON resembles.
    ///
    /// # Errors
    /// When it has no JSON.
    pub fn new(object: &impl Serialize, with: &[u8]) -> Result<Self, PackingError> {
        let text = serde_json::to_vec(object).map_err(PackingError::Write)?;
        Ok(Self::of_text(&text, with))
    }

    /// Packs a text with one that it resembles.
    fn of_text(text: &[u8], with: &[u8]) -> Self {
        let packed = lz4_flex::block::compress_with_dict(text, with);
        let shorter = if packed.len() < text.len() {
            &packed
        } else {
            text
        };
        Self {
            // An object has far less than 4 GiB: API servers and Azure take 4 MiB at most.
            length: u32::try_from(text.len()).unwrap_or(u32::MAX),
            bytes: shorter.into(),
        }
    }

    /// The object, by the text that it was packed with.
    ///
    /// # Errors
    /// When it was packed with another text, or is of another type.
    pub fn read<T: DeserializeOwned>(&self, with: &[u8]) -> Result<T, PackingError> {
        serde_json::from_slice(&self.text(with)?).map_err(PackingError::Read)
    }

    fn text(&self, with: &[u8]) -> Result<Cow<'_, [u8]>, PackingError> {
        let length = usize::try_from(self.length).map_err(|_| PackingError::Unpack)?;
        if self.bytes.len() == length {
            return Ok(Cow::Borrowed(&self.bytes));
        }
        let text = lz4_flex::block::decompress_with_dict(&self.bytes, length, with);
        let text = text.map_err(|_| PackingError::Unpack)?;
        if text.len() == length {
            Ok(Cow::Owned(text))
        } else {
            Err(PackingError::Unpack)
        }
    }

    /// How many bytes are kept of it.
    #[cfg(test)]
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITH: &[u8] = br#"{"name":"one","kind":"AzureStore","location":"westeurope"}"#;

    #[test]
    fn text_is_unpacked_as_it_was_packed() {
        for text in [
            "",
            "x",
            r#"{"name":"two","kind":"AzureStore","location":"westeurope"}"#,
            "0af2 c1 9e 44 something else 83 é 🔑",
        ] {
            let packed = Packed::of_text(text.as_bytes(), WITH);
            assert_eq!(packed.text(WITH).unwrap(), text.as_bytes(), "{text}");
            assert!(packed.size() <= text.len(), "{text}");
        }
    }

    #[test]
    fn what_resembles_the_other_text_is_short() {
        let text = br#"{"name":"two","kind":"AzureStore","location":"westeurope"}"#;
        let packed = Packed::of_text(text, WITH);
        assert!(packed.size() < text.len() / 2, "{}", packed.size());
        assert!(packed.text(b"something else").is_err());
    }
}
