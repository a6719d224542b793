//! What a call has left to be delivered at its end.

use std::time::Duration;

use wippy_dispatcher::Handle;

use super::call::Call;
use super::stdio::Stdio;
use crate::delivery::PendingDeliveries;
use crate::select::select;

/// What a call has handed over and what was not delivered by its end: bytes that its streams have
/// accepted, and HTTP requests whose bodies are finished, for whose answers nobody waits.
pub(crate) struct Outstanding {
    handle: Handle,
    deliveries: Option<PendingDeliveries>,
    stdio: Stdio,
    patience: Duration,
}

impl Outstanding {
    /// That of a call; `None` where everything is delivered.
    pub(super) fn new(
        call: &Call,
        deliveries: Option<PendingDeliveries>,
        stdio: &Stdio,
    ) -> Option<Outstanding> {
        let open = deliveries.as_ref().is_some_and(|it| it.open() > 0);
        (open || !stdio.is_delivered()).then(|| Outstanding {
            handle: call.handle.clone(),
            deliveries,
            stdio: stdio.clone(),
            patience: call.limits.delivery,
        })
    }

    /// Waits until it is delivered, cannot be, or the time for it has passed. What is the call's own
    /// is given up then; what its standard streams have accepted stays with them.
    pub(crate) async fn delivered(self) {
        let all = async {
            if let Some(deliveries) = &self.deliveries {
                let _ = deliveries.ended().await;
            }
            self.stdio.delivered().await;
        };
        let late = self.handle.sleep(self.patience);
        select(all, late).await;
    }
}
