//! The custom resources as users write and read them, and every name that the operator puts on an object.

pub mod arm_id;
pub mod azure_store;
pub mod cluster_azure_store;
pub mod condition;
pub mod crd;
pub mod deletion_policy;
pub mod error_class;
pub mod names;
pub mod object_name;
pub mod output;
pub mod output_ref;
pub mod planned_step;
pub mod reason;
pub mod resource_group;
pub mod rotation;
mod rules;
mod schema;
pub mod source;
pub mod sshkey;
pub mod sshkey_plan;
pub mod status;
pub mod store_key;

pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

pub use arm_id::ArmId;
pub use azure_store::{AzureStore, AzureStoreSpec, AzureStoreStatus};
pub use cluster_azure_store::{ClusterAzureStore, ClusterAzureStoreSpec};
pub use condition::{Condition, ConditionType};
pub use error_class::ErrorClass;
pub use object_name::is_object_name;
pub use output_ref::{OutputKind, OutputRef};
pub use planned_step::{PlannedStep, StepAction};
pub use reason::Reason;
pub use sshkey::{SshKey, SshKeySpec};
pub use sshkey_plan::{SshKeyPlan, SshKeyPlanSpec, SshKeyPlanStatus};
pub use status::SshKeyStatus;
pub use store_key::{StoreKey, StoreKind};
