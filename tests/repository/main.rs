//! Holds the repository to its own word: what is generated is fresh, the manual covers what the code has, examples are
//! what the types read, and the rooms use each other one way only.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod file_graph;
mod files;
mod schema;
mod source;
mod tables;
mod use_paths;
mod yaml;

mod arrows;
mod audit;
mod bounds;
mod circles;
mod commands;
mod definitions;
mod examples;
mod flags;
mod glossary;
mod inner_arrows;
mod krew;
mod links;
mod messages;
mod metrics;
mod modules;
mod names;
mod rbac;
mod reasons;
mod reference;
mod sizes;
mod words;
