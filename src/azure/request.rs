//! One request to ARM and its answer: the token, the budget, the time limit, and what the answer comes to.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use azure_core::http::{
    Body, ClientOptions, Context, Method, Pipeline, PipelineStreamOptions, Request, Url,
    headers::{AUTHORIZATION, CONTENT_TYPE, HeaderName},
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    budget::{Bucket, Budget, Caller, Urgency},
    error::{AzureError, Cause, Operation, Refusal},
    identity::Identity,
    response::{Answer, ErrorBody},
};
use crate::metrics::Metrics;

/// ARM gives a resource provider 60 s before it answers 504 itself.
const TIMEOUT: Duration = Duration::from_secs(70);

/// The way to ARM for one identity.
#[derive(Debug)]
pub(super) struct Exchange {
    pipeline: Pipeline,
    identity: Identity,
    budget: Arc<Budget>,
    metrics: Arc<Metrics>,
    /// The token that was issued last: another one is a new one.
    issued: Mutex<Zeroizing<String>>,
}

impl Exchange {
    pub(super) fn new(
        options: ClientOptions,
        identity: Identity,
        budget: Arc<Budget>,
        metrics: Arc<Metrics>,
    ) -> Self {
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
            metrics,
            issued: Mutex::default(),
        }
    }

    /// Whether a token is issued to the identity.
    pub(super) async fn sign_in(&self) -> Result<(), AzureError> {
        self.token().await.map(drop)
    }

    /// Whether a new token is issued to the identity, which may have one that is good for a while yet.
    pub(super) async fn sign_in_anew(&self) -> Result<(), AzureError> {
        self.counted(self.identity.new_token().await).map(drop)
    }

    /// A token, which most often was issued before.
    async fn token(&self) -> Result<Zeroizing<String>, AzureError> {
        self.counted(self.identity.token().await)
    }

    fn counted(
        &self,
        token: Result<Zeroizing<String>, AzureError>,
    ) -> Result<Zeroizing<String>, AzureError> {
        let token = token.inspect_err(|error| {
            self.metrics
                .azure
                .tokens
                .count([why_no_token(&error.cause)]);
        })?;
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if *issued != token {
            self.metrics.azure.tokens.count(["issued"]);
            issued.clone_from(&token);
        }
        Ok(token)
    }

    /// Sends one request, if the budget lets it. The outer error is one of the way there and back, the inner one is
    /// Azure's answer.
    pub(super) async fn send(
        &self,
        call: Call,
        buckets: &[Bucket],
        caller: &Caller,
        urgency: Urgency,
    ) -> Result<Result<Answer, AzureError>, AzureError> {
        let Call {
            operation,
            subject,
            mut request,
        } = call;
        let failed = |cause| AzureError::new(operation, subject.clone(), cause);
        let token = self.token().await?;
        let pass = self
            .budget
            .ask(buckets, caller, urgency, Timestamp::now())
            .map_err(|time| failed(Cause::NotBefore(time)))?;
        request.insert_header(AUTHORIZATION, format!("Bearer {}", token.as_str()));
        request.insert_header(
            HeaderName::from_static("x-ms-return-client-request-id"),
            "true",
        );
        request.insert_header(
            HeaderName::from_static("x-ms-correlation-request-id"),
            caller.correlation.clone(),
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
        let sent = Instant::now();
        let answer = match tokio::time::timeout(TIMEOUT, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(Cause::Timeout),
        };
        self.count(operation, answer.as_ref(), sent);
        let answer = answer.map_err(failed)?;
        let wrapped = answer.error().is_some_and(|error| error.wrapped);
        pass.learn(answer.status, &answer.headers, wrapped, Timestamp::now());
        tracing::debug!(
            operation = <&'static str>::from(operation),
            subject,
            status = answer.status,
            request_id = answer.headers.ids.request,
            correlation_id = answer.headers.ids.correlation,
            "azure answered"
        );
        if answer.is_success() {
            return Ok(Ok(answer));
        }
        if answer.status == 429 {
            let turn = self.refused_for_now(&answer, buckets, caller, urgency);
            return Err(failed(Cause::NotBefore(turn)));
        }
        if answer.status == 401 {
            self.identity.forget_token();
        }
        Ok(Err(failed(refusal(&answer))))
    }
}

/// What an answer refuses. Only ARM itself can say that something is not there; a gateway before it may answer as other
/// services do.
fn refusal(answer: &Answer) -> Cause {
    let is_of_arm = |error: &ErrorBody| error.wrapped || answer.status != 404;
    match answer.error().filter(is_of_arm) {
        Some(error) => Cause::Refused(Box::new(Refusal {
            status: answer.status,
            code: error.code,
            message: error.message,
            policies: error.policies,
            ids: answer.headers.ids.clone(),
        })),
        None => Cause::NotArm {
            status: answer.status,
        },
    }
}

impl Exchange {
    /// A caller that was refused for being too much stands in line again, whatever the refusal says: when its turn comes.
    fn refused_for_now(
        &self,
        answer: &Answer,
        buckets: &[Bucket],
        caller: &Caller,
        urgency: Urgency,
    ) -> Timestamp {
        let now = Timestamp::now();
        let turn = self.budget.ask(buckets, caller, urgency, now).err();
        // Another may have been let through meanwhile, which opens the bucket.
        let turn = turn.unwrap_or(now).max(now + AT_LEAST);
        tracing::info!(
            code = answer.error().map(|error| error.code),
            request_id = answer.headers.ids.request,
            %turn,
            "azure asks to wait"
        );
        turn
    }

    fn count(&self, operation: Operation, answer: Result<&Answer, &Cause>, sent: Instant) {
        let operation = <&'static str>::from(operation);
        let code = match answer {
            Ok(answer) => answer.status.to_string().into(),
            Err(cause) => Cow::Borrowed(why_no_answer(cause)),
        };
        let labels = [Cow::Borrowed(operation), code];
        self.metrics.azure.requests.count(labels);
        self.metrics.azure.request_time.since([operation], sent);
    }
}

/// What is waited after a refusal, whatever became of the bucket.
const AT_LEAST: SignedDuration = SignedDuration::from_secs(1);

/// The value of the label `code` where there is no HTTP status.
fn why_no_answer(cause: &Cause) -> &'static str {
    match cause {
        Cause::Untrusted(_) => "untrusted",
        Cause::Timeout => "timeout",
        Cause::TooLarge => "too_large",
        _ => "connection",
    }
}

/// The value of the label `outcome` of a token that was not issued.
fn why_no_token(cause: &Cause) -> &'static str {
    match cause {
        Cause::NoToken { .. } => "refused",
        Cause::NoCredential { .. } => "no_credential",
        _ => "unreachable",
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
