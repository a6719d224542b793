//! Error codes by name.

use alloc::string::ToString;

use crate::wasi::http::types::{
    DnsErrorPayload, ErrorCode, FieldSizePayload, TlsAlertReceivedPayload,
};

pub fn named(name: &str) -> ErrorCode {
    let field = || FieldSizePayload {
        field_name: None,
        field_size: None,
    };
    match name {
        "DNS-timeout" => ErrorCode::DnsTimeout,
        "DNS-error" => ErrorCode::DnsError(DnsErrorPayload {
            rcode: None,
            info_code: None,
        }),
        "destination-not-found" => ErrorCode::DestinationNotFound,
        "destination-unavailable" => ErrorCode::DestinationUnavailable,
        "destination-IP-prohibited" => ErrorCode::DestinationIpProhibited,
        "destination-IP-unroutable" => ErrorCode::DestinationIpUnroutable,
        "connection-refused" => ErrorCode::ConnectionRefused,
        "connection-terminated" => ErrorCode::ConnectionTerminated,
        "connection-timeout" => ErrorCode::ConnectionTimeout,
        "connection-read-timeout" => ErrorCode::ConnectionReadTimeout,
        "connection-write-timeout" => ErrorCode::ConnectionWriteTimeout,
        "connection-limit-reached" => ErrorCode::ConnectionLimitReached,
        "TLS-protocol-error" => ErrorCode::TlsProtocolError,
        "TLS-certificate-error" => ErrorCode::TlsCertificateError,
        "TLS-alert-received" => ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {
            alert_id: None,
            alert_message: None,
        }),
        "HTTP-request-denied" => ErrorCode::HttpRequestDenied,
        "HTTP-request-length-required" => ErrorCode::HttpRequestLengthRequired,
        "HTTP-request-body-size" => ErrorCode::HttpRequestBodySize(None),
        "HTTP-request-method-invalid" => ErrorCode::HttpRequestMethodInvalid,
        "HTTP-request-URI-invalid" => ErrorCode::HttpRequestUriInvalid,
        "HTTP-request-URI-too-long" => ErrorCode::HttpRequestUriTooLong,
        "HTTP-request-header-section-size" => ErrorCode::HttpRequestHeaderSectionSize(None),
        "HTTP-request-header-size" => ErrorCode::HttpRequestHeaderSize(None),
        "HTTP-request-trailer-section-size" => ErrorCode::HttpRequestTrailerSectionSize(None),
        "HTTP-request-trailer-size" => ErrorCode::HttpRequestTrailerSize(field()),
        "HTTP-response-incomplete" => ErrorCode::HttpResponseIncomplete,
        "HTTP-response-header-section-size" => ErrorCode::HttpResponseHeaderSectionSize(None),
        "HTTP-response-header-size" => ErrorCode::HttpResponseHeaderSize(field()),
        "HTTP-response-body-size" => ErrorCode::HttpResponseBodySize(None),
        "HTTP-response-trailer-section-size" => ErrorCode::HttpResponseTrailerSectionSize(None),
        "HTTP-response-trailer-size" => ErrorCode::HttpResponseTrailerSize(field()),
        "HTTP-response-transfer-coding" => ErrorCode::HttpResponseTransferCoding(None),
        "HTTP-response-content-coding" => ErrorCode::HttpResponseContentCoding(None),
        "HTTP-response-timeout" => ErrorCode::HttpResponseTimeout,
        "HTTP-upgrade-failed" => ErrorCode::HttpUpgradeFailed,
        "HTTP-protocol-error" => ErrorCode::HttpProtocolError,
        "loop-detected" => ErrorCode::LoopDetected,
        "configuration-error" => ErrorCode::ConfigurationError,
        name => ErrorCode::InternalError(Some(name.to_string())),
    }
}
