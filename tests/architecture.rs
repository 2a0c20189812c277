//! Arrows only point down: `program → router, subgraphs → kit → contracts`.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// What each of our packages depends on among ours, tests left out.
fn arrows() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let ours = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|dependency| dependency["kind"].is_null() && dependency["path"].is_string())
                .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
                .collect();
            (package["name"].as_str().unwrap().to_owned(), ours)
        })
        .collect()
}

#[test]
fn dependencies_point_down_only() {
    let arrows = arrows();
    assert!(arrows.len() >= 9, "all packages are listed");
    for (package, dependencies) in &arrows {
        let allowed: &[&str] = match package.as_str() {
            "caregraph" => continue,
            "caregraph-contracts" => &[],
            "caregraph-kit" => &["caregraph-contracts"],
            // The router, the migrations and every subgraph: none may know another.
            _ => &["caregraph-kit", "caregraph-contracts"],
        };
        for dependency in dependencies {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{package} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn the_program_hosts_every_subgraph() {
    let arrows = arrows();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/subgraphs")).unwrap() {
        let name = format!("caregraph-{}", entry.unwrap().file_name().to_string_lossy());
        assert!(
            arrows["caregraph"].contains(&name),
            "{name} is not hosted by the program"
        );
    }
}
