//! The certificate of a service, in files of the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::http::server::{TLS_FILE_MAX, TlsFiles};
use crate::program::readable;
use crate::registry::{CaFile, HttpTls};
use crate::runtime::Runtime;

/// Reads the files, which are named as the entry names them, on the blocking pool. They are followed as all paths are
/// that the host opens for itself: through nothing that a guest may write.
///
/// # Errors
/// Why the files cannot be used.
pub(super) async fn read_certificate(runtime: &Runtime, tls: &HttpTls) -> Result<TlsFiles, String> {
    let handle = runtime.handle();
    if handle.is_simulated().map_err(|error| error.to_string())? {
        return Err("tls: a certificate in files is not for a simulation".to_owned());
    }
    let mut places: BTreeMap<PathBuf, (PathBuf, String)> = BTreeMap::new();
    let mut place = |file: &CaFile| -> Result<PathBuf, String> {
        let found = readable(runtime.registry(), &file.fs, &file.path);
        let found = found.map_err(|error| format!("tls: {error}"))?;
        let name = PathBuf::from(format!("{}:{}", file.fs, file.path));
        let inside = file.path.trim_start_matches('/').to_owned();
        places.insert(name.clone(), (found.directory.clone(), inside));
        Ok(name)
    };
    let (certificates, key) = (place(&tls.cert)?, place(&tls.key)?);
    let guard = runtime.registry().guard().clone();
    let read = move |name: &Path| match places.get(name) {
        Some((directory, inside)) => guard.read_beneath(directory, inside.as_ref(), TLS_FILE_MAX),
        None => Err("it is not there".to_owned()),
    };
    let reading = handle.unblock(move || TlsFiles::read_with(certificates, key, read));
    let files = reading.await.map_err(|error| error.to_string())?;
    files.map_err(|error| format!("tls: {error}"))
}
