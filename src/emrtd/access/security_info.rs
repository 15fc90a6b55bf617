use crate::emrtd::tlv::{self, TlvError};

/// 0.4.0.127.0.7.2.2.4: id-PACE. Two more bytes tell mapping and cipher.
const ID_PACE: [u8; 8] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04];
/// Generic mapping over elliptic curves, AES-128 in CBC and CMAC.
const ECDH_GM_AES_CBC_CMAC_128: [u8; 2] = [0x02, 0x02];
/// The standardised domain parameters of brainpoolP256r1 (ICAO 9303-11 §9.5.1).
const BRAINPOOL_P256R1: u8 = 13;

/// One offer of the card to do PACE (ICAO 9303-11 §9.2.1). Only what this reader can do exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emrtd) struct PaceInfo {
    /// The protocol's object identifier, as its value bytes.
    pub protocol: Vec<u8>,
    /// Number of the domain parameters.
    pub parameter: u8,
}

impl PaceInfo {
    /// What citizen cards announce, for those that do not let their EF.CardAccess be read.
    pub fn citizen_card() -> Self {
        Self {
            protocol: [&ID_PACE[..], &ECDH_GM_AES_CBC_CMAC_128].concat(),
            parameter: BRAINPOOL_P256R1,
        }
    }

    /// The name of the protocol, for reports.
    pub fn name(&self) -> &'static str {
        "PACE-ECDH-GM-AES128"
    }

    fn is_supported(&self) -> bool {
        *self == Self::citizen_card()
    }
}

/// Reads EF.CardAccess: the first offer of PACE that this reader can do, or none.
pub(in crate::emrtd) fn parse_card_access(file: &[u8]) -> Result<Option<PaceInfo>, TlvError> {
    let infos = tlv::list(tlv::expect(file, 0x31)?)?;
    for info in infos.iter().filter(|info| info.tag == 0x30) {
        if let Some(offer) = pace_info(info.value)?.filter(PaceInfo::is_supported) {
            return Ok(Some(offer));
        }
    }
    Ok(None)
}

/// `SEQUENCE { protocol OID, version INTEGER (2), parameterId INTEGER OPTIONAL }`.
fn pace_info(sequence: &[u8]) -> Result<Option<PaceInfo>, TlvError> {
    let fields = tlv::list(sequence)?;
    let tags: Vec<u32> = fields.iter().map(|field| field.tag).collect();
    let right = tags == [0x06, 0x02, 0x02]
        && fields[0].value.starts_with(&ID_PACE)
        && fields[1].value == [2];
    Ok(match fields.last() {
        Some(&tlv::Tlv {
            value: &[parameter],
            ..
        }) if right => Some(PaceInfo {
            protocol: fields[0].value.to_vec(),
            parameter,
        }),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{PaceInfo, parse_card_access};

    /// As citizen cards carry it: terminal authentication, chip authentication, PACE.
    const CITIZEN_CARD: &str = "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d";

    fn check(file: &str, expected: Option<PaceInfo>) {
        let file = hex::decode(file).expect("hex");
        assert_eq!(parse_card_access(&file), Ok(expected));
    }

    #[test]
    fn the_offer_of_a_citizen_card_is_found_wherever_it_stands() {
        check(CITIZEN_CARD, Some(PaceInfo::citizen_card()));
        check(
            "31143012060a04007f0007020204020202010202010d",
            Some(PaceInfo::citizen_card()),
        );
    }

    #[test]
    fn offers_that_this_reader_cannot_do_are_no_offers() {
        for (what, file) in [
            ("none", "3100"),
            (
                "integrated mapping",
                "31143012060a04007f0007020204040202010202010d",
            ),
            ("AES-256", "31143012060a04007f0007020204020402010202010d"),
            (
                "another curve",
                "31143012060a04007f0007020204020202010202010c",
            ),
            ("version 1", "31143012060a04007f0007020204020202010102010d"),
            ("no parameter", "3111300f060a04007f00070202040202020102"),
        ] {
            let file = hex::decode(file).expect("hex");
            assert_eq!(parse_card_access(&file), Ok(None), "{what}");
        }
    }

    #[test]
    fn a_file_that_is_no_card_access_is_an_error() {
        for file in ["", "3014", "31143012", "6100"] {
            let file = hex::decode(file).expect("hex");
            assert!(parse_card_access(&file).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse_card_access(&bytes);
        }
    }
}
