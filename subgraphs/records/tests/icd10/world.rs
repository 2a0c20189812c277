//! Codes on a fresh store, with a clock that the test moves and order files that it makes up.

use caregraph_contracts::Domain;
use caregraph_kit::documents::Documents;
use caregraph_kit::testing::{DocumentEngine, OnDocumentEngine, TestDocuments};
use caregraph_records::icd10::{Icd10, OrderFile, declarations};

pub struct World {
    pub store: TestDocuments,
    pub documents: Documents,
    pub icd10: Icd10,
}

impl OnDocumentEngine for World {
    async fn on(engine: DocumentEngine) -> Self {
        let store = TestDocuments::new(engine, Domain::Records);
        let documents = store.open(declarations()).await;
        let icd10 = Icd10::new(&documents, store.foundation().clock.clone()).unwrap();
        Self {
            store,
            documents,
            icd10,
        }
    }
}

impl World {
    /// Codes as another process has them, that has read nothing yet.
    pub async fn second_process(&self) -> Icd10 {
        let documents = self.store.open(declarations()).await;
        Icd10::new(&documents, self.store.foundation().clock.clone()).unwrap()
    }

    /// What a search finds.
    pub async fn found(&self, text: &str) -> Vec<String> {
        codes(&self.icd10, text).await
    }
}

pub async fn codes(icd10: &Icd10, text: &str) -> Vec<String> {
    let found = icd10.search(text, 20).await.unwrap();
    found.into_iter().map(|code| code.code).collect()
}

/// A line of an order file.
pub fn line(order: usize, code: &str, flag: u8, title: &str) -> String {
    let short: String = title.chars().take(60).collect();
    format!("{order:05} {code:<7} {flag} {short:<60} {title}\r\n")
}

/// A file with hypertension and `count` codes that do not exist, each named after `word`.
pub fn order_file(count: usize, word: &str) -> String {
    let made_up = (0..count).map(|n| {
        let letter = char::from(b'A' + u8::try_from(n / 10_000).unwrap());
        let title = format!("{word} number {} of the {n} kind, unspecified encounter", n % 500);
        line(
            n,
            &format!("{letter}{:04}", n % 10_000),
            u8::from(n % 5 > 0),
            &title,
        )
    });
    let hypertension = line(99_999, "I10", 1, "Essential (primary) hypertension");
    made_up.chain([hypertension]).collect()
}

pub fn release(count: usize, word: &str) -> OrderFile {
    OrderFile::read(order_file(count, word).as_bytes()).unwrap()
}
