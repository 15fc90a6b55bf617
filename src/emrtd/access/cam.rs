use zeroize::Zeroizing;

use crate::emrtd::curve::Point;
use crate::emrtd::symmetric::{self, BLOCK_MAX, Key};

/// What chip authentication mapping left to be judged against EF.CardSecurity, once that is read
/// and verified (ICAO 9303-11 §4.4.3.5). Wiped when dropped.
pub(in crate::emrtd) struct CamEvidence {
    /// The chip's public key of the mapping.
    pub mapping_key: Point,
    /// The decrypted chip authentication data: a scalar. `None` where the chip sent none, or
    /// none that can be decrypted; that does not end PACE, but it proves nothing.
    pub data: Option<Zeroizing<Vec<u8>>>,
}

impl CamEvidence {
    /// Takes object 8A of the card's last reply.
    pub(super) fn new(mapping_key: Point, encryption: &Key, sent: Option<&[u8]>) -> Self {
        let data = sent.and_then(|sent| decrypted(encryption, sent));
        Self { mapping_key, data }
    }
}

/// CBC under the new session key; the initialisation vector is the encryption of -1 (§4.4.3.5.4).
fn decrypted(encryption: &Key, sent: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut vector = [0xFF; BLOCK_MAX];
    encryption.encrypt([0; BLOCK_MAX], &mut vector);
    let mut data = encryption.decrypt(vector, sent)?;
    let len = symmetric::unpadded_len(&data, encryption.cipher().block_len())?;
    data.truncate(len);
    Some(data)
}
