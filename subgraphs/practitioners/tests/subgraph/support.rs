//! A world for these tests: the subgraph with its reactions, identity's event log, and somebody who listens.

use async_graphql::{Request, Variables};
use async_trait::async_trait;
use caregraph_contracts::events::{IdentityEvent, PractitionersEvent};
use caregraph_contracts::ids::UserId;
use caregraph_contracts::{Domain, Role};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::database::{Database, Engine, Transaction};
use caregraph_kit::events::{Envelope, EventHandler, EventStore, HandlerError};
use caregraph_kit::subgraph::SubgraphSchema;
use caregraph_kit::testing::{OnEngine, TestDatabase, TestWorld, principal};
use caregraph_migrations::practitioners::Migrator;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub struct Clinic {
    pub world: TestWorld,
    pub schema: Arc<dyn SubgraphSchema>,
    pub admin: Principal,
    identity: Identity,
    heard: Heard,
}

/// Identity as far as it is seen from here: a log of events in a store of its own.
struct Identity {
    _gone_when_dropped: TestDatabase,
    database: Database,
    events: EventStore,
}

type Heard = Arc<Mutex<Vec<PractitionersEvent>>>;

/// Another domain in this process that hears what practitioners tells.
struct Listener(Heard);

#[async_trait]
impl EventHandler for Listener {
    fn name(&self) -> &'static str {
        "test.listener"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Practitioners]
    }

    async fn handle(&self, _: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        self.0
            .lock()
            .unwrap()
            .extend(event.decode::<PractitionersEvent>()?);
        Ok(())
    }
}

impl OnEngine for Clinic {
    async fn on(engine: Engine) -> Self {
        let world = TestWorld::new::<Migrator>(engine, Domain::Practitioners).await;
        let store = TestDatabase::new(engine);
        // Identity's log needs nothing but the event tables.
        let database = store.migrated::<Migrator>().await;
        let (cipher, clock) = (world.ground.cipher.clone(), world.ground.clock.clone());
        let events = EventStore::new(Domain::Identity, database.clone(), cipher, clock);
        world.ground.bus.add_source(&events).await.unwrap();
        let identity = Identity {
            _gone_when_dropped: store,
            database,
            events,
        };
        let subgraph = caregraph_practitioners::build(world.ground.clone());
        let heard = Heard::default();
        world.start(subgraph.handlers);
        world.start(vec![Arc::new(Listener(Arc::clone(&heard)))]);
        let admin = principal(world.ground.clock.new_id(), &[Role::Admin]);
        Self {
            schema: subgraph.schema,
            admin,
            world,
            identity,
            heard,
        }
    }
}

impl Clinic {
    /// What practitioners told, in order. Commands wait until this listener has heard, so it is complete.
    pub fn told(&self) -> Vec<PractitionersEvent> {
        self.heard.lock().unwrap().clone()
    }

    /// Identity tells something, and everybody here has dealt with it.
    pub async fn identity_tells(&self, event: IdentityEvent) {
        let mut tx = self.identity.database.begin().await.unwrap();
        let ids = self.identity.events.append(&mut tx, &[event]).await.unwrap();
        tx.commit().await.unwrap();
        let bus = &self.world.ground.bus;
        let settled = bus
            .settle(&self.identity.events, ids[0], Duration::from_secs(20))
            .await;
        assert!(settled, "an event was not dealt with");
        // Reactions tell events themselves; those are waited for through the outbox.
        caregraph_kit::testing::eventually("everything told has been heard", || async {
            (self.outbox().await == self.told().len()).then_some(())
        })
        .await;
    }

    /// How many events practitioners ever told, on their way or heard.
    pub async fn outbox(&self) -> usize {
        let reader = self.world.ground.database.reader();
        let statement = "SELECT COUNT(*) AS told FROM event_outbox";
        let statement = Statement::from_string(reader.get_database_backend(), statement);
        let count: i64 = reader
            .query_one_raw(statement)
            .await
            .unwrap()
            .unwrap()
            .try_get("", "told")
            .unwrap();
        usize::try_from(count).unwrap()
    }

    /// An account with these roles.
    pub async fn account(&self, roles: &[Role]) -> UserId {
        let user_id = self.world.ground.clock.new_id();
        self.identity_tells(IdentityEvent::UserRegistered {
            user_id,
            email: format!("{user_id}@example.org"),
            phone: None,
            first_name: "An".into(),
            last_name: "Nguyễn".into(),
            locale: "vi".into(),
            time_zone: "Asia/Ho_Chi_Minh".into(),
            roles: roles.to_vec(),
        })
        .await;
        user_id
    }

    /// Runs an operation and gives the whole answer.
    pub async fn ask(&self, who: &Principal, operation: &str, variables: Value) -> Value {
        let request = Request::new(operation)
            .variables(Variables::from_json(variables))
            .data(who.clone())
            .data(RequestInfo {
                request_id: "test".into(),
                ..RequestInfo::default()
            });
        serde_json::to_value(self.schema.execute(request).await).unwrap()
    }

    /// Runs an operation that must have no top-level errors and gives its data.
    pub async fn data(&self, who: &Principal, operation: &str, variables: Value) -> Value {
        let answer = self.ask(who, operation, variables).await;
        assert!(answer.get("errors").is_none(), "{operation}: {answer}");
        answer["data"].clone()
    }

    /// Runs a mutation with an input and gives its payload, with the refusals' types, paths and messages.
    pub async fn change(&self, who: &Principal, mutation: &str, input: Value) -> Value {
        let (type_name, result) = match mutation {
            "saveLocation" => (
                "SaveLocationInput",
                "location { id name version active timeZone rooms addressLines }",
            ),
            "saveDepartment" => (
                "SaveDepartmentInput",
                "department { id name version active description }",
            ),
            practitioner => {
                let mut name = practitioner.to_owned();
                name[..1].make_ascii_uppercase();
                return self
                    .run(who, mutation, &format!("{name}Input"), PRACTITIONER, input)
                    .await;
            }
        };
        self.run(who, mutation, type_name, result, input).await
    }

    async fn run(
        &self,
        who: &Principal,
        mutation: &str,
        type_name: &str,
        result: &str,
        input: Value,
    ) -> Value {
        let operation = format!(
            "mutation($input: {type_name}!) {{ {mutation}(input: $input) {{ {result} errors {{ __typename
                ... on UserError {{ path message }} }} }} }}"
        );
        self.data(who, &operation, json!({ "input": input })).await[mutation].clone()
    }

    /// A change that must be done; gives the result.
    pub async fn done(&self, who: &Principal, mutation: &str, input: Value) -> Value {
        let payload = self.change(who, mutation, input).await;
        assert_eq!(payload["errors"], json!([]), "{mutation} was refused");
        let result = match mutation {
            "saveLocation" => "location",
            "saveDepartment" => "department",
            _ => "practitioner",
        };
        payload[result].clone()
    }

    /// A change that must be refused; gives `(type, path)` of each reason.
    pub async fn refused(&self, who: &Principal, mutation: &str, input: Value) -> Vec<(String, String)> {
        let payload = self.change(who, mutation, input).await;
        reasons(&payload)
    }

    /// A doctor with a good licence, made by the administrator. `more` is laid over the input.
    pub async fn doctor(&self, more: Value) -> Value {
        let user = self.account(&[Role::Doctor]).await;
        self.done(&self.admin, "createPractitioner", doctor_input(user, more))
            .await
    }

    pub async fn location(&self, name: &str, time_zone: &str) -> String {
        let input = json!({
            "name": name, "addressLines": ["12 Lê Lợi"], "city": "Hồ Chí Minh", "country": "VN", "timeZone": time_zone,
        });
        self.done(&self.admin, "saveLocation", input).await["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The names that a filter finds for somebody, in order.
    pub async fn found(&self, who: &Principal, filter: Value) -> Vec<String> {
        let operation = "query($filter: PractitionerFilter) { practitioners(filter: $filter, first: 100) {
            nodes { displayName } } }";
        let data = self.data(who, operation, json!({ "filter": filter })).await;
        let nodes = data["practitioners"]["nodes"].as_array().unwrap();
        nodes
            .iter()
            .map(|node| node["displayName"].as_str().unwrap().to_owned())
            .collect()
    }
}

pub const PRACTITIONER: &str =
    "practitioner { id displayName title nameWithTitle profession specialties { code }
    biography languages practisingSince yearsInPractice photoUrl departments { id } locations { id }
    acceptingNewPatients acceptsBookings active licenceNumber licenceExpiresOn workPhone workEmail
    deactivationReason user { id } version }";

pub fn nobody() -> Principal {
    Principal::anonymous()
}

/// The owner of an account with the default permissions of a doctor.
pub fn as_doctor(id: &Value) -> Principal {
    principal(id.as_str().unwrap().parse().unwrap(), &[Role::Doctor])
}

pub fn doctor_input(user: UserId, more: Value) -> Value {
    let mut input = json!({
        "userId": user.to_string(),
        "displayName": "Nguyễn Minh Anh",
        "title": "Dr.",
        "profession": "DOCTOR",
        "specialties": ["CARDIOLOGY"],
        "licenceNumber": "012345/HCM-CCHN",
        "licenceExpiresOn": "2027-12-31",
        "languages": ["vi", "en-GB"],
        "practisingSince": 2010,
        "workPhone": "+84 28 3822 1234",
        "workEmail": "Minh.Anh@clinic.example",
    });
    input
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    input
}

/// `(type, path)` of each reason in a payload.
pub fn reasons(payload: &Value) -> Vec<(String, String)> {
    let errors = payload["errors"].as_array().unwrap();
    assert!(!errors.is_empty(), "should have been refused: {payload}");
    errors
        .iter()
        .map(|error| {
            let path = error["path"]
                .as_array()
                .unwrap()
                .iter()
                .map(|part| part.as_str().unwrap());
            (
                error["__typename"].as_str().unwrap().to_owned(),
                path.collect::<Vec<_>>().join("."),
            )
        })
        .collect()
}

pub fn reason(kind: &str, path: &str) -> (String, String) {
    (kind.to_owned(), path.to_owned())
}
