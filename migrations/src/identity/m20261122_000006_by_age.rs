//! What is old is forgotten without reading all that there is.

use caregraph_kit::database::{AddedIndex, INBOX_BY_AGE};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEXES: [AddedIndex; 2] = [
    INBOX_BY_AGE,
    AddedIndex {
        name: "user_activity_by_age",
        table: "user_activity",
        columns: &["at"],
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
