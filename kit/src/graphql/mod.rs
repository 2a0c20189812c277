//! What all subgraphs' schemas have in common.

mod access;
mod context;
mod cursor;
mod date;
mod errors;
mod page;
mod payload;
mod scalars;

pub use access::{BasisOfAccess, PartOfRecord};
pub use context::{ContextExt, fault, named_id, parse_id};
pub use cursor::Cursor;
pub use date::Date;
#[doc(hidden)]
pub use errors::CommonError;
pub use errors::{Conflict, InvalidInput, NotAllowed, NotFound};
pub use page::{Edges, OpaqueKey, PageArgs, PageError, connection};
pub use payload::{Outcome, answer, outcome};
pub use scalars::{CurrencyCode, GraphqlMoney, MoneyInput};

#[doc(hidden)]
pub mod reexport {
    pub use async_graphql;
}
