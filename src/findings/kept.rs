//! The flows that a family is given: each kept once, whichever families it concerns.

use crate::summary::Summary;
use std::sync::Arc;

/// Flows, by their first packet's time.
#[derive(Clone, Copy, Debug)]
pub struct Flows<'a>(&'a [Arc<Summary>]);

impl<'a> Flows<'a> {
    pub(super) const fn new(flows: &'a [Arc<Summary>]) -> Self {
        Self(flows)
    }

    /// One after the other.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = &'a Summary> + use<'a> {
        self.0.iter().map(Arc::as_ref)
    }
}

impl<'a> IntoIterator for Flows<'a> {
    type Item = &'a Summary;
    type IntoIter = std::iter::Map<std::slice::Iter<'a, Arc<Summary>>, fn(&'a Arc<Summary>) -> &'a Summary>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(Arc::as_ref)
    }
}
