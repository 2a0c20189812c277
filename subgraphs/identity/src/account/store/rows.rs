//! Rows of the tables.

/// Accounts.
pub(super) mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub email: String,
        pub username: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub phone_sealed: Option<String>,
        pub phone_index: Option<String>,
        // Empty, as is the other one, since names are sealed: see `clear`.
        pub first_name: String,
        pub last_name: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub first_name_sealed: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub last_name_sealed: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub search_text: String,
        pub locale: String,
        pub time_zone: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub avatar_url: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub addresses_sealed: Option<String>,
        pub status: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub suspended_reason: Option<String>,
        pub email_verified: bool,
        pub joined_at: Instant,
        pub last_login_at: Option<Instant>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Roles of accounts.
pub(super) mod role_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
