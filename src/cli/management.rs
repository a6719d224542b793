//! What commands that serve show of their server to those who run it.

use crate::Runtime;
use crate::http::server::ListenAddress;

/// The text of a runtime's own metrics. It takes the dispatcher's thread for as long as there are calls to count.
pub(super) fn metrics_of(runtime: &Runtime) -> impl Fn() -> String + 'static {
    let runtime = runtime.clone();
    // It fails at the dispatcher's end, and the server with it.
    move || match runtime.metrics() {
        Ok(metrics) => metrics.to_prometheus(),
        Err(_) => String::new(),
    }
}

/// An address as people open it; sockets that have none as options name them.
pub(super) fn url(scheme: &str, address: &ListenAddress) -> String {
    match address {
        ListenAddress::Internet(address) => format!("{scheme}://{address}"),
        address => address.to_string(),
    }
}
