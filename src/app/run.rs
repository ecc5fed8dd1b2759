//! From flags to a running operator, and back.

use std::{sync::Arc, time::Duration};

use futures::future::{OptionFuture, join_all, join4};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    flags::Flags,
    health::{self, Readiness},
    leader, logs,
    metrics_server::{self, Exposition},
    start::{authorities, start},
    start_error::StartError,
};
use crate::{
    azure::Transport,
    controller::{self, Context},
    kubernetes::{client, election::Terms},
};

/// How long it is waited for what is under way when the process is to end.
const GRACE: Duration = Duration::from_secs(20);
/// How long the end may take as a whole: to give back the Lease takes time too. Pods get 30 s
/// (`terminationGracePeriodSeconds`), and are killed then.
const END: Duration = Duration::from_secs(25);

/// Runs the operator until SIGTERM or SIGINT, and ends within 25 seconds of it. Threads that compute may be left behind:
/// the caller must not wait for them.
///
/// # Errors
/// When it can't start, or another replica may lead. What else goes wrong later is logged, reported on the objects, and
/// tried again.
pub async fn run(flags: Flags) -> Result<(), StartError> {
    logs::start(flags.log_format, &flags.log_filter)?;
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| StartError::Tls)?;
    let shutdown = CancellationToken::new();
    end_on_signal(shutdown.clone())?;
    tokio::select! {
        ended = operate(flags, &shutdown) => ended?,
        () = overdue(&shutdown) => {
            tracing::warn!("the end took too long and is cut short; the next start takes up the rest");
        }
    }
    tracing::info!("stopped");
    Ok(())
}

async fn overdue(shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(END).await;
}

async fn operate(flags: Flags, shutdown: &CancellationToken) -> Result<(), StartError> {
    let readiness = Readiness::default();
    let listener = health::listen(flags.health_address)
        .await
        .map_err(|error| StartError::Health(flags.health_address, error))?;
    readiness.wait_for("start");
    let health = tokio::spawn(health::serve(listener, readiness.clone(), shutdown.clone()));
    let exposition = Exposition::default();
    exposition.count_panics();
    let metrics = serve_metrics(&flags, &exposition, shutdown).await?;

    let client = client::client(
        flags.kubeconfig.as_deref(),
        flags.watch_timeout,
        exposition.metrics(),
    )
    .await?;
    let transport = Transport::new(
        authorities(flags.azure_ca_file.as_deref())
            .await?
            .as_deref(),
        exposition.metrics(),
    )?;
    let started = tokio::select! {
        started = start(&flags, client, transport, exposition.metrics(), &readiness) => Some(started),
        () = shutdown.cancelled() => None,
    };
    if let Some(context) = started {
        exposition.started(&context);
        readiness.done("start");
        lead(&flags, &context, &readiness, shutdown).await?;
    }
    shutdown.cancel();
    // Their own end needs no waiting for: they answer nobody any more.
    health.abort();
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    Ok(())
}

async fn serve_metrics(
    flags: &Flags,
    exposition: &Exposition,
    shutdown: &CancellationToken,
) -> Result<Option<JoinHandle<()>>, StartError> {
    let Some(address) = flags.metrics_address.0 else {
        return Ok(None);
    };
    let listener = health::listen(address)
        .await
        .map_err(|error| StartError::Metrics(address, error))?;
    let served = metrics_server::serve(listener, exposition.clone(), shutdown.clone());
    Ok(Some(tokio::spawn(served)))
}

/// Works as long as this replica leads. One that stands by is ready as well, or no rollout would come to its end.
async fn lead(
    flags: &Flags,
    context: &Arc<Context>,
    readiness: &Readiness,
    shutdown: &CancellationToken,
) -> Result<(), StartError> {
    let leads = |value| {
        let status = &context.metrics().controllers.leads;
        status.replace([([flags.leader_election_lease.clone()], value)]);
    };
    let work = || watch(flags, Arc::clone(context), readiness, shutdown.clone());
    if !flags.leader_election {
        leads(1.0);
        work().await;
        return Ok(());
    }
    leads(0.0);
    let acquired = tokio::select! {
        acquired = leader::acquire(context.client(), flags.lease(context.namespace()), Terms::default()) => acquired,
        () = shutdown.cancelled() => return Ok(()),
    };
    let mut leadership = acquired;
    leads(1.0);
    tokio::select! {
        () = work() => {
            leadership.release().await;
            Ok(())
        }
        why = leadership.keep() => {
            leads(0.0);
            Err(StartError::LeadershipLost(why))
        }
    }
}

async fn watch(
    flags: &Flags,
    context: Arc<Context>,
    readiness: &Readiness,
    shutdown: CancellationToken,
) {
    let runs = flags.scopes().into_iter().map(|namespace| {
        let what = format!(
            "the first list of {}",
            namespace.as_deref().unwrap_or("all namespaces")
        );
        readiness.wait_for(what.clone());
        let readiness = readiness.clone();
        controller::run(
            Arc::clone(&context),
            namespace,
            shutdown.clone(),
            move || readiness.done(&what),
        )
    });
    let cluster_stores = OptionFuture::from(flags.watch_cluster_stores.then(|| {
        let what = "the first list of ClusterAzureStores";
        readiness.wait_for(what);
        let readiness = readiness.clone();
        let ready = move || readiness.done(what);
        controller::run_cluster_stores(Arc::clone(&context), shutdown.clone(), ready)
    }));
    let unclaimed = controller::count_unclaimed(Arc::clone(&context), shutdown.clone());
    let due = controller::call_due_keys(Arc::clone(&context), shutdown.clone());
    let running = join4(cluster_stores, join_all(runs), unclaimed, due);
    tokio::pin!(running);
    tokio::select! {
        _ = &mut running => {}
        () = shutdown.cancelled() => {
            tracing::info!("stopping: finishing what is under way");
            if tokio::time::timeout(GRACE, running).await.is_err() {
                tracing::warn!("something was still under way; it will be taken up at the next start");
            }
        }
    }
}

fn end_on_signal(shutdown: CancellationToken) -> Result<(), StartError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signals)?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        shutdown.cancel();
    });
    Ok(())
}
