//! An OCSP request: what is read is within its limits, asks the same when it is written again, and is known for the
//! plainest form only where it has that.
#![no_main]

use libfuzzer_sys::fuzz_target;
use x509::ocsp::OcspRequest;

const CERTIFICATES: usize = 16;

fuzz_target!(|der: &[u8]| {
    let plain = OcspRequest::sole_cert_id(der);
    let Ok(request) = OcspRequest::from_der(der, CERTIFICATES) else {
        return;
    };
    assert!((1..=CERTIFICATES).contains(&request.cert_ids.len()));
    assert!(request.nonce_len.is_none_or(|octets| (1..=128).contains(&octets)));
    if let Some(signature) = &request.signature {
        // Whatever it says, it is said without a panic.
        let _ = signature.verify();
    }
    if let Some(plain) = plain {
        assert!(request.nonce.is_none() && request.signature.is_none());
        assert_eq!(request.cert_ids.len(), 1);
        assert_eq!(request.cert_ids[0].der, plain);
    }
    let again = OcspRequest::build(&request.cert_ids, None);
    let again = OcspRequest::from_der(&again, CERTIFICATES).expect("what was built is read");
    assert_eq!(again.cert_ids, request.cert_ids);
    if let [id] = &*request.cert_ids {
        let written = OcspRequest::build(std::slice::from_ref(id), None);
        assert_eq!(OcspRequest::sole_cert_id(&written), Some(&*id.der));
    }
});
