use super::InsuranceStatus;

/// What a result code of the BHXH gateway (`maKetQua`) means for somebody at a kiosk.
///
/// `NotEligible` is kept for codes that say so of the card itself; whatever a clerk can clear up is
/// `SeeStaff`; whatever is the gateway's or the hospital's own fault is `Unverified`, as is a code
/// that nobody has described.
pub fn status_of(code: &str) -> InsuranceStatus {
    use InsuranceStatus::{Eligible, NotEligible, SeeStaff, Unverified};
    match code {
        // Card right; an old card that is still valid beside the new one.
        "000" | "004" => Eligible,
        // Cards of Defence and Police are not in the system: the paper card decides.
        "001" | "002" => SeeStaff,
        // Replaced by a new card.
        "003" => SeeStaff,
        // Expired; revoked.
        "010" | "110" => NotEligible,
        // No such card; number, province or benefit digit written wrongly.
        "050" | "051" | "052" | "053" => SeeStaff,
        // Name, first letter of the name, birth date, sex or facility differ.
        "060" | "061" | "070" | "080" | "090" => SeeStaff,
        // Reported as decreased: plain, moved away, moved within, increased again, stopped.
        "120" | "121" | "122" | "123" | "124" => SeeStaff,
        // A child without its card: birth papers do.
        "130" => SeeStaff,
        // The hospital's own account, staff or parameters.
        "054" | "055" | "205" | "401" => Unverified,
        // The gateway's own data or servers.
        "100" | "101" | "500" => Unverified,
        _ => Unverified,
    }
}

#[cfg(test)]
mod tests {
    use super::InsuranceStatus::{Eligible, NotEligible, SeeStaff, Unverified};
    use super::status_of;

    #[test]
    fn every_code_of_the_gateway_has_its_answer() {
        let table = [
            (Eligible, "000 004"),
            (NotEligible, "010 110"),
            (
                SeeStaff,
                "001 002 003 050 051 052 053 060 061 070 080 090 120 121 122 123 124 130",
            ),
            (Unverified, "054 055 100 101 205 401 500"),
        ];
        let mut known = 0;
        for (status, codes) in table {
            for code in codes.split(' ') {
                assert_eq!(status_of(code), status, "{code}");
                known += 1;
            }
        }
        assert_eq!(known, 29, "the codes that are described");
    }

    #[test]
    fn no_other_code_is_a_yes_or_a_no() {
        let described = [
            "000", "001", "002", "003", "004", "010", "050", "051", "052", "053", "060", "061",
            "070", "080", "090", "110", "120", "121", "122", "123", "124", "130",
        ];
        for number in 0..1000 {
            let code = format!("{number:03}");
            if !described.contains(&&*code) {
                assert_eq!(status_of(&code), Unverified, "{code}");
            }
        }
        for odd in ["", "0", "00", "0000", " 000", "000 ", "OOO", "eligible"] {
            assert_eq!(status_of(odd), Unverified, "{odd:?}");
        }
    }
}
