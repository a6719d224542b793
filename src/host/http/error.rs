//! Error codes, between the client's and the interface's.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::HttpView;
use super::interfaces::types as wit;
use crate::host::io::IoError;
use crate::http::{DnsError, ErrorCode, FieldSize, TlsAlert};

impl HttpView<'_> {
    pub(super) fn http_error_code_of(
        &self,
        error: &Resource<IoError>,
    ) -> Result<Option<wit::ErrorCode>> {
        let code = self.table.get(error)?.http();
        Ok(code.cloned().map(Into::into))
    }
}

impl From<ErrorCode> for wit::ErrorCode {
    fn from(code: ErrorCode) -> wit::ErrorCode {
        match code {
            ErrorCode::DnsTimeout => wit::ErrorCode::DnsTimeout,
            ErrorCode::DnsError(it) => wit::ErrorCode::DnsError(it.into()),
            ErrorCode::DestinationNotFound => wit::ErrorCode::DestinationNotFound,
            ErrorCode::DestinationUnavailable => wit::ErrorCode::DestinationUnavailable,
            ErrorCode::DestinationIpProhibited => wit::ErrorCode::DestinationIpProhibited,
            ErrorCode::DestinationIpUnroutable => wit::ErrorCode::DestinationIpUnroutable,
            ErrorCode::ConnectionRefused => wit::ErrorCode::ConnectionRefused,
            ErrorCode::ConnectionTerminated => wit::ErrorCode::ConnectionTerminated,
            ErrorCode::ConnectionTimeout => wit::ErrorCode::ConnectionTimeout,
            ErrorCode::ConnectionReadTimeout => wit::ErrorCode::ConnectionReadTimeout,
            ErrorCode::ConnectionWriteTimeout => wit::ErrorCode::ConnectionWriteTimeout,
            ErrorCode::ConnectionLimitReached => wit::ErrorCode::ConnectionLimitReached,
            ErrorCode::TlsProtocolError => wit::ErrorCode::TlsProtocolError,
            ErrorCode::TlsCertificateError => wit::ErrorCode::TlsCertificateError,
            ErrorCode::TlsAlertReceived(it) => wit::ErrorCode::TlsAlertReceived(it.into()),
            ErrorCode::HttpRequestDenied => wit::ErrorCode::HttpRequestDenied,
            ErrorCode::HttpRequestLengthRequired => wit::ErrorCode::HttpRequestLengthRequired,
            ErrorCode::HttpRequestBodySize(it) => wit::ErrorCode::HttpRequestBodySize(it),
            ErrorCode::HttpRequestMethodInvalid => wit::ErrorCode::HttpRequestMethodInvalid,
            ErrorCode::HttpRequestUriInvalid => wit::ErrorCode::HttpRequestUriInvalid,
            ErrorCode::HttpRequestUriTooLong => wit::ErrorCode::HttpRequestUriTooLong,
            ErrorCode::HttpRequestHeaderSectionSize(it) => {
                wit::ErrorCode::HttpRequestHeaderSectionSize(it)
            }
            ErrorCode::HttpRequestHeaderSize(it) => {
                wit::ErrorCode::HttpRequestHeaderSize(it.map(Into::into))
            }
            ErrorCode::HttpRequestTrailerSectionSize(it) => {
                wit::ErrorCode::HttpRequestTrailerSectionSize(it)
            }
            ErrorCode::HttpRequestTrailerSize(it) => {
                wit::ErrorCode::HttpRequestTrailerSize(it.into())
            }
            ErrorCode::HttpResponseIncomplete => wit::ErrorCode::HttpResponseIncomplete,
            ErrorCode::HttpResponseHeaderSectionSize(it) => {
                wit::ErrorCode::HttpResponseHeaderSectionSize(it)
            }
            ErrorCode::HttpResponseHeaderSize(it) => {
                wit::ErrorCode::HttpResponseHeaderSize(it.into())
            }
            ErrorCode::HttpResponseBodySize(it) => wit::ErrorCode::HttpResponseBodySize(it),
            ErrorCode::HttpResponseTrailerSectionSize(it) => {
                wit::ErrorCode::HttpResponseTrailerSectionSize(it)
            }
            ErrorCode::HttpResponseTrailerSize(it) => {
                wit::ErrorCode::HttpResponseTrailerSize(it.into())
            }
            ErrorCode::HttpResponseTransferCoding(it) => {
                wit::ErrorCode::HttpResponseTransferCoding(it)
            }
            ErrorCode::HttpResponseContentCoding(it) => {
                wit::ErrorCode::HttpResponseContentCoding(it)
            }
            ErrorCode::HttpResponseTimeout => wit::ErrorCode::HttpResponseTimeout,
            ErrorCode::HttpUpgradeFailed => wit::ErrorCode::HttpUpgradeFailed,
            ErrorCode::HttpProtocolError => wit::ErrorCode::HttpProtocolError,
            ErrorCode::LoopDetected => wit::ErrorCode::LoopDetected,
            ErrorCode::ConfigurationError => wit::ErrorCode::ConfigurationError,
            ErrorCode::InternalError(it) => wit::ErrorCode::InternalError(it),
        }
    }
}

impl From<wit::ErrorCode> for ErrorCode {
    fn from(code: wit::ErrorCode) -> ErrorCode {
        match code {
            wit::ErrorCode::DnsTimeout => ErrorCode::DnsTimeout,
            wit::ErrorCode::DnsError(it) => ErrorCode::DnsError(it.into()),
            wit::ErrorCode::DestinationNotFound => ErrorCode::DestinationNotFound,
            wit::ErrorCode::DestinationUnavailable => ErrorCode::DestinationUnavailable,
            wit::ErrorCode::DestinationIpProhibited => ErrorCode::DestinationIpProhibited,
            wit::ErrorCode::DestinationIpUnroutable => ErrorCode::DestinationIpUnroutable,
            wit::ErrorCode::ConnectionRefused => ErrorCode::ConnectionRefused,
            wit::ErrorCode::ConnectionTerminated => ErrorCode::ConnectionTerminated,
            wit::ErrorCode::ConnectionTimeout => ErrorCode::ConnectionTimeout,
            wit::ErrorCode::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
            wit::ErrorCode::ConnectionWriteTimeout => ErrorCode::ConnectionWriteTimeout,
            wit::ErrorCode::ConnectionLimitReached => ErrorCode::ConnectionLimitReached,
            wit::ErrorCode::TlsProtocolError => ErrorCode::TlsProtocolError,
            wit::ErrorCode::TlsCertificateError => ErrorCode::TlsCertificateError,
            wit::ErrorCode::TlsAlertReceived(it) => ErrorCode::TlsAlertReceived(it.into()),
            wit::ErrorCode::HttpRequestDenied => ErrorCode::HttpRequestDenied,
            wit::ErrorCode::HttpRequestLengthRequired => ErrorCode::HttpRequestLengthRequired,
            wit::ErrorCode::HttpRequestBodySize(it) => ErrorCode::HttpRequestBodySize(it),
            wit::ErrorCode::HttpRequestMethodInvalid => ErrorCode::HttpRequestMethodInvalid,
            wit::ErrorCode::HttpRequestUriInvalid => ErrorCode::HttpRequestUriInvalid,
            wit::ErrorCode::HttpRequestUriTooLong => ErrorCode::HttpRequestUriTooLong,
            wit::ErrorCode::HttpRequestHeaderSectionSize(it) => {
                ErrorCode::HttpRequestHeaderSectionSize(it)
            }
            wit::ErrorCode::HttpRequestHeaderSize(it) => {
                ErrorCode::HttpRequestHeaderSize(it.map(Into::into))
            }
            wit::ErrorCode::HttpRequestTrailerSectionSize(it) => {
                ErrorCode::HttpRequestTrailerSectionSize(it)
            }
            wit::ErrorCode::HttpRequestTrailerSize(it) => {
                ErrorCode::HttpRequestTrailerSize(it.into())
            }
            wit::ErrorCode::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
            wit::ErrorCode::HttpResponseHeaderSectionSize(it) => {
                ErrorCode::HttpResponseHeaderSectionSize(it)
            }
            wit::ErrorCode::HttpResponseHeaderSize(it) => {
                ErrorCode::HttpResponseHeaderSize(it.into())
            }
            wit::ErrorCode::HttpResponseBodySize(it) => ErrorCode::HttpResponseBodySize(it),
            wit::ErrorCode::HttpResponseTrailerSectionSize(it) => {
                ErrorCode::HttpResponseTrailerSectionSize(it)
            }
            wit::ErrorCode::HttpResponseTrailerSize(it) => {
                ErrorCode::HttpResponseTrailerSize(it.into())
            }
            wit::ErrorCode::HttpResponseTransferCoding(it) => {
                ErrorCode::HttpResponseTransferCoding(it)
            }
            wit::ErrorCode::HttpResponseContentCoding(it) => {
                ErrorCode::HttpResponseContentCoding(it)
            }
            wit::ErrorCode::HttpResponseTimeout => ErrorCode::HttpResponseTimeout,
            wit::ErrorCode::HttpUpgradeFailed => ErrorCode::HttpUpgradeFailed,
            wit::ErrorCode::HttpProtocolError => ErrorCode::HttpProtocolError,
            wit::ErrorCode::LoopDetected => ErrorCode::LoopDetected,
            wit::ErrorCode::ConfigurationError => ErrorCode::ConfigurationError,
            wit::ErrorCode::InternalError(it) => ErrorCode::InternalError(it),
        }
    }
}

impl From<DnsError> for wit::DnsErrorPayload {
    fn from(it: DnsError) -> wit::DnsErrorPayload {
        wit::DnsErrorPayload {
            rcode: it.rcode,
            info_code: it.info_code,
        }
    }
}

impl From<wit::DnsErrorPayload> for DnsError {
    fn from(it: wit::DnsErrorPayload) -> DnsError {
        DnsError {
            rcode: it.rcode,
            info_code: it.info_code,
        }
    }
}

impl From<TlsAlert> for wit::TlsAlertReceivedPayload {
    fn from(it: TlsAlert) -> wit::TlsAlertReceivedPayload {
        wit::TlsAlertReceivedPayload {
            alert_id: it.id,
            alert_message: it.message,
        }
    }
}

impl From<wit::TlsAlertReceivedPayload> for TlsAlert {
    fn from(it: wit::TlsAlertReceivedPayload) -> TlsAlert {
        TlsAlert {
            id: it.alert_id,
            message: it.alert_message,
        }
    }
}

impl From<FieldSize> for wit::FieldSizePayload {
    fn from(it: FieldSize) -> wit::FieldSizePayload {
        wit::FieldSizePayload {
            field_name: it.name,
            field_size: it.size,
        }
    }
}

impl From<wit::FieldSizePayload> for FieldSize {
    fn from(it: wit::FieldSizePayload) -> FieldSize {
        FieldSize {
            name: it.field_name,
            size: it.field_size,
        }
    }
}
