use super::{CaTurn, ChipAuthentication, Unconfirmed};
use crate::emrtd::algorithm::Curve;
use crate::emrtd::apdu::{Command, Reply, Sw};
use crate::emrtd::curve::{Point, Secret};
use crate::emrtd::lds::security_info::SecurityInfos;
use crate::emrtd::messaging::SecureMessaging;
use crate::emrtd::proof::Proof;
use crate::emrtd::symmetric::{Cipher, Key, Use};
use crate::emrtd::tlv::build;
use crate::identity::CheckResult::{self, Failed, Successful, Undetermined};

// The mapping keys of ICAO 9303-11 App. G.1, as static and as ephemeral pair.
const EPHEMERAL: &str = "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99";
const STATIC: &str = "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F5730D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54";

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).expect("hex")
}

fn plain(status: &str) -> Reply {
    Reply::parse(&bytes(status)).expect("a status word")
}

/// The curve's object identifier, tag and length included.
fn oid(curve: Curve) -> Vec<u8> {
    bytes(match curve {
        Curve::P256 => "06082A8648CE3D030107",
        Curve::P384 => "06052B81040022",
        Curve::P521 => "06052B81040023",
        Curve::BrainpoolP256r1 => "06092B2403030208010107",
        Curve::BrainpoolP384r1 => "06092B240303020801010B",
        Curve::BrainpoolP512r1 => "06092B240303020801010D",
    })
}

fn number(id: Option<u8>) -> Vec<u8> {
    id.map(|id| build(0x02, &[id])).unwrap_or_default()
}

/// ChipAuthenticationPublicKeyInfo.
fn key(curve: Curve, point: &[u8], id: Option<u8>) -> Vec<u8> {
    let algorithm = [bytes("06072A8648CE3D0201"), oid(curve)].concat();
    let bits = [&[0], point].concat();
    let spki = [build(0x30, &algorithm), build(0x03, &bits)].concat();
    let protocol = bytes("060904007F000702020102");
    build(0x30, &[protocol, build(0x30, &spki), number(id)].concat())
}

/// ChipAuthenticationInfo.
fn protocol(cipher: u8, id: Option<u8>) -> Vec<u8> {
    let protocol = [bytes("060A04007F000702020302"), vec![cipher]];
    build(
        0x30,
        &[protocol.concat(), bytes("020101"), number(id)].concat(),
    )
}

fn infos(entries: &[Vec<u8>]) -> SecurityInfos {
    SecurityInfos::parse(&build(0x31, &entries.concat())).expect("a set")
}

/// Some randomness that is the same in every run, and good enough for any curve.
fn drawn(out: &mut [u8]) {
    out.iter_mut().zip(1..).for_each(|(byte, n)| *byte = n);
}

fn start(entries: &[Vec<u8>]) -> Result<Option<(ChipAuthentication, Command)>, Proof> {
    ChipAuthentication::start(&infos(entries), &mut drawn)
}

fn started(entries: &[Vec<u8>]) -> (ChipAuthentication, Command) {
    start(entries).ok().flatten().expect("it is offered")
}

fn undetermined(entries: &[Vec<u8>], reason: &str) {
    let proof = start(entries).err().expect("it cannot be done");
    assert_eq!((proof.result(), proof.reason()), (Undetermined, reason));
}

#[test]
fn the_continuation_of_the_published_session_is_spoken_byte_for_byte() {
    for prepare in [false, true] {
        let curve = Curve::BrainpoolP256r1;
        let set = infos(&[protocol(2, None), key(curve, &bytes(STATIC), None)]);
        let mut random = |out: &mut [u8]| out.copy_from_slice(&bytes(EPHEMERAL));
        let offered = ChipAuthentication::start(&set, &mut random);
        let (mut this, set_at) = offered.ok().flatten().expect("it is offered");
        // The old session has carried two commands and their replies.
        let old = |counter| {
            let key = |text| Key::cut(Cipher::Aes128, &bytes(text)).expect("a key");
            SecureMessaging::with_counter(
                key("F5F0E35C0D7161EE6724EE513A0D9A7F"),
                key("FE251C7858B356B24514B3BD5F4297D1"),
                counter,
            )
        };
        assert_eq!(
            hex::encode_upper(old(4).protect(&set_at).encode()),
            "0C2241A41D87110116305F9BED0BF3E8B92A4D0AFA4F2CB18E08C157C839C893423A00"
        );
        if prepare {
            this.prepare();
        }
        let Ok(CaTurn::Send(mut this, authenticate)) = this.on_reply(&plain("9000")) else {
            panic!("our key must be sent");
        };
        let mut old = old(6);
        assert_eq!(
            hex::encode_upper(old.protect(&authenticate).encode()),
            "0C86000060875101F6A7B82603F466E80EB6DDEC87BDA242E2B95CEC36C5DB86967FC320D80991B52989046D462CBEC68E6DD20F72D36503200E50C9D8F7695B113A937BBBD4DB2E6201BEA184ABABAE1B30BC5A83C990FB9701008E0883ADAC353BBC85C200"
        );
        if prepare {
            this.prepare();
        }
        let reply = old.unprotect(&bytes(
            "871101651E03273D935D309043DD678E3910AF990290008E0825368A1D81BC197F9000",
        ));
        let reply = reply.expect("it comes under the old keys");
        assert_eq!(*reply.data, [0x7C, 0x00]);
        let Ok(CaTurn::NewKeys(mut session, unconfirmed)) = this.on_reply(&reply) else {
            panic!("the chip took our key");
        };
        let select = Command::select(0x02, &[0x01, 0x1E]);
        assert_eq!(
            hex::encode_upper(session.protect(&select).encode()),
            "0CA4020C1D87110104E287F90ADC16649F9A8E42EB5BE4EA8E082163E3E9496AF1BC00"
        );
        let reply = session.unprotect(&bytes("990290008E08D4ADD517F81A505E9000"));
        assert!(reply.is_ok_and(|reply| reply.sw == Sw::OK));
        let proof = unconfirmed.confirmed();
        assert_eq!(proof.result(), Successful);
        assert_eq!(proof.method(), Some("CA-ECDH-AES128"));
    }
}

/// The chip's side of the agreement.
fn chip_session(secret: &Secret, public: &[u8], curve: Curve, cipher: Cipher) -> SecureMessaging {
    let public = Point::decode(curve, public).expect("a point of the curve");
    let shared = secret.multiply(&public).expect("not infinity").x();
    let derive = |purpose| Key::derive(cipher, &shared, purpose);
    SecureMessaging::new(derive(Use::Encryption), derive(Use::Mac))
}

#[test]
fn chip_and_reader_agree_on_every_curve_with_every_cipher() {
    let ciphers = [
        (1, Cipher::TripleDes),
        (2, Cipher::Aes128),
        (3, Cipher::Aes192),
        (4, Cipher::Aes256),
    ];
    for curve in Curve::ALL {
        let mut fives = |out: &mut [u8]| out.fill(5);
        let Some(secret) = Secret::draw(curve, &mut fives) else {
            assert_eq!(curve, Curve::BrainpoolP512r1);
            continue;
        };
        let point = secret.public().expect("not infinity").encode();
        for (last, cipher) in ciphers {
            let entries = [protocol(last, Some(7)), key(curve, &point, Some(7))];
            let (mut this, mut command) = started(&entries);
            if cipher != Cipher::TripleDes {
                assert!(command.data.ends_with(&[0x84, 1, 7]));
                let Ok(CaTurn::Send(next, authenticate)) = this.on_reply(&plain("9000")) else {
                    panic!("our key must be sent");
                };
                (this, command) = (next, authenticate);
            }
            let head = command.data.iter().position(|byte| *byte == 4).expect("04");
            let public = &command.data[head..head + point.len()];
            let Ok(CaTurn::NewKeys(mut ours, _)) = this.on_reply(&plain("9000")) else {
                panic!("the chip took our key");
            };
            let mut theirs = chip_session(&secret, public, curve, cipher);
            let read = Command::read_at(0, 4);
            assert_eq!(ours.protect(&read), theirs.protect(&read));
        }
    }
}

#[test]
fn three_des_is_set_up_by_its_own_command_or_by_that_of_aes_where_the_chip_knows_no_other() {
    let curve = Curve::BrainpoolP256r1;
    let entries = [
        protocol(1, Some(0x29)),
        key(curve, &bytes(STATIC), Some(0x29)),
    ];
    let (this, set_kat) = started(&entries);
    let text = hex::encode_upper(set_kat.encode());
    assert!(text.starts_with("002241A646914104"), "{text}");
    assert!(text.ends_with("840129"), "{text}");
    let Ok(CaTurn::Send(this, set_at)) = this.on_reply(&plain("6D00")) else {
        panic!("another way is tried");
    };
    assert_eq!(
        hex::encode_upper(set_at.encode()),
        "002241A40F800A04007F00070202030201840129"
    );
    let Ok(CaTurn::Send(this, authenticate)) = this.on_reply(&plain("9000")) else {
        panic!("our key must be sent");
    };
    // The same key pair as before: no secret is drawn twice.
    assert_eq!(authenticate.data[4..69], set_kat.data[2..67]);
    assert!(matches!(
        this.on_reply(&plain("7C009000")),
        Ok(CaTurn::NewKeys(..))
    ));
}

#[test]
fn a_chip_that_refuses_what_it_offers_fails() {
    let curve = Curve::BrainpoolP256r1;
    let entries = [protocol(2, None), key(curve, &bytes(STATIC), None)];
    let failed = |turn: Result<CaTurn, Proof>| {
        let proof = turn.err().expect("it is over");
        assert_eq!(proof.result(), Failed);
        assert_eq!(proof.method(), Some("CA-ECDH-AES128"));
    };
    for status in ["6A80", "6A88", "6300", "6982", "6D00"] {
        failed(started(&entries).0.on_reply(&plain(status)));
        let Ok(CaTurn::Send(this, _)) = started(&entries).0.on_reply(&plain("9000")) else {
            panic!("our key must be sent");
        };
        failed(this.on_reply(&plain(status)));
    }
}

#[test]
fn the_strongest_cipher_of_the_keys_that_can_be_used_is_chosen() {
    let curve = Curve::BrainpoolP256r1;
    let point = bytes(STATIC);
    let mut entries = vec![
        protocol(1, Some(1)),
        protocol(2, Some(1)),
        protocol(3, Some(2)),
        protocol(4, Some(3)),
        key(curve, &point, Some(1)),
        key(curve, &point, Some(2)),
        key(Curve::P256, &point, Some(3)),
    ];
    // Whatever their order.
    for _ in 0..2 {
        let (_, command) = started(&entries);
        assert_eq!(
            hex::encode_upper(command.encode()),
            "002241A40F800A04007F00070202030203840102"
        );
        entries.reverse();
    }
}

#[test]
fn a_sole_protocol_belongs_to_a_sole_key_and_a_sole_key_alone_means_3des() {
    let curve = Curve::BrainpoolP256r1;
    let point = bytes(STATIC);
    let of = |entries: &[Vec<u8>]| hex::encode_upper(started(entries).1.encode());
    assert_eq!(
        of(&[protocol(2, Some(1)), key(curve, &point, None)]),
        "002241A40F800A04007F00070202030202840101"
    );
    assert_eq!(
        of(&[protocol(2, None), key(curve, &point, Some(2))]),
        "002241A40F800A04007F00070202030202840102"
    );
    assert!(of(&[key(curve, &point, None)]).starts_with("002241A643914104"));
}

#[test]
fn what_is_not_offered_is_nothing_and_what_cannot_be_done_is_undetermined() {
    assert!(matches!(start(&[]), Ok(None)));
    let point = bytes(STATIC);
    let curve = Curve::BrainpoolP256r1;
    undetermined(
        &[protocol(2, None)],
        "there is a protocol for chip authentication, and no key",
    );
    let integers = build(
        0x30,
        &[bytes("060904007F000702020101"), bytes("3000")].concat(),
    );
    undetermined(&[protocol(2, None), integers], "DH keys are not done here");
    // Two protocols, neither for this key.
    undetermined(
        &[
            protocol(2, Some(1)),
            protocol(3, Some(2)),
            key(curve, &point, Some(3)),
        ],
        "no protocol is for the key that there is",
    );
    for spoilt in [&point[..64], &[], &[0], &[&point[..64], &[0x55]].concat()] {
        let entries = [protocol(2, None), key(curve, spoilt, None)];
        let proof = start(&entries).err().expect("it cannot be done");
        assert_eq!(proof.result(), Undetermined);
    }
    let stuck = ChipAuthentication::start(
        &infos(&[protocol(2, None), key(curve, &point, None)]),
        &mut |out: &mut [u8]| out.fill(0),
    );
    assert!(stuck.is_err_and(|proof| proof.result() == CheckResult::Undetermined));
}

#[test]
fn a_wrong_mac_under_the_new_keys_is_a_failure() {
    let method = "CA-ECDH-AES128";
    let proof = Unconfirmed { method }.refuted();
    assert_eq!((proof.method(), proof.result()), (Some(method), Failed));
}

#[test]
fn the_key_pair_is_drawn_anew_for_every_chip_authentication() {
    let entries = [
        protocol(2, None),
        key(Curve::BrainpoolP256r1, &bytes(STATIC), None),
    ];
    let sent = |first: u8| {
        let mut random = |out: &mut [u8]| out.fill(first);
        let offered = ChipAuthentication::start(&infos(&entries), &mut random);
        let (this, _) = offered.ok().flatten().expect("it is offered");
        match this.on_reply(&plain("9000")) {
            Ok(CaTurn::Send(_, command)) => command.data,
            Ok(CaTurn::NewKeys(..)) | Err(_) => panic!("our key must be sent"),
        }
    };
    assert_ne!(sent(1), sent(2));
    assert_eq!(sent(1), sent(1));
}
