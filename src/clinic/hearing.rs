//! Who hears whom.

use caregraph_contracts::Domain;
use caregraph_kit::subgraph::Subgraph;
use std::collections::BTreeSet;

/// A handler and whom it hears.
pub type Hearing = (&'static str, &'static [Domain]);

/// A subgraph's handlers and whom they hear.
pub fn hears(subgraph: &Subgraph) -> Vec<Hearing> {
    let tables = subgraph
        .handlers
        .iter()
        .map(|handler| (handler.name(), handler.sources()));
    let documents = subgraph
        .document_handlers
        .iter()
        .map(|handler| (handler.name(), handler.sources()));
    tables.chain(documents).collect()
}

/// Handlers with the domains that they would hear if these were `here`, too.
pub fn unheard(
    handlers: impl IntoIterator<Item = Hearing>,
    here: &BTreeSet<Domain>,
) -> Vec<(&'static str, Domain)> {
    handlers
        .into_iter()
        .flat_map(|(handler, sources)| sources.iter().map(move |source| (handler, *source)))
        .filter(|(_, source)| !here.contains(source))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_elsewhere_is_not_heard() {
        const HANDLERS: [Hearing; 2] = [
            ("patients.accounts", &[Domain::Identity]),
            ("patients.erasures", &[Domain::Identity, Domain::Records]),
        ];
        let here = BTreeSet::from([Domain::Identity, Domain::Patients]);
        assert_eq!(unheard(HANDLERS, &here), [("patients.erasures", Domain::Records)]);
        let all = Domain::ALL.iter().copied().collect();
        assert!(unheard(HANDLERS, &all).is_empty());
    }
}
