//! What can go wrong with an exchange: the closed set of `wasi:http/types#error-code`.

/// `DNS-error-payload`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DnsError {
    /// The response code's name.
    pub rcode: Option<String>,
    /// The extended error's code.
    pub info_code: Option<u16>,
}

/// `TLS-alert-received-payload`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TlsAlert {
    /// The alert's number.
    pub id: Option<u8>,
    /// Its name.
    pub message: Option<String>,
}

/// `field-size-payload`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FieldSize {
    /// The field's name, where it is known.
    pub name: Option<String>,
    /// Its size in bytes.
    pub size: Option<u32>,
}

/// `wasi:http/types#error-code`, case by case.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ErrorCode {
    #[error("DNS-timeout")]
    DnsTimeout,
    #[error("DNS-error{}", note(&.0.rcode))]
    DnsError(DnsError),
    #[error("destination-not-found")]
    DestinationNotFound,
    #[error("destination-unavailable")]
    DestinationUnavailable,
    #[error("destination-IP-prohibited")]
    DestinationIpProhibited,
    #[error("destination-IP-unroutable")]
    DestinationIpUnroutable,
    #[error("connection-refused")]
    ConnectionRefused,
    #[error("connection-terminated")]
    ConnectionTerminated,
    #[error("connection-timeout")]
    ConnectionTimeout,
    #[error("connection-read-timeout")]
    ConnectionReadTimeout,
    #[error("connection-write-timeout")]
    ConnectionWriteTimeout,
    #[error("connection-limit-reached")]
    ConnectionLimitReached,
    #[error("TLS-protocol-error")]
    TlsProtocolError,
    #[error("TLS-certificate-error")]
    TlsCertificateError,
    #[error("TLS-alert-received{}", note(&.0.message))]
    TlsAlertReceived(TlsAlert),
    #[error("HTTP-request-denied")]
    HttpRequestDenied,
    #[error("HTTP-request-length-required")]
    HttpRequestLengthRequired,
    #[error("HTTP-request-body-size{}", note(.0))]
    HttpRequestBodySize(Option<u64>),
    #[error("HTTP-request-method-invalid")]
    HttpRequestMethodInvalid,
    #[error("HTTP-request-URI-invalid")]
    HttpRequestUriInvalid,
    #[error("HTTP-request-URI-too-long")]
    HttpRequestUriTooLong,
    #[error("HTTP-request-header-section-size{}", note(.0))]
    HttpRequestHeaderSectionSize(Option<u32>),
    #[error("HTTP-request-header-size")]
    HttpRequestHeaderSize(Option<FieldSize>),
    #[error("HTTP-request-trailer-section-size{}", note(.0))]
    HttpRequestTrailerSectionSize(Option<u32>),
    #[error("HTTP-request-trailer-size")]
    HttpRequestTrailerSize(FieldSize),
    #[error("HTTP-response-incomplete")]
    HttpResponseIncomplete,
    #[error("HTTP-response-header-section-size{}", note(.0))]
    HttpResponseHeaderSectionSize(Option<u32>),
    #[error("HTTP-response-header-size")]
    HttpResponseHeaderSize(FieldSize),
    #[error("HTTP-response-body-size{}", note(.0))]
    HttpResponseBodySize(Option<u64>),
    #[error("HTTP-response-trailer-section-size{}", note(.0))]
    HttpResponseTrailerSectionSize(Option<u32>),
    #[error("HTTP-response-trailer-size")]
    HttpResponseTrailerSize(FieldSize),
    #[error("HTTP-response-transfer-coding{}", note(.0))]
    HttpResponseTransferCoding(Option<String>),
    #[error("HTTP-response-content-coding{}", note(.0))]
    HttpResponseContentCoding(Option<String>),
    #[error("HTTP-response-timeout")]
    HttpResponseTimeout,
    #[error("HTTP-upgrade-failed")]
    HttpUpgradeFailed,
    #[error("HTTP-protocol-error")]
    HttpProtocolError,
    #[error("loop-detected")]
    LoopDetected,
    #[error("configuration-error")]
    ConfigurationError,
    #[error("internal-error{}", note(.0))]
    InternalError(Option<String>),
}

impl ErrorCode {
    /// An internal error that says what happened.
    pub fn internal(text: impl std::fmt::Display) -> ErrorCode {
        ErrorCode::InternalError(Some(text.to_string()))
    }
}

impl From<wippy_dispatcher::Error> for ErrorCode {
    fn from(error: wippy_dispatcher::Error) -> ErrorCode {
        ErrorCode::internal(error)
    }
}

fn note<T: std::fmt::Display>(payload: &Option<T>) -> String {
    payload
        .as_ref()
        .map_or_else(String::new, |payload| format!(" ({payload})"))
}
