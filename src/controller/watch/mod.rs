//! What is watched, and how objects come to their turns.

pub(in crate::controller) mod cluster_stores;
pub(in crate::controller) mod controllers;
pub(in crate::controller) mod departures;
pub(in crate::controller) mod drive;
pub(in crate::controller) mod due;
pub(in crate::controller) mod events;
pub(in crate::controller) mod first_look;
pub(in crate::controller) mod owned_news;
pub(in crate::controller) mod panics;
pub(in crate::controller) mod plans;
pub(in crate::controller) mod reconcile_metrics;
pub(in crate::controller) mod secret_pages;
pub(in crate::controller) mod settings;
pub(in crate::controller) mod store_news;
pub(in crate::controller) mod store_turn;
pub(in crate::controller) mod triggers;
pub(in crate::controller) mod wakers;
pub(in crate::controller) mod work;
