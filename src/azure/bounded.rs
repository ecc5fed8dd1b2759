//! A client whose answers end at a limit: clients of tokens collect whatever comes.

use std::{future::ready, sync::Arc};

use azure_core::{
    Error,
    error::ErrorKind,
    http::{AsyncRawResponse, HttpClient, Request},
};
use futures::TryStreamExt;

/// Far more than a token with all its claims has, in bytes.
const MOST: usize = 256 * 1024;

/// Another client, whose answers it bounds.
#[derive(Debug)]
pub(super) struct Bounded(pub(super) Arc<dyn HttpClient>);

#[async_trait::async_trait]
impl HttpClient for Bounded {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let (status, headers, body) = self.0.execute_request(request).await?.deconstruct();
        let mut left = MOST;
        let body = body.and_then(move |chunk| {
            let rest = left.checked_sub(chunk.len());
            left = rest.unwrap_or_default();
            let too_large = || Error::with_message(ErrorKind::Io, "the answer is too large");
            ready(rest.map(|_| chunk).ok_or_else(too_large))
        });
        Ok(AsyncRawResponse::new(status, headers, Box::pin(body)))
    }
}

#[cfg(test)]
mod tests {
    use azure_core::http::{Method, StatusCode, headers::Headers};
    use bytes::Bytes;
    use futures::{StreamExt, stream};

    use super::*;

    /// Answers with chunks of 64 KiB without end.
    #[derive(Debug)]
    struct Endless;

    #[async_trait::async_trait]
    impl HttpClient for Endless {
        async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
            let chunks = stream::repeat_with(|| Ok(Bytes::from(vec![b'x'; 64 * 1024])));
            Ok(AsyncRawResponse::new(
                StatusCode::Ok,
                Headers::new(),
                chunks.boxed(),
            ))
        }
    }

    #[tokio::test]
    async fn an_answer_without_end_is_read_up_to_the_limit() {
        let request = Request::new("https://localhost/".parse().unwrap(), Method::Post);
        let client = Bounded(Arc::new(Endless));
        let answer = client.execute_request(&request).await.unwrap();
        let chunks: Vec<_> = answer.into_body().take(10).collect().await;
        assert_eq!(chunks.iter().take_while(|chunk| chunk.is_ok()).count(), 4);
        assert!(chunks[4].is_err());
    }
}
