//! The program against the virtual programmer, both as they are: its serial line over a socket.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use apdu_core::programmer::Profile;
use etc_sim::demo;
use etc_sim::programmer::{Ending, Fault, Model, Programmer};
use etc_sim::serial_socket::serve;
use etc_sim::tag::Light;

/// A programmer that serves one connection after the other, and its address.
fn serving(programmer: Programmer) -> (Arc<Mutex<Programmer>>, String) {
    let programmer = Arc::new(Mutex::new(programmer));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let shared = Arc::clone(&programmer);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // A host that goes away in the middle is no fault of the programmer's.
            let _ = serve(&mut stream, &shared, Instant::now());
        }
    });
    (programmer, address)
}

fn with_tag(model: Model, id: &str) -> Programmer {
    let mut programmer = Programmer::new(model);
    programmer.put(demo::tag(id).expect("a demo tag"));
    programmer
}

fn desk(words: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_serial-desk");
    let output = Command::new(program).args(words).output();
    output.expect("the program starts")
}

/// What the program says where all goes well.
fn said(words: &[&str]) -> String {
    let output = desk(words);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {complaint}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_tag_is_read_in_either_dialect_after_the_profile_was_found() {
    for (model, profile) in [
        (Model::primitives(), "dsrc-primitives"),
        (Model::bobu(), "b-obu"),
    ] {
        let (_, address) = serving(with_tag(model, "tag-normal"));
        let found = said(&["--tcp", &address, "probe"]);
        assert!(found.contains(profile), "{found}");
        let tag = said(&["--tcp", &address, "--profile", profile, "tag"]);
        for line in [
            "tag          6201230100010017",
            "issuer       B8CACBE062010001",
            "valid        2024-01-15 to 2034-01-14",
            "removal flag installed",
            "vehicle      88 bytes, encrypted",
        ] {
            assert!(tag.contains(line), "{profile}: {tag}");
        }
    }
}

#[test]
fn card_psam_and_light_are_reached() {
    let mut programmer = with_tag(Model::primitives(), "tag-normal");
    programmer.insert(demo::card("normal").expect("a demo card"));
    let (programmer, address) = serving(programmer);
    let line = ["--tcp", &address, "--profile", "dsrc-primitives"];
    let card = said(&[&line[..], &["card"]].concat());
    assert!(card.contains("62012201230100000017") && card.contains("balance      30.00"));
    let psam = said(&[&line[..], &["psam"]].concat());
    assert!(psam.contains("PSAM 1       620100000017, file 0016 620100000017"));
    assert!(psam.contains("PSAM 2       none"));
    said(&[&line[..], &["light", "wrong"]].concat());
    let light = programmer.lock().expect("nobody panics").tags()[0].light();
    assert_eq!(light, Light::Red);
}

#[test]
fn what_goes_wrong_is_told_by_its_code() {
    let (programmer, address) = serving(Programmer::new(Model::bobu()));
    let line = ["--tcp", &address, "--profile", "b-obu"];
    let complaint = |words: &[&str]| {
        let output = desk(&[&line[..], words].concat());
        assert!(!output.status.success(), "{words:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(complaint(&["tag"]).contains("OBU-101"));
    assert!(complaint(&["card"]).contains("CRD-101"));
    assert!(complaint(&["psam"]).contains("PRG-111"));
    let mut shared = programmer.lock().expect("nobody panics");
    shared.arm(Fault::UnpluggedBefore, 1, Ending::AfterOne);
    drop(shared);
    assert!(complaint(&["card"]).contains("PRG-102"));
}

#[test]
fn a_capture_answers_as_the_device_did_and_has_no_secret() {
    let folder = std::env::temp_dir();
    for (model, profile) in [
        (Model::primitives(), "dsrc-primitives"),
        (Model::bobu(), "b-obu"),
    ] {
        let (_, address) = serving(with_tag(model, "tag-normal"));
        let name = format!("serial-desk-{}-{profile}.json", std::process::id());
        let file = folder.join(name);
        let path = file.to_str().expect("text");
        let line = ["--tcp", &address, "--profile", profile, "--capture", path];
        said(&[&line[..], &["tag"]].concat());
        let capture = std::fs::read_to_string(&file).expect("it was written");
        // The end of the contract number, and ciphertext of the plate.
        for secret in ["6201230100010017", "00010017"] {
            assert!(!capture.contains(secret), "{capture}");
        }
        let again = said(&["--replay", path, "tag"]);
        std::fs::remove_file(&file).expect("it was there");
        // Secret bytes answer as 20.
        for line in [
            "tag          6201230120202020",
            "issuer       B8CACBE062010001",
            "valid        2024-01-15 to 2034-01-14",
            "vehicle      88 bytes, encrypted",
        ] {
            assert!(again.contains(line), "{profile}: {again}");
        }
    }
}

#[test]
fn a_profile_is_printed_edited_and_used() {
    let printed = said(&["--profile", "b-obu", "profile"]);
    let edited = printed.replace("\"card_dt\": 0", "\"card_dt\": 16");
    assert_ne!(printed, edited);
    let file = std::env::temp_dir().join(format!("serial-desk-{}.json", std::process::id()));
    std::fs::write(&file, edited).expect("a file");
    let path = file.to_str().expect("text");
    let mut programmer = Programmer::new(Model::bobu());
    programmer.insert(demo::card("normal").expect("a demo card"));
    let (_, address) = serving(programmer);
    let card = said(&["--tcp", &address, "--profile-file", path, "card"]);
    std::fs::remove_file(&file).expect("it was there");
    assert!(card.contains("balance      30.00"));
}

#[test]
fn a_profile_that_cannot_be_is_refused_by_its_field() {
    let printed = said(&["--profile", "b-obu", "profile"]);
    let edited = printed.replace("\"baud\": 115200", "\"baud\": 0");
    assert_ne!(printed, edited);
    let file = std::env::temp_dir().join(format!("serial-desk-bad-{}.json", std::process::id()));
    std::fs::write(&file, edited).expect("a file");
    let path = file.to_str().expect("text");
    let output = desk(&["--profile-file", path, "profile"]);
    std::fs::remove_file(&file).expect("it was there");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        complaint.contains("line.baud must be a number"),
        "{complaint}"
    );
}

#[test]
fn the_fields_of_a_profile_are_named_as_in_its_file() {
    for shipped in Profile::shipped() {
        let printed = said(&["--profile", &shipped.id, "profile"]);
        let json: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
        for field in shipped.fields() {
            let place = field.path.replace(['.', '['], "/").replace(']', "");
            assert!(
                json.pointer(&format!("/{place}")).is_some(),
                "{}",
                field.path
            );
        }
    }
}
