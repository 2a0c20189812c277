//! Two subgraphs: `accounts` owns users, `shop` owns orders and refers to users.

use async_graphql::{
    Context, EmptyMutation, Error, ErrorExtensions as _, ID, Object, Result, Schema, SimpleObject,
    Subscription,
};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::hosting::codes;
use caregraph_kit::subgraph::SubgraphSchema;
use futures::stream::{self, Stream, StreamExt as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::broadcast;
use uuid::Uuid;

/// What a test sees of the subgraphs' inside, and pushes into it.
#[derive(Clone)]
pub struct Probe {
    pub orders: broadcast::Sender<u32>,
    pub executed: Arc<AtomicUsize>,
    pub runtimes: Arc<std::sync::Mutex<Vec<tokio::runtime::Id>>>,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            orders: broadcast::Sender::new(64),
            executed: Arc::default(),
            runtimes: Arc::default(),
        }
    }
}

impl Probe {
    pub fn executions(&self) -> usize {
        self.executed.load(Ordering::SeqCst)
    }

    fn count(ctx: &Context<'_>) {
        ctx.data_unchecked::<Self>()
            .executed
            .fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(SimpleObject)]
struct User {
    id: ID,
    name: String,
}

fn user(id: ID) -> User {
    User {
        name: format!("User {}", id.as_str()),
        id,
    }
}

#[derive(SimpleObject)]
struct Whoami {
    user: Option<String>,
    request_id: String,
    address: Option<String>,
    user_agent: Option<String>,
}

struct Accounts;

#[Object(name = "Query")]
impl Accounts {
    async fn me(&self, ctx: &Context<'_>) -> User {
        Probe::count(ctx);
        user("1".into())
    }

    async fn whoami(&self, ctx: &Context<'_>) -> Result<Whoami> {
        let info = ctx.data::<RequestInfo>()?;
        Ok(Whoami {
            user: ctx.data::<Principal>()?.user_id().map(|id| id.to_string()),
            request_id: info.request_id.clone(),
            address: info.address.map(|address| address.to_string()),
            user_agent: info.user_agent.clone(),
        })
    }

    /// Fails as a store does.
    async fn fault(&self) -> Result<Option<String>> {
        Err(Error::new(
            "SELECT secret FROM users: connection to 10.0.0.7 refused",
        ))
    }

    /// Refuses as a use case does.
    async fn closed_door(&self) -> Result<Option<String>> {
        Err(Error::new("sign in first").extend_with(|_, e| {
            e.set("code", codes::UNAUTHENTICATED);
            e.set("internal", "detail");
        }))
    }

    async fn panic(&self, ctx: &Context<'_>) -> Option<String> {
        assert!(ctx.data_opt::<String>().is_some(), "the secret is 42");
        None
    }

    async fn by_uuid(&self, id: Uuid) -> String {
        id.to_string()
    }

    /// Looks where it runs.
    async fn runtime(&self, ctx: &Context<'_>) -> bool {
        let task = tokio::spawn(async { tokio::runtime::Handle::current().id() });
        let here = tokio::runtime::Handle::current().id();
        let there = task.await.unwrap();
        ctx.data_unchecked::<Probe>()
            .runtimes
            .lock()
            .unwrap()
            .extend([here, there]);
        true
    }

    /// Waits until the test lets it go on.
    async fn patience(&self, ctx: &Context<'_>) -> u32 {
        let mut orders = ctx.data_unchecked::<Probe>().orders.subscribe();
        Probe::count(ctx);
        orders.recv().await.unwrap_or_default()
    }

    #[graphql(entity)]
    async fn find_user(&self, id: ID) -> User {
        user(id)
    }
}

struct AccountsMutation;

#[Object(name = "Mutation")]
impl AccountsMutation {
    async fn rename(&self, ctx: &Context<'_>, name: String) -> User {
        Probe::count(ctx);
        User { id: "1".into(), name }
    }
}

#[derive(SimpleObject)]
struct Order {
    id: ID,
    total: u32,
    buyer: Buyer,
}

fn order(number: u32) -> Order {
    Order {
        id: number.into(),
        total: number * 10,
        buyer: Buyer { id: "1".into() },
    }
}

#[derive(SimpleObject)]
struct OrderConnection {
    nodes: Vec<Order>,
}

struct Buyer {
    id: ID,
}

#[Object(name = "User", extends)]
impl Buyer {
    #[graphql(external)]
    async fn id(&self) -> &ID {
        &self.id
    }

    async fn orders(&self, first: Option<u32>) -> OrderConnection {
        OrderConnection {
            nodes: (1..=first.unwrap_or(2).min(3)).map(order).collect(),
        }
    }
}

struct Shop;

#[Object(name = "Query")]
impl Shop {
    async fn orders(&self, first: Option<u32>) -> OrderConnection {
        OrderConnection {
            nodes: (1..=first.unwrap_or(2).min(3)).map(order).collect(),
        }
    }

    /// Whom the shop believes to be asking.
    async fn customer(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(ctx.data::<Principal>()?.user_id().map(|id| id.to_string()))
    }

    #[graphql(entity)]
    async fn find_user(&self, id: ID) -> Buyer {
        Buyer { id }
    }
}

struct ShopSubscription;

#[Subscription(name = "Subscription")]
impl ShopSubscription {
    /// Orders that the test places. Order 13 is followed by a panic.
    async fn order_placed(&self, ctx: &Context<'_>) -> impl Stream<Item = Order> {
        let probe = ctx.data_unchecked::<Probe>();
        let orders = stream::unfold(probe.orders.subscribe(), |mut orders| async move {
            orders.recv().await.ok().map(|number| (number, orders))
        });
        probe.executed.fetch_add(1, Ordering::SeqCst);
        orders.map(|number| {
            assert_ne!(number, 13, "the secret is 13");
            order(number)
        })
    }

    /// As much as the client takes.
    async fn firehose(&self, ctx: &Context<'_>) -> impl Stream<Item = String> {
        let made = ctx.data_unchecked::<Probe>().executed.clone();
        stream::iter(0..10_000).map(move |_| {
            made.fetch_add(1, Ordering::SeqCst);
            "x".repeat(32 * 1024)
        })
    }

    /// Ends by itself.
    async fn countdown(&self, from: u32) -> impl Stream<Item = u32> {
        stream::iter((0..=from).rev())
    }
}

pub fn accounts(probe: &Probe) -> Arc<dyn SubgraphSchema> {
    let schema =
        Schema::build(Accounts, AccountsMutation, async_graphql::EmptySubscription).enable_federation();
    Arc::new(schema.data(probe.clone()).finish())
}

pub fn shop(probe: &Probe) -> Arc<dyn SubgraphSchema> {
    let schema = Schema::build(Shop, EmptyMutation, ShopSubscription).enable_federation();
    Arc::new(
        schema
            .enable_subscription_in_federation()
            .data(probe.clone())
            .finish(),
    )
}
