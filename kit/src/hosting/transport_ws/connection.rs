//! The life of one connection.

use super::message::{self, ClientMessage};
use super::{
    Disconnected, Incoming, Operation, OperationEvent, Operations, Outgoing, Outlet, Rules, Session,
};
use crate::hosting::{codes, nesting, session};
use futures::future::{Ready, ready};
use futures::stream::{Chain, Map, Once, Stream, StreamExt, once};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_stream::StreamMap;

/// How a connection ends: with a frame, or because the client is gone already.
enum End {
    Close(u16, &'static str),
    Gone,
}

impl From<Disconnected> for End {
    fn from(Disconnected: Disconnected) -> Self {
        Self::Gone
    }
}

type Step<T> = Result<T, End>;

const BAD_MESSAGE: End = End::Close(4400, "Bad message");
const TOO_LARGE: End = End::Close(1009, "Message too large");
const GOING_AWAY: End = End::Close(1001, "Going away");

/// Drives a connection until either side ends it.
pub async fn serve<I, O, H>(mut incoming: I, mut outlet: O, operations: H, rules: Rules)
where
    I: Stream<Item = Incoming> + Unpin,
    O: Outlet,
    H: Operations,
{
    let end = match open(&mut incoming, &mut outlet, &rules).await {
        Ok(session) => converse(&mut incoming, &mut outlet, &operations, &rules, &session).await,
        Err(end) => end,
    };
    if let End::Close(code, reason) = end {
        // Nobody is left to tell when this fails.
        let _ = outlet.send(Outgoing::Close(code, reason)).await;
    }
}

/// Up to the acknowledgement.
async fn open(
    incoming: &mut (impl Stream<Item = Incoming> + Unpin),
    outlet: &mut impl Outlet,
    rules: &Rules,
) -> Step<Session> {
    let handshake = timeout(rules.limits.init_timeout, init_payload(incoming, outlet));
    let payload = tokio::select! {
        () = rules.shutdown.cancelled() => return Err(GOING_AWAY),
        payload = handshake => payload.map_err(|_| End::Close(4408, "Connection initialisation timeout"))??,
    };
    let forbidden = End::Close(4403, "Forbidden");
    let Ok(authorization) = message::authorization(payload.as_ref()) else {
        return Err(forbidden);
    };
    let Ok(principal) = session::authenticate(rules.verifier.as_deref(), authorization.as_deref()) else {
        return Err(forbidden);
    };
    outlet.send(Outgoing::Text(message::ACK.to_owned())).await?;
    Ok(Session {
        principal,
        authorization,
    })
}

async fn init_payload(
    incoming: &mut (impl Stream<Item = Incoming> + Unpin),
    outlet: &mut impl Outlet,
) -> Step<Option<serde_json::Value>> {
    loop {
        match read(incoming.next().await, outlet).await? {
            Some(ClientMessage::ConnectionInit { payload }) => return Ok(payload),
            Some(ClientMessage::Subscribe { .. }) => return Err(End::Close(4401, "Unauthorized")),
            Some(ClientMessage::Complete { .. } | ClientMessage::Ping {} | ClientMessage::Pong {}) | None => {
            }
        }
    }
}

/// Everything after the acknowledgement.
async fn converse<H: Operations>(
    incoming: &mut (impl Stream<Item = Incoming> + Unpin),
    outlet: &mut impl Outlet,
    operations: &H,
    rules: &Rules,
    session: &Session,
) -> End {
    let mut running = StreamMap::new();
    let over = session::until_ended(rules.verifier.as_deref(), &session.principal);
    tokio::pin!(over);
    let every = rules.limits.ping_interval;
    let mut pings = interval_at(Instant::now() + every, every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0_u8;
    loop {
        let step = tokio::select! {
            // Ends come first: a busy operation must not keep a revoked session open.
            biased;
            () = rules.shutdown.cancelled() => Err(GOING_AWAY),
            reason = &mut over => Err(expel(running.keys().cloned().collect(), outlet, session::refusal(reason)).await),
            frame = incoming.next() => {
                unanswered = 0;
                match read(frame, outlet).await {
                    Ok(Some(message)) => obey(message, &mut running, outlet, operations, rules, session).await,
                    Ok(None) => Ok(()),
                    Err(end) => Err(end),
                }
            }
            Some((id, event)) = running.next(), if !running.is_empty() => report(id, event, &mut running, outlet).await,
            _ = pings.tick() => {
                unanswered += 1;
                if unanswered > 3 { Err(End::Close(4408, "No answer to pings")) } else { outlet.send(Outgoing::Ping).await.map_err(End::from) }
            }
        };
        if let Err(end) = step {
            return end;
        }
    }
}

/// Reads one frame. Pings are answered here, so that callers see messages only.
async fn read(frame: Option<Incoming>, outlet: &mut impl Outlet) -> Step<Option<ClientMessage>> {
    let text = match frame.ok_or(End::Gone)? {
        Incoming::Text(text) => text,
        Incoming::Alive => return Ok(None),
        Incoming::Ping(content) => {
            outlet.send(Outgoing::Pong(content)).await?;
            return Ok(None);
        }
        Incoming::TooLarge => return Err(TOO_LARGE),
        Incoming::Unknown => return Err(BAD_MESSAGE),
    };
    if nesting::json_nests_deeper(text.as_bytes(), nesting::MAX_JSON_NESTING) {
        return Err(BAD_MESSAGE);
    }
    match serde_json::from_str(&text) {
        Ok(ClientMessage::Ping {}) => {
            outlet.send(Outgoing::Text(message::PONG.to_owned())).await?;
            Ok(None)
        }
        Ok(message) => Ok(Some(message)),
        Err(_) => Err(BAD_MESSAGE),
    }
}

/// An operation's events, and a `None` after the last.
type Tracked<E> =
    Chain<Map<E, fn(OperationEvent) -> Option<OperationEvent>>, Once<Ready<Option<OperationEvent>>>>;

async fn obey<H: Operations>(
    message: ClientMessage,
    running: &mut StreamMap<String, Tracked<H::Events>>,
    outlet: &mut impl Outlet,
    operations: &H,
    rules: &Rules,
    session: &Session,
) -> Step<()> {
    match message {
        ClientMessage::ConnectionInit { .. } => Err(End::Close(4429, "Too many initialisation requests")),
        ClientMessage::Subscribe { id, .. } if running.contains_key(&id) => {
            Err(End::Close(4409, "Subscriber already exists"))
        }
        ClientMessage::Subscribe { id, .. } if running.len() >= rules.limits.max_operations => {
            let refusal =
                message::error_payload("Too many operations on this connection", codes::LIMIT_EXCEEDED);
            Ok(outlet.send(Outgoing::Text(message::error(&id, &refusal))).await?)
        }
        ClientMessage::Subscribe { id, payload } => {
            let events = operations.start(
                session,
                Operation {
                    id: id.clone(),
                    payload,
                },
            );
            running.insert(id, events.map(Some as fn(_) -> _).chain(once(ready(None))));
            Ok(())
        }
        ClientMessage::Complete { id } => {
            running.remove(&id);
            Ok(())
        }
        ClientMessage::Ping {} | ClientMessage::Pong {} => Ok(()),
    }
}

async fn report<E>(
    id: String,
    event: Option<OperationEvent>,
    running: &mut StreamMap<String, Tracked<E>>,
    outlet: &mut impl Outlet,
) -> Step<()>
where
    E: Stream<Item = OperationEvent> + Unpin,
{
    let text = match event {
        Some(OperationEvent::Next(result)) => message::next(&id, &result),
        Some(OperationEvent::Error(errors)) => {
            running.remove(&id);
            message::error(&id, &errors)
        }
        None => {
            running.remove(&id);
            message::complete(&id)
        }
    };
    Ok(outlet.send(Outgoing::Text(text)).await?)
}

/// Tells every running operation why it ends, before the connection does.
async fn expel(running: Vec<String>, outlet: &mut impl Outlet, reason: &'static str) -> End {
    for id in running {
        let farewell = message::error(&id, &message::unauthenticated(reason));
        if outlet.send(Outgoing::Text(farewell)).await.is_err() {
            return End::Gone;
        }
    }
    End::Close(4403, reason)
}
