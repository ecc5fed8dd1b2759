//! What answers on the ports for health and metrics. Any pod of the cluster may reach them: what one connection may cost is
//! bounded in time and size, and so is the number of connections.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// One connection, one request: time for it, its answer, and a client that is slow.
const LIFE: Duration = Duration::from_secs(10);
/// The most that a request's head may have, in bytes.
const HEAD: usize = 16 * 1024;
/// The most connections at once.
const CONNECTIONS: usize = 256;
/// How long nothing is accepted after that has failed, as it does where no file can be opened.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers until `shutdown`; what is being answered is finished.
pub(super) async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let answered = TaskTracker::new();
    while let Some(Some((stream, permit))) = shutdown
        .run_until_cancelled(accepted(&listener, &connections))
        .await
    {
        let connection = answer(stream, router.clone(), LIFE);
        answered.spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    answered.close();
    answered.wait().await;
}

/// The next connection, once there is room for it. `None` at an end that never comes: nobody closes the semaphore.
async fn accepted(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((stream, permit)),
            Err(error) => {
                tracing::debug!(%error, "a connection was not accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, router: Router, life: Duration) {
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(HEAD)
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // A client that went away or is too slow is nobody's fault here.
    let _ = timeout(life, connection).await;
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What comes back when this is sent.
    async fn answer_to(request: &[u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/livez", get(|| async { "ok\n" }));
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(serve(listener, router, shutdown.clone()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may close before it has read everything.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        shutdown.cancel();
        served.await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn a_request_is_answered_and_its_connection_closed() {
        let answer = answer_to(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nok\n"), "{answer}");
    }

    #[tokio::test]
    async fn a_head_without_end_is_not_read_to_its_end() {
        let mut endless = b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Long: ".to_vec();
        endless.resize(4 * 1024 * 1024, b'x');
        let answer = answer_to(&endless).await;
        assert!(!answer.contains("200"), "{answer}");
    }

    #[tokio::test]
    async fn a_request_that_does_not_come_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut silent = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let connections = Arc::new(Semaphore::new(1));
        let (stream, _permit) = accepted(&listener, &connections).await.unwrap();
        answer(stream, Router::new(), Duration::from_millis(10)).await;
        assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
    }
}
