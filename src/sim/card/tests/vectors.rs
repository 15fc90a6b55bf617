//! Published transcripts, answered byte for byte where the card draws the published randoms.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};

use super::bytes;
use crate::sim::card::chip::{ActiveKey, Chip, ChipKey, CipherKind, Mapping, PaceOffer};
use crate::sim::card::crypto::Coprocessor;
use crate::sim::card::protocol::active_auth::recoverable;
use crate::sim::card::{Card, Faults};

/// The EF.COM of the worked examples.
const COM: &str = "60145F0104303130365F36063034303030305C026175";
const COM_OF_PACE: &str = "60165F0104303130375F36063034303030305C0461756E6F";
const SELECT_APPLICATION: &str = "00A4040C07A0000002471001";

/// A card that draws these bytes, and nothing else.
fn card(chip: Chip, randoms: &[&str]) -> Card {
    let mut left = bytes(&randoms.concat()).into_iter();
    Card::of(chip, Faults::default()).drawing_from(move |out| {
        out.fill_with(|| left.next().expect("the transcript draws no more"));
    })
}

fn check(card: &mut Card, transcript: &[(&str, &str)]) {
    for (command, reply) in transcript {
        let seen = card.transmit(&bytes(command));
        assert_eq!(hex::encode_upper(seen), *reply, "to {command}");
    }
}

fn offering(mapping: Mapping) -> Chip {
    Chip {
        pace: vec![PaceOffer {
            mapping,
            cipher: CipherKind::Aes128,
            parameter: 13,
        }],
        files: [(0x011E, bytes(COM_OF_PACE))].into(),
        ..Chip::default()
    }
}

fn brainpool_key(secret: &str) -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::BRAINPOOL_P256R1).expect("a known curve");
    let secret = BigNum::from_hex_str(secret).expect("hex");
    let mut context = BigNumContext::new().expect("memory");
    let mut public = EcPoint::new(&group).expect("memory");
    public
        .mul_generator2(&group, &secret, &mut context)
        .expect("a point");
    let key = EcKey::from_private_components(&group, &secret, &public).expect("a pair");
    PKey::from_ec_key(key).expect("a key")
}

/// ICAO 9303-11 App. D.3 and D.4.
#[test]
fn basic_access_control_and_its_session_are_those_of_appendix_d() {
    let chip = Chip {
        bac: true,
        mrz_key: Some("L898902C<369080619406236".to_owned()),
        files: [(0x011E, bytes(COM))].into(),
        ..Chip::default()
    };
    let randoms = ["4608F91988702212", "0B4F80323EB3191CB04970CB4052790B"];
    check(
        &mut card(chip, &randoms),
        &[
            (SELECT_APPLICATION, "9000"),
            ("0084000008", "4608F919887022129000"),
            (
                "008200002872C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2\
                 5F1448EEA8AD90A728",
                "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F\
                 2F2D235D074D74499000",
            ),
            (
                "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",
                "990290008E08FA855A5D4C50A8ED9000",
            ),
            (
                "0CB000000D9701048E08ED6705417E96BA5500",
                "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000",
            ),
            (
                "0CB000040D9701128E082EA28A70F3C7B53500",
                "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A\
                 990290008E08C8B2787EAEA07D749000",
            ),
        ],
    );
}

const GENERIC_RANDOMS: [&str; 3] = [
    "3F00C4D39D153F2B2A214A078D899B22",
    "498FF49756F2DC1587840041839A85982BE7761D14715FB091EFA7BCE9058560",
    "107CF58696EF6155053340FD633392BA81909DF7B9706F226F32086C7AFF974A",
];

/// ICAO 9303-11 App. G.1, and what our reference goes on with: reading, chip authentication.
const GENERIC: [(&str, &str); 7] = [
    ("0022C1A412800A04007F0007020204020283010184010D", "9000"),
    (
        "10860000027C0000",
        "7C12801095A3A016522EE98D01E76CB6B98B42C39000",
    ),
    (
        "10860000457C438141047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E\
         544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D00",
        "7C43824104824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F57\
         30D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C549000",
    ),
    (
        "10860000457C438341042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C\
         3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB3646200",
        "7C438441049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB\
         7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F0949000",
    ),
    (
        "008600000C7C0A8508C2B0BD78D94BA86600",
        "7C0A86083ABB9674BCE93C089000",
    ),
    (
        "0CA4040C1D871101752F676B09FAC86A87D632749A49C7CC8E08C18BA1FCE707BD9F00",
        "990290008E08BEA7B381C494A0799000",
    ),
    (
        "0CB09E000D9701048E080B677D403928060A00",
        "8711013F533246F7C37B4795719B2E35779EB1990290008E08EDCDB1078040C4729000",
    ),
];

fn of_appendix_g() -> Chip {
    let mut chip = offering(Mapping::Generic);
    chip.mrz_key = Some("T22000129364081251010318".to_owned());
    chip
}

#[test]
fn generic_mapping_and_its_session_are_those_of_appendix_g() {
    check(&mut card(of_appendix_g(), &GENERIC_RANDOMS), &GENERIC);
}

#[test]
fn chip_authentication_changes_the_keys_after_its_reply() {
    let mut chip = of_appendix_g();
    chip.chip_keys.push(ChipKey {
        id: None,
        cipher: CipherKind::Aes128,
        private: Some(brainpool_key(GENERIC_RANDOMS[1])),
    });
    let mut card = card(chip, &GENERIC_RANDOMS);
    check(&mut card, &GENERIC);
    check(
        &mut card,
        &[
            (
                "0C2241A41D87110116305F9BED0BF3E8B92A4D0AFA4F2CB18E08C157C839C893423A00",
                // Not in the reference: CMAC by the openssl command, over counter 6 and object 99.
                "990290008E087E4EB525EC4AE68A9000",
            ),
            (
                "0C86000060875101F6A7B82603F466E80EB6DDEC87BDA242E2B95CEC36C5DB86967FC320D80991B5\
                 2989046D462CBEC68E6DD20F72D36503200E50C9D8F7695B113A937BBBD4DB2E6201BEA184ABABAE\
                 1B30BC5A83C990FB9701008E0883ADAC353BBC85C200",
                "871101651E03273D935D309043DD678E3910AF990290008E0825368A1D81BC197F9000",
            ),
            (
                "0CA4020C1D87110104E287F90ADC16649F9A8E42EB5BE4EA8E082163E3E9496AF1BC00",
                "990290008E08D4ADD517F81A505E9000",
            ),
        ],
    );
}

/// ICAO 9303-11 App. H.1; its key is that of the CAN 123456.
#[test]
fn integrated_mapping_is_that_of_appendix_h() {
    let mut chip = offering(Mapping::Integrated);
    chip.can = Some("123456".to_owned());
    let randoms = [
        "2923BE84E16CD6AE529049F1F1BBE9EB",
        "107CF58696EF6155053340FD633392BA81909DF7B9706F226F32086C7AFF974A",
    ];
    check(
        &mut card(chip, &randoms),
        &[
            ("0022C1A40F800A04007F00070202040402830102", "9000"),
            (
                "10860000027C0000",
                "7C128010143DC40C08C8E891FBED7DEDB92B64AD9000",
            ),
            (
                "10860000147C1281105DD4CBFC96F5453B130D890A1CDBAE3200",
                "7C0282009000",
            ),
            (
                "10860000457C4383410489CBA23FFE96AA18D824627C3E934E54A9FD0B87A95D1471DC1C0ABFDCD640D4\
                 6755DE9B7B778280B6BEBD57439ADFEB0E21FD4ED6DF42578C13418A59B34C3700",
                "7C4384410467F78E5F7F7686082B293E8D087E056916D0F74BC01A5F8957D0DE45691E51E8\
                 932B69A962B52A0985AD2C0A271EE6A13A8ADDDCD1A3A994B9DED257F4D227539000",
            ),
            (
                "008600000C7C0A8508450F02B86F6A090900",
                "7C0A860875D4D96E8D5B03089000",
            ),
        ],
    );
}

/// ICAO 9303-11 App. I. Its static secret is not published, but follows from the mapping's secret
/// and the chip authentication data; its public key is the published one. The published secret of
/// the agreement is larger than the order: here it is reduced.
#[test]
fn chip_authentication_mapping_is_that_of_appendix_i() {
    let mut chip = offering(Mapping::ChipAuthentication);
    chip.mrz_key = Some("C11T002JM496081222310314".to_owned());
    chip.mapping_key = Some(brainpool_key(
        "86C88A4579CE48135878E6348A734B5D47CE5BC1E54C0E8978687B49FDE2E2C2",
    ));
    let randoms = [
        "658B860BC94DF6F044FCE6D5C82CF8E5",
        "9E56A6B59C95D06ECE5CD10F983BB2F4F1943528E577F23881D89D8C3BBEE0AA",
        "2367171820683879C023083A24FEEC7499C71436B5D85ECD3F681BB9436F47D1",
    ];
    check(
        &mut card(chip, &randoms),
        &[
            ("0022C1A40F800A04007F00070202040602830101", "9000"),
            (
                "10860000027C0000",
                "7C128010CB60E8E0D85B76A9BD304747C2AD42E29000",
            ),
            (
                "10860000457C438141047F1D410ADB7DDB3B84BF1030800981A9105D7457B4A3ADE002384F3086C67EDE\
                 1AB889104A27DB6D842B019020FBF3CEACB0DC627F7BDCAC29969E19D0E553C100",
                "7C43824104A234236AA9B9621E8EFB73B5245C0E09D2576E5277183C1208BDD55280CAE8B3\
                 04F365713A356E65A451E165ECC9AC0AC46E3771342C8FE5AEDD092685338E239000",
            ),
            (
                "10860000457C43834104446C934084D9DAB863944F219520076C29EE3F7AE6722B11FF319EC1C7728F95\
                 5483400BFF60BF0C5929270009277DC2A515E12575010AD9BA916CF1BF86FEFC00",
                "7C4384410402AD566F3C6EC7F9324509AD50A51FA52030782A4968FCFEDF737DAEA9933331\
                 11C3B9B4C2287789BD137E7F8AA882E2A3C633CCD6ECC2C63C57AD401A09C2E19000",
            ),
            (
                "008600000C7C0A8508E86BD06018A1CD3B00",
                "7C3C86088596CF055C67C1A38A301EEA964DAAE372AC990E3EFDE6333353BFC89A6704D93DA8\
                 798CF77F5B7A54BD10CBA372B42BE0B9B5F28AA8DE2F4F929000",
            ),
        ],
    );
}

const CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

#[test]
fn active_authentication_with_ecdsa_signs_plainly() {
    // The ephemeral secret follows from the signature and the private key.
    let ephemeral = bytes("9C5F92B3C3BD87311D068345626E3814440ECA5C9126118B988D652F265145C4");
    let mut work = Coprocessor::new();
    work.set_randoms(Box::new(move |out| out.copy_from_slice(&ephemeral)));
    let key = ActiveKey {
        private: brainpool_key(GENERIC_RANDOMS[1]),
        hash: MessageDigest::sha256(),
    };
    let signature =
        crate::sim::card::protocol::active_auth::sign(&mut work, &key, None, &CHALLENGE);
    assert_eq!(
        hex::encode_upper(signature.expect("signed")),
        "04A85E89345F6234DA4CD9DDFC26221534E4CE7B0C27942E1888255CF395F9B1\
         1ED2061715AAE39B9FBCAA3CD3E77883C18227F128836D83BB1E7A4196E94AD8"
    );
}

/// The private key of the RSA vector is not known: its block is compared, opened with the public
/// key.
#[test]
fn active_authentication_with_rsa_signs_the_block_of_the_vector() {
    let modulus = "D49F5594A5E9BC6CAEB63A1D226F9B4E63BD6E86CD08CF0B24F6B8045AF3D3E3E557EB0FD9FCB58A\
                   C14677423C7A36752BEA85EDA55B43A211DA6CEA14A939B9FE79D01262FD218A21228AC4BB4BF137\
                   F9C349948CC5CAD9C2068674EDCC4A0FE9F27E43402FE272EFC3ADE1DE2231FCD92E579FB8F50C05\
                   FB0597C6E7778C5D";
    let signature = "2DA31598488093694C98DB17EEE337773D85BE43A221AD8CFFAC0A7A293B4040FE7C9E98EFBF88C2\
                     C3C1390D30F919F3CE152AAA069AEC43AA3D2E878A683CDDB26985EC35EB8739E128ECDE28CA7B6F\
                     836AB922255B23BAF877A97B50989E89613895AE9AC88EBB0995EB8F10D0CC96995CD292AE38B176\
                     197769CED5A3828D";
    let number = |text: &str| BigNum::from_slice(&bytes(text)).expect("memory");
    let mut opened = BigNum::new().expect("memory");
    let exponent = BigNum::from_u32(65_537).expect("memory");
    let mut context = BigNumContext::new().expect("memory");
    opened
        .mod_exp(
            &number(signature),
            &exponent,
            &number(modulus),
            &mut context,
        )
        .expect("public operation");
    let expected = opened.to_vec();

    let part = expected[1..128 - 32 - 2].to_vec();
    let mut work = Coprocessor::new();
    work.set_randoms(Box::new(move |out| out.copy_from_slice(&part)));
    let block = recoverable(
        &mut work,
        128,
        MessageDigest::sha256(),
        &[0x34, 0xCC],
        &CHALLENGE,
    );
    assert_eq!(block, Ok(expected));
}
