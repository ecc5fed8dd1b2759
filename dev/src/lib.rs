//! One harness behind `make run`, `make demo`, the tests on real servers and the benchmark: a Kubernetes control plane,
//! the operator as its own `ServiceAccount`, a proxy that injects faults between the two, the ARM emulator and an sshd, all
//! on loopback, all gone with the process that started them.
//!
//! | module | holds |
//! |---|---|
//! | [`checkout`] | where the programs and files of this checkout are |
//! | [`processes`] | children that can't outlive the harness |
//! | [`tls`] | the certificates of a run |
//! | [`control_plane`] | etcd, kube-apiserver and kube-controller-manager |
//! | [`operator`] | the operator's ServiceAccount, RBAC and process |
//! | [`managed_identity`] | where a machine gets the tokens of its managed identities |
//! | [`proxy`] | the faults between the operator and the API server |
//! | [`world`] | all of it for one test |
//! | [`crowd`] | a namespace that wants more than its share |
//! | [`sshd`] | a real OpenSSH server to log in to |
//! | [`run`] | `make run` and `make demo` |
//! | [`bench`] | `make bench` |
//! | [`soak`] | `make soak` |
//! | [`image`] | `make image` |
//! | [`clients`] | `make clients` |
//! | [`chart_values`] | the table of the chart's values |
//! | [`e2e`] | `make e2e` |

pub mod bench;
pub mod chart_values;
pub mod checkout;
pub mod clients;
pub mod control_plane;
pub mod crds;
pub mod crowd;
pub mod e2e;
pub mod image;
pub mod managed_identity;
pub mod manifests;
pub mod operator;
pub mod ports;
pub mod processes;
pub mod proxy;
pub mod run;
pub mod soak;
pub mod sshd;
pub mod tls;
pub mod world;
