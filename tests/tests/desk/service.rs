//! The real service on a real port: start, restart, page, demo and keys.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use etc_backend::serve::{Config, Records, start};
use etc_backend::store::Purpose;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("etc-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn config(data: &Path) -> Config {
    Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        records: Records::Folder(data.join("data")),
        keys: None,
        page: None,
        demo: true,
        demo_page: None,
        behind_tls: false,
    }
}

/// One request, headers as sent; answers the raw head and body.
async fn get(addr: SocketAddr, path: &str, headers: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).unwrap(), body)
}

#[tokio::test]
async fn a_demo_starts_twice_on_the_same_data() {
    let folder = Folder::new("restart");
    for _ in 0..2 {
        let running = start(config(&folder.0)).await.unwrap();
        let (head, body) = get(running.addr, "/api/v1/status", "").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert_eq!(body, br#"{"build":"dev","demo":true}"#);
        running.shutdown().await;
    }
}

#[tokio::test]
async fn the_api_describes_itself_to_everybody() {
    let folder = Folder::new("openapi");
    let running = start(config(&folder.0)).await.unwrap();
    let (head, body) = get(running.addr, "/api/openapi.json", "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    let kept = include_str!("../../../docs/openapi.json");
    assert_eq!(String::from_utf8(body).unwrap(), kept);
    running.shutdown().await;
}

#[tokio::test]
async fn the_page_is_served_fenced_in_and_compressed() {
    let folder = Folder::new("page");
    folder.write("page/index.html", "<script>let x = 1;</script>");
    folder.write("page/app-0123456789abcdef_bg.wasm", "wasm");
    folder.write("page/app-0123456789abcdef_bg.wasm.br", "brotli");
    folder.write("demo/sim.js", "export {}");
    folder.write("secret.txt", "secret");
    let config = Config {
        page: Some(folder.0.join("page")),
        demo_page: Some(folder.0.join("demo")),
        ..config(&folder.0)
    };
    let running = start(config.clone()).await.unwrap();
    let (head, body) = get(running.addr, "/", "").await;
    assert_eq!(body, b"<script>let x = 1;</script>");
    for header in [
        "content-type: text/html",
        "'sha256-qtc3jf64UXA5J6U02kfQ0Cvn9Uz4wXUaN3NNUVgR2v4='",
        "frame-ancestors 'none'",
        "permissions-policy: usb=(self), serial=(self)",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cross-origin-opener-policy: same-origin",
        "cache-control: no-cache",
        "x-etc-build: ",
    ] {
        assert!(head.contains(header), "{header} in {head}");
    }
    assert!(!head.contains("x-etc-build: dev"), "{head}");

    let wasm = "/app-0123456789abcdef_bg.wasm";
    let (head, body) = get(running.addr, wasm, "Accept-Encoding: gzip, br\r\n").await;
    assert!(head.contains("content-type: application/wasm"), "{head}");
    assert!(head.contains("content-encoding: br"), "{head}");
    assert!(
        head.contains("cache-control: public, max-age=31536000, immutable"),
        "{head}"
    );
    assert_eq!(body, b"brotli");
    let (head, body) = get(running.addr, wasm, "").await;
    assert!(!head.contains("content-encoding"), "{head}");
    assert_eq!(body, b"wasm");

    let (head, body) = get(running.addr, "/demo/sim.js", "").await;
    assert!(
        head.contains("javascript") && head.contains("no-cache"),
        "{head}"
    );
    assert_eq!(body, b"export {}");
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/demo/../secret.txt",
        "/demo/nothing",
    ] {
        let (head, body) = get(running.addr, path, "").await;
        assert!(head.starts_with("HTTP/1.1 404"), "{path}: {head}");
        assert!(head.contains("application/problem+json"), "{path}: {head}");
        assert!(String::from_utf8(body).unwrap().contains("AUT-110"));
    }
    running.shutdown().await;
}

#[tokio::test]
async fn toy_keys_and_virtual_devices_are_for_the_demo_only() {
    let folder = Folder::new("keys");
    let toy = folder.write("toy.toml", etc_backend::demo::KEYS);
    let real = etc_backend::demo::KEYS.replace("demo = true\n", "");
    let real = folder.write("real.toml", &real);
    folder.write("page/index.html", "");
    folder.write("demo/sim.js", "export {}");
    let no_demo = Config {
        demo: false,
        ..config(&folder.0)
    };

    let refusal = async |config| start(config).await.err().unwrap().to_string();
    assert!(
        refusal(no_demo.clone())
            .await
            .contains("--keys FILE is needed")
    );
    let with_toys = Config {
        keys: Some(toy),
        ..no_demo.clone()
    };
    assert!(
        refusal(with_toys)
            .await
            .ends_with("toy keys are refused without --demo")
    );

    let config = Config {
        keys: Some(real),
        page: Some(folder.0.join("page")),
        demo_page: Some(folder.0.join("demo")),
        ..no_demo
    };
    let running = start(config).await.unwrap();
    let (head, _) = get(running.addr, "/demo/sim.js", "").await;
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    let (_, body) = get(running.addr, "/api/v1/status", "").await;
    assert!(String::from_utf8(body).unwrap().contains(r#""demo":false"#));
    running.shutdown().await;
}

#[tokio::test]
async fn a_taken_port_or_a_missing_page_is_told_in_one_line() {
    let folder = Folder::new("fail");
    let running = start(config(&folder.0)).await.unwrap();
    let taken = Config {
        listen: running.addr,
        ..config(&folder.0)
    };
    let error = start(taken).await.err().unwrap().to_string();
    assert!(
        error.starts_with("127.0.0.1:") && !error.contains('\n'),
        "{error}"
    );
    running.shutdown().await;
    let config = Config {
        page: Some(folder.0.join("none")),
        ..config(&folder.0)
    };
    let error = start(config).await.err().unwrap().to_string();
    assert!(error.contains("index.html"), "{error}");
}

#[tokio::test]
async fn a_demo_does_not_start_on_real_keys() {
    let folder = Folder::new("real-keys");
    let keys = etc_backend::demo::KEYS.replace("demo = true", "demo = false");
    let file = folder.write("keys.toml", &keys);
    let config = Config {
        keys: Some(file),
        ..config(&folder.0)
    };
    let refused = start(config).await.err().unwrap().to_string();
    assert!(
        refused.ends_with("real keys are refused with --demo"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_demo_and_a_real_desk_in_one_folder_share_no_records() {
    let folder = Folder::new("two-desks");
    start(config(&folder.0)).await.unwrap().shutdown().await;
    let keys = etc_backend::demo::KEYS.replace("demo = true", "demo = false");
    let real = Config {
        demo: false,
        keys: Some(folder.write("keys.toml", &keys)),
        ..config(&folder.0)
    };
    start(real).await.unwrap().shutdown().await;
    let data = folder.0.join("data");
    assert!(data.join(etc_backend::serve::DEMO_DATABASE).exists());
    let real = etc_backend::serve::open_store(&Records::Folder(data), Purpose::Real).await;
    let operator = etc_backend::store::Store::operator(&real.unwrap(), "demo.teller").await;
    assert!(operator.unwrap().is_none());
}
