//! The graph over WebSocket: kit's protocol on the web server's socket.

use crate::caller::Caller;
use crate::metrics::Counted;
use crate::operation::{self, Engine, Job, Outcome};
use crate::rate_limit::TooMany;
use crate::seats::Seat;
use crate::settings::WebSockets;
use caregraph_kit::auth::RequestInfo;
use caregraph_kit::hosting::codes;
use caregraph_kit::hosting::transport_ws::{
    self, ConnectionLimits, Disconnected, Incoming, Operation, OperationEvent, Operations, Outgoing, Outlet,
    Rules, SUBPROTOCOL, Session,
};
use futures::channel::mpsc::{self, Receiver, Sender};
use futures::future::ready;
use futures::stream::{self, LocalBoxStream, StreamExt as _};
use hive_router::executor::hooks::on_graphql_params::GraphQLParams;
use hive_router::http::StatusCode;
use hive_router::ntex::rt;
use hive_router::ntex::service::{fn_factory_with_config, fn_service, fn_shutdown};
use hive_router::ntex::util::{Bytes, BytesMut};
use hive_router::ntex::web::{HttpRequest, HttpResponse, types::State, ws};
use hive_router::ntex::{self, chain};
use hive_router::sonic_rs;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Answers `GET /graphql` with `Upgrade: websocket`.
pub(crate) async fn upgrade(
    request: HttpRequest,
    engine: State<Arc<Engine>>,
) -> Result<HttpResponse, ntex::web::Error> {
    let engine = engine.get_ref().clone();
    let settings = &engine.gateway.settings.websocket;
    if !ws::subprotocols(&request).any(|protocol| protocol == SUBPROTOCOL) {
        return Ok(HttpResponse::BadRequest().body("Speak graphql-transport-ws"));
    }
    let Some(info) = request
        .extensions()
        .get::<Caller>()
        .map(|caller| caller.info.clone())
    else {
        return Ok(HttpResponse::InternalServerError().finish());
    };
    let most = (settings.max_connections, settings.max_connections_per_address);
    let Some(seat) = engine.gateway.seats.take(info.address, most) else {
        return Ok(HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE)
            .header("retry-after", "5")
            .finish());
    };
    let rules = Rules {
        limits: limits(settings),
        verifier: engine.gateway.verifier.clone(),
        shutdown: engine.gateway.shutdown.clone(),
    };
    let operations = Graph {
        engine,
        request: request.clone(),
        info,
    };
    let opening = Rc::new(RefCell::new(Some((operations, rules, seat))));
    ws::start(
        request,
        Some(SUBPROTOCOL),
        fn_factory_with_config(async move |sink: ws::WsSink| {
            let (frames, incoming) = mpsc::channel(MOST_UNREAD);
            let reader = Rc::new(Reader::new(frames, &opening));
            // A connection is opened once, so what it needs is there.
            if let Some((operations, rules, seat)) = opening.borrow_mut().take() {
                rt::spawn(async move {
                    converse(sink, incoming, operations, rules).await;
                    drop(seat);
                });
            }
            let frames = reader.clone();
            let service = fn_service(move |frame: ws::Frame| {
                // A goodbye is answered by one (RFC 6455 5.5.1), else the client takes it for an accident.
                let goodbye = match &frame {
                    ws::Frame::Close(reason) => Some(ws::Message::Close(reason.clone())),
                    _ => None,
                };
                frames.take(frame);
                ready(Ok::<_, ntex::web::Error>(goodbye))
            });
            Ok::<_, ntex::web::Error>(chain(service).and_then(fn_shutdown(async move || reader.hang_up())))
        }),
    )
    .await
}

fn limits(settings: &WebSockets) -> ConnectionLimits {
    ConnectionLimits {
        max_message_bytes: settings.max_message_bytes,
        init_timeout: Duration::from_secs(settings.init_timeout_seconds),
        max_operations: settings.max_operations,
        ping_interval: Duration::from_secs(settings.ping_seconds),
    }
}

async fn converse(sink: ws::WsSink, incoming: Receiver<Incoming>, operations: Graph, rules: Rules) {
    let _open = Counted::new(&operations.engine.gateway.metrics.websockets);
    let gone = sink.on_disconnect();
    let io = sink.clone();
    tokio::select! {
        () = transport_ws::serve(incoming, SinkOutlet(sink), operations, rules) => {}
        () = gone => {}
    }
    io.io().close();
}

/// A client that sends faster than its messages are obeyed, while it takes no answers, is dropped.
const MOST_UNREAD: usize = 64;

/// Puts fragments together and hands whole messages on.
struct Reader {
    frames: RefCell<Option<Sender<Incoming>>>,
    partial: RefCell<BytesMut>,
    max: usize,
}

impl Reader {
    fn new(frames: Sender<Incoming>, opening: &RefCell<Option<(Graph, Rules, Seat)>>) -> Self {
        let max = opening
            .borrow()
            .as_ref()
            .map_or(0, |(_, rules, _)| rules.limits.max_message_bytes);
        Self {
            frames: RefCell::new(Some(frames)),
            partial: RefCell::default(),
            max,
        }
    }

    fn take(&self, frame: ws::Frame) {
        let message = match frame {
            ws::Frame::Text(text) => Some(self.text(&text)),
            ws::Frame::Continuation(item) => self.fragment(item),
            ws::Frame::Binary(_) => Some(Incoming::Unknown),
            ws::Frame::Ping(content) => Some(Incoming::Ping(bytes::Bytes::copy_from_slice(&content))),
            ws::Frame::Pong(_) => Some(Incoming::Alive),
            ws::Frame::Close(_) => return self.hang_up(),
        };
        let Some(message) = message else { return };
        let is_flood = self
            .frames
            .borrow_mut()
            .as_mut()
            .is_some_and(|frames| frames.try_send(message).is_err());
        if is_flood {
            self.hang_up();
        }
    }

    fn fragment(&self, item: ntex::ws::Item) -> Option<Incoming> {
        use ntex::ws::Item;
        let (content, is_last) = match item {
            Item::FirstText(content) => {
                self.partial.borrow_mut().clear();
                (content, false)
            }
            Item::FirstBinary(_) => return Some(Incoming::Unknown),
            Item::Continue(content) => (content, false),
            Item::Last(content) => (content, true),
        };
        let mut partial = self.partial.borrow_mut();
        if partial.len() + content.len() > self.max {
            return Some(Incoming::TooLarge);
        }
        partial.extend_from_slice(&content);
        let whole = is_last.then(|| std::mem::take(&mut *partial).freeze());
        drop(partial);
        whole.map(|whole| self.text(&whole))
    }

    fn text(&self, content: &Bytes) -> Incoming {
        if content.len() > self.max {
            return Incoming::TooLarge;
        }
        std::str::from_utf8(content).map_or(Incoming::Unknown, |text| Incoming::Text(text.to_owned()))
    }

    fn hang_up(&self) {
        self.frames.borrow_mut().take();
    }
}

/// A client that takes nothing for this long is dropped.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a slow client is looked at. The web server offers no way to be told.
const GLANCE: Duration = Duration::from_millis(20);

struct SinkOutlet(ws::WsSink);

impl Outlet for SinkOutlet {
    async fn send(&mut self, frame: Outgoing) -> Result<(), Disconnected> {
        let message = match frame {
            Outgoing::Text(text) => ws::Message::Text(text.into()),
            Outgoing::Ping => ws::Message::Ping(Bytes::new()),
            Outgoing::Pong(content) => ws::Message::Pong(Bytes::copy_from_slice(&content)),
            Outgoing::Close(code, reason) => ws::Message::Close(Some(ws::CloseReason {
                code: code.into(),
                description: Some(reason.to_owned()),
            })),
        };
        self.0.send(message).await.map_err(|_| Disconnected)?;
        // The server takes every message into its buffer; waiting here is what keeps the buffer small.
        let drained = async {
            while self.0.io().is_wr_backpressure() {
                tokio::time::sleep(GLANCE).await;
            }
        };
        tokio::time::timeout(PATIENCE, drained)
            .await
            .map_err(|_| Disconnected)
    }
}

/// Runs a connection's operations.
struct Graph {
    engine: Arc<Engine>,
    request: HttpRequest,
    info: RequestInfo,
}

impl Operations for Graph {
    type Events = LocalBoxStream<'static, OperationEvent>;

    fn start(&self, session: &Session, operation: Operation) -> Self::Events {
        let caller = Caller {
            principal: session.principal.clone(),
            info: self.info.clone(),
            authorization: session.authorization.clone(),
        };
        let Ok(params) = sonic_rs::from_str::<GraphQLParams>(&operation.payload.to_string()) else {
            let refusal = OperationEvent::error("The payload is not a GraphQL request", codes::BAD_REQUEST);
            return stream::once(ready(refusal)).boxed_local();
        };
        let (engine, request) = (self.engine.clone(), self.request.clone());
        stream::once(async move {
            if let Err((whose, too_many)) = count(&engine, &caller).await {
                engine
                    .gateway
                    .metrics
                    .rate_limited
                    .with_label_values(&[whose])
                    .inc();
                tracing::debug!(%too_many, "an operation was turned away");
                let refusal =
                    OperationEvent::error("Too many requests, try again in a moment", codes::RATE_LIMITED);
                return stream::once(ready(refusal)).left_stream();
            }
            operation::run(
                engine,
                Job {
                    request,
                    params,
                    caller,
                    read_only: false,
                },
            )
            .filter_map(|outcome| ready(event(outcome)))
            .right_stream()
        })
        .flatten()
        .boxed_local()
    }
}

/// Counts an operation as the gate counts a request: a connection must not be the way around the limits.
async fn count(engine: &Engine, caller: &Caller) -> Result<(), (&'static str, TooMany)> {
    let limiter = &engine.gateway.limiter;
    if let Some(address) = caller.address() {
        limiter
            .check_address(address)
            .await
            .map_err(|too_many| ("address", too_many))?;
    }
    limiter
        .check_principal(&caller.principal)
        .await
        .map_err(|too_many| ("principal", too_many))
}

fn event(outcome: Outcome) -> Option<OperationEvent> {
    match outcome {
        Outcome::Refused(_, errors) => Some(OperationEvent::Error(errors)),
        Outcome::Answer(_, result) | Outcome::Event(result) => {
            String::from_utf8(result).ok().map(OperationEvent::Next)
        }
        Outcome::Subscribed => None,
    }
}
