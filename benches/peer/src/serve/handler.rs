//! A component, compiled and linked, and a request that an instance of it answers.

use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::sync::oneshot;
use wasmtime::component::{Component, Linker};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result, Store, format_err,
};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::add_to_linker_async;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::options::Options;
use crate::state::State;

/// What answers requests.
pub struct Handler {
    engine: Engine,
    proxy: ProxyPre<State>,
}

impl Handler {
    /// Compiles and links the component.
    ///
    /// # Errors
    /// When it is none, exports no `wasi:http/incoming-handler`, or imports more than a proxy may.
    pub fn load(options: &Options) -> Result<Handler> {
        let engine = match options.on_demand {
            true => Engine::default(),
            false => {
                let pool = PoolingAllocationConfig::new();
                let mut config = Config::new();
                config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
                Engine::new(&config)?
            }
        };
        let component = Component::from_file(&engine, &options.component)?;
        let mut linker = Linker::new(&engine);
        add_to_linker_async(&mut linker)?;
        let proxy = ProxyPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Handler { engine, proxy })
    }

    /// Answers a request with a fresh instance, which may go on behind its response's head.
    ///
    /// # Errors
    /// When the guest gives no response.
    pub async fn answer(&self, request: Request<Incoming>) -> Result<Response<HyperOutgoingBody>> {
        let mut store = Store::new(&self.engine, State::new());
        let (given, response) = oneshot::channel();
        let mut view = store.data_mut().http();
        let request = view.new_incoming_request(Scheme::Http, request)?;
        let outparam = view.new_response_outparam(given)?;
        let proxy = self.proxy.clone();
        let guest = tokio::spawn(async move {
            let instance = proxy.instantiate_async(&mut store).await?;
            let handler = instance.wasi_http_incoming_handler();
            handler.call_handle(&mut store, request, outparam).await
        });
        if let Ok(response) = response.await {
            return Ok(response?);
        }
        // The store is gone without one, and the call has ended.
        guest.await??;
        Err(format_err!("the guest gave no response"))
    }
}
