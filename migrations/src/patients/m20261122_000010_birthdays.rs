//! Who was born on a day is asked at every front desk; what handlers dealt with long ago is forgotten.

use caregraph_kit::database::{AddedIndex, INBOX_BY_AGE};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEXES: [AddedIndex; 2] = [
    INBOX_BY_AGE,
    AddedIndex {
        name: "patients_by_birthday",
        table: "patients",
        columns: &["merged_into", "date_of_birth", "id"],
    },
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in INDEXES {
            index.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in INDEXES {
            index.drop(manager).await?;
        }
        Ok(())
    }
}
