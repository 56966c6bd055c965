//! A FHIR resource on its way into storage.

/// One FHIR R4 resource with the identity it is stored under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed {
    /// `Observation`
    pub kind: String,
    /// The resource's `id`.
    pub id: String,
    /// The bytes of the resource.
    pub json: Vec<u8>,
}

impl Landed {
    /// `Observation/123`
    pub fn key(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }
}
