//! An end to waiting that costs nothing where there is nothing to wait for.
//!
//! A request's body has nearly always arrived with its head, and is handed over while the task that reads it has its
//! turn; to set a timer for it would cost more than reading it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

/// What `future` gives, where it does within `limit`; the time begins to count when it was not there after two turns.
pub(super) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..2 {
        if let Some(output) = glance(future.as_mut()).await {
            return Some(output);
        }
        another_turn().await;
    }
    tokio::time::timeout(limit, future).await.ok()
}

/// What the future gives now, if it does.
async fn glance<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// Lets whoever shares the task go on, and comes back at once.
async fn another_turn() {
    let mut had = false;
    poll_fn(|context| {
        if std::mem::replace(&mut had, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn what_is_there_needs_no_time_and_what_never_comes_ends() {
        assert_eq!(within(Duration::ZERO, ready(1)).await, Some(1));
        let (hand, over) = tokio::sync::oneshot::channel();
        let (received, sent) = tokio::join!(within(Duration::ZERO, over), async { hand.send(2) });
        assert_eq!((received, sent), (Some(Ok(2)), Ok(())));
        let limit = Duration::from_millis(5);
        assert_eq!(within(limit, pending::<()>()).await, None);
    }
}
