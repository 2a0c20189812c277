//! Finding people by name, though nobody reads a name in the store.

use super::beginnings::{beginnings, sought};
use super::signature::signature;
use crate::crypto::FieldCipher;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use uuid::Uuid;

const TOKEN: &str = "token";
/// So many owners of a token are looked at to guess how many it has; among words that have fewer, the length decides.
const PROBED: u64 = 64;

/// How rows are signed that nobody signed yet: with the bits of everybody, so that their owners are found all the same.
pub const UNSIGNED: i64 = -1;

/// A table of tokens, by which those are found whose names are sealed.
///
/// A token is a keyed digest of a beginning of a word of the name, so a search is a look-up of equal values. With the key
/// (`token`, owner), the owners of a token stand together, in the order of their ids.
#[derive(Debug, Clone, Copy)]
pub struct NameTokens {
    /// The table.
    pub table: &'static str,
    /// Its column that says whose name it is.
    pub owner: &'static str,
    /// Its column that says in one number which tokens the owner of a row has, where several words are looked for at once. Rows are
    /// passed over by it without being looked up.
    pub signature: Option<&'static str>,
    /// What the digests are made for, so that those of two tables have nothing in common.
    pub purpose: &'static str,
}

impl NameTokens {
    /// Keeps by what somebody is found as their name is now, and writes nothing where that has not changed. The owner's row must be
    /// locked, or new.
    pub async fn keep(
        &self,
        connection: &impl ConnectionTrait,
        cipher: &FieldCipher,
        owner: Uuid,
        family_name: &str,
        given_name: &str,
    ) -> Result<(), DbErr> {
        let wanted: BTreeSet<String> = beginnings(family_name, given_name)
            .iter()
            .map(|beginning| self.token(cipher, beginning))
            .collect();
        let (kept, signatures) = self.kept(connection, owner).await?;
        let gone: Vec<&str> = kept.difference(&wanted).map(String::as_str).collect();
        if !gone.is_empty() {
            let mut delete = Query::delete();
            delete
                .from_table(self.table)
                .and_where(Expr::col(self.owner).eq(owner))
                .and_where(Expr::col(TOKEN).is_in(gone));
            connection.execute(&delete).await?;
        }
        let signed = self.signature.map(|column| (column, signature(&wanted)));
        if let Some((column, signature)) = signed
            && signatures.iter().any(|was| *was != signature)
        {
            let mut update = Query::update();
            update
                .table(self.table)
                .value(column, signature)
                .and_where(Expr::col(self.owner).eq(owner));
            connection.execute(&update).await?;
        }
        let new: Vec<&str> = wanted.difference(&kept).map(String::as_str).collect();
        if !new.is_empty() {
            let (column, signature) = signed.unzip();
            let mut insert = Query::insert();
            insert
                .into_table(self.table)
                .columns([TOKEN, self.owner].into_iter().chain(column));
            for token in new {
                let row: [Expr; 2] = [token.into(), owner.into()];
                insert.values_panic(row.into_iter().chain(signature.map(Expr::from)));
            }
            connection.execute(&insert).await?;
        }
        Ok(())
    }

    /// Folded words, those first that begin the fewest names; of rare ones, the longest.
    ///
    /// How many owners a word has is guessed from where, among all ids, the owner stands who is the sixty-fourth from the end of the
    /// word's own list: the further back, the fewer there are. So a common word costs no more than a rare one, however many people
    /// there are, and one question tells of all words.
    pub async fn rarest_first<'word>(
        &self,
        connection: &impl ConnectionTrait,
        cipher: &FieldCipher,
        words: &[&'word str],
    ) -> Result<Vec<&'word str>, DbErr> {
        // With nothing to compare it to, a word need not be looked for.
        if words.len() < 2 {
            return Ok(words.to_vec());
        }
        let mut query = Query::select();
        for (number, word) in words.iter().enumerate() {
            let owner = self.probe(self.token(cipher, sought(word)));
            query.expr_as(Expr::from(owner), column_of(number));
        }
        let Some(row) = connection.query_one(&query).await? else {
            return Ok(words.to_vec());
        };
        let mut probed = Vec::with_capacity(words.len());
        for (number, word) in words.iter().enumerate() {
            let owner: Option<Uuid> = row.try_get("", &column_of(number))?;
            probed.push((owner, Reverse(word.chars().count()), *word));
        }
        probed.sort_unstable();
        Ok(probed.into_iter().map(|(_, _, word)| word).collect())
    }

    /// The owner of a token who is the [`PROBED`]th from the end, if it has so many.
    fn probe(&self, token: String) -> SelectStatement {
        Query::select()
            .column(self.owner)
            .from(self.table)
            .and_where(Expr::col(TOKEN).eq(token))
            .order_by(self.owner, Order::Desc)
            .limit(1)
            .offset(PROBED - 1)
            .to_owned()
    }

    /// Ids of those in whose name each of some folded words begins a word; `None` when there are no words. Owners of the first are looked
    /// through for the others, so it had better be the rarest: see [`NameTokens::rarest_first`]. Where rows are signed, that passes over
    /// most of those who lack a word without looking for it.
    pub fn called(&self, cipher: &FieldCipher, words: &[&str]) -> Option<SelectStatement> {
        let tokens = words.iter().map(|word| self.token(cipher, sought(word)));
        let tokens: Vec<String> = tokens.collect();
        let (first, others) = tokens.split_first()?;
        let mut query = Query::select();
        query
            .column((self.table, self.owner))
            .from(self.table)
            .and_where(Expr::col((self.table, TOKEN)).eq(first));
        if let Some(column) = self.signature
            && !others.is_empty()
        {
            let wanted = signature(others);
            // At least is as good as equal, which no more bits can make: but PostgreSQL takes equality for rare, and would gather
            // all who share two common words before it shows the first twenty.
            query.and_where(Expr::col((self.table, column)).bit_and(wanted).gte(wanted));
        }
        for token in others {
            query.and_where(Expr::exists(self.also(token)));
        }
        Some(query)
    }

    /// Whether the owner of a row has another token, too.
    fn also(&self, token: &str) -> SelectStatement {
        const OTHER: &str = "other";
        let mut query = Query::select();
        query
            .expr(Expr::val(1))
            .from_as(self.table, OTHER)
            .and_where(Expr::col((OTHER, TOKEN)).eq(token))
            .and_where(Expr::col((OTHER, self.owner)).equals((self.table, self.owner)));
        query
    }

    /// The tokens of an owner, and how their rows are signed.
    async fn kept(
        &self,
        connection: &impl ConnectionTrait,
        owner: Uuid,
    ) -> Result<(BTreeSet<String>, BTreeSet<i64>), DbErr> {
        let mut query = Query::select();
        query
            .columns([TOKEN].into_iter().chain(self.signature))
            .from(self.table)
            .and_where(Expr::col(self.owner).eq(owner));
        let (mut tokens, mut signatures) = (BTreeSet::new(), BTreeSet::new());
        for row in connection.query_all(&query).await? {
            tokens.insert(row.try_get("", TOKEN)?);
            if let Some(column) = self.signature {
                signatures.insert(row.try_get("", column)?);
            }
        }
        Ok((tokens, signatures))
    }

    fn token(&self, cipher: &FieldCipher, beginning: &str) -> String {
        cipher.blind_index(self.purpose, beginning)
    }
}

fn column_of(number: usize) -> String {
    format!("word_{number}")
}
