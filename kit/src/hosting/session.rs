//! Who is asking, and for how long.

use crate::auth::{Principal, TokenError, TokenVerifier};
use std::time::Duration;

/// The token out of an `Authorization` value: `Bearer <token>`, the scheme in any case.
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The principal behind an `Authorization` value. Without a value, or without a verifier, the caller is anonymous.
///
/// A value that holds no bearer token is a mistake, not an anonymous request: whoever sends one expects to be known.
pub fn authenticate(
    verifier: Option<&TokenVerifier>,
    authorization: Option<&str>,
) -> Result<Principal, TokenError> {
    let (Some(verifier), Some(authorization)) = (verifier, authorization) else {
        return Ok(Principal::anonymous());
    };
    verifier.verify(bearer(authorization).ok_or(TokenError::Invalid)?)
}

/// What a caller is told whose token is not accepted. Forged and malformed tokens cannot be told apart.
pub fn refusal(error: TokenError) -> &'static str {
    match error {
        TokenError::Invalid => "The access token is not valid",
        TokenError::Expired => "The access token has expired",
        TokenError::Revoked => "The session was ended",
    }
}

/// Expiry is looked at no later than after this time, so that a machine that slept or whose clock was set is noticed.
const LONGEST_NAP: Duration = Duration::from_secs(10);

/// Waits until the principal's session is revoked or its token expires, and says which. Anonymous callers and processes
/// without a verifier have no session, so this never ends for them.
pub async fn until_ended(verifier: Option<&TokenVerifier>, principal: &Principal) -> TokenError {
    let Some(verifier) = verifier.filter(|_| !principal.is_anonymous()) else {
        return std::future::pending().await;
    };
    let mut changes = verifier.revocations().watch();
    loop {
        // Marking before looking: what is revoked in between wakes us again.
        changes.borrow_and_update();
        if let Err(end) = verifier.still_good(principal) {
            return end;
        }
        let left = principal
            .expires_at()
            .map(|end| (end - verifier.clock().now()).to_std().unwrap_or_default());
        // The sender lives in the verifier, so `changed` fails only when nobody can revoke anything any more; the nap goes on.
        tokio::select! {
            Ok(()) = changes.changed() => {}
            () = tokio::time::sleep(left.unwrap_or(LONGEST_NAP).min(LONGEST_NAP)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn bearer_tokens_are_found_in_any_case() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer(" bearer  abc "), Some("abc"));
        for bad in ["", "Bearer", "Bearer ", "Basic abc", "abc"] {
            assert_eq!(bearer(bad), None, "{bad:?}");
        }
    }
}
