//! A hook of the embedding program: it sees each request before and after the change and may answer in the emulator's place.

use std::{collections::BTreeMap, pin::Pin};

use crate::call::RequestInfo;

/// What an [`Interceptor`] gives back: a boxed future, because the trait is used as an object.
pub type VerdictFuture<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

/// Looks at requests while they wait. Control requests are not shown.
pub trait Interceptor: Send + Sync {
    /// Called before the request is handled; nothing has changed yet. The request waits for the verdict.
    fn before<'a>(&'a self, request: &'a RequestInfo) -> VerdictFuture<'a> {
        let _ = request;
        Box::pin(std::future::ready(Verdict::Continue))
    }

    /// Called after the change is stored and before the answer is sent; `status` is the answer's HTTP status.
    fn after<'a>(&'a self, request: &'a RequestInfo, status: u16) -> VerdictFuture<'a> {
        let _ = (request, status);
        Box::pin(std::future::ready(Verdict::Continue))
    }
}

/// How a request goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As if nobody had looked.
    Continue,
    /// This answer is sent instead. From `before`, the request is not handled at all.
    Answer(VerdictAnswer),
    /// The connection is closed without an answer.
    DropConnection,
}

/// A whole answer, sent as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictAnswer {
    /// HTTP status, 200 to 599; another number is sent as 500.
    pub status: u16,
    /// Headers; one that HTTP does not allow is left out.
    pub headers: BTreeMap<String, String>,
    /// The body, byte for byte.
    pub body: String,
}
