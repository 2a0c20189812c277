//! The GraphQL schema: thin, without rules.

mod account;
mod administration;
mod credential;
mod loaders;
mod refusals;
mod role;
mod session;
mod totp;
mod user;

use crate::Services;
use async_graphql::{EmptySubscription, MergedObject, Schema, SchemaBuilder, ValidationMode};
use caregraph_kit::user_errors;
use refusals::{
    AccountSuspended, EmailNotVerified, EmailTaken, InvalidCredentials, InvalidLink, InvalidRefreshToken,
    OtpRequired, Throttled, UsernameTaken,
};

user_errors!(
    AccountSuspended,
    EmailNotVerified,
    EmailTaken,
    InvalidCredentials,
    InvalidLink,
    InvalidRefreshToken,
    OtpRequired,
    Throttled,
    UsernameTaken,
);

/// Everything that can be asked. What you may not see does not exist: the answer is null, and lists leave it out.
#[derive(MergedObject, Default)]
pub(crate) struct Query(account::AccountQuery, session::SessionQuery, role::RoleQuery);

/// Everything that can be done. What is refused is said in `errors` of the payload, and nothing was changed.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    account::AccountMutation,
    administration::AdministrationMutation,
    session::SessionMutation,
    credential::CredentialMutation,
    totp::TotpMutation,
    role::RoleMutation,
);

fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .enable_federation()
        .validation_mode(ValidationMode::Fast)
        .register_output_type::<UserError>()
}

/// The schema, with the services behind it or, for printing, without.
pub(crate) fn schema(services: Option<Services>) -> Schema<Query, Mutation, EmptySubscription> {
    let Some(services) = services else {
        return builder().finish();
    };
    builder()
        .data(loaders::users(services.accounts.clone()))
        .data(loaders::second_factors(services.totp.clone()))
        .data(services.accounts)
        .data(services.sessions)
        .data(services.credentials)
        .data(services.totp)
        .data(services.roles)
        .finish()
}
