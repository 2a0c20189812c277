//! Forgetting what nobody needs any more.

use crate::foundation::Foundation;
use crate::{account, activity, link, session, throttle};
use chrono::TimeDelta;
use sea_orm::DbErr;

/// How long sign-ins and changes are kept for the person to look at.
const ACTIVITY: TimeDelta = TimeDelta::days(400);
/// Ended sessions and used links are kept this long after their end, so that replays are recognised as such.
const AFTERLIFE: TimeDelta = TimeDelta::days(30);

/// Removes old rows; safe to run in several processes.
pub(crate) async fn tidy(foundation: &Foundation) -> Result<(), DbErr> {
    let reader = foundation.ground.database.reader();
    let now = foundation.ground.clock.now();
    session::store::forget_old(reader, now - AFTERLIFE).await?;
    link::store::forget_old(reader, now - AFTERLIFE).await?;
    account::invitation_store::forget_old(reader, now - AFTERLIFE).await?;
    account::shadow_store::forget_old(reader, now).await?;
    activity::store::forget_old(reader, now - ACTIVITY).await?;
    let memory = TimeDelta::minutes(i64::from(foundation.settings.throttle.forget_after_minutes));
    throttle::forget_old(reader, now - memory).await
}
