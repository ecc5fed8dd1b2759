//! The decision: from what is wanted and what is there to the steps to take and what to report. Pure: values in,
//! values out, and the clock is one of them.
//!
//! A reconcile asks for the plan, takes the first step, lays its outcome over what was observed and asks again, until
//! no step is left: every state in which the operator can stop or crash is one that [`plan()`] can be asked about.

mod authority;
mod azure;
mod bookkeeping;
mod companions;
mod decide;
mod deletion;
mod dependents;
mod desired;
mod difference;
mod durability;
mod effect;
mod effect_secrets;
mod failure;
mod key_wish;
mod lost;
mod next_move;
mod observed;
mod outputs;
mod own_keys;
mod ownership;
mod permits;
mod record;
mod report;
mod rotation;
mod rotation_obstacle;
mod rotation_policy;
mod rotation_record;
mod rotation_status;
mod rotation_turn;
mod schedule;
mod search;
mod secret;
mod secret_ownership;
mod shape;
mod source;
mod standing;
mod step;
mod step_about;
mod step_written;
mod stores;
mod tenants;

pub use authority::{strange_hints, vouched};
pub use companions::{Companion, Companions, FormerKey, PreviousFacts, StagedFacts};
pub use decide::{Finding, Plan, plan};
pub use desired::{
    Custody, Desired, DesiredAzure, KeySource, Target, Wanted, resolve, secret_name,
};
pub use difference::{listed, names_that_differ};
pub use durability::{Durability, finalizers};
pub use effect::{Fresh, effect};
pub use failure::Failure;
pub use key_wish::KeyWish;
pub use next_move::{MOST_STEPS, Move, Place, next_move, next_step};
pub use observed::{
    AzureKey, Changeable, EntryFact, Freshness, Group, KeyView, ObjectFacts, Observed, Outcome,
    OutputFacts, OutputView, SecretFacts, SecretKey, SecretView,
};
pub use ownership::{Mark, Ownership};
pub use permits::lets_ask;
pub use record::{AzureRecord, PLACES_MAX, parse_records, records_json};
pub use report::{Report, report};
pub use rotation_policy::RotationPolicy;
pub use rotation_record::RotationRecord;
pub use schedule::Intervals;
pub use search::{groups_to_search, is_in_doubt, stores_to_search, uids_to_search};
pub use secret_ownership::takes_up_secret;
pub use shape::{DesiredOutput, Entry, Shape};
pub use step::{KeptFrom, SecretRecord, Step};
pub use step_about::Concern;
pub use stores::{SharedStore, StoreFact, asks_for_labels, default_stores, lets_in, stores_of};
