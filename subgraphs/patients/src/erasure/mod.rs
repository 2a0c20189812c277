//! Erasing what is kept about a person, as far as the law lets it go.
//!
//! ```text
//! requested → every domain says what it keeps → SCHEDULED → the time to think again is over → every domain erases → DONE
//!                         └──────────── called off ┘                        └─ what had to stay may go → once more ┘
//! ```
//!
//! Other domains are asked and answer by events (`kit::erasure`), in rounds: round 0 changes nothing. What is kept here goes last,
//! when it is known whether a medical record stays: then the law wants it known whose it is.

mod model;
mod own;
mod progress;
mod service;
mod store;

pub use model::{CancelProblem, Erasure, ErasureStatus};
pub use progress::ErasureProgress;
pub(crate) use service::refuse_while_open;
pub use service::{CancelErasure, ErasureService, RequestErasure};
