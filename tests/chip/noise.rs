//! A card that answers anything at all.

use proptest::collection::vec;
use proptest::prelude::*;
use tiepdon::emrtd::{Access, Line, Reader, Step};

use crate::{ALL, request, somebody, trust};

const STATUSES: [u16; 7] = [0x9000, 0x6282, 0x6C10, 0x6700, 0x6B00, 0x6A82, 0x6300];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn it_never_causes_a_panic_or_a_person(
        replies in vec(vec(any::<u8>(), 0..300), 1..30),
        statuses in vec(prop::sample::select(STATUSES.to_vec()), 30),
    ) {
        let mut random = crate::random;
        let trust = trust();
        let request = request(Access::of(&somebody().number), ALL, &trust);
        let mut reader = Reader::new(request, Line::default(), &mut random);
        let mut step = reader.start();
        for (mut reply, status) in replies.into_iter().zip(statuses) {
            reply.extend(status.to_be_bytes());
            step = match step {
                Step::Transmit(command) => {
                    prop_assert!(command.len() >= 4);
                    reader.work();
                    reader.on_reply(&reply)
                }
                Step::Reset => reader.on_reset(),
                Step::Done(_) => panic!("a person out of noise"),
                // Whatever comes after the end is an error again.
                Step::Failed(_) => reader.on_reply(&reply),
            };
        }
    }
}
