//! Rows of the tables.

pub(super) mod patient {
    use crate::patient::{BloodType, Gender, Language, SexAtBirth};
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[expect(clippy::struct_excessive_bools, reason = "a row has the columns it has")]
    #[sea_orm(table_name = "patients")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(unique)]
        pub mrn: String,
        pub has_account: bool,
        pub dependant: bool,
        // Empty, as are the other two, since names are sealed: see `clear`.
        pub given_name: String,
        pub family_name: String,
        pub name_folded: String,
        pub date_of_birth: Option<Date>,
        pub sex_at_birth: Option<SexAtBirth>,
        pub gender: Option<Gender>,
        pub blood_type: Option<BloodType>,
        pub deceased: bool,
        pub deceased_on: Option<Date>,
        pub occupation: Option<String>,
        pub preferred_language: Language,
        pub language_from_account: bool,
        #[sea_orm(column_type = "Text", nullable)]
        pub phone: Option<String>,
        pub phone_index: Option<String>,
        pub phone_from_account: bool,
        #[sea_orm(column_type = "Text", nullable)]
        pub national_id: Option<String>,
        pub national_id_index: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub addresses: String,
        #[sea_orm(column_type = "Text")]
        pub emergency_contacts: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub insurance: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub sealed_given_name: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub sealed_family_name: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub sealed_occupation: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub sealed_blood_type: Option<String>,
        pub merged_into: Option<Uuid>,
        pub match_version: i16,
        pub version: i64,
        pub registered_at: Instant,
        pub updated_at: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod guardian {
    use crate::patient::GuardianRelationship;
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "patient_guardians")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub patient_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub guardian_id: Uuid,
        pub relationship: GuardianRelationship,
        pub since: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod counter {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "patient_mrn_counter")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub last: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
