//! Payloads of mutations: the result or the reasons against it.

use super::fault;
use crate::failure::{Failure, Rejection};
use async_graphql::{Context, ErrorExtensions};

/// What a use case came to, ready for a payload: the value, or the refusals.
pub type Outcome<T, E> = Result<T, Vec<E>>;

/// Sorts a use case's result: refusals become data, closed doors and faults become top-level errors.
pub fn outcome<T, R, E: From<R>>(
    ctx: &Context<'_>,
    result: Result<T, Failure<R>>,
) -> async_graphql::Result<Outcome<T, E>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Failure::Refused(refusals)) => Ok(Err(refusals.into_iter().map(E::from).collect())),
        Err(Failure::Denied(denied)) => Err(denied.into()),
        Err(Failure::Fault(inner)) => Err(fault(ctx, inner)),
    }
}

/// A use case's result as the answer of a query, which has no payload to put refusals into: they become top-level errors
/// with the code `BAD_USER_INPUT`, or `NOT_FOUND` when all that is wrong is that something is not there.
pub fn answer<T>(ctx: &Context<'_>, result: Result<T, Failure>) -> async_graphql::Result<T> {
    match result {
        Ok(value) => Ok(value),
        Err(Failure::Refused(refusals)) => {
            let text = refusals
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; ");
            let absent = refusals
                .iter()
                .all(|refusal| matches!(refusal, Rejection::NotFound { .. }));
            let code = if absent { "NOT_FOUND" } else { "BAD_USER_INPUT" };
            Err(async_graphql::Error::new(text).extend_with(|_, extensions| extensions.set("code", code)))
        }
        Err(Failure::Denied(denied)) => Err(denied.into()),
        Err(Failure::Fault(inner)) => Err(fault(ctx, inner)),
    }
}

/// Declares the payload of a mutation and the union of its errors.
///
/// Every union holds the four common refusals; name the mutation's own types behind `also`. The union gets
/// `From<Rejection>`; for a domain's own refusal enum write `impl From<MyRefusal> for MyError` beside it.
///
/// ```ignore
/// payload! {
///     /// What `cancelAppointment` answers.
///     CancelAppointmentPayload {
///         /// The cancelled appointment; null when refused.
///         appointment: Appointment
///     }
///     CancelAppointmentError also { TooLate }
/// }
/// // in the resolver:
/// Ok(CancelAppointmentPayload::of(outcome(ctx, service.cancel(&ctx.principal(), input.into()).await)?, Into::into))
/// ```
#[macro_export]
macro_rules! payload {
    (
        $(#[$doc:meta])*
        $payload:ident {
            $(#[$field_doc:meta])*
            $field:ident: $type:ty $(,)?
        }
        $error:ident $(also { $($own:ident),+ $(,)? })?
    ) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $payload {
            $(#[$field_doc])*
            pub $field: Option<$type>,
            /// Why it was refused; empty when it was done.
            pub errors: Vec<$error>,
        }

        impl $payload {
            /// From what the use case came to; `show` turns the domain's value into its GraphQL type.
            pub fn of<T>(outcome: $crate::graphql::Outcome<T, $error>, show: impl FnOnce(T) -> $type) -> Self {
                match outcome {
                    Ok(value) => Self { $field: Some(show(value)), errors: Vec::new() },
                    Err(errors) => Self { $field: None, errors },
                }
            }
        }

        #[doc = concat!("Why `", stringify!($payload), "` holds no result. Nothing was changed.")]
        #[derive(async_graphql::Union)]
        pub enum $error {
            /// A value is missing, malformed, or out of bounds.
            InvalidInput($crate::graphql::InvalidInput),
            /// There is no such thing for the caller.
            NotFound($crate::graphql::NotFound),
            /// The caller may see it, but not do this.
            NotAllowed($crate::graphql::NotAllowed),
            /// Its state does not allow this.
            Conflict($crate::graphql::Conflict),
            $($(
                /// A refusal of this mutation's own.
                $own($own),
            )+)?
        }

        impl From<$crate::Rejection> for $error {
            fn from(rejection: $crate::Rejection) -> Self {
                match $crate::graphql::CommonError::from(rejection) {
                    $crate::graphql::CommonError::InvalidInput(error) => Self::InvalidInput(error),
                    $crate::graphql::CommonError::NotFound(error) => Self::NotFound(error),
                    $crate::graphql::CommonError::NotAllowed(error) => Self::NotAllowed(error),
                    $crate::graphql::CommonError::Conflict(error) => Self::Conflict(error),
                }
            }
        }
    };
}

/// Declares a subgraph's `interface UserError` over the four common errors and its own. Register it with
/// `register_output_type::<UserError>()`.
#[macro_export]
macro_rules! user_errors {
    ($($own:ident),* $(,)?) => {
        /// A refusal somebody can act on. `message` is for people, `path` says where in the input.
        #[derive(async_graphql::Interface)]
        #[graphql(
            field(name = "message", ty = "&String", desc = "What is wrong, for people."),
            field(name = "path", ty = "&Vec<String>", desc = "Where in the input; empty when it concerns the whole operation.")
        )]
        pub enum UserError {
            /// A value is missing, malformed, or out of bounds.
            InvalidInput($crate::graphql::InvalidInput),
            /// There is no such thing for the caller.
            NotFound($crate::graphql::NotFound),
            /// The caller may see it, but not do this.
            NotAllowed($crate::graphql::NotAllowed),
            /// Its state does not allow this.
            Conflict($crate::graphql::Conflict),
            $(
                /// A refusal of this domain's own.
                $own($own),
            )*
        }
    };
}
