//! `wasi:sockets/network` and `instance-network`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::SocketError;
use super::SocketsView;
use super::error::{ErrorCode, code_of_raw};
use super::interfaces::{instance_network, network};
use crate::host::io::IoError;
use crate::host::table::HostResource;

/// `wasi:sockets/network#network`. It holds nothing: what a guest may reach is set by its entry
/// (`network.allow`).
pub struct Network;

impl HostResource for Network {
    const NAME: &'static str = "network";
}

impl network::Host for SocketsView<'_> {
    fn network_error_code(&mut self, error: Resource<IoError>) -> Result<Option<ErrorCode>> {
        Ok(self.table.get(&error)?.network_code().map(code_of_raw))
    }

    fn convert_error_code(&mut self, error: SocketError) -> Result<ErrorCode> {
        match error {
            SocketError::Code(code) => Ok(code),
            SocketError::Trap(trap) => Err(trap),
        }
    }
}

impl network::HostNetwork for SocketsView<'_> {
    fn drop(&mut self, network: Resource<Network>) -> Result<()> {
        self.table.delete(network)?;
        Ok(())
    }
}

impl instance_network::Host for SocketsView<'_> {
    fn instance_network(&mut self) -> Result<Resource<Network>> {
        self.table.push(Network)
    }
}
