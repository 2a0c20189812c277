//! What nobody waits for any more goes; what belongs to something stays.

use crate::world::{World, pdf, refused};
use caregraph_kit::failure::Rejection;
use caregraph_kit::files::Tidied;
use caregraph_kit::on_every_document_store;
use chrono::{TimeDelta, TimeZone, Utc};

on_every_document_store! {
    async fn after_a_day_unfinished_files_go_and_attached_ones_stay(world: World) {
        let attached = world.attached("a.pdf", &pdf(100)).await;
        let begun = world.begin("b.pdf").await.id;
        let stored = world.stored("c.pdf", &pdf(100)).await;
        world.later(TimeDelta::hours(24) - TimeDelta::seconds(1));
        assert_eq!(world.files.tidy().await.unwrap(), Tidied::default());
        world.later(TimeDelta::seconds(2));
        let tidied = world.files.tidy().await.unwrap();
        assert_eq!((tidied.given_up, tidied.forgotten), (2, 2));
        for gone in [begun, stored] {
            assert_eq!(world.state(gone).await, None);
        }
        assert_eq!(world.objects().len(), 1);
        assert_eq!(world.read(attached).await.bytes(), pdf(100));
        assert_eq!(world.files.tidy().await.unwrap(), Tidied::default());
    }

    async fn objects_without_a_document_go_when_they_are_old(world: World) {
        let kept = world.attached("a.pdf", &pdf(100)).await;
        let orphan = world.folder.path().join("records/ab/abcdef");
        let foreign = world.folder.path().join("laboratory/ab/abcdef");
        for path in [&orphan, &foreign] {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"content").unwrap();
        }
        // The folder's clock is the machine's; ours stands before it.
        assert_eq!(world.files.tidy().await.unwrap(), Tidied::default());
        assert!(orphan.exists());
        world.ground.clock.set(Utc.with_ymd_and_hms(2100, 1, 1, 0, 0, 0).unwrap());
        assert_eq!(world.files.tidy().await.unwrap().orphans, 1);
        assert!(!orphan.exists() && foreign.exists(), "another domain's are its own");
        assert_eq!(world.read(kept).await.bytes(), pdf(100));
    }

    async fn who_attaches_while_it_is_tidied_up_keeps_the_file_or_is_told(world: World) {
        for round in 0..6 {
            let id = world.stored("a.pdf", &pdf(100)).await;
            let attaching = world.attach(id);
            let tidying = async {
                // It looks at what is a day old, and the clock is moved between reading and writing of the other.
                world.later(TimeDelta::hours(25));
                world.files.tidy().await.unwrap()
            };
            let (attached, _) = if round % 2 == 0 {
                futures::join!(attaching, tidying)
            } else {
                let (tidied, attached) = futures::join!(tidying, attaching);
                (attached, tidied)
            };
            world.files.tidy().await.unwrap();
            match attached {
                Ok(_) => assert_eq!(world.read(id).await.bytes(), pdf(100)),
                refusal => {
                    let refusal = refused(refusal);
                    assert!(matches!(refusal, Rejection::NotFound { .. } | Rejection::Conflict { .. }));
                    assert_eq!(world.state(id).await, None);
                }
            }
        }
    }
}
