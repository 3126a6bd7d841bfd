//! Rows that writes have locked, where a database locks them.

use serde::{Deserialize, Serialize};

use super::{Look, Show, StateLine, Weight};
use crate::model::system::RowsLook;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    pub look: RowsLook,
}

impl Show for Rows {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        look.system.look_at_rows(look.node()).map(|look| Self { look })
    }

    fn state_line(&self) -> Option<StateLine> {
        let (key, waiting) = self.look.longest?;
        let words = format!("{waiting} writes wait for row {key}");
        Some(StateLine { weight: Weight::Parts, words })
    }
}
