//! What can be done with departments.

use super::{Department, DepartmentDetails, store};
use crate::access::works_here;
use crate::name;
use caregraph_contracts::Scope;
use caregraph_contracts::ids::DepartmentId;
use caregraph_kit::auth::Principal;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::{Failure, Fault, Rejection, search};
use std::collections::HashMap;

/// Most departments of one installation: they are listed without pages.
pub const MOST_DEPARTMENTS: u64 = 500;

/// Makes a department, or puts what is said about one in the place of what was said before.
#[derive(Debug, Clone)]
pub struct SaveDepartment {
    /// Which one; `None` for a new one.
    pub id: Option<DepartmentId>,
    /// The version the edit was made on; `None` to overwrite whatever is there.
    pub expected_version: Option<i64>,
    /// The whole of it.
    pub details: DepartmentDetails,
}

/// Use cases about departments. Cheap to clone.
#[derive(Clone)]
pub struct DepartmentService {
    ground: Ground,
}

impl DepartmentService {
    /// Use cases on `ground`.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// Departments by name. Those not in use are listed for staff only, when asked for.
    pub async fn list(
        &self,
        principal: &Principal,
        include_inactive: bool,
    ) -> Result<Vec<Department>, Fault> {
        let include_inactive = include_inactive && works_here(principal);
        let mut departments = store::list(self.ground.database.reader(), include_inactive).await?;
        departments.sort_by_cached_key(|department| (search::fold(&department.name), department.id));
        Ok(departments)
    }

    /// Departments by id, also those not in use any more: references to them must read well.
    pub(crate) async fn load(
        &self,
        ids: &[DepartmentId],
    ) -> Result<HashMap<DepartmentId, Department>, Fault> {
        store::find(self.ground.database.reader(), ids).await
    }

    /// Makes or changes a department.
    pub async fn save(&self, principal: &Principal, command: SaveDepartment) -> Result<Department, Failure> {
        principal.require(Scope::PractitionersManage)?;
        let details = command.details.check()?;
        self.ground
            .database
            .retrying(|| async {
                let tx = self.ground.database.begin().await?;
                let now = self.ground.clock.now();
                let department = if let Some(id) = command.id {
                    let mut department = store::load_for_update(&*tx, id)
                        .await?
                        .ok_or_else(|| Rejection::not_found("id", "department"))?;
                    if command
                        .expected_version
                        .is_some_and(|version| version != department.version)
                    {
                        let message = "somebody else changed the department meanwhile";
                        return Err(Rejection::conflict("expectedVersion", message).into());
                    }
                    department.revise(details.clone());
                    store::update(&*tx, &department, now).await.map_err(name::taken)?;
                    department
                } else {
                    // Two at the same moment may go one beyond; the bound is there to keep the list readable.
                    if store::count(&*tx).await? >= MOST_DEPARTMENTS {
                        return Err(
                            Rejection::conflict("", "there are as many departments as there can be").into(),
                        );
                    }
                    let department = Department::create(self.ground.clock.new_id(), details.clone());
                    store::insert(&*tx, &department, now).await.map_err(name::taken)?;
                    department
                };
                tx.commit().await?;
                Ok(department)
            })
            .await
    }
}
