//! What a token allows.

/// One thing a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Bring drafts in and take them back.
    DocumentsWrite,
    /// See how one's own documents stand and fetch their files.
    DocumentsRead,
    /// The CSC API's service scope.
    Service,
    /// The CSC API's credential scope.
    Credential,
}

impl Scope {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::DocumentsWrite, Self::DocumentsRead, Self::Service, Self::Credential];

    /// As it is written in a request.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::DocumentsWrite => "documents:write",
            Self::DocumentsRead => "documents:read",
            Self::Service => "service",
            Self::Credential => "credential",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// A set of scopes, in their fixed order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads scopes separated by single spaces (RFC 6749 §3.3); none if one is unknown.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let scopes: Option<Vec<Scope>> = text.split(' ').map(Scope::parse).collect();
        scopes.map(Self::of)
    }

    /// A set.
    pub(crate) fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }

    /// Is it in the set?
    pub(crate) fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Are all of these in `other`?
    pub(crate) fn are_within(&self, other: &Self) -> bool {
        self.0.iter().all(|scope| other.contains(*scope))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, scope) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_a_set_of_known_words() {
        let both = Scopes::parse("documents:read documents:write documents:read").unwrap();
        assert_eq!(both.to_string(), "documents:write documents:read");
        assert!(Scopes::parse("documents:read").unwrap().are_within(&both));
        assert!(!both.are_within(&Scopes::parse("documents:read").unwrap()));
        for wrong in ["documents", "documents:read  documents:write", " ", "Documents:read", "documents:sign"] {
            assert_eq!(Scopes::parse(wrong), None, "{wrong}");
        }
    }
}
