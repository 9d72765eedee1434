//! libFuzzer over one target, the one that `ETC_FUZZ` names.
#![no_main]

use std::sync::OnceLock;

static CHECK: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: {
        let name = std::env::var("ETC_FUZZ").expect("ETC_FUZZ names a target");
        let target = etc_fuzz::TARGETS.iter().find(|target| target.name == name);
        let target = target.expect("a target of that name");
        CHECK.set(target.check).expect("libFuzzer starts once");
    },
    |bytes: &[u8]| CHECK.get().expect("set at the start")(bytes)
);
