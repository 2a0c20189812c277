//! What messages say: built-in texts, and those that an administrator wrote in their place.

mod builtin;
mod model;
mod render;
mod service;
pub(crate) mod store;
mod values;

pub use model::{Template, TemplateKey, Wording};
pub(crate) use render::render;
pub use render::{RenderError, Rendered};
pub use service::{SaveTemplate, TemplateService};
pub use values::{Item, Shown, Values};
