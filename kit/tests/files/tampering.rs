//! Content that somebody changed in the folder: it is never given out as something else.

use crate::world::{SOME, World, get, pdf};
use caregraph_contracts::ids::FileId;
use caregraph_kit::files::FilesSettings;
use caregraph_kit::testing::DocumentEngine;

/// More than is read at once before an answer begins.
const LARGE: usize = 3 * 1024 * 1024;

async fn world() -> World {
    World::with(DocumentEngine::Sqlite, &FilesSettings::default()).await
}

async fn change(world: &World, id: FileId, change: impl FnOnce(&mut Vec<u8>)) {
    let path = world.object(id).await;
    let mut sealed = std::fs::read(&path).unwrap();
    change(&mut sealed);
    std::fs::write(path, sealed).unwrap();
}

/// The answer is a fault that says nothing.
async fn assert_broken(world: &World, id: FileId) {
    let answer = world.read(id).await;
    assert!(matches!(answer.status, 500 | 503), "{}", answer.status);
    assert!(answer.text().contains("errors"));
}

#[tokio::test]
async fn a_changed_byte_is_noticed_wherever_it_is() {
    let world = world().await;
    let id = world.attached("a.pdf", &pdf(SOME)).await;
    let sealed = std::fs::metadata(world.object(id).await).unwrap().len();
    for place in [0, 70_000, 140_000, usize::try_from(sealed).unwrap() - 1] {
        change(&world, id, |sealed| sealed[place] ^= 1).await;
        assert_broken(&world, id).await;
        change(&world, id, |sealed| sealed[place] ^= 1).await;
    }
    assert_eq!(world.read(id).await.bytes(), pdf(SOME));
}

#[tokio::test]
async fn a_change_far_behind_breaks_the_answer_where_it_is() {
    let world = world().await;
    let content = pdf(LARGE);
    let id = world.attached("a.pdf", &content).await;
    change(&world, id, |sealed| sealed[2 * 1024 * 1024] ^= 1).await;
    let answer = world.read(id).await;
    assert_eq!(answer.status, 200);
    assert!(answer.content.is_err(), "it ends with a broken connection");
    // What lies elsewhere can be read.
    let url = world.link(id, 1).await;
    let part = get(&world.files, &url, &[("range", "bytes=0-99")]).await;
    assert_eq!((part.status, part.bytes()), (206, &content[..100]));
    let part = get(&world.files, &url, &[("range", "bytes=2097000-2097010")]).await;
    assert_eq!(part.status, 500);
}

#[tokio::test]
async fn a_file_that_was_cut_or_grew_is_noticed() {
    let world = world().await;
    for (name, length) in [
        ("at a chunk's end", 65_552_usize),
        ("within a chunk", 100_000),
        ("to nothing", 0),
        ("longer", 300_000),
    ] {
        let id = world.attached("a.pdf", &pdf(SOME)).await;
        change(&world, id, |sealed| sealed.resize(length, 0)).await;
        assert_broken(&world, id).await;
        let url = world.link(id, 1).await;
        let part = get(&world.files, &url, &[("range", "bytes=0-9")]).await;
        assert!(matches!(part.status, 500 | 503), "{name}");
    }
}

#[tokio::test]
async fn files_and_chunks_cannot_be_exchanged() {
    let world = world().await;
    let one = world.attached("a.pdf", &pdf(SOME)).await;
    let other = world.attached("b.pdf", &pdf(SOME)).await;
    let (first, second) = (world.object(one).await, world.object(other).await);
    let (a, b) = (std::fs::read(&first).unwrap(), std::fs::read(&second).unwrap());
    std::fs::write(&first, &b).unwrap();
    std::fs::write(&second, &a).unwrap();
    assert_broken(&world, one).await;
    assert_broken(&world, other).await;
    std::fs::write(&first, &a).unwrap();
    assert_eq!(world.read(one).await.status, 200);
    change(&world, one, |sealed| {
        let (left, right) = sealed.split_at_mut(65_552);
        left.swap_with_slice(&mut right[..65_552]);
    })
    .await;
    assert_broken(&world, one).await;
}

#[tokio::test]
async fn a_file_whose_content_is_lost_is_a_fault_and_not_unknown() {
    let world = world().await;
    let id = world.attached("a.pdf", &pdf(100)).await;
    std::fs::remove_file(world.object(id).await).unwrap();
    assert_eq!(world.read(id).await.status, 500);
}
