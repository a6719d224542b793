//! The rules that need no server, or hardly one.

use alloc::string::String;
use alloc::vec::Vec;

use crate::exchange::{get, start, wait};
use crate::wasi::http::types::{
    Fields, HeaderError, IncomingBody, Method, OutgoingBody, OutgoingRequest, OutgoingResponse,
    RequestOptions, Scheme,
};

/// Returns the line where something does not hold.
macro_rules! hold {
    ($condition:expr) => {
        if !$condition {
            return Err(line!());
        }
    };
}

fn values(list: &[&str]) -> Vec<Vec<u8>> {
    list.iter().map(|value| value.as_bytes().to_vec()).collect()
}

fn entries(list: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    list.iter()
        .map(|(name, value)| ((*name).into(), value.as_bytes().to_vec()))
        .collect()
}

pub fn fields() -> Result<(), u32> {
    let list = entries(&[("X-One", "1"), ("two", "2"), ("x-ONE", "3")]);
    let fields = Fields::from_list(&list).map_err(|_| line!())?;
    hold!(fields.entries() == list);
    hold!(fields.get("x-one") == values(&["1", "3"]));
    hold!(fields.has("TWO") && !fields.has("three"));
    hold!(fields.get("three").is_empty());
    hold!(fields.get("not a name").is_empty());

    let copy = fields.clone();
    hold!(copy.set("X-ONE", &values(&["4", "5"])).is_ok());
    hold!(copy.entries() == entries(&[("X-ONE", "4"), ("X-ONE", "5"), ("two", "2")]));
    hold!(fields.entries() == list);
    hold!(copy.delete("x-one").is_ok() && !copy.has("x-one"));
    hold!(copy.delete("absent").is_ok());
    hold!(copy.append("Two", b"22").is_ok());
    hold!(copy.get("two") == values(&["2", "22"]));

    let syntax = |result| matches!(result, Err(HeaderError::InvalidSyntax));
    for name in ["", "a b", "a:", "a\r\n", "\u{e4}"] {
        hold!(syntax(copy.append(name, b"x")));
        hold!(syntax(copy.set(name, &values(&["x"]))));
        hold!(syntax(copy.delete(name)));
        hold!(Fields::from_list(&entries(&[(name, "x")])).is_err());
    }
    for value in ["a\r\nb", "a\0", "a\n", "\u{7f}"] {
        hold!(syntax(copy.append("a", value.as_bytes())));
        hold!(syntax(copy.set("a", &values(&["ok", value]))));
        hold!(!copy.has("a"));
    }
    hold!(copy.append("a", b"tab\t and \xff").is_ok());

    let forbidden = [
        "connection",
        "Keep-Alive",
        "proxy-authenticate",
        "Proxy-Authorization",
        "proxy-connection",
        "TRANSFER-ENCODING",
        "upgrade",
        "Host",
        "http2-settings",
    ];
    for name in forbidden {
        hold!(matches!(copy.append(name, b"x"), Err(HeaderError::Forbidden)));
        hold!(matches!(copy.set(name, &values(&["x"])), Err(HeaderError::Forbidden)));
        hold!(matches!(copy.delete(name), Err(HeaderError::Forbidden)));
        let list = entries(&[(name, "x")]);
        hold!(matches!(Fields::from_list(&list), Err(HeaderError::Forbidden)));
    }

    let request = OutgoingRequest::new(fields);
    let immutable = |result| matches!(result, Err(HeaderError::Immutable));
    let headers = request.headers();
    hold!(immutable(headers.append("a", b"b")));
    hold!(immutable(headers.set("a", &values(&["b"]))));
    hold!(immutable(headers.delete("two")));
    hold!(headers.entries() == list);
    hold!(headers.clone().append("a", b"b").is_ok());
    let response = OutgoingResponse::new(copy);
    hold!(immutable(response.headers().append("a", b"b")));
    Ok(())
}

pub fn messages() -> Result<(), u32> {
    let request = OutgoingRequest::new(Fields::new());
    hold!(matches!(request.method(), Method::Get));
    hold!(request.path_with_query().is_none() && request.authority().is_none());
    hold!(request.scheme().is_none());
    hold!(request.set_method(&Method::Other("PURGE".into())).is_ok());
    hold!(matches!(request.method(), Method::Other(name) if name == "PURGE"));
    for name in ["", "a b", "a\n"] {
        hold!(request.set_method(&Method::Other(name.into())).is_err());
    }
    hold!(request.set_path_with_query(Some("/a?b=c")).is_ok());
    for path in ["a", "/a b", "/\r\n", "/a#b"] {
        hold!(request.set_path_with_query(Some(path)).is_err());
    }
    hold!(request.path_with_query().as_deref() == Some("/a?b=c"));
    hold!(request.set_path_with_query(None).is_ok());
    hold!(request.path_with_query().is_none());
    hold!(request.set_authority(Some("example.test:80")).is_ok());
    for authority in ["", "a b", "a\r\n", "a/b", "[::1"] {
        hold!(request.set_authority(Some(authority)).is_err());
    }
    hold!(request.authority().as_deref() == Some("example.test:80"));
    hold!(request.set_scheme(Some(&Scheme::Other("gopher".into()))).is_ok());
    hold!(request.set_scheme(Some(&Scheme::Other("a b".into()))).is_err());
    hold!(matches!(request.scheme(), Some(Scheme::Other(name)) if name == "gopher"));
    hold!(request.body().is_ok());
    hold!(request.body().is_err());

    let response = OutgoingResponse::new(Fields::new());
    hold!(response.status_code() == 200);
    hold!(response.set_status_code(404).is_ok());
    hold!(response.set_status_code(99).is_err() && response.set_status_code(1000).is_err());
    hold!(response.status_code() == 404);
    let body = response.body().map_err(|()| line!())?;
    hold!(response.body().is_err());
    let stream = body.write().map_err(|()| line!())?;
    hold!(body.write().is_err());
    drop(stream);
    hold!(OutgoingBody::finish(body, Some(Fields::new())).is_ok());

    let options = RequestOptions::new();
    hold!(options.connect_timeout().is_none());
    hold!(options.set_connect_timeout(Some(1)).is_ok());
    hold!(options.set_first_byte_timeout(Some(2)).is_ok());
    hold!(options.set_between_bytes_timeout(Some(3)).is_ok());
    hold!(options.connect_timeout() == Some(1));
    hold!(options.first_byte_timeout() == Some(2));
    hold!(options.between_bytes_timeout() == Some(3));
    hold!(options.set_first_byte_timeout(None).is_ok());
    hold!(options.first_byte_timeout().is_none());

    let list = entries(&[("content-length", "nonsense")]);
    let fields = Fields::from_list(&list).map_err(|_| line!())?;
    hold!(OutgoingRequest::new(fields).body().is_err());
    Ok(())
}

pub fn once(authority: &str) -> Result<(), u32> {
    let future = start(get(authority, "/")).map_err(|_| line!())?;
    hold!(future.get().is_none());
    let response = wait(&future).map_err(|_| line!())?;
    hold!(matches!(future.get(), Some(Err(()))));
    hold!(future.subscribe().ready());
    let headers = response.headers();
    hold!(matches!(headers.append("a", b"b"), Err(HeaderError::Immutable)));
    hold!(!headers.has("connection") && !headers.has("transfer-encoding"));
    let body = response.consume().map_err(|()| line!())?;
    hold!(response.consume().is_err());
    // The body is no child of its response.
    drop(response);
    let stream = body.stream().map_err(|()| line!())?;
    hold!(body.stream().is_err());
    while stream.blocking_read(4096).is_ok() {}
    hold!(stream.read(0).is_err());
    drop(stream);
    let future = IncomingBody::finish(body);
    future.subscribe().block();
    hold!(matches!(future.get(), Some(Ok(Ok(None)))));
    hold!(matches!(future.get(), Some(Err(()))));
    Ok(())
}
