//! Large files on disk while they are handed out: memory holds one piece for each client, however large the file is and
//! however many ask for it.
//!
//! A spooled file has no name: nothing of it is left when the process ends, and nobody else finds it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::{Frame, SizeHint};
use tokio::task::JoinHandle;

/// Bytes read at a time for one client.
const PIECE: usize = 128 * 1024;

/// A file without a name.
pub(crate) struct Spooled {
    file: File,
    length: u64,
}

impl Spooled {
    /// A file in `directory` with the bytes that are written to what it gives. Blocks.
    pub(crate) fn begin(directory: &Path) -> io::Result<Writing> {
        let name = hex::encode(sm_engine::random::array::<16>());
        let path = directory.join(format!(".{name}.spool"));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(&path)?;
        std::fs::remove_file(&path)?;
        Ok(Writing(BufWriter::new(file)))
    }

    /// Bytes.
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// The same compressed with gzip; `None` where that makes nothing smaller. Blocks.
    pub(crate) fn compressed(&self, directory: &Path) -> io::Result<Option<Self>> {
        let Writing(output) = Self::begin(directory)?;
        let mut encoder = GzEncoder::new(output, Compression::new(4));
        let mut at = 0;
        while at < self.length {
            let piece = self.piece(&(at..self.length))?;
            encoder.write_all(&piece)?;
            at += piece.len() as u64;
        }
        let made = Writing(encoder.finish()?).finish()?;
        Ok((made.length < self.length).then_some(made))
    }

    /// A part of it as a body.
    pub(crate) fn body(self: &Arc<Self>, range: Range<u64>) -> Body {
        Body::new(Sending {
            file: Arc::clone(self),
            left: range,
            reading: None,
        })
    }

    /// The first bytes of a range, as many as are read at a time.
    fn piece(&self, left: &Range<u64>) -> io::Result<Bytes> {
        let length = usize::try_from(left.end.saturating_sub(left.start)).unwrap_or(PIECE);
        let mut piece = vec![0; length.min(PIECE)];
        self.file.read_exact_at(&mut piece, left.start)?;
        Ok(piece.into())
    }
}

/// A file that is being written.
pub(crate) struct Writing(BufWriter<File>);

impl Writing {
    /// Appends. Blocks.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// That was all.
    pub(crate) fn finish(self) -> io::Result<Spooled> {
        let file = self.0.into_inner().map_err(io::Error::from)?;
        let length = file.metadata()?.len();
        Ok(Spooled { file, length })
    }
}

/// A file on its way to a client, piece by piece as that one takes them.
struct Sending {
    file: Arc<Spooled>,
    left: Range<u64>,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl hyper::body::Body for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let (file, left) = (Arc::clone(&self.file), self.left.clone());
        let reading = self
            .reading
            .get_or_insert_with(|| tokio::task::spawn_blocking(move || file.piece(&left)));
        let read = ready!(Pin::new(reading).poll(context));
        self.reading = None;
        let piece = read.map_err(io::Error::other).flatten();
        Poll::Ready(Some(piece.map(|piece| {
            self.left.start += piece.len() as u64;
            Frame::data(piece)
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.end.saturating_sub(self.left.start))
    }
}

/// Where files are spooled; nowhere where there is no place for them.
#[derive(Clone, Default)]
pub(crate) struct Spool(Option<Arc<PathBuf>>);

impl Spool {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self(Some(Arc::new(directory)))
    }

    pub(crate) fn directory(&self) -> Option<&Path> {
        self.0.as_ref().map(|path| path.as_path())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use std::io::Read as _;

    async fn spooled(directory: &Path, bytes: &[u8]) -> Arc<Spooled> {
        let mut writing = Spooled::begin(directory).unwrap();
        for piece in bytes.chunks(1000) {
            writing.put(piece).unwrap();
        }
        Arc::new(writing.finish().unwrap())
    }

    #[tokio::test]
    async fn every_range_is_sent_in_pieces_and_nothing_has_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..400_000_u32).flat_map(u32::to_be_bytes).collect();
        let file = spooled(folder.path(), &bytes).await;
        assert_eq!(file.len(), bytes.len() as u64);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let whole = 0..bytes.len();
        for range in [whole, 5..6, PIECE - 1..PIECE + 1, PIECE..2 * PIECE, 9..9] {
            let body = file.body(range.start as u64..range.end as u64);
            assert_eq!(
                hyper::body::Body::size_hint(&body).exact(),
                Some(range.len() as u64)
            );
            let sent = body.collect().await.unwrap().to_bytes();
            assert!(sent == bytes[range]);
        }
        let beyond = file.body(0..file.len() + 1).collect().await;
        assert!(beyond.is_err(), "what is not there is no short answer");
    }

    #[tokio::test]
    async fn the_compressed_form_is_the_file_and_only_where_it_is_smaller() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = vec![7; 3 * PIECE + 1];
        let file = spooled(folder.path(), &bytes).await;
        let packed = Arc::new(file.compressed(folder.path()).unwrap().unwrap());
        let sent = packed.body(0..packed.len()).collect().await.unwrap();
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&*sent.to_bytes())
            .read_to_end(&mut unpacked)
            .unwrap();
        assert!(unpacked == bytes);
        let noise = spooled(folder.path(), &sm_engine::random::array::<64>()).await;
        assert!(noise.compressed(folder.path()).unwrap().is_none());
    }
}
