//! What answers on the ports for health and metrics. Any pod of the cluster may reach them: what one connection may cost is
//! bounded in time and size, and so is the number of connections. Where there are too many, the oldest goes: a probe is
//! answered at once, and those who keep connections open get nowhere.

use std::{collections::VecDeque, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

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
    let mut connections = VecDeque::new();
    while let Some(stream) = shutdown.run_until_cancelled(accepted(&listener)).await {
        make_room(&mut connections);
        let connection = answer(stream, router.clone(), LIFE);
        connections.push_back(tokio::spawn(connection));
    }
    for connection in connections {
        // One that was ended for another is no failure.
        let _ = connection.await;
    }
}

async fn accepted(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::debug!(%error, "a connection was not accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

fn make_room(connections: &mut VecDeque<JoinHandle<()>>) {
    if connections.len() < CONNECTIONS {
        return;
    }
    connections.retain(|connection| !connection.is_finished());
    if connections.len() < CONNECTIONS {
        return;
    }
    if let Some(oldest) = connections.pop_front() {
        oldest.abort();
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
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    struct Server {
        address: SocketAddr,
        shutdown: CancellationToken,
        served: JoinHandle<()>,
    }

    async fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/livez", get(|| async { "ok\n" }));
        let shutdown = CancellationToken::new();
        Server {
            address,
            served: tokio::spawn(serve(listener, router, shutdown.clone())),
            shutdown,
        }
    }

    /// What comes back when this is sent.
    async fn answer_to(server: &Server, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        // The server may close before it has read everything.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    const REQUEST: &[u8] = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";

    #[tokio::test]
    async fn a_request_is_answered_and_its_connection_closed() {
        let server = start().await;
        let answer = answer_to(&server, REQUEST).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nok\n"), "{answer}");
        server.shutdown.cancel();
        server.served.await.unwrap();
    }

    #[tokio::test]
    async fn a_request_is_answered_beside_very_many_silent_connections() {
        let server = start().await;
        let mut silent = VecDeque::new();
        for _ in 0..2 * CONNECTIONS {
            silent.push_back(TcpStream::connect(server.address).await.unwrap());
        }
        let answer = answer_to(&server, REQUEST).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let oldest = silent.front_mut().unwrap();
        assert_eq!(oldest.read(&mut [0]).await.unwrap(), 0, "it was let go");
    }

    #[tokio::test]
    async fn a_head_that_is_too_long_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        let mut head = b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Long: ".to_vec();
        head.resize(4 * HEAD, b'x');
        client.write_all(&head).await.unwrap();
        // Only the length can end it: nothing more comes, and its life would be an hour.
        let stream = accepted(&listener).await;
        answer(stream, Router::new(), Duration::from_hours(1)).await;
    }

    #[tokio::test]
    async fn a_request_that_does_not_come_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut silent = TcpStream::connect(address).await.unwrap();
        let stream = accepted(&listener).await;
        answer(stream, Router::new(), Duration::from_millis(10)).await;
        assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
    }
}
