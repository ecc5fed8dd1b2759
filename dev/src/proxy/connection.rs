//! One connection of the operator, and the one to the API server that answers it.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, Request, Response, header};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{body::Incoming, client::conn::http1::SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::sync::Mutex;

use super::{Access, Entry, Fault, shared::Shared};

type Body = BoxBody<Bytes, io::Error>;

/// HTTP/1.1 answers one request at a time, so one connection to the API server is enough.
pub(super) struct Connection {
    shared: Arc<Shared>,
    upstream: Mutex<Option<SendRequest<Incoming>>>,
}

impl Connection {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            upstream: Mutex::new(None),
        }
    }

    /// Answers a request. An error closes the connection without an answer.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let access = Access::of(
            request.method(),
            request.uri().path(),
            request.uri().query().unwrap_or_default(),
        );
        let (write, planned) = if access.is_write() {
            let (number, fault) = self.shared.faults.next();
            (Some(number), fault)
        } else {
            (None, None)
        };
        let fault = planned.or_else(|| self.shared.rules.strike(&access));
        let is_watch = access.verb == "watch";
        let pending = self.shared.log.came(Entry {
            write,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            content_type: text(&request, &header::CONTENT_TYPE),
            access,
            status: None,
            took: None,
        });
        match fault {
            None => {}
            Some(Fault::Delay(time)) => tokio::time::sleep(time).await,
            Some(Fault::Timeout) => std::future::pending().await,
            Some(Fault::KillBefore) => {
                self.kill().await?;
                return Err(struck());
            }
            Some(Fault::DropRequest) => return Err(struck()),
            Some(Fault::Answer {
                status,
                retry_after,
            }) => {
                pending.answered(status);
                return refusal(status, retry_after);
            }
            Some(fault @ (Fault::KillAfter | Fault::DropAnswer)) => {
                let answer = self.forward(request).await?;
                pending.answered(answer.status().as_u16());
                answer
                    .into_body()
                    .collect()
                    .await
                    .map_err(io::Error::other)?;
                if fault == Fault::KillAfter {
                    self.kill().await?;
                }
                return Err(struck());
            }
        }
        let answer = self.forward(request).await?;
        pending.answered(answer.status().as_u16());
        Ok(answer.map(|body| {
            if is_watch {
                self.shared.watches.begun(body).boxed()
            } else {
                body.map_err(io::Error::other).boxed()
            }
        }))
    }

    /// Passes a request on; bodies stream both ways, so that a watch lasts as long as either side wants.
    async fn forward(&self, request: Request<Incoming>) -> io::Result<Response<Incoming>> {
        let mut upstream = self.upstream.lock().await;
        let usable = match upstream.as_mut() {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            *upstream = Some(self.connect().await?);
        }
        let sender = upstream
            .as_mut()
            .ok_or_else(|| io::Error::other("no connection to the API server"))?;
        sender.send_request(request).await.map_err(io::Error::other)
    }

    async fn connect(&self) -> io::Result<SendRequest<Incoming>> {
        let stream = self.shared.upstream.connect().await?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        // Ends by itself when the sender is dropped or the API server closes; the sender then says what went wrong.
        tokio::spawn(connection);
        Ok(sender)
    }

    /// The hook waits for the process to be gone, which may take a moment: off the runtime's threads.
    async fn kill(&self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || shared.faults.kill())
            .await
            .map_err(io::Error::other)
    }
}

fn struck() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the proxy's plan closes this connection",
    )
}

fn text(request: &Request<Incoming>, name: &HeaderName) -> String {
    request
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

/// An answer as the API server words it.
fn refusal(status: u16, retry_after: Option<Duration>) -> io::Result<Response<Body>> {
    let reason = match status {
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        422 => "Invalid",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "InternalError",
    };
    let body = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "answered by the fault proxy",
        "reason": reason,
        "code": status,
    });
    let mut answer = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(time) = retry_after {
        answer = answer.header(header::RETRY_AFTER, time.as_secs());
    }
    let body = Full::new(Bytes::from(body.to_string()))
        .map_err(|never| match never {})
        .boxed();
    answer.body(body).map_err(io::Error::other)
}
