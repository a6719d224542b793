//! What a guest is told of the client behind its connection.

use crate::http::Fields;
use crate::http::server::ClientInfo;

const FOR: &str = "x-forwarded-for";
const PROTO: &str = "x-forwarded-proto";
/// What clients and proxies say of the client in other ways.
const OTHERS: [&str; 2] = ["forwarded", "x-real-ip"];

/// Puts what the server knows of the client in place of what was written about it, so that a guest can believe these
/// fields: only a trusted proxy has had a say in them.
pub(super) fn write_forwarded(fields: &mut Fields, client: ClientInfo) {
    for name in OTHERS {
        fields.delete(name);
    }
    let proto: &[u8] = if client.secure { b"https" } else { b"http" };
    let address = client.address.map(|address| address.to_string());
    let address = address.as_ref().map(String::as_bytes);
    // Where the request has as many fields as it may have, what its client wrote is still taken out.
    for (name, value) in [(FOR, address), (PROTO, Some(proto))] {
        fields.delete(name);
        let _ = fields.set(name, value.as_slice());
    }
}
