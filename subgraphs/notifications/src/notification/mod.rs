//! Messages: one to one person by one way.

mod announcement;
mod ending;
mod facts;
mod holdings;
mod kind;
mod live;
mod model;
mod post;
mod sending;
mod service;
pub(crate) mod store;

pub(crate) use announcement::AnnouncementRow;
pub use announcement::SendNotification;
pub use facts::{Facts, sample, variables};
pub use kind::{Channel, NotificationType, Side};
pub use live::{Arrival, LiveFailure};
pub use model::{Notification, Status};
pub(crate) use post::{Addressee, Post};
pub(crate) use sending::{Desk, Sender};
pub use service::{InboxFilter, LogFilter, NotificationService, PageKey};
