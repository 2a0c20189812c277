//! Identity on a fresh store, with a clock that the test moves and a box that gets its letters.

use crate::letterbox::{Letter, Letterbox};
use async_graphql::{Request, Variables};
use caregraph_contracts::links::LinkPurpose;
use caregraph_contracts::{Domain, Role};
use caregraph_identity::account::{Locale, NewAccount, Registration, User};
use caregraph_identity::session::{Login, SignInRefusal, SignedIn};
use caregraph_identity::settings::PasswordSettings;
use caregraph_identity::{Identity, IdentitySettings, Services};
use caregraph_kit::Failure;
use caregraph_kit::auth::{Principal, RequestInfo, Revocations, TokenVerifier};
use caregraph_kit::database::Engine;
use caregraph_kit::testing::{OnEngine, TestWorld, eventually};
use caregraph_migrations::identity::Migrator;
use chrono::TimeDelta;
use std::sync::Arc;

pub const PASSWORD: &str = "seven green turtles";

pub struct World {
    pub test: TestWorld,
    pub identity: Identity,
    pub verifier: Arc<TokenVerifier>,
    pub settings: IdentitySettings,
    pub letters: Letterbox,
}

impl OnEngine for World {
    async fn on(engine: Engine) -> Self {
        Self::with(engine, |_| {}).await
    }
}

impl World {
    pub async fn with(engine: Engine, change: impl FnOnce(&mut IdentitySettings)) -> Self {
        let test = TestWorld::new::<Migrator>(engine, Domain::Identity).await;
        let mut settings = IdentitySettings {
            password: PasswordSettings {
                memory_kib: 8,
                iterations: 1,
                parallelism: 1,
                concurrent: 4,
            },
            ..IdentitySettings::default()
        };
        change(&mut settings);
        let verifier = verifier(&test.ground);
        let identity = build(&test.ground, &settings, &verifier).await;
        let letters = Letterbox::new(test.ground.cipher.clone());
        test.start(vec![Arc::new(letters.clone())]);
        Self {
            test,
            identity,
            verifier,
            settings,
            letters,
        }
    }

    pub fn services(&self) -> &Services {
        &self.identity.services
    }

    pub fn advance(&self, by: TimeDelta) {
        self.test.ground.clock.advance(by);
    }

    /// An account that can sign in, with [`PASSWORD`].
    pub async fn person(&self, email: &str, roles: &[Role]) -> User {
        self.called(email, ("An", "Nguyễn"), roles).await
    }

    /// The same with this first and last name.
    pub async fn called(&self, email: &str, (first_name, last_name): (&str, &str), roles: &[Role]) -> User {
        let account = NewAccount {
            email: email.into(),
            username: None,
            phone: None,
            first_name: first_name.into(),
            last_name: last_name.into(),
            locale: Locale::En,
            time_zone: chrono_tz::Tz::Asia__Ho_Chi_Minh,
            password: Some(PASSWORD.into()),
            roles: roles.iter().copied().collect(),
            verified: true,
        };
        self.services().accounts.create_account(account).await.unwrap()
    }

    pub async fn try_login(
        &self,
        identifier: &str,
        password: &str,
    ) -> Result<SignedIn, Failure<SignInRefusal>> {
        self.try_login_from(identifier, password, &RequestInfo::default())
            .await
    }

    pub async fn try_login_from(
        &self,
        identifier: &str,
        password: &str,
        info: &RequestInfo,
    ) -> Result<SignedIn, Failure<SignInRefusal>> {
        let login = Login {
            identifier: identifier.into(),
            password: password.into(),
            otp: None,
        };
        self.services().sessions.login(login, info).await
    }

    pub async fn login(&self, identifier: &str) -> SignedIn {
        self.try_login(identifier, PASSWORD).await.unwrap()
    }

    pub fn principal(&self, signed_in: &SignedIn) -> Principal {
        self.verifier.verify(&signed_in.access_token).unwrap()
    }

    /// Makes an account and signs in.
    pub async fn signed_in(&self, email: &str, roles: &[Role]) -> Principal {
        self.person(email, roles).await;
        self.principal(&self.login(email).await)
    }

    /// The token in the next letter of a kind. Takes the letter away.
    pub async fn token(&self, purpose: LinkPurpose) -> String {
        self.letter(purpose).await.token
    }

    /// The next letter of a kind. Takes the letter away.
    pub async fn letter(&self, purpose: LinkPurpose) -> Letter {
        eventually(purpose.as_str(), async || self.letters.take(purpose)).await
    }

    /// Runs an operation and gives the answer as JSON, with codes of errors.
    pub async fn run(
        &self,
        principal: &Principal,
        query: &str,
        variables: serde_json::Value,
    ) -> serde_json::Value {
        let request = Request::new(query)
            .variables(Variables::from_json(variables))
            .data(principal.clone())
            .data(RequestInfo::default());
        let response = self.identity.subgraph.schema.execute(request).await;
        serde_json::to_value(response).unwrap()
    }
}

pub fn verifier(ground: &caregraph_kit::subgraph::Ground) -> Arc<TokenVerifier> {
    let clock = ground.clock.clone();
    Arc::new(TokenVerifier::new(
        "caregraph",
        "caregraph",
        Revocations::new(clock.clone()),
        clock,
    ))
}

pub async fn build(
    ground: &caregraph_kit::subgraph::Ground,
    settings: &IdentitySettings,
    verifier: &Arc<TokenVerifier>,
) -> Identity {
    caregraph_identity::build(ground.clone(), settings.clone(), Arc::clone(verifier))
        .await
        .unwrap()
}

pub fn registration(email: &str) -> Registration {
    Registration {
        email: email.into(),
        password: PASSWORD.into(),
        first_name: "An".into(),
        last_name: "Nguyễn".into(),
        phone: None,
        username: None,
        locale: None,
        time_zone: None,
    }
}

/// The one refusal of a use case.
pub fn refusal<T, R>(result: Result<T, Failure<R>>) -> R {
    match result {
        Ok(_) => panic!("should be refused"),
        Err(Failure::Refused(mut refusals)) => {
            assert_eq!(refusals.len(), 1);
            refusals.pop().unwrap()
        }
        Err(Failure::Denied(denied)) => panic!("{denied}"),
        Err(Failure::Fault(fault)) => panic!("{}", caregraph_kit::telemetry::chain(&fault)),
    }
}
