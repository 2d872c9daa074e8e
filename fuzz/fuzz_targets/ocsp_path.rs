//! The request in a GET path: any text is survived, the quick way and the thorough one read the same, and whatever
//! bytes a request has, every spelling of it is read, also where a proxy made `/` of `//`.
#![no_main]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use libfuzzer_sys::fuzz_target;

#[allow(dead_code)] // each function that a port needs
#[path = "../../ocsp-responder/src/http/request_path.rs"]
mod request_path;

use request_path::{SPACE, decode, decode_plain};

fuzz_target!(|data: &[u8]| {
    if let Ok(path) = std::str::from_utf8(data) {
        let found = decode(path, |_| false);
        let mut space = [0; SPACE];
        if let Some(plain) = decode_plain(path, &mut space) {
            assert_eq!(found.as_deref(), Some(plain));
        }
        let _ = decode(path, |_| true);
    }
    let Ok(length) = u16::try_from(data.len()) else {
        return;
    };
    let [high, low] = length.to_be_bytes();
    let der = [&[0x30, 0x82, high, low], data].concat();
    let text = BASE64_STANDARD.encode(&der);
    let escaped = text
        .replace('+', "%2B")
        .replace('/', "%2f")
        .replace('=', "%3D");
    let spaced = text.replace('+', " ");
    let bare = text.trim_end_matches('=');
    for spelling in [&text, &escaped, &spaced, bare] {
        assert_eq!(decode(spelling, |_| false).as_ref(), Some(&der), "{spelling}");
    }
    // Few slashes in a short request: those that were lost are found, unless what is left looks whole.
    let collapsed = text.replacen("//", "/", 1);
    let whole = BASE64_STANDARD.decode(collapsed.trim_end_matches('=')).is_ok();
    if text.len() <= 1024 && text.matches('/').count() < 16 && !whole {
        let found = decode(&collapsed, |found| found == der);
        assert_eq!(found, Some(der), "{collapsed}");
    }
});
