//! What happens to a write, and how the proxy and the emulator do it.

use std::time::Duration;

use arm_emulator::{Effect, Fault as AzureFault, FaultAnswer};
use dev::proxy::Fault;
use strum::VariantArray;

/// How long a throttle asks to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Longer than the operator waits for any answer, in milliseconds.
const FOR_EVER: u64 = 300_000;

/// What happens to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub(super) enum Kind {
    /// SIGKILL before the write is passed on.
    KillBefore,
    /// SIGKILL after it was done, before the answer.
    KillAfter,
    /// It is done, and its answer is lost.
    DroppedAnswer,
    /// 409, and it is not done.
    Conflict,
    /// 429 with a time to wait, and it is not done.
    TooManyRequests,
    /// 500, and it is not done.
    ServerError,
    /// It is not done and never answered: the operator waits until its patience is at an end.
    Timeout,
}

/// Both ways to die at a write.
pub(super) const KILLS: &[Kind] = &[Kind::KillBefore, Kind::KillAfter];

impl Kind {
    /// At a write to the API server.
    pub(super) fn at_the_api_server(self) -> Fault {
        let answer = |status, retry_after| Fault::Answer {
            status,
            retry_after,
        };
        match self {
            Self::KillBefore => Fault::KillBefore,
            Self::KillAfter => Fault::KillAfter,
            Self::DroppedAnswer => Fault::DropAnswer,
            Self::Conflict => answer(409, None),
            Self::TooManyRequests => answer(429, Some(RETRY_AFTER)),
            Self::ServerError => answer(500, None),
            Self::Timeout => Fault::Timeout,
        }
    }

    /// At a write to Azure. What kills is not the emulator's to do: the one who looks on does it.
    pub(super) fn at_azure(self, method: &str, path: &str) -> Option<AzureFault> {
        let error = |status, code, message| FaultAnswer::error(status, code, message);
        let effect = match self {
            Self::KillBefore | Self::KillAfter => return None,
            Self::DroppedAnswer => Effect::DropAfterStore,
            Self::Conflict => Effect::Answer(error(
                409,
                "Conflict",
                "The request failed due to conflict with a concurrent request.",
            )),
            Self::TooManyRequests => Effect::Answer(
                error(429, "TooManyRequests", "The request is being throttled.")
                    .retry_after(RETRY_AFTER.as_secs()),
            ),
            Self::ServerError => Effect::Answer(error(
                500,
                "InternalServerError",
                "Encountered internal server error.",
            )),
            Self::Timeout => Effect::DropBeforeStore,
        };
        Some(AzureFault {
            delay_ms: if self == Self::Timeout { FOR_EVER } else { 0 },
            // A pattern is for the whole path: a group's is also the beginning of its keys'.
            ..AzureFault::on(method, &format!("*{path}"), effect)
        })
    }
}
