//! A department's state and rules.

use crate::name::one_line;
use caregraph_contracts::ids::DepartmentId;
use caregraph_kit::Failure;
use caregraph_kit::validate::Checks;

/// Everything that is said about a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentDetails {
    /// Name, unique, 1 to 120 characters.
    pub name: String,
    /// What it does, at most 2000 characters.
    pub description: Option<String>,
    /// Whether it is in use.
    pub active: bool,
}

impl DepartmentDetails {
    /// The same brought into shape, or all mistakes at once.
    pub fn check(self) -> Result<Self, Failure> {
        let mut checks = Checks::new();
        let name = one_line(&checks.text("name", &self.name, 120));
        let description = checks.optional_text("description", self.description.as_deref(), 2000);
        checks.done()?;
        Ok(Self {
            name,
            description,
            active: self.active,
        })
    }
}

/// A department. No other domain needs to know about it, so it tells no events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// Identifies it.
    pub id: DepartmentId,
    /// Name, unique.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// Whether it is in use.
    pub active: bool,
    /// Counts changes, from 1.
    pub version: i64,
}

impl Department {
    /// A new department.
    pub fn create(id: DepartmentId, details: DepartmentDetails) -> Self {
        let DepartmentDetails {
            name,
            description,
            active,
        } = details;
        Self {
            id,
            name,
            description,
            active,
            version: 1,
        }
    }

    /// Takes new details.
    pub fn revise(&mut self, details: DepartmentDetails) {
        let version = self.version + 1;
        *self = Self {
            version,
            ..Self::create(self.id, details)
        };
    }
}
