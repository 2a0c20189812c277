//! Sealing a store's columns anew while others read and write.

use super::Database;
use crate::crypto::{FieldCipher, FieldRef, Renewal};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query, SelectStatement, UpdateStatement};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

/// A column that holds sealed values.
#[derive(Debug, Clone, Copy)]
pub struct SealedColumn {
    /// The table, as it is called in the seals too.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The column that says which record a value belongs to, as the seals name it.
    pub record: &'static str,
    /// What the seals call the field.
    pub field: SealedField,
}

/// What the seals of a column call its field.
#[derive(Debug, Clone, Copy)]
pub enum SealedField {
    /// The same in every row.
    Named(&'static str),
    /// A prefix with a number behind it, which stands in another column: for tables with several rows of one record.
    Numbered {
        /// The prefix.
        prefix: &'static str,
        /// Where the number stands.
        column: &'static str,
    },
}

impl SealedColumn {
    /// A column whose seals call the field as the column is called.
    pub const fn new(table: &'static str, column: &'static str) -> Self {
        Self {
            table,
            column,
            record: "id",
            field: SealedField::Named(column),
        }
    }

    /// The same with another name in the seals.
    #[must_use]
    pub const fn called(mut self, field: &'static str) -> Self {
        self.field = SealedField::Named(field);
        self
    }

    /// The same with another column for the record.
    #[must_use]
    pub const fn of_record(mut self, record: &'static str) -> Self {
        self.record = record;
        self
    }

    /// The same with fields that are numbered.
    #[must_use]
    pub const fn numbered(mut self, prefix: &'static str, column: &'static str) -> Self {
        self.field = SealedField::Numbered { prefix, column };
        self
    }
}

/// One value, as it was found.
struct Found {
    record: Uuid,
    number: Option<i64>,
    sealed: String,
}

const BATCH: u64 = 100;

impl Database {
    /// Seals anew what older keys sealed. Everybody goes on reading and writing meanwhile: each value is replaced only while it is
    /// what it was when it was read. May be cut off and begun again at any time.
    pub async fn renew_seals(
        &self,
        cipher: &FieldCipher,
        columns: &[SealedColumn],
    ) -> Result<Renewal, DbErr> {
        let mut all = Renewal::default();
        for column in columns {
            all += column.renew(self, cipher).await?;
        }
        Ok(all)
    }
}

impl SealedColumn {
    async fn renew(&self, database: &Database, cipher: &FieldCipher) -> Result<Renewal, DbErr> {
        let mut done = Renewal::default();
        loop {
            // What was renewed is not found again; what cannot be is stepped over.
            let found = self.found(database, &cipher.newest(), done.unreadable).await?;
            if found.is_empty() {
                return Ok(done);
            }
            for value in found {
                match cipher.renew(self.place(&value, &mut String::new()), &value.sealed) {
                    Ok(Some(renewed)) => done.renewed += self.replace(database, &value, renewed).await?,
                    Ok(None) => {}
                    Err(error) => {
                        tracing::error!(table = self.table, column = self.column, record = %value.record, %error,
                            "a sealed value cannot be opened");
                        done.unreadable += 1;
                    }
                }
            }
        }
    }

    fn place<'a>(&self, value: &Found, field: &'a mut String) -> FieldRef<'a> {
        *field = match (self.field, value.number) {
            (SealedField::Named(name), _) => name.to_owned(),
            (SealedField::Numbered { prefix, .. }, number) => {
                format!("{prefix}{}", number.unwrap_or_default())
            }
        };
        FieldRef {
            table: self.table,
            record: value.record,
            field,
        }
    }

    fn number(&self) -> Option<Alias> {
        match self.field {
            SealedField::Named(_) => None,
            SealedField::Numbered { column, .. } => Some(Alias::new(column)),
        }
    }

    async fn found(&self, database: &Database, newest: &str, skip: u64) -> Result<Vec<Found>, DbErr> {
        let (record, column) = (Alias::new(self.record), Alias::new(self.column));
        let mut select: SelectStatement = Query::select();
        select
            .expr_as(Expr::col(record.clone()), Alias::new("record"))
            .expr_as(Expr::col(column.clone()), Alias::new("sealed"))
            .from(Alias::new(self.table))
            .and_where(Expr::col(column.clone()).is_not_null())
            // Key names have letters, digits and dashes, none of which means anything else here.
            .and_where(Expr::col(column).not_like(format!("{newest}%")))
            .order_by(record, Order::Asc)
            .limit(BATCH)
            .offset(skip);
        if let Some(number) = self.number() {
            select
                .expr_as(Expr::col(number.clone()), Alias::new("number"))
                .order_by(number, Order::Asc);
        }
        let rows = database.reader().query_all(&select).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    fn read(&self, row: &QueryResult) -> Result<Found, DbErr> {
        Ok(Found {
            record: row.try_get("", "record")?,
            number: self.number().map(|_| row.try_get("", "number")).transpose()?,
            sealed: row.try_get("", "sealed")?,
        })
    }

    /// How many were replaced: none when somebody was faster.
    async fn replace(&self, database: &Database, value: &Found, renewed: String) -> Result<u64, DbErr> {
        let mut update: UpdateStatement = Query::update();
        update
            .table(Alias::new(self.table))
            .value(Alias::new(self.column), renewed)
            .and_where(Expr::col(Alias::new(self.record)).eq(value.record))
            .and_where(Expr::col(Alias::new(self.column)).eq(value.sealed.as_str()));
        if let (Some(column), Some(number)) = (self.number(), value.number) {
            update.and_where(Expr::col(column).eq(number));
        }
        database
            .retrying(|| async {
                let tx = database.begin().await?;
                let replaced = tx.execute(&update).await?.rows_affected();
                tx.commit().await?;
                Ok::<_, DbErr>(replaced)
            })
            .await
    }
}
