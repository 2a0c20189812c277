//! The kinds of files that can be stored.

use serde::{Deserialize, Serialize};

/// A kind of file, found out from the content and never from what the sender says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A document in Adobe's portable format.
    Pdf,
    /// A photograph.
    Jpeg,
    /// A picture without loss.
    Png,
    /// A picture of the web.
    Webp,
    /// A photograph of a phone.
    Heic,
    /// A scan, of one or several pages.
    Tiff,
    /// Images of a modality, with their data.
    Dicom,
    /// Plain text in UTF-8.
    Text,
    /// A video.
    Mp4,
    /// An archive that we made. Nobody uploads one: what is in it could not be looked at.
    Zip,
}

impl FileKind {
    /// All that may be uploaded.
    pub const ALL: &'static [Self] = &[
        Self::Pdf,
        Self::Jpeg,
        Self::Png,
        Self::Webp,
        Self::Heic,
        Self::Tiff,
        Self::Dicom,
        Self::Text,
        Self::Mp4,
    ];

    /// The registered media type, as it stands in `Content-Type`.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Heic => "image/heic",
            Self::Tiff => "image/tiff",
            Self::Dicom => "application/dicom",
            Self::Text => "text/plain; charset=utf-8",
            Self::Mp4 => "video/mp4",
            Self::Zip => "application/zip",
        }
    }

    /// What names of such files end in, without the dot; the first is the usual one.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Jpeg => &["jpg", "jpeg", "jpe"],
            Self::Png => &["png"],
            Self::Webp => &["webp"],
            Self::Heic => &["heic", "heif"],
            Self::Tiff => &["tif", "tiff"],
            Self::Dicom => &["dcm", "dicom"],
            Self::Text => &["txt", "text", "csv", "log", "md"],
            Self::Mp4 => &["mp4", "m4v"],
            Self::Zip => &["zip"],
        }
    }

    /// Whether browsers may show it in a page instead of saving it: pictures that they all know, and PDF.
    pub fn may_be_shown(self) -> bool {
        match self {
            Self::Pdf | Self::Jpeg | Self::Png | Self::Webp => true,
            Self::Heic | Self::Tiff | Self::Dicom | Self::Text | Self::Mp4 | Self::Zip => false,
        }
    }
}
