//! Sessions: signing in, staying signed in, and the end of it.

pub(crate) mod ending;
mod model;
mod refresh;
mod service;
mod sign_in;
pub(crate) mod store;
mod tokens;

pub use model::{RefreshRefusal, Session, SignInRefusal, SignedIn, TokenFacts};
pub use service::SessionService;
pub use sign_in::Login;
