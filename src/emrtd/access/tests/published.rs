//! The sessions, as ICAO 9303-11 prints them.

use crate::emrtd::Access;
use crate::emrtd::messaging::SecureMessaging;
use crate::emrtd::symmetric::{Cipher, Key};

/// One worked example. Points with their leading `04`.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    pub appendix: &'a str,
    /// The last two numbers of the protocol, and the number of the domain parameters.
    pub protocol: (u8, u8, u64),
    /// The password: an MRZ key or an access number.
    pub password: &'a str,
    /// What the reader draws, in its order.
    pub drawn: &'a [&'a str],
    /// The encrypted nonce.
    pub nonce: &'a str,
    pub map: &'a str,
    pub map_reply: &'a str,
    pub key: &'a str,
    pub key_reply: &'a str,
    pub token: &'a str,
    pub token_reply: &'a str,
    /// What follows the card's token.
    pub evidence: &'a str,
    /// KSEnc and KSMAC.
    pub keys: [&'a str; 2],
}

impl Session<'_> {
    pub fn access(&self) -> Access {
        let access = Access::can(self.password).or_else(|| Access::mrz(self.password));
        access.expect("a right password")
    }

    /// All commands. The parameters' number (84) is always said, which App. I leaves out: there
    /// it is not ambiguous.
    pub fn commands(&self) -> [String; 5] {
        let (mapping, cipher, parameter) = self.protocol;
        let password = if self.password.len() == 6 { 2 } else { 1 };
        [
            format!(
                "0022C1A412800A04007F0007020204{mapping:02X}{cipher:02X}8301{password:02X}8401{parameter:02X}"
            ),
            "10860000027C0000".to_owned(),
            format!("108600{}00", length_of(&object("81", self.map))),
            format!("108600{}00", length_of(&object("83", self.key))),
            format!("008600{}00", length_of(&object("85", self.token))),
        ]
    }

    /// All replies, with their status words.
    pub fn replies(&self) -> [String; 5] {
        let token = format!("8608{}{}", self.token_reply, self.evidence);
        [
            "9000".to_owned(),
            format!("{}9000", object("80", self.nonce)),
            format!("{}9000", object("82", self.map_reply)),
            format!("{}9000", object("84", self.key_reply)),
            format!("7C{:02X}{token}9000", token.len() / 2),
        ]
    }

    /// The session that it opens.
    pub fn messaging(&self) -> SecureMessaging {
        let [encryption, mac] = self.keys.map(|text| {
            let bytes = hex::decode(text).expect("hex");
            Key::cut(Cipher::Aes128, &bytes).expect("a whole key")
        });
        SecureMessaging::new(encryption, mac)
    }
}

/// P2 is zero; then Lc.
fn length_of(data: &str) -> String {
    format!("00{:02X}{data}", data.len() / 2)
}

fn object(tag: &str, value: &str) -> String {
    let len = value.len() / 2;
    format!("7C{:02X}{tag}{len:02X}{value}", len + 2)
}

pub const GENERIC: Session<'static> = Session {
    appendix: "G.1",
    protocol: (2, 2, 13),
    password: "T22000129364081251010318",
    drawn: &[
        "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99",
        "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595",
    ],
    nonce: "95A3A016522EE98D01E76CB6B98B42C3",
    map: "047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D",
    map_reply: "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F5730D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54",
    key: "042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB36462",
    key_reply: "049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F094",
    token: "C2B0BD78D94BA866",
    token_reply: "3ABB9674BCE93C08",
    evidence: "",
    keys: [
        "F5F0E35C0D7161EE6724EE513A0D9A7F",
        "FE251C7858B356B24514B3BD5F4297D1",
    ],
};

/// Its Kπ is that of the access number 123456.
pub const INTEGRATED: Session<'static> = Session {
    appendix: "H.1",
    protocol: (4, 2, 13),
    password: "123456",
    drawn: &[
        "5DD4CBFC96F5453B130D890A1CDBAE32",
        "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595",
    ],
    nonce: "143DC40C08C8E891FBED7DEDB92B64AD",
    map: "5DD4CBFC96F5453B130D890A1CDBAE32",
    map_reply: "",
    key: "0489CBA23FFE96AA18D824627C3E934E54A9FD0B87A95D1471DC1C0ABFDCD640D46755DE9B7B778280B6BEBD57439ADFEB0E21FD4ED6DF42578C13418A59B34C37",
    key_reply: "0467F78E5F7F7686082B293E8D087E056916D0F74BC01A5F8957D0DE45691E51E8932B69A962B52A0985AD2C0A271EE6A13A8ADDDCD1A3A994B9DED257F4D22753",
    token: "450F02B86F6A0909",
    token_reply: "75D4D96E8D5B0308",
    evidence: "",
    keys: [
        "0D3FEB33251A6370893D62AE8DAAF51B",
        "B01E89E3D9E8719E586B50B4A7506E0B",
    ],
};

pub const CHIP_MAPPING: Session<'static> = Session {
    appendix: "I.1",
    protocol: (6, 2, 13),
    password: "C11T002JM496081222310314",
    drawn: &[
        "5D8BB87BD74D985A4B7D4325B9F7B976FE835122773400798914AA22738135CC",
        "76ECFDAA9841C323A3F5FC5E88B88DB3EFF7E35EBF57A7E6946CB630006C2120",
    ],
    nonce: "CB60E8E0D85B76A9BD304747C2AD42E2",
    map: "047F1D410ADB7DDB3B84BF1030800981A9105D7457B4A3ADE002384F3086C67EDE1AB889104A27DB6D842B019020FBF3CEACB0DC627F7BDCAC29969E19D0E553C1",
    map_reply: "04A234236AA9B9621E8EFB73B5245C0E09D2576E5277183C1208BDD55280CAE8B304F365713A356E65A451E165ECC9AC0AC46E3771342C8FE5AEDD092685338E23",
    key: "04446C934084D9DAB863944F219520076C29EE3F7AE6722B11FF319EC1C7728F955483400BFF60BF0C5929270009277DC2A515E12575010AD9BA916CF1BF86FEFC",
    key_reply: "0402AD566F3C6EC7F9324509AD50A51FA52030782A4968FCFEDF737DAEA993333111C3B9B4C2287789BD137E7F8AA882E2A3C633CCD6ECC2C63C57AD401A09C2E1",
    token: "E86BD06018A1CD3B",
    token_reply: "8596CF055C67C1A3",
    evidence: "8A301EEA964DAAE372AC990E3EFDE6333353BFC89A6704D93DA8798CF77F5B7A54BD10CBA372B42BE0B9B5F28AA8DE2F4F92",
    keys: [
        "0A9DA4DB03BDDE39FC5202BC44B2E89E",
        "4B1C06491ED5140CA2B537D344C6C0B1",
    ],
};
