//! What is typed in about accounts, and what comes back.

use crate::account::{
    AcceptRefusal, InviteRefusal, LinkRefusal, ProfileChanges, ProfileRefusal, RegisterRefusal, UserFilter,
};
use crate::graphql::refusals::{EmailTaken, InvalidLink, Throttled, UsernameTaken};
use crate::graphql::user::{Role, User, UserAddressInput, UserStatus};
use async_graphql::{ID, InputObject, MaybeUndefined, SimpleObject};
use caregraph_kit::payload;
use chrono::{DateTime, Utc};

/// Who registers. Other roles than patient come by invitation.
#[derive(InputObject)]
pub struct RegisterInput {
    /// Address for messages and sign-in, at most 254 characters.
    pub(super) email: String,
    /// The password: 10 to 128 characters, and not easy to guess.
    pub(super) password: String,
    /// Given name, at most 80 characters.
    pub(super) first_name: String,
    /// Family name, at most 80 characters.
    pub(super) last_name: String,
    /// Telephone number with country code, for sign-in.
    pub(super) phone: Option<String>,
    /// Name for sign-in: 3 to 32 letters (a-z), digits, dots, dashes or underscores, beginning with a letter.
    pub(super) username: Option<String>,
    /// Language of messages: `vi` (default) or `en`.
    pub(super) locale: Option<String>,
    /// IANA time zone.
    pub(super) time_zone: Option<String>,
}

payload! {
    /// What `register` answers. It does not tell whether the address has an account already: in that case nothing is made, and
    /// the address gets a message.
    RegisterPayload {
        /// The account, which waits for its address to be verified; null when refused.
        user: User
    }
    RegisterError also { UsernameTaken, Throttled }
}

impl From<RegisterRefusal> for RegisterError {
    fn from(refusal: RegisterRefusal) -> Self {
        match refusal {
            RegisterRefusal::Common(common) => common.into(),
            RegisterRefusal::UsernameTaken => Self::UsernameTaken(UsernameTaken::at("username", &refusal)),
            RegisterRefusal::Throttled { retry_after_seconds } => {
                Self::Throttled(Throttled::new(&refusal, retry_after_seconds))
            }
        }
    }
}

/// The proof that somebody reads an address.
#[derive(InputObject)]
pub struct VerifyEmailInput {
    /// The token of the link in the message.
    pub(super) token: String,
}

payload! {
    /// What `verifyEmail` answers.
    VerifyEmailPayload {
        /// The account, which can sign in from now on; null when refused.
        user: User
    }
    VerifyEmailError also { InvalidLink }
}

impl From<LinkRefusal> for VerifyEmailError {
    fn from(refusal: LinkRefusal) -> Self {
        match refusal {
            LinkRefusal::Common(common) => common.into(),
            LinkRefusal::InvalidLink => Self::InvalidLink(InvalidLink::at("token", &refusal)),
        }
    }
}

/// Which address to write to again.
#[derive(InputObject)]
pub struct ResendVerificationInput {
    /// The address.
    pub(super) email: String,
}

payload! {
    /// What `resendVerification` answers: the same for every address.
    ResendVerificationPayload {
        /// True: if an account with this address waits for verification, a message is on its way.
        accepted: bool
    }
    ResendVerificationError
}

/// Whom to invite.
#[derive(InputObject)]
pub struct InviteUserInput {
    /// Address of the message.
    pub(super) email: String,
    /// What the person will be; at least one.
    pub(super) roles: Vec<Role>,
    /// Language of the message: `vi` (default) or `en`.
    pub(super) locale: Option<String>,
}

/// An invitation that waits to be accepted.
#[derive(SimpleObject)]
pub struct Invitation {
    /// Identifies the invitation.
    pub(super) id: ID,
    /// Address of the message.
    pub(super) email: String,
    /// What the person will be.
    pub(super) roles: Vec<Role>,
    /// When the link stops working.
    pub(super) expires_at: DateTime<Utc>,
}

payload! {
    /// What `inviteUser` answers.
    InviteUserPayload {
        /// The invitation; null when refused.
        invitation: Invitation
    }
    InviteUserError also { EmailTaken }
}

impl From<InviteRefusal> for InviteUserError {
    fn from(refusal: InviteRefusal) -> Self {
        match refusal {
            InviteRefusal::Common(common) => common.into(),
            InviteRefusal::EmailTaken => Self::EmailTaken(EmailTaken::at("email", &refusal)),
        }
    }
}

/// What an invited person tells.
#[derive(InputObject)]
pub struct AcceptInvitationInput {
    /// The token of the link in the message.
    pub(super) token: String,
    /// The password: 10 to 128 characters, and not easy to guess.
    pub(super) password: String,
    /// Given name, at most 80 characters.
    pub(super) first_name: String,
    /// Family name, at most 80 characters.
    pub(super) last_name: String,
    /// Telephone number with country code, for sign-in.
    pub(super) phone: Option<String>,
    /// Name for sign-in: 3 to 32 letters (a-z), digits, dots, dashes or underscores, beginning with a letter.
    pub(super) username: Option<String>,
    /// Language of messages: `vi` or `en`; the invitation's when not given.
    pub(super) locale: Option<String>,
    /// IANA time zone.
    pub(super) time_zone: Option<String>,
}

payload! {
    /// What `acceptInvitation` answers.
    AcceptInvitationPayload {
        /// The account, which can sign in at once; null when refused.
        user: User
    }
    AcceptInvitationError also { InvalidLink, UsernameTaken }
}

impl From<AcceptRefusal> for AcceptInvitationError {
    fn from(refusal: AcceptRefusal) -> Self {
        match refusal {
            AcceptRefusal::Common(common) => common.into(),
            AcceptRefusal::InvalidLink => Self::InvalidLink(InvalidLink::at("token", &refusal)),
            AcceptRefusal::UsernameTaken => Self::UsernameTaken(UsernameTaken::at("username", &refusal)),
        }
    }
}

/// Changes of one's own profile. What is not given stays; what is null is removed.
#[derive(InputObject)]
pub struct UpdateMeInput {
    /// Given name, at most 80 characters.
    pub(super) first_name: Option<String>,
    /// Family name, at most 80 characters.
    pub(super) last_name: Option<String>,
    /// Name for sign-in: 3 to 32 letters (a-z), digits, dots, dashes or underscores, beginning with a letter. Null removes it.
    pub(super) username: MaybeUndefined<String>,
    /// Telephone number with country code. Null removes it.
    pub(super) phone: MaybeUndefined<String>,
    /// Language of messages: `vi` or `en`.
    pub(super) locale: Option<String>,
    /// IANA time zone.
    pub(super) time_zone: Option<String>,
    /// Picture, an `https` address of at most 2048 characters. Null removes it.
    pub(super) avatar_url: MaybeUndefined<String>,
    /// All postal addresses after the change, the main one first; at most 10.
    pub(super) addresses: Option<Vec<UserAddressInput>>,
    /// Refuses when the profile was changed since this `version` was read.
    pub(super) expected_version: Option<i64>,
}

impl From<UpdateMeInput> for ProfileChanges {
    fn from(input: UpdateMeInput) -> Self {
        Self {
            first_name: input.first_name,
            last_name: input.last_name,
            username: input.username.into(),
            phone: input.phone.into(),
            locale: input.locale,
            time_zone: input.time_zone,
            avatar_url: input.avatar_url.into(),
            addresses: input
                .addresses
                .map(|addresses| addresses.into_iter().map(Into::into).collect()),
            expected_version: input.expected_version,
        }
    }
}

payload! {
    /// What `updateMe` answers.
    UpdateMePayload {
        /// The account after the change; null when refused.
        user: User
    }
    UpdateMeError also { UsernameTaken }
}

impl From<ProfileRefusal> for UpdateMeError {
    fn from(refusal: ProfileRefusal) -> Self {
        match refusal {
            ProfileRefusal::Common(common) => common.into(),
            ProfileRefusal::UsernameTaken => Self::UsernameTaken(UsernameTaken::at("username", &refusal)),
        }
    }
}

/// Which accounts to list. What is not given does not matter.
#[derive(InputObject)]
pub struct UsersFilter {
    /// Words, each of them a part of the e-mail address or the username, or the beginning of a word of the name, where what stands
    /// behind a hyphen is a word, too; case and diacritics do not matter. Of the name, two letters at least must be given where a word has
    /// more. At most eight words and 200 characters count.
    pub(super) text: Option<String>,
    /// Has this role.
    pub(super) role: Option<Role>,
    /// Is in this status.
    pub(super) status: Option<UserStatus>,
}

impl From<UsersFilter> for UserFilter {
    fn from(filter: UsersFilter) -> Self {
        Self {
            text: filter.text.map(|text| text.chars().take(200).collect()),
            role: filter.role.map(Into::into),
            status: filter.status.map(Into::into),
        }
    }
}
