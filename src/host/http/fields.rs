//! `wasi:http/types#fields`.

use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime::{Result, bail};

use super::HttpView;
use super::interfaces::types::{HeaderError, HostFields};
use super::memory;
use crate::host::table::HostResource;
use crate::http::{FieldError, FieldLimits, Fields, is_name};
use crate::quota::{Quota, QuotaPermit};

/// The fields of the connection rather than of the message: guests can neither set nor see them.
const FORBIDDEN: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "host",
    "http2-settings",
];

/// Whether a guest may not have a field of this name.
pub fn is_forbidden(name: &str) -> bool {
    FORBIDDEN
        .iter()
        .any(|forbidden| forbidden.eq_ignore_ascii_case(name))
}

/// `wasi:http/types#fields`: shared with the message that they belong to, until they are changed.
#[derive(Debug)]
pub struct FieldsResource {
    fields: Arc<Fields>,
    immutable: bool,
    permit: QuotaPermit,
}

impl HostResource for FieldsResource {
    const NAME: &'static str = "fields";
}

impl FieldsResource {
    /// Fields that the guest may change.
    ///
    /// # Errors
    /// At the call's bound on the memory of HTTP resources; the guest traps.
    pub fn new(fields: Fields, quota: &Quota) -> Result<FieldsResource> {
        Ok(FieldsResource {
            permit: memory::acquire(quota, size(&fields))?,
            fields: Arc::new(fields),
            immutable: false,
        })
    }

    /// What came from a peer, without what belongs to the connection.
    ///
    /// # Errors
    /// At the call's bound on the memory of HTTP resources; the guest traps.
    pub fn received(mut fields: Fields, quota: &Quota) -> Result<FieldsResource> {
        if fields.iter().any(|(name, _)| is_forbidden(name)) {
            fields.retain(|name, _| !is_forbidden(name));
        }
        FieldsResource::new(fields, quota)
    }

    /// The same fields, for a guest to look at or to have a copy of.
    ///
    /// # Errors
    /// At the call's bound on the memory of HTTP resources; the guest traps.
    pub fn share(&self, immutable: bool) -> Result<FieldsResource> {
        Ok(FieldsResource {
            fields: self.fields.clone(),
            immutable,
            permit: memory::again(&self.permit)?,
        })
    }

    /// The fields.
    pub fn get(&self) -> &Fields {
        &self.fields
    }

    /// The fields, and the permit for their memory.
    pub fn into_parts(self) -> (Fields, QuotaPermit) {
        (Arc::unwrap_or_clone(self.fields), self.permit)
    }

    /// The fields by themselves.
    pub fn into_fields(self) -> Fields {
        Arc::unwrap_or_clone(self.fields)
    }

    fn change(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Fields) -> Result<(), FieldError>,
    ) -> Result<Result<(), HeaderError>> {
        if self.immutable {
            return Ok(Err(HeaderError::Immutable));
        }
        if !is_name(name) {
            return Ok(Err(HeaderError::InvalidSyntax));
        }
        if is_forbidden(name) {
            return Ok(Err(HeaderError::Forbidden));
        }
        let changed = change(Arc::make_mut(&mut self.fields));
        memory::resize(&mut self.permit, size(&self.fields))?;
        refuse(changed)
    }
}

/// An estimate of their memory in bytes: names and values, and 64 bytes of bookkeeping for each.
fn size(fields: &Fields) -> usize {
    fields.bytes() + fields.len() * 64 + 128
}

/// An error of the list as the interface has it. It has no case for too many fields: the guest traps.
fn refuse(changed: Result<(), FieldError>) -> Result<Result<(), HeaderError>> {
    match changed {
        Ok(()) => Ok(Ok(())),
        Err(FieldError::Syntax) => Ok(Err(HeaderError::InvalidSyntax)),
        Err(full @ FieldError::Full(_)) => bail!("{full}"),
    }
}

impl HttpView<'_> {
    /// Counts the bytes of fields that are searched or copied against the budget.
    fn spend_fields(&mut self, fields: &Resource<FieldsResource>) -> Result<()> {
        let bytes = size(self.table.get(fields)?.get());
        self.spend(bytes);
        Ok(())
    }
}

impl HostFields for HttpView<'_> {
    fn new(&mut self) -> Result<Resource<FieldsResource>> {
        let fields = FieldsResource::new(Fields::new(), &self.state.quota)?;
        self.table.push(fields)
    }

    fn from_list(
        &mut self,
        entries: Vec<(String, Vec<u8>)>,
    ) -> Result<Result<Resource<FieldsResource>, HeaderError>> {
        let bytes = |(name, value): &(String, Vec<u8>)| name.len() + value.len();
        self.spend(entries.iter().map(bytes).sum());
        self.spend_items(entries.len());
        if entries.len() > FieldLimits::DEFAULT.count {
            bail!("{}", FieldError::Full(FieldLimits::DEFAULT));
        }
        let mut fields = Fields::new();
        for (name, value) in &entries {
            if let Err(error) = refuse(fields.append(name, value))? {
                return Ok(Err(error));
            }
            if is_forbidden(name) {
                return Ok(Err(HeaderError::Forbidden));
            }
        }
        let fields = FieldsResource::new(fields, &self.state.quota)?;
        Ok(Ok(self.table.push(fields)?))
    }

    fn get(&mut self, fields: Resource<FieldsResource>, name: String) -> Result<Vec<Vec<u8>>> {
        self.spend(name.len());
        self.spend_fields(&fields)?;
        let fields = self.table.get(&fields)?.get();
        Ok(fields.get(&name).map(<[u8]>::to_vec).collect())
    }

    fn has(&mut self, fields: Resource<FieldsResource>, name: String) -> Result<bool> {
        self.spend(name.len());
        self.spend_fields(&fields)?;
        Ok(self.table.get(&fields)?.get().has(&name))
    }

    fn set(
        &mut self,
        fields: Resource<FieldsResource>,
        name: String,
        values: Vec<Vec<u8>>,
    ) -> Result<Result<(), HeaderError>> {
        self.spend(name.len() + values.iter().map(Vec::len).sum::<usize>());
        self.spend_items(values.len());
        self.spend_fields(&fields)?;
        let resource = self.table.get_mut(&fields)?;
        resource.change(&name, |fields| fields.set(&name, &values))
    }

    fn delete(
        &mut self,
        fields: Resource<FieldsResource>,
        name: String,
    ) -> Result<Result<(), HeaderError>> {
        self.spend(name.len());
        self.spend_fields(&fields)?;
        let resource = self.table.get_mut(&fields)?;
        resource.change(&name, |fields| {
            fields.delete(&name);
            Ok(())
        })
    }

    fn append(
        &mut self,
        fields: Resource<FieldsResource>,
        name: String,
        value: Vec<u8>,
    ) -> Result<Result<(), HeaderError>> {
        self.spend(name.len() + value.len());
        // Fields that are shared are copied before they are changed.
        self.spend_fields(&fields)?;
        let resource = self.table.get_mut(&fields)?;
        resource.change(&name, |fields| fields.append(&name, &value))
    }

    fn entries(&mut self, fields: Resource<FieldsResource>) -> Result<Vec<(String, Vec<u8>)>> {
        self.spend_fields(&fields)?;
        let fields = self.table.get(&fields)?.get();
        Ok(fields
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_vec()))
            .collect())
    }

    fn clone(&mut self, fields: Resource<FieldsResource>) -> Result<Resource<FieldsResource>> {
        let copy = self.table.get(&fields)?.share(false)?;
        self.table.push(copy)
    }

    fn drop(&mut self, fields: Resource<FieldsResource>) -> Result<()> {
        self.table.delete(fields)?;
        Ok(())
    }
}
