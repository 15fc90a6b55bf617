//! PACE with chip authentication mapping (ICAO 9303-11 §4.4.3.5.2): the chip proves its static
//! key while PACE maps the nonce, which can be judged once EF.CardSecurity is verified.

use super::{Proof, chip};
use crate::emrtd::access::CamEvidence;
use crate::emrtd::curve::{Point, Secret};
use crate::emrtd::lds::security_info::SecurityInfos;
use crate::identity::CheckResult::{Failed, Undetermined};

const METHOD: &str = "PACE-CAM";

/// Whether the chip has the private key of EF.CardSecurity. `card_security` must be verified: a
/// copy brings keys of its own.
pub(in crate::emrtd) fn judge(evidence: &CamEvidence, card_security: &SecurityInfos) -> Proof {
    let other = |result, reason| Proof::other(Some(METHOD), result, reason);
    let curve = evidence.mapping_key.curve();
    let secret = evidence
        .data
        .as_ref()
        .and_then(|data| Secret::decode(curve, data));
    let Some(secret) = secret else {
        return other(Failed, "the chip sent no chip authentication data");
    };
    // Any signed key will do: the equation holds for none that the chip does not have.
    let keys: Vec<Point> = card_security
        .chip_keys
        .iter()
        .filter_map(|key| chip::point(key).ok())
        .filter(|key| key.curve() == curve)
        .collect();
    if keys.is_empty() {
        return other(
            Undetermined,
            "EF.CardSecurity has no key on the curve of PACE",
        );
    }
    let proved = |key| secret.multiply(key).as_ref() == Some(&evidence.mapping_key);
    if keys.iter().any(proved) {
        return Proof::successful(METHOD, "the chip used its private key");
    }
    other(Failed, "the chip does not have the key of EF.CardSecurity")
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::judge;
    use crate::emrtd::access::CamEvidence;
    use crate::emrtd::algorithm::Curve;
    use crate::emrtd::curve::Point;
    use crate::emrtd::lds::security_info::SecurityInfos;
    use crate::identity::CheckResult;

    // ICAO 9303-11 App. I.
    const MAPPING_KEY: &str = "04A234236AA9B9621E8EFB73B5245C0E09D2576E5277183C1208BDD55280CAE8B304F365713A356E65A451E165ECC9AC0AC46E3771342C8FE5AEDD092685338E23";
    const DATA: &str = "85DC3FA93D0952BFA82F5FD189EE75BD82F11D1F0B8ED4BF5319AC9B53C426B3";
    const KEY_INFO: &str = "3062060904007F0007020201023052300C060704007F0007010202010D034200041872709494399E7470A6431BE25E83EEE24FEA568C2ED28DB48E05DB3A610DC884D256A40E35EFCB59BF6753D3A489D28C7A4D973C2DA138A6E7A4A08F68E16F02010D";

    fn infos(entries: &str) -> SecurityInfos {
        let entries = hex::decode(entries).expect("hex");
        SecurityInfos::parse(&crate::emrtd::tlv::build(0x31, &entries)).expect("a set")
    }

    fn check(data: Option<&str>, infos: &SecurityInfos, expected: CheckResult) {
        let point = hex::decode(MAPPING_KEY).expect("hex");
        let evidence = CamEvidence {
            mapping_key: Point::decode(Curve::BrainpoolP256r1, &point).expect("a point"),
            data: data.map(|data| Zeroizing::new(hex::decode(data).expect("hex"))),
        };
        let proof = judge(&evidence, infos);
        assert_eq!(proof.result(), expected, "{}", proof.reason());
        assert_eq!(proof.method(), Some("PACE-CAM"));
    }

    #[test]
    fn the_published_chip_has_the_published_key() {
        check(Some(DATA), &infos(KEY_INFO), CheckResult::Successful);
    }

    #[test]
    fn other_data_and_another_key_fail() {
        let right = infos(KEY_INFO);
        let other_data = DATA.replace("26B3", "26B4");
        let too_large = "FF".repeat(32);
        for wrong in [&other_data, &too_large, &"00".repeat(32), &DATA[..62], ""] {
            check(Some(wrong), &right, CheckResult::Failed);
        }
        check(None, &right, CheckResult::Failed);
        let static_key = "041872709494399E7470A6431BE25E83EEE24FEA568C2ED28DB48E05DB3A610DC884D256A40E35EFCB59BF6753D3A489D28C7A4D973C2DA138A6E7A4A08F68E16F";
        let other_key = KEY_INFO.replace(static_key, MAPPING_KEY);
        assert_ne!(other_key, KEY_INFO);
        check(Some(DATA), &infos(&other_key), CheckResult::Failed);
        // Several keys: one that fits is enough.
        let both = infos(&format!("{other_key}{KEY_INFO}"));
        check(Some(DATA), &both, CheckResult::Successful);
    }

    #[test]
    fn without_a_key_on_the_curve_nothing_is_determined() {
        check(Some(DATA), &infos(""), CheckResult::Undetermined);
        // The number of P-256, on which this point does not lie.
        let elsewhere = KEY_INFO.replace("010202010D0342", "010202010C0342");
        check(Some(DATA), &infos(&elsewhere), CheckResult::Undetermined);
    }
}
