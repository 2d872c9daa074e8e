//! Certificates that have stood beside their successors for as long as they may: they are revoked when that is over.

use std::sync::Arc;

use store::status::Status;
use store::views::SuccessionRow;
use store::{Compare, cursor};

use crate::error::Error;
use crate::service::Core;
use crate::writer::Order;

/// Successions read at a time.
const PAGE: u32 = 1_000;

/// Revokes every predecessor whose overlap ended after `since` and by now, UTC seconds; gives that now, from which the
/// next sweep goes on. One that was revoked before needs nothing.
pub(crate) async fn sweep(core: &Arc<Core>, since: i64) -> Result<i64, Error> {
    let now = core.clock.now().0;
    let filter = [
        ("due_at", Compare::Gt(since.into())),
        ("due_at", Compare::Le(now.into())),
    ];
    let mut after = None;
    loop {
        let store = &core.store;
        let page = store.scan::<SuccessionRow>(&filter, &[], after.as_deref(), PAGE);
        let page = page.await?;
        for row in &page {
            if is_over(core, row) {
                continue;
            }
            let order = Order::Supersede {
                authority: row.authority.clone(),
                serial: row.serial.clone(),
                case: row.case_id.clone(),
            };
            core.writer.commit(order).await?;
        }
        match page.last() {
            Some(last) if page.len() >= PAGE as usize => after = Some(cursor(last, &[])?),
            _ => return Ok(now),
        }
    }
}

/// Whether nothing is left to be done: the sweep of a start comes by everything that was ever due.
fn is_over(core: &Core, row: &SuccessionRow) -> bool {
    let serial = row.serial.parse();
    serial.is_ok_and(|serial| {
        matches!(
            core.index.status(&row.authority, &serial),
            Status::Revoked { .. }
        )
    })
}
