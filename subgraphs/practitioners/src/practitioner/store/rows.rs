//! Rows of practitioners and their lists.

pub(super) mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "practitioners")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub display_name: String,
        pub name_folded: String,
        pub title: Option<String>,
        pub profession: String,
        #[sea_orm(column_type = "Text")]
        pub biography: Option<String>,
        pub practising_since: Option<i32>,
        pub photo_url: Option<String>,
        pub licence_expires_on: Option<chrono::NaiveDate>,
        pub accepting_new_patients: bool,
        pub active: bool,
        #[sea_orm(column_type = "Text")]
        pub search_text: String,
        #[sea_orm(column_type = "Text")]
        pub sealed: String,
        pub version: i64,
        pub updated_at: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Lists that belong to a practitioner: one table each, with the order in which the entries were given.
macro_rules! links {
    ($($module:ident: $table:literal, $column:ident: $type:ty;)*) => {$(
        pub(in super::super) mod $module {
            use sea_orm::entity::prelude::*;
            use sea_orm::{ActiveValue::Set, ConnectionTrait, QueryOrder};

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                #[sea_orm(primary_key, auto_increment = false)]
                pub practitioner_id: Uuid,
                #[sea_orm(primary_key, auto_increment = false)]
                pub $column: $type,
                pub rank: i32,
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}
            impl ActiveModelBehavior for ActiveModel {}

            /// The lists of several practitioners, in order.
            pub async fn of(
                connection: &impl ConnectionTrait,
                practitioners: &[Uuid],
            ) -> Result<std::collections::HashMap<Uuid, Vec<$type>>, DbErr> {
                let rows = Entity::find()
                    .filter(Column::PractitionerId.is_in(practitioners.iter().copied()))
                    .order_by_asc(Column::Rank)
                    .all(connection)
                    .await?;
                let mut lists = std::collections::HashMap::<Uuid, Vec<$type>>::new();
                for row in rows {
                    lists.entry(row.practitioner_id).or_default().push(row.$column);
                }
                Ok(lists)
            }

            /// Puts a list in the place of the one before.
            pub async fn replace(
                connection: &impl ConnectionTrait,
                practitioner: Uuid,
                values: Vec<$type>,
            ) -> Result<(), DbErr> {
                Entity::delete_many().filter(Column::PractitionerId.eq(practitioner)).exec(connection).await?;
                let rows: Vec<ActiveModel> = (0..)
                    .zip(values)
                    .map(|(rank, value)| ActiveModel {
                        practitioner_id: Set(practitioner),
                        $column: Set(value),
                        rank: Set(rank),
                    })
                    .collect();
                if !rows.is_empty() {
                    Entity::insert_many(rows).exec_without_returning(connection).await?;
                }
                Ok(())
            }
        }
    )*};
}

links! {
    specialties: "practitioner_specialties", specialty: String;
    languages: "practitioner_languages", language: String;
    departments: "practitioner_departments", department_id: Uuid;
    locations: "practitioner_locations", location_id: Uuid;
}
