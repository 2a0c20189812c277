//! Links in messages: what they are for and where they lead. Identity makes and honours them, notifications writes them down.

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Shows that an address is one's own.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
    /// Makes an account of an invitation.
    AcceptInvitation,
}

impl LinkPurpose {
    /// The purpose in tokens and stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify-email",
            Self::ResetPassword => "reset-password",
            Self::AcceptInvitation => "accept-invitation",
        }
    }

    /// Where the link leads, behind the application's address.
    pub const fn path(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify",
            Self::ResetPassword => "reset",
            Self::AcceptInvitation => "invitation",
        }
    }
}
