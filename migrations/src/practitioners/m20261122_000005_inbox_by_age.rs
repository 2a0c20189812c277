//! What handlers dealt with long ago is forgotten without reading all that they dealt with.

use caregraph_kit::database::INBOX_BY_AGE;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        INBOX_BY_AGE.create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        INBOX_BY_AGE.drop(manager).await
    }
}
