//! The second factor: codes from an authenticator (RFC 6238), and recovery codes for when it is lost.

mod model;
mod service;
pub(crate) mod store;

pub use model::TotpEnrolment;
pub use service::{DisableTotp, TotpService};

use crate::foundation::Foundation;
use caregraph_contracts::ids::UserId;
use caregraph_kit::Fault;
use sea_orm::ConnectionTrait;

/// What a sign-in's second factor came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// The account has no second factor.
    NotNeeded,
    /// It has one, and nothing was given.
    Missing,
    /// Neither a code of now nor an unused recovery code.
    Wrong,
    /// A code of now; it is used up.
    Right,
    /// A recovery code; it is used up.
    RecoveryCode,
}

/// Checks what was given against the account's second factor, using it up in the caller's transaction. Of two that bring the
/// same code at the same time one is wrong.
pub(crate) async fn check(
    foundation: &Foundation,
    connection: &impl ConnectionTrait,
    user: UserId,
    otp: Option<&str>,
) -> Result<Checked, Fault> {
    let ground = &foundation.ground;
    let Some(factor) = store::get(connection, &ground.cipher, user)
        .await?
        .filter(|factor| factor.confirmed)
    else {
        return Ok(Checked::NotNeeded);
    };
    let Some(otp) = otp else {
        return Ok(Checked::Missing);
    };
    let now = ground.clock.now();
    if let Some(step) = factor.step_of(otp, now) {
        let fresh = store::use_step(connection, user, step).await?;
        return Ok(if fresh { Checked::Right } else { Checked::Wrong });
    }
    let Some(code) = model::recovery_code(otp) else {
        return Ok(Checked::Wrong);
    };
    let fresh = store::use_recovery_code(connection, &ground.cipher, (user, &code), now).await?;
    Ok(if fresh {
        Checked::RecoveryCode
    } else {
        Checked::Wrong
    })
}
