//! Attacks by tenants of a cluster: each may write something, and harms nobody who does not trust it.

mod forged_hints;
mod forged_status;
mod own_stores;
mod prepared_former_keys;
mod prepared_secrets;
mod roles;
mod secrets_of_others;
mod stage;
mod tags;
