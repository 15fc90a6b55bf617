//! The issuing state of the MRZ beside the country of the signer's certificate
//! (ICAO 9303-3 §5, ICAO 9303-12 §7.1.1.2): three letters there, two here.

/// ISO 3166-1: two letters and three letters of each country, as one word.
const ISO_3166: &str = "\
    ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA \
    AZAZE BABIH BBBRB BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES \
    BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK \
    CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA \
    DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK FMFSM FOFRO FRFRA \
    GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS \
    GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD \
    IOIOT IQIRQ IRIRN ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA \
    KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA \
    LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ \
    MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER NFNFK NGNGA NINIC \
    NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM \
    PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC \
    SDSDN SESWE SGSGP SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV \
    SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR \
    TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR \
    VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE \
";

/// What ICAO adds or does otherwise: organisations, British nationalities, Germany's one letter,
/// Kosovo, the special regions that sign for themselves.
const OTHERS: &[(&str, &str)] = &[
    ("DE", "D"),
    ("EU", "EUE"),
    ("GB", "GBD"),
    ("GB", "GBN"),
    ("GB", "GBO"),
    ("GB", "GBP"),
    ("GB", "GBS"),
    ("HK", "CHN"),
    ("KS", "RKS"),
    ("MO", "CHN"),
    ("UN", "UNA"),
    ("UN", "UNK"),
    ("UN", "UNO"),
    // Utopia, the country of specimens.
    ("UT", "UTO"),
    ("XK", "RKS"),
    ("XO", "XOM"),
    ("XP", "XPO"),
];

/// Whether the country of a certificate signs for an issuing state; `None` where either is unknown.
pub(super) fn signs_for(country: &str, issuing_state: &str) -> Option<bool> {
    let country = country.trim().to_ascii_uppercase();
    let state = issuing_state
        .trim_end_matches('<')
        .trim()
        .to_ascii_uppercase();
    let known = || {
        let iso = ISO_3166
            .split_whitespace()
            .filter_map(|word| word.split_at_checked(2));
        iso.chain(OTHERS.iter().copied())
    };
    if known().any(|(two, three)| two == country && three == state) {
        return Some(true);
    }
    let is_known =
        known().any(|(two, _)| two == country) && known().any(|(_, three)| three == state);
    is_known.then_some(false)
}

#[cfg(test)]
mod tests {
    use super::signs_for;

    #[test]
    fn a_country_signs_for_its_own_state_and_for_no_other() {
        for (country, state, expected) in [
            ("VN", "VNM", Some(true)),
            ("vn", "vnm", Some(true)),
            ("DE", "D<<", Some(true)),
            ("GB", "GBN", Some(true)),
            ("EU", "EUE", Some(true)),
            ("DE", "VNM", Some(false)),
            ("VN", "D<<", Some(false)),
            ("VN", "QQQ", None),
            ("ZZ", "VNM", None),
            ("", "", None),
            ("VNM", "VNM", None),
        ] {
            assert_eq!(signs_for(country, state), expected, "{country} {state}");
        }
    }
}
