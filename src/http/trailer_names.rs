//! Which fields may stand behind a body.

/// Fields that say how a message is framed, routed, authenticated or understood. They are read with the head, and mean
/// nothing behind the body; who merges trailers into a head would believe them (RFC 9110, section 6.5.1).
const OF_THE_HEAD: &[&str] = &[
    // Framing, and the connection.
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    // Routing, and who the client is.
    "forwarded",
    "host",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    // How the request is to be answered.
    "cache-control",
    "expect",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "pragma",
    "range",
    // Authentication.
    "authorization",
    "cookie",
    "origin",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "set-cookie",
    "www-authenticate",
    // What the response is.
    "age",
    "date",
    "expires",
    "location",
    "retry-after",
    "vary",
    "warning",
    // How the body is understood.
    "accept-ranges",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-location",
    "content-range",
    "content-security-policy",
    "content-type",
    "strict-transport-security",
    "x-request-id",
];

/// Whether a field may be a trailer. Others are left out, received as well as sent.
pub(super) fn may_be_trailer(name: &str) -> bool {
    !OF_THE_HEAD
        .iter()
        .any(|other| other.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_head_is_no_trailer() {
        for name in [
            "Content-Length",
            "transfer-encoding",
            "HOST",
            "Authorization",
            "cookie",
        ] {
            assert!(!may_be_trailer(name), "{name}");
        }
        for name in [
            "etag",
            "digest",
            "server-timing",
            "grpc-status",
            "x-checksum",
        ] {
            assert!(may_be_trailer(name), "{name}");
        }
    }
}
