//! Mutations of seeds, the same in every run.

/// SplitMix64: small, and good enough to choose places and bytes.
pub struct Mutator(u64);

/// Bytes that sit at an edge: of signs, of TLV lengths, of digits.
const EDGES: [u8; 12] = [
    0x00, 0x01, 0x7F, 0x80, 0x81, 0x82, 0x83, 0x84, 0xFF, 0x30, 0x31, b'<',
];
/// Changes to one input at most.
const CHANGES_MAX: usize = 6;

impl Mutator {
    /// Another sequence for each name.
    pub fn new(name: &str) -> Self {
        Self(name.bytes().fold(0x5EED, |state, byte| {
            state.wrapping_mul(0x100_0000_01B3) ^ u64::from(byte)
        }))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, or 0.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("an index").max(1);
        usize::try_from(self.next() % end).expect("it is below an index")
    }

    /// One of the seeds, changed here and there.
    pub fn mutation(&mut self, seeds: &[&[u8]]) -> Vec<u8> {
        let chosen = self.below(seeds.len());
        let mut input = seeds.get(chosen).map_or(Vec::new(), |seed| seed.to_vec());
        for _ in 0..=self.below(CHANGES_MAX) {
            self.change(&mut input, seeds);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[&[u8]]) {
        let byte = self.next() as u8;
        let place = self.below(input.len());
        // Headers are at the front, and short ranges are the more interesting ones.
        let place = if byte & 3 == 0 {
            place.min(self.below(48))
        } else {
            place
        };
        let end = (place + self.below(16) + 1).min(input.len());
        match (self.below(8), input.get_mut(place)) {
            (0, Some(at)) => *at ^= 1 << (byte & 7),
            (1, Some(at)) => *at = byte,
            (2, Some(at)) => *at = EDGES[usize::from(byte) % EDGES.len()],
            (3, Some(at)) => *at = at.wrapping_add(if byte & 1 == 0 { 1 } else { 0xFF }),
            (4, Some(_)) => drop(input.drain(place..end)),
            (5, Some(_)) => {
                let copy = input[place..end].to_vec();
                input.splice(place..place, copy);
            }
            (6, Some(_)) => input.truncate(place),
            _ => self.splice(input, seeds, place),
        }
    }

    /// The end of another seed in place of this one's.
    fn splice(&mut self, input: &mut Vec<u8>, seeds: &[&[u8]], place: usize) {
        let other = self.below(seeds.len());
        let Some(other) = seeds.get(other) else {
            return;
        };
        let from = self.below(other.len());
        input.truncate(place);
        input.extend_from_slice(&other[from..]);
    }
}
