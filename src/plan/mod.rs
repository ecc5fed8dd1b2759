//! The decision: from what is wanted and what is there to the steps to take and what to report. Pure: values in,
//! values out, and the clock is one of them.
//!
//! A reconcile asks for the plan, takes the first step, lays its outcome over what was observed and asks again, until
//! no step is left: every state in which the operator can stop or crash is one that [`plan()`] can be asked about.

mod authority;
mod decide;
mod decision;
mod desired;
mod effect;
mod failure;
mod forecast;
mod observed;
mod records;
mod report;
mod step;

pub use authority::own_keys::current_key;
pub use authority::places::with_places;
pub use authority::secret::takes_up_secret;
pub use decide::azure::difference::{listed, names_that_differ};
pub use decide::next_look::Intervals;
pub use decide::next_move::{MOST_STEPS, Move, Place, next_move, next_step};
pub use decide::order::plan;
pub use decide::rotation::obstacle::FORMER_KEYS_MAX;
pub use decision::{Finding, Plan};
pub use desired::azure::{DesiredAzure, Target, Wanted};
pub use desired::key_requirements::KeyRequirements;
pub use desired::outputs::{DesiredOutput, Entry, Shape};
pub use desired::permits::lets_ask;
pub use desired::resolve::{Desired, resolve};
pub use desired::rotation::RotationPolicy;
pub use desired::source::{Custody, KeySource, secret_name};
pub use desired::stores::{
    SharedStore, StoreFact, asks_for_labels, default_stores, defaults, lets_in, stores_of,
};
pub use effect::outcome::effect;
pub use effect::world::Fresh;
pub use failure::Failure;
pub use forecast::answer::Forecast;
pub use forecast::fold::{Beginning, Foreseen, forecast};
pub use forecast::pending::pending;
pub use observed::azure::{AzureKey, Freshness, Group, KeyView};
pub use observed::durability::{Durability, finalizers};
pub use observed::object::ObjectFacts;
pub use observed::outputs::{Changeable, EntryFact, OutputFacts, OutputView};
pub use observed::rotation_secrets::{PreviousFacts, RotationSecret, RotationSecrets, StagedFacts};
pub use observed::search::{
    groups_to_search, is_in_doubt, stores_to_search, uids_to_search, vouched,
};
pub use observed::secret::{SecretFacts, SecretKey, SecretView};
pub use observed::snapshot::{Observed, Outcome};
pub use records::azure::{AzureRecord, PLACES_MAX, parse_records, records_json};
pub use records::former_key::FormerKey;
pub use records::ownership::{Mark, Ownership};
pub use records::rotation::RotationRecord;
pub use report::audit::audit;
pub use report::audit_line::{AuditAction, AuditLine};
pub use report::hints::strange_hints;
pub use report::status::{Report, report};
pub use step::azure::{AzureStep, PublishKey, UpdateAzureKey};
pub use step::kinds::{Concern, Step};
pub use step::new_key::{GeneratedKey, ImportedKey};
pub use step::object::{ObjectStep, Record};
pub use step::output::{OutputContent, OutputStep, UpdateOutput};
pub use step::planned::{Planned, Preview};
pub use step::rotation::{ActivateKey, KeepKey, KeptFrom, RetireKeys, RotationStep};
pub use step::secret::{SecretRecord, SecretStep};
