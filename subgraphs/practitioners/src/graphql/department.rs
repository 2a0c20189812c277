//! Departments in the graph.

use super::loaders::{DepartmentLoader, own};
use crate::department as domain;
use crate::department::{DepartmentDetails, DepartmentService};
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, InputObject, Object, Result};
use caregraph_contracts::ids::DepartmentId;
use caregraph_kit::graphql::{ContextExt, fault, named_id, outcome};
use caregraph_kit::payload;

pub(super) struct Department(pub(super) domain::Department);

/// A department of the organisation.
#[Object]
impl Department {
    /// Identifies the department.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Name, unique among the departments.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the department does, at most 2000 characters.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Whether the department is in use.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Counts changes, from 1. Send it back as `expectedVersion` so that two people do not overwrite each other's edits.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// A new department, or the new state of one.
#[derive(InputObject)]
pub(super) struct SaveDepartmentInput {
    /// Which one to change; left out to make a new one.
    id: Option<ID>,
    /// The `version` on which the edit was made; left out to overwrite whatever is there.
    expected_version: Option<i64>,
    /// Name, unique among the departments, 1 to 120 characters.
    name: String,
    /// What the department does, at most 2000 characters.
    description: Option<String>,
    /// Whether the department is in use.
    #[graphql(default = true)]
    active: bool,
}

impl From<SaveDepartmentInput> for domain::SaveDepartment {
    fn from(input: SaveDepartmentInput) -> Self {
        Self {
            id: input.id.as_ref().map(named_id),
            expected_version: input.expected_version,
            details: DepartmentDetails {
                name: input.name,
                description: input.description,
                active: input.active,
            },
        }
    }
}

payload! {
    /// What `saveDepartment` answers.
    SaveDepartmentPayload {
        /// The department as it is now; null when refused.
        department: Department
    }
    SaveDepartmentError
}

#[derive(Default)]
pub(super) struct DepartmentQuery;

#[Object]
impl DepartmentQuery {
    /// Departments by name; at most 500. Open to everybody.
    async fn departments(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default,
            desc = "Also those not in use. Staff only; without effect for everybody else."
        )]
        include_inactive: bool,
    ) -> Result<Vec<Department>> {
        let found = ctx
            .service::<DepartmentService>()
            .list(&ctx.principal(), include_inactive)
            .await;
        Ok(found
            .map_err(|error| fault(ctx, error))?
            .into_iter()
            .map(Department)
            .collect())
    }

    /// A department that another subgraph refers to; also one that is not in use any more.
    #[graphql(entity)]
    async fn find_department_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Department>> {
        let loader = ctx.service::<DataLoader<DepartmentLoader>>();
        let found = loader
            .load_one(named_id::<DepartmentId>(&id))
            .await
            .map_err(|error| fault(ctx, own(error)))?;
        Ok(found.map(Department))
    }
}

#[derive(Default)]
pub(super) struct DepartmentMutation;

#[Object]
impl DepartmentMutation {
    /// Makes a department, or puts a new state in the place of the old one: what is left out is gone. Needs the permission
    /// `practitioners:manage`. `Conflict` when the name is taken or somebody else was faster than `expectedVersion`.
    async fn save_department(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The whole of it.")] input: SaveDepartmentInput,
    ) -> Result<SaveDepartmentPayload> {
        let result = ctx
            .service::<DepartmentService>()
            .save(&ctx.principal(), input.into())
            .await;
        Ok(SaveDepartmentPayload::of(outcome(ctx, result)?, Department))
    }
}
