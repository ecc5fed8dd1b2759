//! Counts the requests to the API server as client-go does.

use std::{
    borrow::Cow,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{FutureExt, future::BoxFuture};
use http::{Request, Response};
use tower::{Layer, Service};

use crate::metrics::Metrics;

/// Wraps a client, so that its requests are counted.
#[derive(Clone)]
pub(super) struct CountRequests {
    metrics: Arc<Metrics>,
    /// The API server, as the label shows it.
    host: Arc<str>,
}

impl CountRequests {
    pub(super) fn new(metrics: Arc<Metrics>, server: &http::Uri) -> Self {
        let host = server
            .authority()
            .map_or("", |authority| authority.as_str());
        Self {
            metrics,
            host: host.into(),
        }
    }
}

impl<S> Layer<S> for CountRequests {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted {
            inner,
            count: self.clone(),
        }
    }
}

/// A client whose requests are counted.
pub(super) struct Counted<S> {
    inner: S,
    count: CountRequests,
}

impl<S, A, B> Service<Request<A>> for Counted<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let method = request.method().to_string();
        let CountRequests { metrics, host } = self.count.clone();
        let answer = self.inner.call(request);
        async move {
            let answer = answer.await;
            let code = match &answer {
                Ok(answer) => answer.status().as_str().to_owned().into(),
                Err(_) => Cow::Borrowed("<error>"),
            };
            let labels = [code, method.into(), host.to_string().into()];
            metrics.rest_requests.count(labels);
            answer
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use futures::executor::block_on;
    use http::{Method, StatusCode};

    use super::*;

    /// Answers a DELETE with 404, and nothing else.
    struct Server;

    impl Service<Request<()>> for Server {
        type Response = Response<()>;
        type Error = ();
        type Future = std::future::Ready<Result<Response<()>, ()>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<()>) -> Self::Future {
            let mut answer = Response::new(());
            *answer.status_mut() = StatusCode::NOT_FOUND;
            ready(
                (request.method() == Method::DELETE)
                    .then_some(answer)
                    .ok_or(()),
            )
        }
    }

    #[test]
    fn requests_are_counted_by_what_came_of_them() {
        let metrics = Arc::new(Metrics::new());
        let server = http::Uri::from_static("https://10.0.0.1:443/api");
        let mut client = CountRequests::new(Arc::clone(&metrics), &server).layer(Server);
        for method in [Method::DELETE, Method::DELETE, Method::GET] {
            let mut request = Request::new(());
            *request.method_mut() = method;
            drop(block_on(client.call(request)));
        }
        let text = metrics.text();
        for series in [
            "code=\"404\",method=\"DELETE\",host=\"10.0.0.1:443\"} 2",
            "code=\"<error>\",method=\"GET\",host=\"10.0.0.1:443\"} 1",
        ] {
            let line = format!("rest_client_requests_total{{{series}\n");
            assert!(text.contains(&line), "{text}");
        }
    }
}
