//! The identity subgraph: who someone is, and what they may do.
//!
//! | folder         | what lives there                                                                  |
//! |----------------|-----------------------------------------------------------------------------------|
//! | `account`      | accounts: registration, verification, invitations, profiles, administration       |
//! | `session`      | signing in, refreshing, ending sessions, telling other processes of it            |
//! | `credential`   | passwords: strength, hashing, change, reset                                       |
//! | `totp`         | the second factor and recovery codes                                              |
//! | `role`         | what each role may do                                                             |
//! | `signing_key`  | keys of access tokens and their rotation                                          |
//! | `throttle`     | slowing down guessing                                                             |
//! | `link`         | links in messages, each good once                                                 |
//! | `activity`     | what happened to an account                                                       |
//! | `graphql`      | the schema; thin, no rules                                                        |

pub mod account;
pub mod activity;
pub mod credential;
mod erasure;
mod export;
mod foundation;
pub mod graphql;
mod housekeeping;
mod link;
pub mod role;
mod seals;
pub mod session;
pub mod settings;
pub mod signing_key;
mod throttle;
pub mod totp;

pub use seals::SEALS;
pub use settings::IdentitySettings;

use account::{AccountService, Sealing};
use caregraph_contracts::events::IdentityEvent;
use caregraph_kit::Fault;
use caregraph_kit::auth::TokenVerifier;
use caregraph_kit::erasure::AnswersErasures;
use caregraph_kit::portability::AnswersExports;
use caregraph_kit::subgraph::{Ground, Subgraph, SubgraphSchema, every};
use credential::{CredentialService, Passwords};
use erasure::AccountEraser;
use foundation::{ERRANDS, Foundation};
use role::RoleService;
use session::SessionService;
use signing_key::SigningKeys;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use totp::TotpService;

/// The use cases of identity, for the program: the command line and the demonstration call them directly.
#[derive(Clone)]
pub struct Services {
    /// Accounts.
    pub accounts: AccountService,
    /// Sessions.
    pub sessions: SessionService,
    /// Passwords.
    pub credentials: CredentialService,
    /// Second factors.
    pub totp: TotpService,
    /// Roles.
    pub roles: RoleService,
    /// Keys of access tokens.
    pub keys: SigningKeys,
}

/// Identity, built.
pub struct Identity {
    /// Ready to be hosted. Its background work must run for keys to rotate and revocations of other processes to be heard.
    pub subgraph: Subgraph,
    /// Its use cases.
    pub services: Services,
}

/// How often each process looks at the keys in the store; far more often than the overlap of two keys.
const KEYS_EVERY: Duration = Duration::from_mins(1);
const TIDY_EVERY: Duration = Duration::from_hours(1);
/// How often accounts are looked for of which an earlier version of the program kept the name in the clear, until there are none.
const SEAL_EVERY: Duration = Duration::from_hours(1);

/// Builds identity on a migrated store: makes missing roles and keys, publishes the keys to `verifier`, and tells it which
/// sessions have ended although their tokens live.
pub async fn build(
    ground: Ground,
    settings: IdentitySettings,
    verifier: Arc<TokenVerifier>,
) -> Result<Identity, Fault> {
    role::store::seed(&ground.database).await?;
    let head = ground.events.head().await?;
    session::ending::load(&ground, &verifier).await?;
    let keys = SigningKeys::load(ground.clone(), &settings, Arc::clone(&verifier)).await?;
    let foundation = Arc::new(Foundation {
        passwords: Passwords::new(&settings.password).await?,
        keys: keys.clone(),
        verifier: Arc::clone(&verifier),
        errands: Arc::new(Semaphore::new(ERRANDS)),
        ground: ground.clone(),
        settings,
    });
    let services = Services {
        accounts: AccountService(Arc::clone(&foundation)),
        sessions: SessionService(Arc::clone(&foundation)),
        credentials: CredentialService(Arc::clone(&foundation)),
        totp: TotpService(Arc::clone(&foundation)),
        roles: RoleService(Arc::clone(&foundation)),
        keys: keys.clone(),
    };
    let eraser = AccountEraser(Arc::clone(&foundation));
    let rotate = every(KEYS_EVERY, "identity.keys", move || {
        let keys = keys.clone();
        async move { keys.refresh().await }
    });
    let tidy = every(TIDY_EVERY, "identity.housekeeping", move || {
        let foundation = Arc::clone(&foundation);
        async move { housekeeping::tidy(&foundation).await }
    });
    let sealing = Arc::new(Sealing::new(services.accounts.clone()));
    let seal = every(SEAL_EVERY, "identity.seal_the_clear", move || {
        let sealing = Arc::clone(&sealing);
        async move { sealing.carry_on().await }
    });
    let schema: Arc<dyn SubgraphSchema> = Arc::new(graphql::schema(Some(services.clone())));
    let exports = AnswersExports::of_tables(
        "identity.export",
        &ground,
        Arc::clone(&schema),
        export::LISTS,
        |part| IdentityEvent::DataExported { part },
    );
    let erasures = AnswersErasures::of_tables("identity.erasure", ground.events.clone(), eraser, |answer| {
        IdentityEvent::ErasureAnswered { answer }
    });
    let subgraph = Subgraph {
        name: "identity",
        schema,
        handlers: vec![exports, erasures],
        document_handlers: Vec::new(),
        vitals: Vec::new(),
        background: vec![
            rotate,
            session::ending::follow(ground, verifier, head),
            tidy,
            seal,
        ],
    };
    Ok(Identity { subgraph, services })
}

/// The schema as text, without a store.
pub fn sdl() -> String {
    SubgraphSchema::sdl(&graphql::schema(None))
}
