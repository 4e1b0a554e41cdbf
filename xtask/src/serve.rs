//! `cargo xtask serve`: the built site on the loopback interface, with the headers that a static host would send.
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::site::headers::Headers;
use crate::site::{self, Finish};
use crate::{Result, shell};

const PORT: u16 = 8080;
/// A browser's request head is about 1 KB.
const HEAD_BYTES_MAX: u64 = 16 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// `cargo xtask serve [--port 8080] [--draft]`.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    use lexopt::prelude::*;
    let mut port = PORT;
    let mut finish = Finish::NoWasmOpt;
    while let Some(arg) = args.next()? {
        match arg {
            Long("port") => port = args.value()?.parse()?,
            Long("draft") => finish = Finish::Draft,
            _ => return Err(arg.unexpected().into()),
        }
    }
    // Bound before the build, so that a busy port is known at once and not after minutes.
    let listener = bind(port)?;
    let root = shell::target_dir().join("site");
    site::build(&root, finish)?;
    let server = Server::new(root, "/", listener)?;
    shell::say(format!("Kafka Playground is at {} (Ctrl-C stops it)", server.url()));
    server.serve()
}

/// Takes a port of the loopback interface; 0 takes any free one.
pub fn bind(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => format!(
            "port {port} is busy; type: cargo xtask serve --port {}",
            port.wrapping_add(1).max(1024)
        )
        .into(),
        _ => format!("cannot listen on 127.0.0.1:{port}: {error}").into(),
    })
}

/// A static file server for one folder, mounted at a path.
pub struct Server {
    files: Files,
    listener: TcpListener,
    address: SocketAddr,
}

/// What is served and where.
struct Files {
    root: PathBuf,
    /// Begins and ends with a slash.
    mount: String,
    headers: Headers,
}

/// An answer on its way to a browser.
struct Answer {
    status: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Server {
    /// Prepares to serve a built site.
    pub fn new(root: PathBuf, mount: &str, listener: TcpListener) -> Result<Server> {
        let headers = Headers::parse(&fs::read_to_string(root.join("_headers"))?)?;
        let address = listener.local_addr()?;
        Ok(Server { files: Files { root, mount: mount.to_owned(), headers }, listener, address })
    }

    /// Where a browser finds it.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.files.mount)
    }

    /// Answers until the process ends.
    pub fn serve(self) -> ! {
        let files = Arc::new(self.files);
        loop {
            // A connection that failed before it began is the browser's affair.
            let Ok((stream, _)) = self.listener.accept() else { continue };
            let files = Arc::clone(&files);
            std::thread::spawn(move || {
                // The browser may go away at any time.
                let _ = converse(&stream, &files);
            });
        }
    }
}

fn converse(stream: &TcpStream, files: &Files) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = read_head(stream)?;
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let answer = match method {
        "GET" | "HEAD" => files.answer(target),
        _ => Answer::plain("405 Method Not Allowed"),
    };
    write_answer(stream, &answer, method == "HEAD")
}

/// Reads up to the empty line and returns the request line.
fn read_head(stream: &TcpStream) -> std::io::Result<String> {
    let mut lines = BufReader::new(stream.take(HEAD_BYTES_MAX)).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    Ok(first)
}

fn write_answer(mut stream: &TcpStream, answer: &Answer, head_only: bool) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {}\r\nConnection: close\r\n", answer.status);
    head += &format!("Content-Length: {}\r\n", answer.body.len());
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    if !head_only {
        stream.write_all(&answer.body)?;
    }
    stream.flush()
}

impl Answer {
    fn plain(status: &'static str) -> Answer {
        let headers = vec![("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned())];
        Answer { status, headers, body: format!("{status}\n").into_bytes() }
    }
}

impl Files {
    fn answer(&self, target: &str) -> Answer {
        let path = target.split(['?', '#']).next().unwrap_or("");
        if format!("{path}/") == self.mount {
            let mut answer = Answer::plain("308 Permanent Redirect");
            answer.headers.push(("Location".to_owned(), self.mount.clone()));
            return answer;
        }
        let Some(path) = path.strip_prefix(&self.mount) else {
            return Answer::plain("404 Not Found");
        };
        let path = if path.is_empty() { "index.html" } else { path };
        let Some(body) = safe(path).and_then(|safe| fs::read(self.root.join(safe)).ok()) else {
            return Answer::plain("404 Not Found");
        };
        let site_path = format!("/{}", path.strip_suffix("index.html").unwrap_or(path));
        let policy = self.headers.of(&site_path);
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let mut headers: Vec<_> = policy.into_iter().map(own).collect();
        headers.push(("Content-Type".to_owned(), mime(path).to_owned()));
        Answer { status: "200 OK", headers, body }
    }
}

/// A path that stays inside the folder. Our file names need no percent escapes, so none are decoded.
fn safe(path: &str) -> Option<&Path> {
    let path = Path::new(path);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    inside.then_some(path)
}

fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "json" | "webmanifest" => "application/json",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let headers = Headers::parse("/*\n  X-Policy: strict\n").unwrap();
        Files { root, mount: "/some/path/".to_owned(), headers }
    }

    #[test]
    fn a_file_comes_with_its_type_and_the_policy() {
        let answer = files().answer("/some/path/Cargo.toml?x=1");
        assert_eq!(answer.status, "200 OK");
        assert!(answer.headers.contains(&("X-Policy".to_owned(), "strict".to_owned())));
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        for target in [
            "/some/path/../Cargo.toml",
            "/some/path//etc/passwd",
            "/Cargo.toml",
            "/some/path/%2e%2e/Cargo.toml",
        ] {
            assert_eq!(files().answer(target).status, "404 Not Found", "{target}");
        }
    }

    #[test]
    fn the_mount_without_its_slash_redirects() {
        assert_eq!(files().answer("/some/path").status, "308 Permanent Redirect");
    }

    #[test]
    fn a_busy_port_is_named() {
        let taken = bind(0).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(bind(port).unwrap_err().to_string().contains(&format!("port {port} is busy")));
    }
}
