//! Serving HTTP/1.1 with limits: connections, header time, idle time, time without progress; and draining them at
//! the end.

mod patience;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use patience::Patient;

/// Most bytes of a request line and its headers; what is longer is HTTP 431. A GET of OCSP has up to 8 KiB.
const HEADER: usize = 16 * 1024;

/// Limits of a port.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most connections at once; more wait in the kernel's queue.
    connections: usize,
    /// How long a client may take for its request line and headers, and a connection may be idle.
    header_time: Duration,
    /// How long a client may go without taking a byte of its answer.
    stalled: Duration,
    /// How long requests under way may take once the service stops.
    drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header_time: Duration::from_secs(15),
            stalled: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}

/// Binds; the error names the address and what to do.
pub async fn bind(what: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        anyhow::anyhow!("{what} cannot listen on {address}: {error}. Another program has it? Change [listen] in the configuration")
    })
}

/// Serves until `stop` turns true, then lets requests under way finish.
pub async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (Ok((stream, _)), Ok(place)) = (accepted, place) else {
            // Out of file descriptors or a connection that broke at once: give the rest a moment.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_time)
            .max_buf_size(64 * 1024)
            .max_header_size(HEADER)
            .serve_connection(
                TokioIo::new(Patient::new(stream, limits.stalled)),
                service.clone(),
            );
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that went away or sent garbage has no answer to wait for.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some connections did not finish in time");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt as _, Full};
    use hyper::service::service_fn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    /// Says how long the body was that it got; on `/held` only when it has leave.
    async fn start(
        limits: Limits,
    ) -> (SocketAddr, Arc<Notify>, watch::Sender<bool>, JoinHandle<()>) {
        let listener = bind("test", ([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let leave = Arc::new(Notify::new());
        let (stop, stopping) = watch::channel(false);
        let service = {
            let leave = Arc::clone(&leave);
            service_fn(move |request: Request<Incoming>| {
                let leave = Arc::clone(&leave);
                async move {
                    if request.uri().path() == "/held" {
                        leave.notified().await;
                    }
                    let body = request.into_body().collect().await;
                    let length = body.map_or(0, |body| body.to_bytes().len());
                    Ok(Response::new(Full::new(Bytes::from(format!("<{length}>")))))
                }
            })
        };
        let serving = tokio::spawn(serve(listener, service, limits, stopping));
        (address, leave, stop, serving)
    }

    /// What the server sends until it closes.
    async fn exchange(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn requests_in_a_row_chunked_and_without_a_body_are_answered_in_order() {
        let (address, _leave, _stop, _serving) = start(Limits::default()).await;
        let answer = exchange(
            address,
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc\
             HEAD / HTTP/1.1\r\nHost: x\r\n\r\n\
             POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n\
             GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        )
        .await;
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 4, "{answer}");
        let bodies: Vec<_> = answer
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
            .collect();
        assert_eq!(bodies, ["3", "5", "0"], "{answer}");
    }

    #[tokio::test]
    async fn a_client_that_does_not_finish_its_header_or_says_nothing_is_closed() {
        let limits = Limits {
            header_time: Duration::from_millis(50),
            ..Limits::default()
        };
        let (address, _leave, _stop, _serving) = start(limits).await;
        for request in [
            "",
            "GET / HTTP/1.1\r\nHo",
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        ] {
            let answer = exchange(address, request).await;
            let answered = request.ends_with("\r\n\r\n");
            assert_eq!(answer.contains("200 OK"), answered, "{request:?} {answer}");
        }
        let garbage = exchange(address, "\u{1}\u{2}\r\n\r\n").await;
        assert!(!garbage.contains("200 OK"), "{garbage}");
    }

    #[tokio::test]
    async fn a_header_beyond_the_limit_is_refused_as_such() {
        let (address, _leave, _stop, _serving) = start(Limits::default()).await;
        let begun = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: ";
        let end = "\r\n\r\n";
        let room = HEADER - begun.len();
        let fits = format!("{begun}{}{end}", "y".repeat(room - end.len() - 1));
        assert!(exchange(address, &fits).await.contains("200 OK"));
        let answer = exchange(address, &format!("{begun}{}", "y".repeat(room))).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_wait_for_a_place() {
        let limits = Limits {
            connections: 1,
            ..Limits::default()
        };
        let (address, _leave, _stop, _serving) = start(limits).await;
        let first = TcpStream::connect(address).await.unwrap();
        let second = tokio::spawn(exchange(
            address,
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        ));
        drop(first);
        assert!(second.await.unwrap().contains("200 OK"));
    }

    #[tokio::test]
    async fn what_is_under_way_is_finished_when_the_service_stops() {
        let (address, leave, stop, serving) = start(Limits::default()).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The first answer shows that the connection is served; the second is under way when the service stops.
        let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /held HTTP/1.1\r\nHost: x\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 1024];
        let read = stream.read(&mut answer).await.unwrap();
        assert!(String::from_utf8_lossy(&answer[..read]).contains("<0>"));
        stop.send_replace(true);
        leave.notify_one();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        assert!(rest.contains("<0>"), "{rest}");
        serving.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
