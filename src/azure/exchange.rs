//! One request to ARM and its answer: the token, the budget, the time limit, and what the answer comes to.

use std::{sync::Arc, time::Duration};

use azure_core::http::{
    Body, ClientOptions, Context, Method, Pipeline, PipelineStreamOptions, Request, Url,
    headers::{AUTHORIZATION, CONTENT_TYPE, HeaderName},
};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    answer::{Answer, AnswerHeaders},
    budget::{Bucket, Budget},
    error::{AzureError, Cause, Operation, Refusal},
    identity::Identity,
};

/// ARM gives a resource provider 60 s before it answers 504 itself.
const TIMEOUT: Duration = Duration::from_secs(70);

/// The way to ARM for one identity.
#[derive(Debug)]
pub(super) struct Exchange {
    pipeline: Pipeline,
    identity: Identity,
    budget: Arc<Budget>,
}

impl Exchange {
    pub(super) fn new(options: ClientOptions, identity: Identity, budget: Arc<Budget>) -> Self {
        let pipeline = Pipeline::new(
            option_env!("CARGO_PKG_NAME"),
            option_env!("CARGO_PKG_VERSION"),
            options,
            Vec::new(),
            Vec::new(),
            None,
        );
        Self {
            pipeline,
            identity,
            budget,
        }
    }

    /// Whether a token is issued to the identity.
    pub(super) async fn sign_in(&self) -> Result<(), AzureError> {
        self.identity.token().await.map(drop)
    }

    /// Sends one request, if the budget lets it. The outer error is one of the way there and back, the inner one is
    /// Azure's answer.
    pub(super) async fn send(
        &self,
        call: Call,
        buckets: &[Bucket],
    ) -> Result<Result<Answer, AzureError>, AzureError> {
        let Call {
            operation,
            subject,
            mut request,
        } = call;
        let failed = |cause| AzureError::new(operation, subject.clone(), cause);
        let token = self.identity.token().await?;
        let pass = self
            .budget
            .ask(buckets, Timestamp::now())
            .map_err(|time| failed(Cause::NotBefore(time)))?;
        request.insert_header(AUTHORIZATION, format!("Bearer {}", token.as_str()));
        request.insert_header(
            HeaderName::from_static("x-ms-return-client-request-id"),
            "true",
        );
        let context = Context::new();
        let exchange = async {
            let options = PipelineStreamOptions {
                skip_checks: true,
                ..PipelineStreamOptions::default()
            };
            let response = self
                .pipeline
                .stream(&context, &mut request, Some(options))
                .await
                .map_err(|error| Cause::from_core(&error))?;
            Answer::read(response, Timestamp::now()).await
        };
        let answer = match tokio::time::timeout(TIMEOUT, exchange).await {
            Ok(answer) => answer.map_err(failed)?,
            Err(_) => return Err(failed(Cause::Timeout)),
        };
        let wrapped = answer.error().is_some_and(|error| error.wrapped);
        pass.learn(answer.status, &answer.headers, wrapped, Timestamp::now());
        tracing::debug!(
            operation = <&'static str>::from(operation),
            subject,
            status = answer.status,
            request_id = answer.headers.request_id,
            "azure answered"
        );
        if answer.is_success() {
            return Ok(Ok(answer));
        }
        if answer.status == 401 {
            self.identity.forget_token();
        }
        let AnswerHeaders {
            retry_at,
            request_id,
            ..
        } = answer.headers.clone();
        let error = match answer.error() {
            Some(error) => Some((error.code, error.message)),
            // A throttle that a gateway words in its own way is a throttle all the same.
            None if answer.status == 429 => Some((String::new(), String::new())),
            None => None,
        };
        Ok(Err(failed(match error {
            Some((code, message)) => Cause::Refused(Box::new(Refusal {
                status: answer.status,
                code,
                message,
                retry_at,
                request_id,
            })),
            None => Cause::NotArm {
                status: answer.status,
            },
        })))
    }
}

/// A request and what it is for.
pub(super) struct Call {
    pub(super) operation: Operation,
    subject: String,
    request: Request,
}

impl Call {
    pub(super) fn new(operation: Operation, subject: String, method: Method, url: Url) -> Self {
        Self {
            operation,
            subject,
            request: Request::new(url, method),
        }
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Self {
        self.request
            .insert_header(CONTENT_TYPE, "application/json; charset=utf-8");
        self.request
            .set_body(Body::from(serde_json::json!(body).to_string()));
        self
    }
}
