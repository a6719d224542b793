//! Error codes as statuses of responses.

use super::error::ErrorCode;

impl ErrorCode {
    /// The status of a response that says nothing but that the request ended with this code: that of the proxy
    /// error type with the same name (RFC 9209, section 2.3), whose applicable 4xx status is 413, 414 or 431 where
    /// the name says which, 411, and else 400.
    pub fn status(&self) -> u16 {
        match self {
            ErrorCode::HttpRequestMethodInvalid | ErrorCode::HttpRequestUriInvalid => 400,
            ErrorCode::HttpRequestDenied => 403,
            ErrorCode::HttpRequestLengthRequired => 411,
            ErrorCode::HttpRequestBodySize(_) => 413,
            ErrorCode::HttpRequestUriTooLong => 414,
            ErrorCode::HttpRequestHeaderSectionSize(_)
            | ErrorCode::HttpRequestHeaderSize(_)
            | ErrorCode::HttpRequestTrailerSectionSize(_)
            | ErrorCode::HttpRequestTrailerSize(_) => 431,
            ErrorCode::DestinationNotFound
            | ErrorCode::ConfigurationError
            | ErrorCode::InternalError(_) => 500,
            ErrorCode::DnsError(_)
            | ErrorCode::DestinationIpProhibited
            | ErrorCode::DestinationIpUnroutable
            | ErrorCode::ConnectionRefused
            | ErrorCode::ConnectionTerminated
            | ErrorCode::TlsProtocolError
            | ErrorCode::TlsCertificateError
            | ErrorCode::TlsAlertReceived(_)
            | ErrorCode::HttpResponseIncomplete
            | ErrorCode::HttpResponseHeaderSectionSize(_)
            | ErrorCode::HttpResponseHeaderSize(_)
            | ErrorCode::HttpResponseBodySize(_)
            | ErrorCode::HttpResponseTrailerSectionSize(_)
            | ErrorCode::HttpResponseTrailerSize(_)
            | ErrorCode::HttpResponseTransferCoding(_)
            | ErrorCode::HttpResponseContentCoding(_)
            | ErrorCode::HttpUpgradeFailed
            | ErrorCode::HttpProtocolError
            | ErrorCode::LoopDetected => 502,
            ErrorCode::DestinationUnavailable | ErrorCode::ConnectionLimitReached => 503,
            ErrorCode::DnsTimeout
            | ErrorCode::ConnectionTimeout
            | ErrorCode::ConnectionReadTimeout
            | ErrorCode::ConnectionWriteTimeout
            | ErrorCode::HttpResponseTimeout => 504,
        }
    }
}
