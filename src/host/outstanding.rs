//! The output of a call that is not delivered when its guest ends.

use std::time::Duration;

use wippy_dispatcher::{Handle, Instant};

use super::call::Call;
use super::stdio::Stdio;
use crate::delivery::PendingDeliveries;
use crate::select::select;

/// What a call has handed over and is not delivered yet at its end: bytes that its streams have
/// accepted, and HTTP requests whose bodies are finished and whose responses no guest waits for.
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

    /// Waits at most until `deadline`, if there is one, and until it is delivered or cannot be, `limits.delivery_ms` at most. Then what is left of the
    /// call's own output is given up; what its standard streams have accepted stays with these, which
    /// may outlive the call.
    pub(crate) async fn delivered(self, deadline: Option<Instant>) {
        let all = async {
            if let Some(deliveries) = &self.deliveries {
                let _ = deliveries.ended().await;
            }
            self.stdio.delivered().await;
        };
        let late = self.handle.sleep(self.patience);
        match deadline {
            None => drop(select(all, late).await),
            Some(deadline) => {
                let late = select(late, self.handle.sleep_until(deadline));
                drop(select(all, late).await);
            }
        }
    }
}
