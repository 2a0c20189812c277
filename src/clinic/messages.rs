//! Settings of messages, as far as they follow from other settings.

use crate::settings::Settings;
use caregraph_notifications::NotificationSettings;
use std::net::SocketAddr;

/// The outbox is in the data folder, and links lead to where the server listens, unless somebody said otherwise.
pub fn notification_settings(settings: &Settings) -> NotificationSettings {
    let mut notifications = settings.notifications.clone();
    notifications
        .outbox
        .get_or_insert_with(|| settings.data_dir.join("outbox"));
    if notifications.public_url.is_empty() {
        notifications.public_url = reached_at(settings.listen);
    }
    notifications
}

/// Where a router elsewhere is, as far as anybody can know: at the address that `caregraph router` takes without being told.
pub fn router_elsewhere() -> String {
    reached_at(Settings::default().listen)
}

/// The address of a server for somebody on the same machine.
fn reached_at(listen: SocketAddr) -> String {
    if listen.ip().is_unspecified() {
        // Nobody can go to "all addresses".
        format!("http://localhost:{}", listen.port())
    } else {
        format!("http://{listen}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link_base(listen: &str, public_url: &str) -> String {
        let mut settings = Settings {
            listen: listen.parse().unwrap(),
            ..Settings::default()
        };
        public_url.clone_into(&mut settings.notifications.public_url);
        notification_settings(&settings).public_url
    }

    #[test]
    fn links_follow_the_address_of_the_server() {
        assert_eq!(link_base("127.0.0.1:4100", ""), "http://127.0.0.1:4100");
        assert_eq!(link_base("0.0.0.0:8080", ""), "http://localhost:8080");
        assert_eq!(link_base("[::]:8080", ""), "http://localhost:8080");
        assert_eq!(link_base("[::1]:4000", ""), "http://[::1]:4000");
        assert_eq!(router_elsewhere(), "http://127.0.0.1:4000");
    }

    #[test]
    fn what_was_said_holds() {
        for said in ["https://clinic.example", "http://localhost:4000"] {
            assert_eq!(link_base("0.0.0.0:8080", said), said);
        }
    }

    #[test]
    fn the_outbox_is_in_the_data_folder() {
        let mut settings = Settings {
            data_dir: "elsewhere".into(),
            ..Settings::default()
        };
        let outbox = |settings: &Settings| notification_settings(settings).outbox;
        assert_eq!(outbox(&settings), Some("elsewhere/outbox".into()));
        settings.notifications.outbox = Some("mine".into());
        assert_eq!(outbox(&settings), Some("mine".into()));
    }
}
