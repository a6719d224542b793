//! A project of one document that is given as text.

use std::path::Path;
use std::sync::Arc;

use super::load::Loader;
use super::loaded::Loaded;
use super::mounts::{DocumentDir, WritableMounts};
use super::options::LoadOptions;
use super::parse::parse;
use super::project::{check_settings, finish};
use super::source::SourceRoot;
use super::{overrides, settings};
use crate::trust::Base;

/// Loads entries from text, as if it were `_index.yaml` of `project_dir`. Without a directory
/// `file://` references are errors, and `fs.directory` is relative to the working directory.
/// No lock file and no settings are read but those that `options` names.
pub fn from_yaml(text: &str, project_dir: Option<&Path>, options: &LoadOptions) -> Loaded {
    let dir = project_dir.unwrap_or(Path::new(""));
    let mut found = Vec::new();
    let base = Base::new(dir);
    let (mut settings, controls) = settings::load(dir, &base, false, options, &mut found);
    let overrides = overrides::by_entry(&settings, options);
    let mut mounts = WritableMounts::new(dir, base, overrides);
    let root = Arc::new(SourceRoot {
        source_dir: dir.to_owned(),
        module_dir: dir.to_owned(),
    });
    if project_dir.is_some() {
        mounts.project(dir, "the project directory");
        mounts.source(dir);
    }
    for file in &controls {
        mounts.protect(file.what, &file.path);
    }
    let parsed = parse(text, &dir.join("_index.yaml").into());
    if let Ok(location) = mounts.locate(dir) {
        let path = dir.to_owned();
        let first = true;
        let here = DocumentDir {
            location,
            path,
            first,
        };
        for document in &parsed.documents {
            mounts.document(document, &here, &root);
        }
    }
    check_settings(&controls, &mounts, &mut settings, &mut found);
    let mut loader = Loader::new(dir, options, project_dir.is_some(), mounts);
    loader.loose(found);
    loader.file(&parsed, &root);
    loader.apply(&settings);
    loader.resolve();
    finish(loader, settings)
}
