//! What a case rests on, read from the record: its row, its form and request, and the statements of entry and review.
//!
//! Callers that ask at the same time are answered by one reading; a reading costs more than a row. Each caller opens
//! its own sealed blobs, in its own task. Nothing is kept from one reading to the next.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use sm_engine::sm3::Digest;
use store::views::{CaseRow, StatementRow};
use store::{ReadSession, SealedBlob, Store};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::error::Error;

/// Most cases of one reading; the act that exceeds it alone is read alone.
const GROUP: usize = 128;

/// Callers that wait for a reading.
#[derive(Default)]
pub(crate) struct Reading {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

struct Waiting {
    cases: Vec<String>,
    reply: oneshot::Sender<Arc<Dossiers>>,
}

/// The dossiers of one reading: of one's own cases and of those of others.
#[derive(Default)]
pub(crate) struct Dossiers {
    cases: BTreeMap<String, CaseRow>,
    statements: BTreeMap<Digest, StatementRow>,
    sealed: BTreeMap<Digest, SealedBlob>,
}

impl Reading {
    /// The dossiers of `cases`, as they are after this call began.
    pub(crate) async fn dossiers(
        &self,
        store: &Store,
        cases: &[String],
    ) -> Result<Arc<Dossiers>, Error> {
        let (reply, mut answer) = oneshot::channel();
        self.waiting.lock().push(Waiting {
            cases: cases.to_vec(),
            reply,
        });
        loop {
            // Whoever has the turn reads for everybody who waits by then.
            let _turn = tokio::select! {
                biased;
                answer = &mut answer => match answer {
                    Ok(dossiers) => return Ok(dossiers),
                    // The reading for several failed or was given up: a neighbour's fault is not ours.
                    Err(_) => return Dossiers::read(store, cases).await.map(Arc::new),
                },
                turn = self.turn.lock() => turn,
            };
            let group = self.next_group();
            let cases: Vec<String> = group
                .iter()
                .flat_map(|waiting| waiting.cases.iter().cloned())
                .collect();
            match Dossiers::read(store, &cases).await.map(Arc::new) {
                Ok(dossiers) => {
                    for waiting in group {
                        // A caller that gave up has no use for the answer.
                        let _ = waiting.reply.send(Arc::clone(&dossiers));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, callers = group.len(), "cases could not be read together; one by one");
                }
            }
        }
    }

    fn next_group(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock();
        let mut count = 0;
        let fitting = waiting
            .iter()
            .take_while(|waiting| {
                count += waiting.cases.len();
                count <= GROUP
            })
            .count();
        let end = fitting.max(1).min(waiting.len());
        waiting.drain(..end).collect()
    }
}

impl Dossiers {
    /// The dossiers of these cases: three statements in all.
    async fn read(store: &Store, cases: &[String]) -> Result<Self, Error> {
        let keys: Vec<_> = cases
            .iter()
            .map(|case| vec![case.as_str().into()])
            .collect();
        let mut session = store.read_session().await?;
        let rows = session.get_many::<CaseRow>(&keys).await?;
        Self::of_rows(&mut session, rows).await
    }

    /// What these rows rest on.
    pub(crate) async fn of_rows(
        session: &mut ReadSession,
        rows: Vec<CaseRow>,
    ) -> Result<Self, Error> {
        let statements: Vec<Digest> = rows.iter().flat_map(statements_of).collect();
        let blobs = rows.iter().flat_map(|row| [row.form, row.request]);
        let wanted: Vec<Digest> = blobs.chain(statements.iter().copied()).collect();
        let keys: Vec<_> = statements.iter().map(|key| vec![(*key).into()]).collect();
        let statements = session.get_many::<StatementRow>(&keys).await?;
        let sealed = session.sealed_many(&wanted).await?;
        Ok(Self {
            cases: by(rows, |row| row.case_id.clone()),
            statements: by(statements, |row| row.digest),
            sealed: by(sealed, SealedBlob::digest),
        })
    }

    /// A case's row.
    pub(crate) fn case(&self, case: &str) -> Option<&CaseRow> {
        self.cases.get(case)
    }

    /// The row of a statement of entry or review.
    pub(crate) fn statement(&self, digest: &Digest) -> Option<&StatementRow> {
        self.statements.get(digest)
    }

    /// Opens a form, a request or a statement's text.
    pub(crate) fn open(
        &self,
        store: &Store,
        digest: &Digest,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let blob = self.sealed.get(digest);
        Ok(blob.map(|blob| store.open_blob(blob)).transpose()?)
    }
}

fn statements_of(row: &CaseRow) -> impl Iterator<Item = Digest> {
    [Some(row.entry_statement), row.review_statement]
        .into_iter()
        .flatten()
}

fn by<K: Ord, T>(items: Vec<T>, key: impl Fn(&T) -> K) -> BTreeMap<K, T> {
    items.into_iter().map(|item| (key(&item), item)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::future::{Future, ready};
    use std::pin::Pin;

    use store::SealKey;
    use store::table::Record as _;
    use store::value::Value;

    use super::*;

    /// A case of that name, whose sealed blobs say whose they are.
    fn case(name: &str, seal: &SealKey) -> (CaseRow, Vec<SealedBlob>) {
        let blobs: Vec<_> = ["form", "request", "entry", "review"]
            .map(|what| seal.seal(format!("{what} of {name}").as_bytes()))
            .into();
        let row = CaseRow {
            case_id: name.into(),
            revision: 1,
            state: "approved".into(),
            profile: "device".into(),
            profile_document: Digest([1; 32]),
            authority: "jinan".into(),
            form: blobs[0].digest(),
            request: blobs[1].digest(),
            key: Digest([2; 32]),
            template: Digest([3; 32]),
            evidence: String::new(),
            entered_by: "OP-0001".into(),
            entry_statement: blobs[2].digest(),
            succession: None,
            predecessor: None,
            overlap: None,
            reviewed_by: Some("OP-0002".into()),
            review_statement: Some(blobs[3].digest()),
            serial: None,
            city: None,
            unit: None,
            due_at: None,
            opened_at: 1,
            changed_at: 1,
            idx: 1,
        };
        (row, blobs)
    }

    /// A database with these cases; that of `damaged` has a form digest of one byte.
    async fn store(names: &[String], damaged: &str) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
        let store = Store::open(&url, SealKey::new(&[7; 32])).await.unwrap();
        let lock = store.acquire_writer().await.unwrap();
        let mut tx = store.begin(&lock).await.unwrap();
        for name in names {
            let (row, blobs) = case(name, store.seal_key());
            tx.put_blobs(blobs).await.unwrap();
            let mut row = row.to_row();
            if name == damaged {
                row[6] = Value::Blob(vec![0]);
            }
            tx.upsert_rows(CaseRow::TABLE, vec![row]).await.unwrap();
        }
        tx.commit().await.unwrap();
        (folder, store)
    }

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("C-2026-{n:07}")).collect()
    }

    fn text(store: &Store, dossiers: &Dossiers, name: &str) -> String {
        let form = dossiers.case(name).unwrap().form;
        let text = dossiers.open(store, &form).unwrap().unwrap();
        String::from_utf8(text.to_vec()).unwrap()
    }

    /// Connections that read a SQLite file at the same time.
    const CONNECTIONS: usize = 4;

    /// Polls once.
    async fn begin<F: Future>(future: &mut Pin<Box<F>>) {
        tokio::select! {
            biased;
            _ = future => panic!("it cannot be ready yet"),
            () = ready(()) => {}
        }
    }

    #[tokio::test]
    async fn callers_that_ask_together_get_what_they_asked_for() {
        let names = names(300);
        let (_folder, store) = store(&names, "").await;
        let reading = Arc::new(Reading::default());
        let mut tasks = tokio::task::JoinSet::new();
        for pair in names.chunks(2).map(<[_]>::to_vec) {
            let (reading, store) = (Arc::clone(&reading), store.clone());
            tasks.spawn(async move {
                let dossiers = reading.dossiers(&store, &pair).await.unwrap();
                for name in &pair {
                    assert_eq!(text(&store, &dossiers, name), format!("form of {name}"));
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        let nobody = reading.dossiers(&store, &["C-2026-9999999".into()]).await;
        assert!(nobody.unwrap().case("C-2026-9999999").is_none());
    }

    #[tokio::test]
    async fn a_reader_that_gives_up_strands_nobody() {
        let names = names(2);
        let (_folder, store) = store(&names, "").await;
        let reading = Reading::default();
        let turn = reading.turn.lock().await;
        let mut first = Box::pin(reading.dossiers(&store, &names[..1]));
        let mut second = Box::pin(reading.dossiers(&store, &names[1..]));
        begin(&mut first).await;
        begin(&mut second).await;
        // Every connection is taken: whoever reads cannot be ready, however fast the database is.
        let mut taken = Vec::new();
        for _ in 0..CONNECTIONS {
            taken.push(store.read_session().await.unwrap());
        }
        drop(turn);
        // The first now reads for both, and is dropped while it does.
        begin(&mut first).await;
        assert!(reading.waiting.lock().is_empty());
        drop(first);
        drop(taken);
        let dossiers = second.await.unwrap();
        assert_eq!(text(&store, &dossiers, &names[1]), "form of C-2026-0000001");
    }

    #[tokio::test]
    async fn a_damaged_row_is_its_callers_fault_only() {
        let names = names(2);
        let (_folder, store) = store(&names, &names[0]).await;
        let reading = Reading::default();
        let turn = reading.turn.lock().await;
        let mut damaged = Box::pin(reading.dossiers(&store, &names[..1]));
        let mut sound = Box::pin(reading.dossiers(&store, &names[1..]));
        begin(&mut damaged).await;
        begin(&mut sound).await;
        drop(turn);
        let (damaged, sound) = tokio::join!(damaged, sound);
        assert!(matches!(
            damaged.err(),
            Some(Error::Store(store::Error::Column { .. }))
        ));
        assert_eq!(
            text(&store, &sound.unwrap(), &names[1]),
            "form of C-2026-0000001"
        );
    }
}
