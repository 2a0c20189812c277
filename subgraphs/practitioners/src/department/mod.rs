//! Departments of the organisation.

mod model;
mod service;
pub(crate) mod store;

pub use model::{Department, DepartmentDetails};
pub use service::{DepartmentService, MOST_DEPARTMENTS, SaveDepartment};
